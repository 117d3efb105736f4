"""The supervised reference: networks that learn a label from raw features of some modalities.

May import: labels, probing, runtime, trifeature, common.
Must not know: runs, files, methods by name, where features come from.
"""
