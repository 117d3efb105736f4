"""The ground floor: command lines, users' values, whole files, names guessed, random streams.

May import: nothing of the project.
Must not know: images, methods, runs.
"""
