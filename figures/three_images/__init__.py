"""Figures of runs on three images and more, where those of pairs have another subject.

May import: drawing, analysis, common.
Must not know: models, torch.
"""
