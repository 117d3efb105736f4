"""The command that writes a report."""

import pandas as pd
import pytest
from quick_figures import without_layout

from interaction_probes import report


def test_the_command_writes_one_file_or_says_why_not(rows_of_a_run, tmp_path, capsys, monkeypatch):
    without_layout(monkeypatch)
    csv = tmp_path / "results.csv"
    rows = [row for pairs in ("unbiased", "biased") for row in rows_of_a_run("clip", pairs, 0)]
    pd.DataFrame(rows).to_csv(csv, index=False)
    report.main([str(csv), "-o", str(tmp_path / "report.html"), "--title", "Mine"])
    assert "<title>Mine</title>" in (tmp_path / "report.html").read_text()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["report.html", "results.csv"]
    with pytest.raises(SystemExit):
        report.main([str(csv), "-o", str(tmp_path / "x.html"), "--where", "method=comm"])
    assert "no row of the table has method=comm" in capsys.readouterr().err
    csv.write_text("a,b\n")
    for words, message in (
        ([str(csv), "-o", str(tmp_path / "x.html")], "lacks the columns method"),
        ([str(csv), "-o", str(tmp_path / "x.pdf")], "a report is an .html file"),
        ([str(csv), "-o", str(tmp_path / "no" / "x.html")], "no folder"),
        ([str(tmp_path / "no.csv"), "-o", str(tmp_path / "x.html")], "no such file"),
    ):
        capsys.readouterr()
        with pytest.raises(SystemExit) as stop:
            report.main(words)
        assert stop.value.code == 2
        [line] = capsys.readouterr().err.splitlines()
        assert message in line
        assert len(list(tmp_path.iterdir())) == 2
