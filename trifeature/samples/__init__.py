"""Samples of n images: the rules that tie their attributes, the draw, the labels of every task.

May import: pairs, images, common.
Must not know: bits, files.
"""
