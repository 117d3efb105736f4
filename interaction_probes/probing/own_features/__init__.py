"""Probing features of a user's own: any frozen encoder, any tasks, any split.

May import: probing, settings, common.
Must not know: runs, files, methods by name, where features come from.
"""

from .table import COLUMNS, probe

__all__ = ["COLUMNS", "probe"]
