"""Exact information in bits: PID, entropies, a design's truth, limits of additive scores.

May import: samples, pairs, images, common.
Must not know: files, what is learnt.
"""
