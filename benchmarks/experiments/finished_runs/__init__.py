"""Measurements on runs that have finished; nothing is trained."""
