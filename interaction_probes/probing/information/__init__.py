"""Which information the predictions of a probe use: their decomposition, with intervals.

May import: probing, trifeature, common.
Must not know: runs, files, methods by name.
"""
