"""Augmented views: their configuration, the draw of parameters, batched resampling.

May import: common.
Must not know: losses, methods.
"""
