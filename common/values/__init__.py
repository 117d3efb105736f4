"""Values that users bring, read exactly or refused in a line: labels, numbers, tables, rows.

May import: common.
Must not know: tasks, probes, images.
"""
