"""Command lines of every program: no word of them brings a traceback."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from outcome import outcome, somewhere

from interaction_probes import sweep as sweeping
from interaction_probes.collect import main as collect
from interaction_probes.embed import main as embed
from interaction_probes.execution import forecast as forecasting
from interaction_probes.execution import launcher as launching
from interaction_probes.export import main as export
from interaction_probes.features import main as features
from interaction_probes.figures.__main__ import FIGURES
from interaction_probes.figures.__main__ import main as figures
from interaction_probes.report import main as report
from interaction_probes.run import main as run
from interaction_probes.sweep import main as sweep
from interaction_probes.tables import main as tables
from trifeature.__main__ import main as trifeature

#: Values that have broken command lines before, here or elsewhere.
NASTY = (
    *(
        "",
        " ",
        "-",
        "--",
        "=",
        "0",
        "-0",
        "1",
        "-1",
        "2",
        "3",
        "0.5",
        "1e-3",
        "1e400",
        "nan",
        "-inf",
    ),
    *("9" * 30, "9" * 400, "9" * 5000, "1_0", "0x10", "None", "True", "[1]", "{}", "()", "a,b"),
    *(
        "a=b",
        "é",
        "💥",
        "\udcff",
        "\x00",
        "\n",
        "a\nb",
        "a/b",
        "../up",
        "/",
        ".",
        "~",
        "'",
        '"',
        "%s",
    ),
    *("-inf", "joint", "joint=0", "joint=nan", "comm", "clip", "smoke", "quick", "both", "cpu"),
    *("biased", "design", "cuda:99", "tiny:Tiny", "os:path", "os.path:join", "shape", "texture"),
    *("colour", "optim.lr", "design.mapped", "results.csv", "out.png", "npz", "folders", "a" * 300),
)
values = st.one_of(st.sampled_from(NASTY), st.text(max_size=8), st.integers().map(str))


def lines(options, most=4):
    """Command lines of options, each with some values, and of stray words."""
    known = st.sampled_from(options)
    broken = st.builds(lambda option, cut: option[:cut], known, st.integers(1, 12))
    option = st.one_of(known, known, known, broken)
    part = st.one_of(
        st.builds(lambda name, given: [name, *given], option, st.lists(values, max_size=3)),
        st.builds(lambda name, value: [f"{name}={value}"], option, values),
        st.lists(values, max_size=1),
    )
    return st.lists(part, max_size=most).map(lambda parts: [word for p in parts for word in p])


RUN = (
    *("--method", "--preset", "--pairs", "--seed", "--n-pairs", "--device", "--threads", "--out"),
    *("--cache", "--config", "--list", "--plan", "--weights", "--features", "--controls", "--help"),
    *("--design.mapped", "--design.shared", "--design.shared-strength", "--images.renders"),
    *("--design.mapping-strength", "--images.counts.shape", "--images.geometry.image"),
    *("--views.crop-scale", "--views.hue", "--model.size", "--model.heads", "--model.temperature"),
    *("--model.encoder.widths", "--optim.epochs", "--optim.lr", "--optim.schedule"),
    *("--probe", "--probe.every", "--probe.strengths", "--probe.validation"),
)
SWEEP = (
    *("--method", "--seed", "--weights", "--mapping-strength", "--shared-strength", "--grid"),
    *("--pairs", "--preset", "--out", "--processes", "--threads", "--device", "--cache", "--plan"),
    *("--print-commands", "--help", "--optim.lr"),
)
TRIFEATURE = (
    *("generate", "preview", "audit", "--seed", "--shapes", "--textures", "--colours", "--renders"),
    *("--shared", "--unique", "--mapped", "--shared-strength", "--mapping-strength", "--out"),
    *("--preset", "--image", "--shape", "--period", "--format", "--help"),
)


class NotLaunched(ValueError):
    """The command line was fine."""


@pytest.fixture(autouse=True, scope="module")
def dry():
    """Everything up to the work itself."""

    def instead(*_, **__):
        raise NotLaunched("it would begin now")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(launching, "launch", instead)
        patch.setattr(forecasting, "measure_runs", instead)
        patch.setattr(sweeping, "estimate_seconds", lambda site, left, _: [1.0] * len(left))
        patch.setattr(sweeping, "execute_runs", instead)
        yield


FEW = settings(
    max_examples=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
)


@pytest.mark.slow
@FEW
@given(lines(RUN))
@example(["--seed", "9" * 5000])
@example(["--optim.lr", "9" * 400])
@example(["--threads", "9" * 30])
@example(["--out", "\x00"])
@example(["--config", "\x00"])
@example(["--config", "a" * 300])
@example(["--config="])
@example(["--preset", "smoke", "--method", "\x00:a"])
def test_run(words):
    with somewhere() as folder:
        outcome(run, words)
        assert list(folder.rglob("*")) == []


@FEW
@given(lines(SWEEP))
@example(["--out", "a" * 300])
@example(["--out", "\x00"])
@example(["--grid", "design.mapped", "a"])
@example(["--grid", "weights", "joint=0"])
@example(["--grid", "model.encoder.widths", ""])
@example(["--processes", "9" * 30])
@example(["--threads", "9" * 30])
def test_sweep(words):
    with somewhere() as folder:
        outcome(sweep, words)
        assert list(folder.rglob("*")) == []


@pytest.mark.slow
@settings(FEW, max_examples=12)
@given(
    st.sampled_from(["generate", "preview", "audit"]),
    lines(TRIFEATURE, most=3),
    st.booleans(),
)
@example("audit", ["--renders", "9" * 17], True)
@example("audit", ["--renders", "9" * 30], True)
@example("audit", ["--pairs", "9" * 17], True)
@example("audit", ["--pairs", "9" * 30], True)
@example("audit", ["--seed", "9" * 30], True)
@example("generate", ["--image", "9" * 17], True)
@example("generate", ["--period", "9" * 30], True)
@example("generate", ["--out", "\x00"], True)
@example("generate", ["--out", "a" * 300], True)
@example("generate", ["--out", "."], True)
@example("generate", ["--out", "/"], True)
def test_trifeature(name, words, small):
    few = ["--shapes", "2", "--textures", "2", "--colours", "2", "--pairs", "10"]
    few += ["--out", "data"] if name != "audit" else []
    with somewhere() as folder:
        outcome(trifeature, [name, *(few if small else []), *words])
        hidden = [path for path in folder.rglob("*") if path.name.startswith(".")]
        assert hidden == []


OTHERS = {
    "collect": (collect, ("runs", "-o", "--out", "--help")),
    "report": (report, ("results.csv", "-o", "--out", "--title", "--where", "--help")),
    "embed": (embed, ("runs", "-o", "--out", "--device", "--cache", "--help")),
    "features": (features, ("runs", "-o", "--out", "--device", "--cache", "--help")),
    "export": (export, ("runs", "-o", "--out", "--help")),
    "tables": (tables, ("results.csv", "-o", "--out", "--format", "--where", "--help")),
    "figures": (
        figures,
        ("results.csv", *FIGURES, "-o", "--out", "--width", "--where", "--published", "--help"),
    ),
}


@pytest.mark.parametrize("name", OTHERS)
@settings(FEW, max_examples=20)
@given(st.data())
def test_others(name, data):
    main, options = OTHERS[name]
    words = data.draw(lines(options))
    with somewhere():
        Path("runs").mkdir()
        Path("results.csv").write_text("method,preset,pairs,seed,epoch,task,probe,metric,value\n")
        outcome(main, words)
