"""The report as a reader of its HTML sees it, and as a browser runs it."""

import json
import re
import shutil
import subprocess
from collections import Counter
from html.parser import HTMLParser

import pandas as pd
import pytest
from jinja2 import ChoiceLoader, DictLoader, UndefinedError
from quick_figures import without_layout

from interaction_probes import report
from interaction_probes.analysis.published import comparable_published, read_published
from interaction_probes.reporting import html
from interaction_probes.reporting import page as page_module
from interaction_probes.reporting.html import render
from interaction_probes.reporting.page import SECTIONS, Section, check_ids, page
from interaction_probes.reporting.page_figures import FIGURES, draw_all
from interaction_probes.reporting.page_tables import ACCURACY, run_table, scores_by_method

_VOID = {"meta", "input", "br"}
_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")


class Page(HTMLParser):
    """Checks that tags close in order, and keeps what the tests ask for."""

    def __init__(self, text):
        super().__init__()
        self.open, self.tags, self.ids, self.tables = [], Counter(), [], {}
        self.cell, self.links = None, []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        known = dict(attributes)
        self.tags[tag] += 1
        self.links += [known[name] for name in ("src", "href", "xlink:href") if name in known]
        if "id" in known:
            self.ids.append(known["id"])
        if tag not in _VOID:
            self.open.append(tag)
        if tag == "table":
            self.rows = self.tables[known["id"]] = []
        if tag == "tr":
            self.rows.append((known.get("data-method"), []))
        if tag in ("td", "th"):
            self.cell = [known.get("data-sort"), "", known.get("title")]
            self.rows[-1][1].append(self.cell)

    def handle_startendtag(self, tag, attributes):
        if tag not in _VOID:
            self.handle_starttag(tag, attributes)
            self.open.pop()

    def handle_endtag(self, tag):
        assert self.open.pop() == tag
        if tag in ("td", "th"):
            self.cell = None

    def handle_data(self, data):
        if self.cell is not None:
            self.cell[1] += data


def as_html(table):
    return render("table.html", table=table)


@pytest.fixture(scope="module", autouse=True)
def _without_layout():
    """The tests of each figure lay it out."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        without_layout(monkeypatch)
        yield


@pytest.fixture(scope="module")
def text(results):
    return page(results, read_published(), "Title & <more>")


@pytest.fixture(scope="module")
def read(text):
    return Page(text)


@pytest.fixture(scope="module")
def few(results):
    """Of the same table two methods in one seed each, whose page is drawn sooner."""
    plain = (results["weights"] == "") & results["pairs"].isin(["unbiased", "biased"])
    return results[plain & results["method"].isin(["comm", "clip"]) & (results["seed"] == 0)]


def test_the_page_is_whole_and_asks_for_nothing(text, read):
    assert type(text) is str
    assert read.tags["html"] == read.tags["main"] == read.tags["script"] == 1
    assert all(link.startswith("#") for link in read.links)
    assert not re.search(r"url\((?!#)|@import|https?://(?!www\.w3\.org)", text)
    assert [name for name, k in Counter(read.ids).items() if k > 1] == []
    targets = {link[1:] for link in read.links} | set(re.findall(r"url\(#([^)]+)\)", text))
    assert targets <= set(read.ids)
    assert "<h1>Title &amp; &lt;more&gt;</h1>" in text


def test_scores_are_mean_interval_and_n(results, read):
    heads, *rows = read.tables["accuracy"]
    names = [cell[1] for cell in heads[1]]
    scores = ["R", "U1", "U2", "S", "AUC of S"]
    both = [name for score in scores for name in (score, f"{score} untrained")]
    assert names == ["Method", "n", *both]
    assert [method for method, _ in rows] == ["comm", "clip", "random_init", "my.module:Own"]
    mine = results[
        (results["method"] == "comm")
        & (results["pairs"] == "biased")
        & (results["weights"] == "")
        & (results["task"] == "S")
        & (results["probe"] == "linear")
        & (results["metric"] == "accuracy")
        & (results["epoch"] == 14)
    ]
    cells = rows[0][1]
    mean = 100 * mine["value"].mean()
    sort, shown, seeds = cells[names.index("S")]
    assert float(sort) == pytest.approx(mean, rel=1e-5)
    assert shown.startswith(f"{mean:.1f} ")
    assert re.search(r"\d to \d+\.\d", shown)
    assert "published 71.9" in shown
    assert seeds.count("seed") == 3
    assert cells[names.index("n")][1] == "3"
    assert "published" not in rows[2][1][names.index("S")][1]
    start = rows[0][1][names.index("R untrained")]
    assert start[1].startswith("10.0 ")  # the fixture's runs begin at chance
    assert "published" not in start[1]
    assert rows[2][1][names.index("R untrained")][1] == "–"  # a floor is not trained


@pytest.fixture
def without_figures(monkeypatch):
    """Pages of tables alone, which are written sooner."""
    monkeypatch.setattr(page_module, "FIGURES", FIGURES[:0])


@pytest.mark.usefixtures("without_figures")
def test_published_values_have_their_source_and_what_must_be_known(few):
    table = few.replace({"method": {"clip": "infmasking"}})
    text = page(table, read_published(), "Title")
    [said] = re.findall(r'<p class="note">(.*?)</p>', text)
    assert "CoMM: CoMM, ICLR 2025, arXiv 2409.07402." in said
    assert (
        "InfMasking: InfMasking, NeurIPS 2025, arXiv 2509.25270; its epoch was selected on test."
        in said
    )
    assert "FactorCL" not in said  # the table has no run of it


def test_bars_begin_at_the_chance_of_their_own_preset(results):
    """Of two presets with other numbers of values, each has chance and limits of its own."""
    small = results.assign(preset="smoke")
    chance = (small["probe"] == "exact") & (small["metric"] == "chance") & (small["task"] == "R")
    small.loc[chance, "value"] = 0.25
    reads = (small["probe"] == "linear") & (small["metric"] == "accuracy") & (small["task"] == "R")
    small.loc[reads, "value"] = 0.25
    both = as_html(scores_by_method("t", "Scores", pd.concat([results, small]), ACCURACY))
    of_small = [row for row in both.split("<tr") if ">smoke<" in row]
    assert len(of_small) == small["method"].nunique()
    assert all("--part:0.000" in row for row in of_small)


@pytest.mark.usefixtures("without_figures")
def test_scores_of_the_public_protocol_have_a_table_of_their_own(few, read):
    assert "public" not in read.tables
    public = few[few["probe"] == "linear"].assign(probe="public", value=lambda t: t["value"] / 2)
    both = Page(page(pd.concat([few, public]), read_published(), "Title"))
    told = comparable_published(read_published(), few)
    alone = Page(as_html(scores_by_method("accuracy", "Accuracy (%)", few, ACCURACY, told)))
    assert both.tables["accuracy"] == alone.tables["accuracy"]
    for ours, theirs in zip(both.tables["accuracy"][1:], both.tables["public"][1:], strict=True):
        assert ours[0] == theirs[0]
        half = float(theirs[1][2][0]) if theirs[1][2][0] else None
        assert half is None or half == pytest.approx(float(ours[1][2][0]) / 2, rel=1e-4)


def test_every_setting_has_its_row(results, read):
    heads, *rows = read.tables["settings"]
    assert [cell[1] for cell in heads[1][:3]] == ["Method", "Learnt from", "Loss weights"]
    settings = {(method, cells[1][1], cells[2][1]) for method, cells in rows}
    wanted = results[["method", "pairs", "weights"]].drop_duplicates()
    printed = {"": "whole", "unimodal=0.0": "unimodal=0", "joint=0.0": "joint=0"}
    wanted = wanted.assign(weights=wanted["weights"].map(printed))
    assert settings == set(wanted.itertuples(index=False, name=None))


def test_each_method_with_an_ablation_has_its_own(results):
    own = results["method"].replace({"my.module:Own": "a:CoMM"})
    table = results.assign(method=own)
    table.loc[(table["method"] == "a:CoMM") & (table["seed"] == 2), "weights"] = "views=0.0"
    ablation = [each for each in FIGURES if each.name == "ablation"]
    drawn = draw_all(ablation, table, read_published())
    found = {each.name: each.title for each in drawn if each.svg and "ablation" in each.name}
    assert found == {
        "ablation": "Ablation of the loss: CoMM (a)",
        "ablation-2": "Ablation of the loss: CoMM",
    }
    [both] = [each for each in drawn if each.name == "ablation-2"]
    assert "L alone" in str(both.svg)


def test_every_run_has_its_settings_and_provenance(results, read):
    heads, *rows = read.tables["runs"]
    assert len(rows) == results["run"].nunique()
    names = [cell[1] for cell in heads[1]]
    for wanted in ("Run", "Seed", "Loss weights", "Epochs", "Seconds", "Device", "torch_version"):
        assert wanted in names
    assert {cells[0][1] for _, cells in rows} == set(results["run"])
    epochs = {cells[names.index("Epochs")][1] for method, cells in rows if method == "comm"}
    assert epochs == {"14"}


def test_whole_numbers_have_all_their_digits(results):
    table = results[results["method"] == "clip"].assign(parameters=1323008, threads=0.5)
    table["seed"] += 20240101
    found = Page(as_html(run_table(table))).tables["runs"]
    names = [cell[1] for cell in found[0][1]]
    columns = [names.index(name) for name in ("Seed", "parameters", "Threads")]
    shown = {tuple(cells[k][i] for k in columns) for _, cells in found[1:] for i in (0, 1)}
    assert shown == {(str(20240101 + k), "1323008", "0.5") for k in range(3)}
    assert "seed 20240101: " in as_html(scores_by_method("t", "Scores", table, ACCURACY))


def test_figures_are_inline_with_values_to_hover(text, read):
    assert read.tags["svg"] == 6
    assert 'data-value="CoMM, S, epoch 14:' in text
    assert "Not drawn" not in text


def test_what_cannot_be_drawn_is_said(few):
    text = page(few.drop(columns="mapping_strength"), read_published(), "x")
    assert "Not drawn: the table has no ablation" in text
    assert "Not drawn: the table lacks the column mapping_strength" in text


def test_names_of_methods_are_text_and_never_markup(few):
    sly = few[few["method"] == "comm"].replace({"method": {"comm": 'a:<b title="&">'}})
    found = Page(page(sly, read_published(), "x"))
    assert {method for method, _ in found.tables["runs"][1:]} == {'a:<b title="&">'}


def test_a_section_is_one_entry_and_one_template(few, monkeypatch):
    seeds = "<ul>{% for seed in seeds %}<li>{{ seed }}</li>{% endfor %}</ul>"
    templates = DictLoader({"section_seeds.html": seeds})
    environment = html._environment()
    monkeypatch.setattr(environment, "loader", ChoiceLoader([templates, environment.loader]))
    entry = Section("seeds", "Seeds & more", lambda table, _: {"seeds": ["<0>", "1"]})
    monkeypatch.setattr(page_module, "SECTIONS", (*SECTIONS, entry))
    monkeypatch.setattr(page_module, "FIGURES", FIGURES[:0])
    text = page(few, read_published(), "x")
    assert '<h2 id="seeds">Seeds &amp; more</h2>\n<ul><li>&lt;0&gt;</li><li>1</li></ul>' in text


def test_two_parts_of_one_name_are_refused(few, monkeypatch):
    """As a section that is called like a figure: links would lead to the first of them."""
    monkeypatch.setattr(page_module, "FIGURES", FIGURES[:1])
    same = Section(FIGURES[0].name, "Runs again", SECTIONS[2].content)
    templates = DictLoader({f"section_{same.name}.html": "<p>text</p>"})
    environment = html._environment()
    monkeypatch.setattr(environment, "loader", ChoiceLoader([templates, environment.loader]))
    monkeypatch.setattr(page_module, "SECTIONS", (*SECTIONS, same))
    with pytest.raises(ValueError, match="the report uses an id twice: interactions; "):
        page(few, read_published(), "x")
    check_ids('<p id="a"><p id="b">')


def test_a_template_that_names_what_is_not_given_is_an_error():
    with pytest.raises(UndefinedError, match="is undefined"):
        render("page.html", title="x")


def test_the_command_writes_one_file_or_says_why_not(few, tmp_path, capsys):
    csv = tmp_path / "results.csv"
    few[few["method"] == "clip"].to_csv(csv, index=False)
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


def test_only_controls_make_no_report(results):
    with pytest.raises(ValueError, match="no rows of probe linear"):
        page(results[results["probe"] != "linear"], pd.DataFrame(), "x")


# Clicks, sorts, filters and points as a reader does, and writes down what is then seen.
_READER = """
<script>
const seen = {};
const column = (table, k) => [...document.querySelectorAll(`#${table} tbody tr`)]
  .map((row) => row.children[k].dataset.sort);
const heads = [...document.querySelectorAll("#accuracy thead th")];
const s = heads.findIndex((head) => head.textContent === "S");
heads[s].querySelector("button").click();
seen.descending = column("accuracy", s);
seen.state = heads[s].getAttribute("aria-sort");
heads[s].querySelector("button").click();
seen.ascending = column("accuracy", s);
heads[0].querySelector("button").click();
seen.names = column("accuracy", 0);
seen.states = heads.map((head) => head.getAttribute("aria-sort"));
const box = document.querySelector('#filter input[value="clip"]');
box.click();
seen.rows = [...document.querySelectorAll("tr[data-method]")]
  .filter((row) => row.getClientRects().length).map((row) => row.dataset.method);
seen.faded = [...document.querySelectorAll(".mark.faded")].map((mark) => mark.dataset.method);
seen.shown = document.getElementById("shown").textContent;
document.getElementById("all").click();
seen.again = document.querySelectorAll("tr[data-method]:not([hidden])").length;
seen.left = document.querySelectorAll(".mark.faded").length;
const mark = document.querySelector(".mark[data-value]");
mark.firstElementChild.dispatchEvent(new PointerEvent("pointermove", { bubbles: true }));
seen.tip = [document.getElementById("tip").textContent, mark.dataset.value];
document.body.dispatchEvent(new PointerEvent("pointermove", { bubbles: true }));
seen.gone = document.getElementById("tip").hidden;
document.body.innerHTML = "";
document.body.textContent = "SEEN" + JSON.stringify(seen) + "SEEN";
</script>
"""


@pytest.mark.slow
def test_a_browser_sorts_filters_and_points(text, results, tmp_path):
    browser = next(filter(None, map(shutil.which, _BROWSERS)), None)
    if browser is None:
        pytest.skip(f"no browser to try the page in: none of {', '.join(_BROWSERS)} is installed")
    path = tmp_path / "report.html"
    path.write_text(text.replace("</body>", f"{_READER}</body>"))
    flags = ["--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path}/profile"]
    done = subprocess.run(
        [browser, *flags, "--dump-dom", path.as_uri()],
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    found = re.search("SEEN(.*)SEEN", done.stdout)
    assert found, done.stdout[-2000:] + done.stderr[-2000:]
    seen = json.loads(found[1].replace("&amp;", "&").replace("&lt;", "<").replace("&gt;", ">"))
    values = [float(value) for value in seen["descending"]]
    assert values == sorted(values, reverse=True)
    assert seen["state"] == "descending"
    assert [float(value) for value in seen["ascending"]] == values[::-1]
    assert seen["names"] == sorted(seen["names"], key=str.lower)
    assert seen["states"] == ["ascending"] + ["none"] * (len(seen["states"]) - 1)
    assert set(seen["rows"]) == set(results["method"]) - {"clip"}
    assert set(seen["faded"]) == {"clip"}
    assert seen["shown"] == "3 of 4 shown"
    assert seen["again"] > len(seen["rows"])
    assert seen["left"] == 0
    assert seen["tip"][0] == seen["tip"][1] != ""
    assert seen["gone"] is True


def test_half_done_runs_are_marked(few):
    cut = few[few["epoch"] < few["epoch"].max()]
    half = cut.assign(half_done=["3" if name == "comm" else "" for name in cut["method"]])
    comm, clip = (cells[1].text for _, cells in scores_by_method("t", "T", half, ACCURACY).rows)
    assert (comm, clip) == ("1 (half done)", "1")


def test_collapsed_runs_are_marked(few):
    """few has one seed: runs on unbiased pairs and on biased ones."""
    ranked = few.assign(effective_rank=1.0, collapsed=(few["pairs"] == "biased").astype("Int64"))
    found = scores_by_method("scores", "Scores", ranked, ACCURACY)
    counts = {cell.text for _, cells in found.rows for cell in cells if cell.kind == "setting"}
    assert any(text.endswith("(1 collapsed)") for text in counts)
    headings = run_table(ranked).headings
    assert {"Effective rank", "Collapsed"} <= set(headings)


def test_a_report_without_published_values_says_why(few):
    told = "No published values are shown: they are of images, these runs of vectors."
    text = page(few.assign(kind="vectors"), read_published(), "x")
    assert f'<p class="note">{told}</p>' in text
    assert "No published values are shown" not in page(few, read_published(), "x")


def test_chance_is_in_percent_as_the_accuracy_is(few):
    assert "Chance is 100 / classes: 50 for S.</dd>" in page(few, read_published(), "x")
