"""Features and labels of one's own, by which `probe` is tested."""

import numpy as np

RNG = np.random.default_rng(0)
N = 120
FEATURES = {"a": RNG.normal(size=(N, 5)), "b": RNG.normal(size=(N, 3))}
ANSWER = (FEATURES["a"][:, 0] + 0.5 * RNG.normal(size=N) > 0).astype(int)
LABELS = {"two": np.array(["no", "yes"])[ANSWER], "three": RNG.integers(3, size=N)}
TRAIN = np.arange(N) < 80
GOOD = {"features": FEATURES, "labels": LABELS, "train": TRAIN, "test": ~TRAIN}
