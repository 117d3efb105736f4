"""A table of results of runs on three images with scores at epochs 0 and 2, made up."""

import pandas as pd
from profile_tables import profile_table

from interaction_probes.analysis.row_filters import teaching_design


def sample_scores(methods=("comm", "clip"), seeds=(0, 1)):
    """Accuracy rises from chance to .9 on the design that teaches a task, else to .6.

    The second method and each further one end .1 lower, each seed .01 higher.
    """
    table = profile_table(methods, seeds)
    names = ["method", "preset", "pairs", "seed", "weights", "run"]
    tasks = table[table["probe"] == "exact"]["task"].unique()
    rows = []
    for run in table[names].drop_duplicates().to_dict("records"):
        for task in tasks:
            two = task in ("S13", "S123")
            chance = 0.5 if two else 0.1
            end = 0.9 if teaching_design(task) == run["pairs"] else 0.6
            end += 0.01 * run["seed"] - 0.1 * methods.index(run["method"])
            found = [(0, "exact", "chance", chance)]
            found += [(0, "exact", "auc", 1.0), (0, "exact", "additive", 0.7)] if two else []
            for epoch, value in ((0, chance), (2, end)):
                found += [
                    (epoch, "linear", "accuracy", value),
                    (epoch, "linear", "bits", value / 2),
                ]
                found += [(epoch, "linear", "accuracy_low", value - 0.02)]
                found += [(epoch, "linear", "accuracy_high", value + 0.02)]
                found += [(epoch, "linear", "auc", value)] if two else []
            rows += [
                run | {"epoch": epoch, "task": task, "probe": probe, "metric": metric, "value": at}
                for epoch, probe, metric, at in found
            ]
    # The bits of profile_table at the last epoch are in the rows above.
    kept = table[~((table["probe"] == "linear") & (table["metric"] == "bits"))]
    return pd.concat([kept, pd.DataFrame(rows)], ignore_index=True)
