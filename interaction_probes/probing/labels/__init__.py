"""Probes of labels of any kind (classes, multi-label, real numbers), chosen on a validation set.

May import: probing, trifeature, common.
Must not know: runs, files, methods by name, where features come from.
"""
