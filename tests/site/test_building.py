"""The extensions that make the pages light: formulas, icons, fonts, timings."""

import doctest
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import nbformat
import pytest
from docutils import nodes
from docutils.core import publish_doctree

from ext import further, icons, maths, page, styles, timing
from ext.maths import FormulaError, KaTeX, latex_of
from tools import assets


@pytest.fixture
def katex() -> Iterator[KaTeX]:
    renderer = KaTeX()
    yield renderer
    renderer.close()


@pytest.mark.parametrize(
    "latex",
    [
        r"\theta \leftarrow \theta + \alpha \nabla J",
        r"\begin{aligned} a &= b \\ c &= d \end{aligned}",
        r"G(v)_i = \begin{cases} v_i & \text{if } v_i \text{ is in the top } k \\ "
        r"-\infty & \text{otherwise} \end{cases}",
        r"\phi^* = \operatorname*{argmin}_\phi \sum_{\tau \in \mathcal D} "
        r"\mathbb E\!\left[\lVert e_t(\phi) \rVert^2\right]",
        r"\mathbf 1[\text{success}] - \tfrac15",
        r"\mathcal{N}\!\left(\hat{\mathbf u}_t + \mathbf K_t(\mathbf x_t - "
        r"\hat{\mathbf x}_t),\, Q_{\mathbf u,\mathbf u t}^{-1}\right)",
    ],
)
def test_the_lectures_formulas_are_typeset(latex: str, katex: KaTeX) -> None:
    """Alignments, cases, operators and scripts of the lecture come out as HTML with
    MathML inside, in a line and on one of their own.
    """
    for display in (False, True):
        html = katex.render(latex, display)
        assert "<math" in html and 'class="katex-html"' in html and "error" not in html


def test_a_macro_is_expanded(katex: KaTeX) -> None:
    """Macros of the configuration work in formulas."""
    assert katex.render(r"\E[x]", False, r'{"\\E": "\\mathbb{E}"}') == katex.render(
        r"\mathbb{E}[x]", False
    ).replace(r"\mathbb{E}[x]", r"\E[x]")


def test_a_wrong_formula_stops_the_build(katex: KaTeX) -> None:
    """An error names the formula, and the next formula is typeset all the same."""
    with pytest.raises(FormulaError, match="undefinedcommand"):
        katex.render(r"\undefinedcommand{x}", False)
    assert "katex" in katex.render("x", False)


def test_the_process_ends_with_the_build(katex: KaTeX) -> None:
    """Nothing is left running that would hold the build's output open."""
    katex.render("x", False)
    process = katex.process
    assert process is not None and process.poll() is None
    katex.close()
    assert process.poll() == 0


def test_numbered_environments_leave_the_number_to_the_book() -> None:
    """`align` and its like are typeset without numbers of their own; broken lines get
    an environment.
    """
    assert (
        latex_of(nodes.math_block("", r"\begin{align} a &= b \end{align}"))
        == r"\begin{align*} a &= b \end{align*}"
    )
    assert latex_of(nodes.math_block("", r"a &= b \\ c &= d")).startswith(
        r"\begin{split}"
    )
    assert latex_of(nodes.math("", "a = b")) == "a = b"


def test_only_the_icons_in_use_are_kept() -> None:
    """The style sheet keeps the rules of used icons, loses the others, and carries one
    small font instead of three files.
    """
    css = (icons.THEME / icons.SHEET).read_text(encoding="utf-8")
    trimmed = icons.trim(css, {"fa-list", "fa-print"})
    assert (
        ".fa-list:before" in trimmed
        and ".fa-print:before" in trimmed
        and ".fa-rocket:before" not in trimmed
    )
    assert trimmed.count("@font-face") == 1 and "fa-solid-900" not in trimmed
    assert len(trimmed) < len(css) - 50_000


def test_only_the_rules_of_formulas_in_use_are_kept() -> None:
    """The formulas' style sheet keeps every rule whose classes are in the pages, loses
    the others, and keeps only the fonts that its rules name.
    """
    css = (
        "@font-face{font-family:KaTeX_Main;src:url(a)}"
        "@font-face{font-family:KaTeX_Fraktur;src:url(b)}"
        ".katex{font:1em KaTeX_Main}.katex .mathfrak,.katex .mfrac{top:0}"
        ".katex .mathfrak{font-family:KaTeX_Fraktur}.katex svg{top:1px}"
    )
    page_text = '<span class="katex"><span class="mord mfrac"></span></span>'
    trimmed = maths.trim(css, maths.used_classes([page_text]))
    assert trimmed == (
        "@font-face{font-family:KaTeX_Main;src:url(a)}"
        ".katex{font:1em KaTeX_Main}.katex .mfrac{top:0}.katex svg{top:1px}"
    )
    everything = {"katex", "mathfrak", "mfrac"}
    assert maths.trim(css, everything) == css


def test_only_the_rules_of_the_theme_that_may_select_are_kept() -> None:
    """A rule stays if the pages or the scripts have all names of a selector; what a
    selector excludes or asks of an attribute does not count, braces in texts and commas
    in brackets separate nothing, and other at-rules stay as they are.
    """
    used = styles.Used(frozenset({"card", "top", "row"}), ("tip-",))
    kept = (
        '@charset "UTF-8";',
        ".card{color:red}",
        "#top .row:hover{color:red}",
        ".card:not(.unused){color:red}",
        '.card[data-x=".no"]{color:red}',
        ":is(.unused,:not(.card)){color:red}",
        ".tip-end{color:red}",
        ".w\\:1{color:red}",
        'h2,p::before{content:"}.no{"}',
        "@media print{.card{color:red}}",
        "@keyframes turn{from{top:0}to{top:1px}}",
    )
    lost = (
        ".unused{color:red}",
        ".card .unused{color:red}",
        "#unused,.card.unused{color:red}",
        "@media print{.unused{color:red}}",
    )
    assert styles.trim("".join(kept + lost), used) == "".join(kept)
    assert styles.trim(".unused,.card{top:0}", used) == ".card{top:0}"


def test_the_names_of_a_site_are_those_of_its_pages_and_scripts(tmp_path: Path) -> None:
    """Classes and ids come from the pages; scripts give all their words, and beginnings
    of names that they put together.
    """
    (tmp_path / "_static").mkdir()
    (tmp_path / "a.html").write_text('<p id="one" class="two three">four</p>')
    (tmp_path / "_static" / "a.js").write_text("x.classList.add(`tip-${side}`, 'five')")
    used = styles.Used.from_site(tmp_path)
    assert {"one", "two", "three", "five"} <= used.names and "four" not in used.names
    assert used.beginnings == ("tip-",)


def test_a_sheet_that_asks_for_another_holds_it() -> None:
    """The basic rules stand where they were asked for, with addresses from there; a
    sheet without a request stays as it is.
    """
    basic = "a{background:url(file.png)}b{background:url(data:x)}"
    sheet = styles.answered(f"{styles.REQUEST}c{{top:0}}", basic)
    assert sheet.startswith("a{background:url(../file.png)}") and "import" not in sheet
    assert sheet.endswith("c{top:0}")
    assert styles.answered(sheet, basic) == sheet


def test_a_script_is_not_loaded_for_a_word_in_a_style_sheet() -> None:
    """The scripts of an element stay away from a page that only names the element in
    the style sheet of another.
    """
    script = SimpleNamespace(filename="tetris-board.js", attributes={})
    body = "<template><style>/* <tetris-board> */</style></template>"
    context = {"body": body, "script_files": [script], "css_files": []}
    page.tidy(None, "x", "x", context, None)
    assert context["script_files"] == [] and context["body"] == body
    context = {"body": "<tetris-board>", "script_files": [script], "css_files": []}
    page.tidy(None, "x", "x", context, None)
    assert context["script_files"] == [script]


def test_scripts_that_a_page_does_not_use_are_left_out() -> None:
    """Live code from another server never gets in; the scripts of an element do where
    the page holds the element.
    """

    def script(name: str, body: str = "") -> SimpleNamespace:
        return SimpleNamespace(filename=name, attributes={"body": body})

    assert not page.wanted(script("sphinx-thebe.js"), "<pre>")
    assert not page.wanted(
        script("", 'const THEBE_JS_URL = "https://unpkg.com/thebe"'), ""
    )
    assert page.wanted(script("robot-replay.js"), "<robot-replay>") and not page.wanted(
        script("robot-replay.js"), "<p>"
    )
    assert page.wanted(script("page.js"), "")


def test_a_further_section_is_folded_under_its_heading() -> None:
    """A heading that begins with "Further:" becomes a summary, with the rest of its
    section below it; other sections stay as they are.
    """
    source = "A\n=\n\none\n\nB\n=\n\nFurther: more\n-------------\n\ntwo"
    document = publish_doctree(source, settings_overrides={"doctitle_xform": False})
    further.fold(None, document, "")
    raw = [node.astext() for node in document.findall(nodes.raw)]
    assert raw == [further.OPEN, "</summary>", "</details>"]
    folded = document.next_node(nodes.raw).parent
    assert [child.astext() for child in folded] == [
        further.OPEN,
        "Further: more",
        "</summary>",
        "two",
        "</details>",
    ]


def test_the_timing_of_a_cell_leaves_it() -> None:
    """A cell's seconds are read from its stamps, and the stamps are gone afterwards: a
    cached notebook must still match its source.
    """
    cell = nbformat.v4.new_code_cell("x")
    assert timing.seconds(cell) == 0.0
    cell.metadata["execution"] = {
        "iopub.status.busy": "2026-01-01T00:00:00.500000Z",
        "iopub.status.idle": "2026-01-01T00:00:02.000000Z",
    }
    assert timing.seconds(cell) == 1.5
    assert "execution" not in cell.metadata


def test_font_rules_name_one_format() -> None:
    """The style sheet of the formulas offers woff2 alone."""
    assert doctest.testmod(assets).failed == 0
    assert doctest.testmod(assets).attempted > 0
