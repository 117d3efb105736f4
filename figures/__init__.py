"""Figures: each a pure function from a table or arrays to a matplotlib figure, and a command.

May import: analysis, common.
Must not know: models, torch.

This file imports none of them, so that what only needs a table's numbers does not wait for
matplotlib.
"""
