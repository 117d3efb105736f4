"""One run from its configuration: data, training, probing along the way, resuming.

May import: probing, training, storage, runtime, settings, datasets, analysis, trifeature, contrast, common.
Must not know: sweeps, reports, methods by name.
"""  # noqa: E501
