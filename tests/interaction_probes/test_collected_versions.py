"""Versions of a preset in collected tables: one for runs that they do not tell apart."""

from dataclasses import replace

import pandas as pd
import pytest
from some_runs import write

from interaction_probes.analysis.collected_tables import read_collected
from interaction_probes.analysis.results_table import check_one_preset
from interaction_probes.collect import collect, main
from interaction_probes.settings.method_settings import preset_for_method
from interaction_probes.settings.presets import find_preset


def test_a_table_without_versions_of_presets_is_of_the_first(tmp_path):
    """What its runs left to their preset is read from that version, and no mean mixes the two."""
    first, second = find_preset("paper", 1), find_preset("paper")
    for name, config in (("one/a", first), ("two/b", replace(second, seed=1))):
        write(tmp_path / name, config)
    earlier = tmp_path / "earlier.csv"
    main([str(tmp_path / "one"), "-o", str(earlier)])
    rows = pd.read_csv(earlier, dtype=str, keep_default_na=False)
    rows.drop(columns="preset_version").to_csv(earlier, index=False)
    main([str(earlier), str(tmp_path / "two"), "-o", str(tmp_path / "both.csv")])
    both = read_collected(tmp_path / "both.csv").drop_duplicates("seed").set_index("seed")
    assert both["preset_version"].astype(int).to_dict() == {0: 1, 1: 3}
    with pytest.raises(ValueError, match=r"versions 1 and 3 of the preset paper.*preset_version=3"):
        check_one_preset(both.reset_index())
    warmer = replace(second, seed=2, model=replace(second.model, initialisation="default"))
    write(tmp_path / "three" / "c", warmer)
    sources = [str(earlier), str(tmp_path / "two"), str(tmp_path / "three")]
    main([*sources, "-o", str(tmp_path / "all.csv")])
    every = read_collected(tmp_path / "all.csv").drop_duplicates("seed").set_index("seed")
    assert every["model.initialisation"].to_dict() == {0: "default", 1: "released", 2: "default"}


@pytest.mark.parametrize(
    ("made", "shown"),
    [
        ({"comm": [2, 3]}, {"comm": [3, 3]}),
        ({"comm": [2], "clip": [2]}, {"comm": [2], "clip": [2]}),
        ({"comm": [2], "clip": [3]}, {"comm": [3], "clip": [3]}),
        ({"comm": [3], "clip": [2]}, {"comm": [2], "clip": [2]}),
        ({"comm": [1], "clip": [1]}, {"comm": [1], "clip": [1]}),
        ({"comm": [2], "clip": [2, 3]}, None),
        ({"comm": [1, 3]}, None),
    ],
)
def test_runs_that_the_versions_of_a_preset_do_not_tell_apart_have_one_version(
    tmp_path, made, shown
):
    """Version 3 of quick changed the settings of CLIP and FactorCL, and of no other method."""
    for method, versions in made.items():
        for seed, version in enumerate(versions):
            config = preset_for_method(find_preset("quick", version), method)
            write(tmp_path / "runs" / f"{method}{seed}", replace(config, seed=seed))
    table, _ = collect(tmp_path / "runs")
    # and from a table that another version of the project collected
    earlier = {f"{method}{seed}": v for method, vs in made.items() for seed, v in enumerate(vs)}
    table.assign(preset_version=table["run"].map(earlier)).to_csv(tmp_path / "a.csv", index=False)
    main([str(tmp_path / "a.csv"), "-o", str(tmp_path / "again.csv")])
    for found in (table, read_collected(tmp_path / "again.csv")):
        if shown is None:
            with pytest.raises(ValueError, match="the table mixes the versions"):
                check_one_preset(found)
            continue
        check_one_preset(found)
        by_run = found.drop_duplicates("run").set_index("run")["preset_version"].astype(int)
        assert by_run.to_dict() == {
            f"{method}{seed}": v for method, vs in shown.items() for seed, v in enumerate(vs)
        }
