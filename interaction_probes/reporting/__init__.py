"""Results in words: a run's summary and curves, the report's page.

May import: figures, analysis, storage, settings, common.
Must not know: models, torch.
"""
