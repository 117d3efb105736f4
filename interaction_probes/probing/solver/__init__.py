"""Minima of penalised logistic losses: objectives, their curvature, L-BFGS, paths of penalties.

May import: runtime, common.
Must not know: tasks, metrics, splits, what the features are of.
"""
