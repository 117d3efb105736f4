"""Probing a method in the middle of a run: codes of images, scores of every task, controls.

May import: probing, settings, runtime, analysis, trifeature, contrast, common.
Must not know: training, files, methods by name.
"""
