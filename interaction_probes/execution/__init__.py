"""Runs carried out: side by side, as a sweep or on a cluster, with progress and forecasts.

May import: experiment, training, storage, runtime, settings, trifeature, contrast, common.
Must not know: reports, methods by name.
"""
