"""What a frozen representation exposes: features and labels in, scores out.

May import: runtime, settings, analysis, trifeature, contrast, common.
Must not know: runs, files, methods by name.
"""
