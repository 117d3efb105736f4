"""Execute runs: in parallel, as a sweep or on a cluster, with progress bars and cost estimates.

May import: experiment, training, storage, runtime, settings, trifeature, contrast, common.
Must not know: reports, methods by name.
"""
