import pytest
from matplotlib.figure import Figure

from interaction_probes.figures.drawing.caption import caption, in_latex, take_caption

TEXT = "Mean and 95 % interval over half-hidden seeds, which are few. " * 6


@pytest.fixture(params=["constrained", None])
def figure(request):
    made = Figure(figsize=(3.3, 2.0), layout=request.param)
    made.add_axes((0.2, 0.3, 0.6, 0.5))
    return made


def test_a_figure_grows_by_its_small_print(figure):
    caption(figure, TEXT)
    lines = figure.get_supxlabel().splitlines()
    assert len(lines) > 3
    assert figure.get_figheight() == pytest.approx(2.0 + 0.11 * len(lines))
    assert all(len(line) <= 66 for line in lines)
    assert not any(line.startswith("%") or line.endswith("-") for line in lines)


def test_what_is_taken_is_the_text_and_its_room(figure):
    [axes] = figure.axes
    caption(figure, TEXT)
    grown = figure.get_figheight()
    below = axes.get_position().y0 * grown
    assert take_caption(figure) == TEXT.strip()
    assert figure.get_figheight() == pytest.approx(2.0)
    assert figure.get_supxlabel() == ""
    if figure.get_layout_engine() is None:  # as far from the upper edge as before, and as high
        assert axes.get_position().y0 * 2.0 == pytest.approx(below - (grown - 2.0))
        assert axes.get_position().height * 2.0 == pytest.approx(0.5 * grown)


def test_a_figure_without_small_print_is_left_as_it_is(figure):
    assert take_caption(figure) == ""
    assert figure.get_figheight() == 2.0


@pytest.mark.parametrize(
    ("text", "latex"),
    [
        ("95 % of it", r"95\,\% of it"),
        ("a % sign, my_method & 3 #", r"a \% sign, my\_method \& 3 \#"),
        ("71.9 ± 2.0, −0.1, ρ – ΣLᵢ", r"71.9 $\pm$ 2.0, $-$0.1, $\rho$ -- $\Sigma$L$_i$"),
        (r"{a}\b^c~$", r"\{a\}\textbackslash{}b\textasciicircum{}c\textasciitilde{}\$"),
    ],
)
def test_signs_are_as_latex_reads_them(text, latex):
    assert in_latex(text) == latex
