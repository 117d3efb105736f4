"""A run's folder: checkpoints, tables, checksums, locks, provenance; written and read back.

May import: settings, analysis, trifeature, common.
Must not know: how anything is trained or probed.
"""
