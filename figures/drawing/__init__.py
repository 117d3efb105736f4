"""What all figures share: style, captions, labels out of the way, tooltips, files.

May import: analysis, common.
Must not know: models, torch.
"""
