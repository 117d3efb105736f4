"""Training: the loop over epochs, optimiser, loss terms, CUDA graphs.

May import: runtime, settings, contrast, common.
Must not know: probes, files, methods by name.
"""
