"""The table at the end of a run: measured beside published beside exact."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from interaction_probes.analysis.conclusions.purity import available_parts, single_image_limits
from interaction_probes.analysis.conclusions.verdict import synergy_in_words
from interaction_probes.analysis.footnotes import collapse_note
from interaction_probes.analysis.published import Published
from interaction_probes.analysis.row_filters import LEARNT_FROM, mapping_of
from interaction_probes.analysis.schema import image_only_probe
from interaction_probes.common.information_parts import PART_OF_TASK

from .penalty_edges import edge_line

_MEANING = {
    "R": "redundancy",
    "U1": "uniqueness of image 1",
    "U2": "uniqueness of image 2",
    "S": "synergy",
}
#: Part of a task that is not pure → how its row is headed, below the task's.
_PART = {
    "redundancy": "   of it in each image",
    "unique_1": "   of it in image 1 alone",
    "unique_2": "   of it in image 2 alone",
    "synergy": "   of it synergy",
}
_UNSEEN = 0.0005  # bits that would be printed as 0.000
#: What goes with S of a run on unbiased pairs.
_BY_CHANCE = (
    "These pairs show the mapping by chance only: what S reads here was not learnt from it."
)
#: What goes with R and U of runs on pairs that show the mapping, without one on unbiased pairs.
_MAPPING_ALONE = (
    "In pairs that obey the mapping an attribute of image 1 can be read from image 2, so that U1 "
    "and U2 are learnt unequally: R and U are better read from unbiased pairs (--pairs unbiased)."
)


@dataclass(frozen=True)
class Lookup:
    """Values of one run's last epoch by (task, probe, metric)."""

    values: dict[tuple[str, str, str], float]

    @classmethod
    def of(cls, metrics: pd.DataFrame) -> "Lookup":
        """From the rows of metrics.csv of one run."""
        last = metrics[(metrics["epoch"] == metrics["epoch"].max()) | (metrics["probe"] == "exact")]
        keys = zip(last["task"], last["probe"], last["metric"], strict=True)
        return cls(dict(zip(keys, last["value"].astype(float), strict=True)))

    def __call__(self, task: str, probe: str, metric: str) -> float:
        """One value.

        Raises:
            ValueError: the run's metrics lack it.
        """
        key = task, probe, metric
        if key not in self.values:
            raise ValueError(f"the metrics lack {metric} of task {task} by the probe {probe}")
        return self.values[key]

    def has(self, task: str, probe: str, metric: str) -> bool:
        """Whether the run measured it."""
        return (task, probe, metric) in self.values

    @property
    def exact(self) -> dict[tuple[str, str], float]:
        """(task, metric) → value of the rows of probe ``exact``."""
        return {(t, metric): v for (t, probe, metric), v in self.values.items() if probe == "exact"}


def summary(
    runs: Sequence[pd.DataFrame],
    published: Published | None = None,
    strengths: Sequence[float] = (),
) -> str:
    """Lines for the terminal from the metrics of one or two finished runs of a method.

    Two runs are the main job's: each task is shown for the design that it is learnt from.

    Args:
        runs: the metrics of each, with columns ``effective_rank`` and ``collapsed`` where known.
        published: numbers to stand beside them, if any are about such runs.
        strengths: the L2 strengths that probes chose from: it is told where the choice ended at the
            weakest; of one there is no choice.

    Raises:
        ValueError: metrics that lack a value of the table.
    """
    by_pairs = {str(run["pairs"].iloc[0]): Lookup.of(run) for run in runs}
    tasks_of = {
        pairs: [
            task
            for task in _MEANING
            if len(by_pairs) == 1 or LEARNT_FROM[task] == mapping_of(pairs)
        ]
        for pairs in by_pairs
    }
    method = str(runs[0]["method"].iloc[0])
    lines = _table(by_pairs, tasks_of, method, published)
    for pairs, look in by_pairs.items():
        shown = [
            f"{task} {_interval(look, task, 'linear', 'accuracy', 100, 1)} %"
            for task in tasks_of[pairs]
        ]
        lines.append(f"95 % intervals over test images, {pairs} pairs: {', '.join(shown)}.")
    if not any(mapping_of(pairs) == LEARNT_FROM["R"] for pairs in by_pairs):
        lines.append(_MAPPING_ALONE)
    lines += [line for run in runs for line in _ranks(run)]
    for probe, (name, in_words) in _BESIDE.items():
        for pairs, look in by_pairs.items():
            known = [task for task in tasks_of[pairs] if look.has(task, probe, "accuracy")]
            shown = [in_words(look, task) for task in known]
            lines += [f"By {name}, {pairs} pairs: {', '.join(shown)}."] if shown else []
    for pairs, look in by_pairs.items():
        chosen = [
            (task, look(task, "linear", "accuracy_strength"))
            for task in tasks_of[pairs]
            if look.has(task, "linear", "accuracy_strength")
        ]
        lines += edge_line("weakest", chosen, strengths, f"{pairs} pairs")
    for pairs, look in by_pairs.items():
        if "S" in tasks_of[pairs]:
            unbiased = by_pairs.get(LEARNT_FROM["R"]) if len(by_pairs) > 1 else None
            lines += _synergy(look, unbiased)
            if mapping_of(pairs) == LEARNT_FROM["R"]:
                lines.append(_BY_CHANCE)
    if published:
        note = f"; {published.note}" if published.note else ""
        told = published.accuracy
        if "U1" in told and told["U1"] == told.get("U2"):
            note = f"; U1 and U2 as their mean{note}"
        lines.append(f"Published: {published.source}, at its own scale ({published.scale}){note}.")
    return "\n".join(lines)


def _table(
    by_pairs: Mapping[str, Lookup],
    tasks_of: Mapping[str, Sequence[str]],
    method: str,
    published: Published | None,
) -> list[str]:
    """The lines of the table: heading, then a task each, with what is available in parts below it.

    Args:
        by_pairs: design of the pairs → values of its run.
        tasks_of: design of the pairs → tasks that are shown for it.
        method: name in the heading of published values.
        published: numbers to stand beside them, if any.
    """
    width = max(10, *(len(pairs) + 1 for pairs in by_pairs))
    heading = f"published {method}" if published else ""
    column = max(16, len(heading) + 2)
    lines = [
        f"{'task':<27}{'pairs':<{width}}{'accuracy':>9}{'chance':>8}{heading:>{column}}"
        f"{'bits captured':>15}{'available':>11}"
    ]
    for pairs, look in by_pairs.items():
        for task in tasks_of[pairs]:
            reference = ""
            if published and published.pairs.get(task) in ("", pairs):
                reference = f"{published.accuracy[task]:.1f} %"
            lines.append(
                f"{task + '  ' + _MEANING[task]:<27}{pairs:<{width}}"
                f"{100 * look(task, 'linear', 'accuracy'):>7.1f} %"
                f"{100 * look(task, 'exact', 'chance'):>6.0f} %{reference:>{column}}"
                f"{look(task, 'linear', 'bits'):>15.3f}{look(task, 'exact', 'bits'):>11.3f}"
            )
            parts = available_parts(look.exact, task)
            lines += [
                f"{_PART[part]:<{27 + width + 9 + 8 + column + 15}}{bits:>11.3f}"
                for part, bits in parts.items()
                if part == PART_OF_TASK[task] or bits >= _UNSEEN
            ]
    return lines


def _ranks(run: pd.DataFrame) -> list[str]:
    """The effective rank of a run's representation at its last epoch, and whether it collapsed."""
    if "effective_rank" not in run:
        return []
    last = run[run["epoch"] == run["epoch"].max()].iloc[0]
    if pd.isna(last["effective_rank"]):
        return []
    line = f"Effective rank of the representation, {last['pairs']} pairs: "
    line += f"{last['effective_rank']:.1f}."
    return [line, *filter(None, [collapse_note(run)])]


#: Title of a line → what it calls a probe → the probe. AUC stands beside accuracy, since a
#: predictor that always says no has 50 % too.
_OTHER_PROBES = {
    "Controls of S, whose intervals must reach down to chance (AUC .5)": {
        **{f"image {m + 1} alone": image_only_probe(m) for m in range(2)},
        "shuffled labels": "shuffled",
    },
    "S by other probes": {"bilinear": "bilinear", "MLP": "mlp", "public protocol": "public"},
}


def _synergy(look: Lookup, unbiased: Lookup | None) -> list[str]:
    """What is said of S: its ranking, its controls, what the further probes find, a sentence.

    Args:
        look: the run that S is read from.
        unbiased: the run beside it that met the mapping by chance only: what a fusion exposes of S
            anyway.
    """
    auc, chance, limit = (
        look("S", *key) for key in (("linear", "auc"), ("exact", "auc_chance"), ("exact", "auc"))
    )
    lines = [
        f"S ranks pairs with AUC {auc:.3f} ({_interval(look, 'S', 'linear', 'auc', 1, 3)}; "
        f"chance {chance:g}, at most {limit:g})."
    ]
    if unbiased:
        lines.append(
            "Learnt from unbiased pairs, which show the mapping by chance only, S reads "
            f"{100 * unbiased('S', 'linear', 'accuracy'):.1f} %, AUC "
            f"{unbiased('S', 'linear', 'auc'):.3f} "
            f"({_interval(unbiased, 'S', 'linear', 'auc', 1, 3)})."
        )
    limits = single_image_limits(look.exact)
    for title, probes in _OTHER_PROBES.items():
        scores = [
            f"  {name:<17}{100 * look('S', probe, 'accuracy'):.1f} %, "
            f"AUC {look('S', probe, 'auc'):.3f} ({_interval(look, 'S', probe, 'auc', 1, 3)})"
            f"{_allowed(limits.get(probe))}"
            for name, probe in probes.items()
            if look.has("S", probe, "auc")
        ]
        lines += [f"{title}:", *scores] if scores else []
    told = ("linear", image_only_probe(0), image_only_probe(1), "shuffled", "bilinear", "mlp")
    low, high = (
        {p: look("S", p, end) for p in told if look.has("S", p, end)}
        for end in ("auc_low", "auc_high")
    )
    lines.append(f"{synergy_in_words(low, high, limits)}.")
    return [*lines, *_use_of_both_images(look)]


def _use_of_both_images(look: Lookup) -> list[str]:
    """Whether the linear probe's predictions of S use both images, where the run decomposed them.

    Synergy above chance is of both images together, and so are both uniquenesses above chance.
    """
    if not look.has("S", "pid", "synergy"):
        return []
    above = {
        part: look("S", "pid", f"{part}_low") > 0 for part in ("unique_1", "unique_2", "synergy")
    }
    if above["synergy"] or (above["unique_1"] and above["unique_2"]):
        said = "use both images"
    else:
        said = "are not seen to use both images"
    return [
        f"Predictions of S {said}: {look('S', 'pid', 'synergy'):.3f} bits of synergy "
        f"({_interval(look, 'S', 'pid', 'synergy', 1, 3)}), of "
        f"{look('S', 'pid', 'synergy_truth'):.3f} in the labels."
    ]


def _allowed(limit: float | None) -> str:
    """How high a control's AUC may be, where that is above chance since S is not pure."""
    return f"; up to {limit:.3f} without synergy" if limit is not None and limit > 0.5 else ""


def _by_sklearn(look: Lookup, task: str) -> str:
    """Its accuracy beside this toolkit's, and a warning if it did not converge."""
    there, here = (100 * look(task, probe, "accuracy") for probe in ("sklearn", "linear"))
    # Of a collapsed representation nothing was fitted.
    fitted = look.has(task, "sklearn", "converged")
    warned = (
        ""
        if not fitted or look(task, "sklearn", "converged")
        else ", scikit-learn did not converge"
    )
    return f"{task} {there:.1f} % (here {here:.1f} %{warned})"


def _by_public_protocol(look: Lookup, task: str) -> str:
    return f"{task} {100 * look(task, 'public', 'accuracy'):.1f} %"


#: Probe that stands beside ours → its name in print, and what is said of a task.
_BESIDE = {
    "public": ("the public code's protocol", _by_public_protocol),
    "sklearn": ("scikit-learn's LogisticRegression", _by_sklearn),
}


def _interval(look: Lookup, task: str, probe: str, metric: str, scale: float, digits: int) -> str:
    low, high = (scale * look(task, probe, f"{metric}_{end}") for end in ("low", "high"))
    return f"{low:.{digits}f} to {high:.{digits}f}"
