"""The ground floor: command lines, files written whole, names guessed, random streams.

May import: nothing of the project.
Must not know: images, methods, runs.
"""
