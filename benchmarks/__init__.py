"""Scripts that measure the toolkit, each run from the root: ``python benchmarks/speed/bench.py``.

speed/ times it, reference/ has the straightforward implementations that it is compared with, and
experiments/ has the studies and the measurements on finished runs.
"""
