"""Straightforward implementations of the same work, as a textbook or a tutorial writes them."""
