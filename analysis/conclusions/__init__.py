"""What a table of results says: whether S is there, when tasks are learnt, what is not pure.

May import: analysis, common.
Must not know: figures, reports, runs.
"""
