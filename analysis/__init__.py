"""Tables of results: reading, filters, means over seeds, published values; no pictures.

May import: common.
Must not know: models, torch, matplotlib.
"""
