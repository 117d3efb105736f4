"""One image: three factors, masks and textures, pixels, and the image sets of a split.

May import: common.
Must not know: pairs, tasks.
"""
