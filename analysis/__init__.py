"""What tables of results say: read, filtered, averaged over seeds, compared; no pictures.

May import: common.
Must not know: models, torch, matplotlib.
"""
