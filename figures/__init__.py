"""Figures: each a pure function from a tidy table to a matplotlib figure, and each a command.

This file imports none of them, so that what only needs a table's numbers does not wait for
matplotlib.
"""
