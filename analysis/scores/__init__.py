"""The table of scores that a paper prints: its columns, differences between methods, file formats.

May import: analysis, common.
Must not know: models, torch, matplotlib.
"""
