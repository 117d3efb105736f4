"""``python -m interaction_probes.tables``: its forms, its files and its mistakes."""

import re

import numpy as np
import pandas as pd
import pytest
from label_tables import label_table
from score_rows import results

from interaction_probes import report
from interaction_probes.analysis.scores.columns import SCORE_COLUMNS
from interaction_probes.tables import main


@pytest.fixture
def path(tmp_path):
    results([0.9, 0.8]).to_csv(tmp_path / "results.csv", index=False)
    return tmp_path / "results.csv"


def test_markdown_is_printed(path, capsys):
    main([str(path)])
    head, rule, row = capsys.readouterr().out.splitlines()
    assert head == "| method | n | R | U | S | AUC of S | AUC of S, unbiased |"
    assert rule == "| --- | --- | --- | --- | --- | --- | --- |"
    assert row.startswith("| CoMM | 2 | 85.0 ± 7.1 |")


def test_latex_and_csv_are_written(path, tmp_path):
    main([str(path), "-o", str(tmp_path / "t.tex")])
    lines = (tmp_path / "t.tex").read_text().splitlines()
    assert lines[0] == r"\begin{tabular}{lllllll}"
    assert lines[4].startswith(r"CoMM & 2 & 85.0 $\pm$ 7.1 &")
    assert lines[4].endswith(r" \\")
    main([str(path), "-o", str(tmp_path / "t.csv")])
    [row] = pd.read_csv(tmp_path / "t.csv").to_dict("records")
    assert row["method"] == "CoMM"
    assert (row["n"], row["R_n"], row["U_n"]) == (2, 2, 2)
    assert row["R"] == pytest.approx(0.85)  # a fraction, like the table that it comes from
    assert row["U_sd"] == pytest.approx(np.std([0.9, 0.8], ddof=1), rel=1e-5)
    assert row["S_auc"] == pytest.approx(0.3)
    assert row["S_auc_unbiased"] == pytest.approx(0.275)


def test_scores_before_training_are_in_every_form(path, tmp_path, capsys):
    words = [str(path), "--untrained", "--scores", "R", "S_auc"]
    main(words)
    head, _, row = capsys.readouterr().out.splitlines()
    assert head == "| method | n | R | R untrained | AUC of S | AUC of S untrained |"
    assert "| 10.0 ± 0.0 |" in row
    main([*words, "-o", str(tmp_path / "t.tex")])
    assert r"R & R untrained & AUC of S" in (tmp_path / "t.tex").read_text()
    main([*words, "--intervals", "-o", str(tmp_path / "t.csv")])
    [row] = pd.read_csv(tmp_path / "t.csv").to_dict("records")
    assert row["R_untrained"] == row["R_untrained_low"] == row["R_untrained_high"] == 0.1
    assert (row["S_auc_untrained"], row["S_auc_untrained_n"]) == (0.05, 2)
    with pytest.raises(SystemExit):
        main([str(path), "--untrained", "--against", "comm"])
    assert "--untrained is of scores, and --against prints diff" in capsys.readouterr().err


def test_the_table_that_is_read_is_not_written_over(path, capsys):
    """By its name or another one, or by a command that may write into another kind of file."""
    (path.parent / "again.csv").symlink_to(path)
    (path.parent / "t.html").hardlink_to(path)
    before = path.read_bytes()
    for command, name in ((main, path.name), (main, "again.csv"), (report.main, "t.html")):
        out = path.parent / name
        with pytest.raises(SystemExit) as stop:
            command([str(path), "-o", str(out)])
        assert stop.value.code == 2
        said = f"error: {out} is the table that is read: name another file to write\n"
        assert capsys.readouterr().err == said
        assert out.read_bytes() == path.read_bytes() == before


def test_numbers_that_there_are_not_are_empty(tmp_path):
    table = results([0.9, 0.8])
    table = table[(table["seed"] == 0) | (table["task"] != "U2")]
    table = pd.concat([table, results([0.5], "factorcl", "shared=0.0")])
    table.to_csv(tmp_path / "results.csv", index=False)
    main([str(tmp_path / "results.csv"), "--published", "-o", str(tmp_path / "t.csv")])
    whole, ablated = pd.read_csv(tmp_path / "t.csv").to_dict("records")
    assert (whole["n"], whole["U_n"], whole["U"]) == (2, 1, pytest.approx(0.75))
    assert np.isnan(whole["U_sd"])  # one seed has no deviation
    assert (whole["published_R"], whole["published_S"]) == (0.999, 0.719)
    assert np.isnan(ablated["published_R"])


def test_published_numbers_need_a_table_that_tells_the_weights(tmp_path, capsys):
    path = tmp_path / "metrics.csv"
    results([0.9]).drop(columns="weights").to_csv(path, index=False)
    with pytest.raises(SystemExit) as stop:
        main([str(path), "--published"])
    assert stop.value.code == 2
    [line] = capsys.readouterr().err.splitlines()
    assert "--published needs a table that collect wrote" in line


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["-o", "t.doc"], "a table ends in .md, .tex, .csv, not in '.doc'"),
        (["--by", "nonsense"], "lacks the column nonsense"),
        (["--by", "method"], "--by tells rows apart by settings of their runs; method is none"),
        (["--by", "effective_rank"], "settings of their runs; effective_rank is none"),
        (["--by", "seconds"], "settings of their runs; seconds is none"),
        (["--where", "method=clip"], "no row of the table has method=clip"),
    ],
)
def test_mistakes_are_told_in_a_line(path, capsys, words, message):
    with pytest.raises(SystemExit) as stop:
        main([str(path), *words])
    assert stop.value.code == 2
    [line] = capsys.readouterr().err.splitlines()
    assert message in line


@pytest.mark.parametrize("make", [lambda: results([0.9, 0.8]), lambda: label_table(("comm",))])
def test_every_form_says_that_the_precision_is_mixed(make, tmp_path, capsys):
    table = make()
    table["precision"] = ["float32" if seed else "bfloat16" for seed in table["seed"]]
    table.to_csv(tmp_path / "results.csv", index=False)
    for name in ("t.md", "t.tex", "t.csv"):
        main([str(tmp_path / "results.csv"), "-o", str(tmp_path / name)])
        said = capsys.readouterr().err + (tmp_path / name).read_text()
        assert said.count("Some runs trained in bfloat16, others in float32.") == 1


@pytest.fixture
def two(tmp_path):
    """CoMM over two seeds, CLIP over two, and a ceiling that is above both."""
    parts = [results([0.9, 0.8]), results([0.95, 0.6], "clip"), results([0.95, 0.95], "supervised")]
    table = pd.concat(parts)
    bits = table[table["metric"] == "accuracy"].assign(metric="bits")
    pd.concat([table, bits]).to_csv(tmp_path / "results.csv", index=False)
    return tmp_path / "results.csv"


def test_a_latex_table_is_a_float_with_caption_and_label(two, tmp_path):
    words = ["--caption", "Scores, $n = 2$.", "--label", "tab:scores", "--bold", "--intervals"]
    main([str(two), "-o", str(tmp_path / "t.tex"), "--scores", "R", "U1", "U2", "S_bits", *words])
    lines = (tmp_path / "t.tex").read_text().splitlines()
    assert lines[:4] == [
        r"\begin{table}",
        r"\centering",
        r"\caption{Scores, $n = 2$.}",
        r"\label{tab:scores}",
    ]
    assert lines[-1] == r"\end{table}"
    assert r"method & n & R & U1 & U2 & bits of S \\" in lines
    comm = (
        r"CoMM & 2 & \textbf{85.0 (80.0 to 90.0)} & \textbf{75.0 (70.0 to 80.0)} & "
        r"\textbf{65.0 (60.0 to 70.0)} & \textbf{0.600 (0.550 to 0.650)} \\"
    )
    assert comm in lines
    assert not any(r"\textbf" in line for line in lines if line.startswith(("CLIP", "Supervised")))
    assert any(r"95 \% interval by bootstrap" in line for line in lines)


def test_equal_means_are_both_the_best(tmp_path, capsys):
    path = tmp_path / "results.csv"
    pd.concat([results([0.9, 0.8]), results([0.8, 0.9], "clip")]).to_csv(path, index=False)
    main([str(path), "--bold", "--scores", "R", "S_auc_unbiased"])
    _, _, comm, clip = capsys.readouterr().out.splitlines()
    assert comm == "| CoMM | 2 | **85.0 ± 7.1** | 0.275 ± 0.035 |"
    assert clip == "| CLIP | 2 | **85.0 ± 7.1** | 0.275 ± 0.035 |"


def test_numbers_have_the_ends_of_intervals(two, tmp_path):
    main([str(two), "-o", str(tmp_path / "t.csv"), "--intervals", "--scores", "U1", "R_bits"])
    comm = pd.read_csv(tmp_path / "t.csv").set_index("method").loc["CoMM"]
    assert (comm["U1_low"], comm["U1"], comm["U1_high"]) == pytest.approx((0.7, 0.75, 0.8))
    assert (comm["R_bits_low"], comm["R_bits_high"]) == pytest.approx((0.8, 0.9))


def test_a_method_to_compare_with_is_found_by_its_label(two, capsys):
    main([str(two), "--against", "CoMM"])
    by_label = capsys.readouterr().out
    main([str(two), "--against", "comm"])
    assert capsys.readouterr().out == by_label


def test_signs_of_latex_in_settings_are_escaped(tmp_path):
    path = tmp_path / "results.csv"
    table = pd.concat([results([0.9]), results([0.8])])
    table["a.b"] = ["{x}~1^2\\"] * (len(table) // 2) + ["|"] * (len(table) // 2)
    table.to_csv(path, index=False)
    main([str(path), "--by", "a.b", "-o", str(tmp_path / "t.tex")])
    text = (tmp_path / "t.tex").read_text()
    assert r"\{x\}\textasciitilde{}1\textasciicircum{}2\textbackslash{}" in text


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--caption", "a"], "--caption and --label are of a LaTeX table"),
        (["--label", "a", "-o", "t.md"], "--caption and --label are of a LaTeX table"),
        (["--bold", "--against", "comm"], "which differences has none of"),
        (["--bold", "-o", "t.csv"], "which a .csv table of numbers has none of"),
        (["--intervals", "--against", "comm"], "--intervals are of scores"),
        (["--scores", "AUC"], "no score 'AUC'; "),
        (["--scores", "s_auc"], "did you mean 'S_auc'?"),
        (["--scores", "R", "R"], "a score is named twice"),
    ],
)
def test_options_that_do_not_go_together_are_told(two, capsys, words, message):
    with pytest.raises(SystemExit) as stop:
        main([str(two), *words])
    assert stop.value.code == 2
    [line] = capsys.readouterr().err.splitlines()
    assert message in line


def test_help_lists_every_score(capsys):
    with pytest.raises(SystemExit):
        main(["--help"])
    words = set(re.findall(r"\w+", capsys.readouterr().out))
    assert {column.name for column in SCORE_COLUMNS} <= words
