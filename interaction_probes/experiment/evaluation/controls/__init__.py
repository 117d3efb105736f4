"""Controls that ask what a representation holds and what its probes use, beside their scores.

May import: probing, settings, analysis, trifeature, common.
Must not know: training, files, methods by name.
"""
