"""Figures of the controls that ask what a representation holds and what its probes use.

May import: drawing, analysis, common.
Must not know: models, torch.
"""
