"""What a representation is before any probe: its effective rank, and whether it has collapsed.

May import: probing, analysis, trifeature, contrast, common.
Must not know: runs, files, methods by name.
"""
