"""Figures: each a pure function from a tidy table to a matplotlib figure."""

from .dynamics import dynamics

__all__ = ["dynamics"]
