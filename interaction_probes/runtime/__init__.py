"""What a process computes with: device, precision, threads, memory, torchrun's ranks.

May import: settings, trifeature, contrast, common.
Must not know: methods by name, runs, files of a run.
"""
