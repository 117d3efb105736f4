"""Pairs of images: the design of what they share, the draw, the labels of every task.

May import: images, common.
Must not know: bits.
"""
