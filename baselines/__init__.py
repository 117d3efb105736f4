"""The other methods, the supervised ceiling, and the floors; one file each.

May import: comm, contrast, common.
Must not know: data, probes.
"""
