"""Figures of runs on datasets: scores of labels along the epochs, and of subsets of modalities.

May import: drawing, analysis, common.
Must not know: models, torch, tasks of Trifeature.
"""
