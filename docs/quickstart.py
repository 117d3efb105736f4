# %% [markdown]
# # Quickstart
#
# Data whose information is known, a method that learns from them, probes that read it out. This
# file is a notebook in the percent format: VS Code, PyCharm, Spyder and Jupytext open it as cells,
# and `python docs/quickstart.py` runs it from top to bottom, in less than a minute on a CPU.

# %%
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import torch

from interaction_probes import find_preset, load_run, pretrain_and_probe, probe, with_fields
from interaction_probes.features import probed_features
from interaction_probes.figures.curves import curves
from trifeature import estimate_pid, generate

# %% [markdown]
# ## Data
#
# The smoke preset has 32-pixel images and 4 values per factor: everything is quick, and nothing it
# measures means anything. Its pretraining pairs are *biased*: colour 2 is what texture 1 maps to.

# %%
config = with_fields(find_preset("smoke"), {"images.renders": "1", "probe.strengths": "0.1,1e-3"})
data = generate(config.images, config.design, config.seed, config.n_pairs)
print(len(data.train), "training images,", len(data.pretrain), "pairs to learn from")

# %%
examples, axes = plt.subplots(2, 6, figsize=(6, 2.2))
for column, (first, second) in zip(axes.T, data.pretrain.index, strict=False):
    for axis, row in zip(column, (first, second), strict=True):
        axis.imshow(data.train.images[row])
        axis.set_axis_off()
examples.suptitle("pairs: the same shape, and texture → colour")

# %% [markdown]
# ## Truth
#
# What the design of the pairs that score the probes holds about each task, exactly, in bits: 2 bits
# of shape are redundant, 2 bits of each texture unique to its image, and .81 bits of S are synergy.

# %%
for task in data.tasks:
    pid = data.truth[task.name]
    print(
        f"{task.name:<3}{task.measures:<64}R {pid.redundancy:.2f}  U1 {pid.unique_1:.2f}  "
        f"U2 {pid.unique_2:.2f}  S {pid.synergy:.2f}"
    )

# %% [markdown]
# The same can be estimated from values as they were drawn; a finite draw differs by chance.

# %%
first, second = (data.test.factors[data.probe_test.index[:, side]] for side in (0, 1))
drawn = estimate_pid(first[:, 1], second[:, 2], data.probe_test.labels["S"])
print(f"S as drawn: {drawn.synergy:.2f} bits of synergy, {drawn.redundancy:.2f} of redundancy")

# %% [markdown]
# ## A run
#
# CoMM learns for two short epochs and is probed after each. A run is a folder; the same cell again
# finds it finished.

# %%


def report(progress):
    if progress.line:
        print(progress.line)


folder = pretrain_and_probe(config, Path("runs"), torch.device("cpu"), report)
metrics = folder.read_metrics()
last = metrics[(metrics["epoch"] == config.optim.epochs) & (metrics["probe"] == "linear")]
print(last.pivot(index="task", columns="metric", values="value")[["accuracy", "bits"]])
folder  # in a notebook: these scores with the truth beside them, and the curves

# %% [markdown]
# ## Probes
#
# `probe` reads any frozen features: here those of the run, of images that it never saw, with
# intervals over images, which pairs share; it draws held-out pairs of its own, so its scores
# differ a little from the run's. Your own features take the same way
# ([frozen-features.md](frozen-features.md)).

# %%
_, method, data = load_run(folder.path, torch.device("cpu"))
arrays = probed_features(config, method, data, torch.device("cpu"))
fitted, scored = len(data.probe_train), len(data.probe_test)
scores = probe(
    features={"fused": np.concatenate([arrays["fit_features"], arrays["score_features"]])},
    labels={
        task.name: np.concatenate([arrays[f"fit_{task.name}"], arrays[f"score_{task.name}"]])
        for task in data.tasks
    },
    train=range(fitted),
    test=range(fitted, fitted + scored),
    # images of the two splits are different units
    groups=np.concatenate([arrays["fit_index"], len(data.train) + arrays["score_index"]]),
)
print(scores[["task", "chance", "accuracy", "accuracy_low", "accuracy_high", "bits"]])

# %% [markdown]
# ## Figures
#
# Every figure is a function of a table; `python -m interaction_probes.figures` draws them by
# command.

# %%
learning = curves(metrics)
learning.savefig(folder.path / "learning.png")
print(folder.path / "learning.png")
learning

# %% [markdown]
# ## Next
#
# In a shell, `python -m interaction_probes.run --method comm` does this at a scale that means
# something, in two to three minutes in bfloat16 on two cores, longer without;
# `python -m interaction_probes` lists all commands.
