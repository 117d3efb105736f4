"""CoMM: fusion by attention, its loss as a function, and the method.

May import: contrast, common.
Must not know: data, probes.
"""
