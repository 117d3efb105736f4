"""The ground floor: command lines, users' values and code, whole files, random streams and splits.

May import: nothing of the project.
Must not know: images, methods, runs.
"""
