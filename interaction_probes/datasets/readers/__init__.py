"""Files of other programs, which users have, as datasets; one format per file.

May import: datasets, common.
Must not know: methods, training, probes, runs.
"""
