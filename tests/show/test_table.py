"""What must hold of tables of results."""

import ipywidgets
import numpy as np
import pytest

from lecture_code.show import Table

ROWS = {
    "CMA-ES": {"return": [310.4, 295.0, 322.0], "time": 4.126, "found by": "search"},
    "CEM": {"return": np.array([-20.0, 263.0, 250.4]), "time": 3.9},
    "wait": {"return": -7, "time": 0.0, "found by": "`nobody`"},
}


def make_table(**changes):
    arguments = {
        "caption": "Five minutes of search.",
        "units": {"time": "s"},
        "best": {"return": "high", "time": "low"},
        "corner": "method",
    }
    return Table(ROWS, **(arguments | changes))


def test_a_cell_of_several_seeds_shows_median_and_ends():
    """Several numbers are their median with lowest and highest; a dash joins the ends
    only where none is negative; minus signs are true.
    """
    text = make_table().text()
    assert "310 (295–322)" in text and "250 (−20 to 263)" in text
    assert "−7" in text and "-2" not in text and "-7" not in text


def test_the_plain_text_is_an_aligned_table():
    """The text holds every cell in columns of one width, numbers to the right, and the
    same table gives the same text.
    """
    caption, *lines = make_table().text().splitlines()
    assert caption == "Five minutes of search." and len(lines) == 4
    assert lines[0].split("  ")[0] == "method" and "time [s]" in lines[0]
    end = lines[0].index("time [s]") + len("time [s]")
    for line, value in zip(lines[1:], ("4.13", "3.90", "★ 0.00"), strict=True):
        assert line[:end].endswith(value)
    assert make_table().text() == make_table().text()


def test_the_best_row_is_marked_and_not_by_colour_alone():
    """Exactly the highest return and the lowest time are strong and carry a star; rows
    that are equal as they are shown are all marked.
    """
    html = make_table().html()
    assert html.count("<strong>") == 2
    assert (
        '<strong>★ 310 <span class="rg-ends">(295–322)</span></strong>' in html
        and "<strong>★ 0.00</strong>" in html
    )
    tie = Table({"a": {"x": 1.04}, "b": {"x": 1.01}}, best={"x": "high"}, digits=1)
    assert tie.html().count("<strong>★") == 2
    assert "★" not in make_table(best={}).html()
    lucky = {"lucky once": {"x": [0, 0, 100]}, "steady": {"x": [1, 1, 1]}}
    html = Table(lucky, best={"x": "high"}).html()
    assert "★ 1" in html and "★ 0" not in html  # by the median, not by the mean


def test_it_is_a_real_table():
    """Caption, a head for each column and row with its scope, a unit in the head, and a
    dash where a cell is missing.
    """
    html = make_table().html()
    assert html.count('<th scope="col"') == 4 and html.count('<th scope="row">') == 3
    assert "<caption>Five minutes of search.</caption>" in html
    assert '<span class="rg-unit">[s]</span>' in html and "<code>nobody</code>" in html
    assert html.count(">–</td>") == 1


@pytest.mark.parametrize(
    ("values", "digits", "shown"),
    [
        ([1234567, 5], None, ["1,234,567", "5"]),
        ([0.01234, 0.5], None, ["0.012", "0.500"]),
        ([12.345, 1.0], None, ["12.3", "1.0"]),
        ([1234.5, 1.4], None, ["1,234", "1"]),
        ([0.01234, 0.5], 1, ["0.0", "0.5"]),
        ([-0.04, 0.5], {"x": 1}, ["0.0", "0.5"]),
        ([0.0, 0.0], None, ["0.00", "0.00"]),
    ],
)
def test_a_column_has_one_number_of_decimals(values, digits, shown):
    """Decimals are chosen for the column as a whole, or given; zero has no minus."""
    table = Table(
        {str(i): {"x": value} for i, value in enumerate(values)}, digits=digits
    )
    assert [row["x"].text for row in table.entries.values()] == shown


def test_live_only_the_text_is_kept(monkeypatch):
    """With a kernel a widget shows the same HTML and only text stands beside it; built,
    the table is HTML and text, and no widget is made.
    """
    live = make_table()._repr_mimebundle_()
    assert set(live) == {"text/plain", "application/vnd.jupyter.widget-view+json"}
    assert live["text/plain"] == make_table().text()
    before = set(ipywidgets.widgets.widget._instances)
    monkeypatch.setenv("BOOK_BUILD", "1")
    built = make_table()._repr_mimebundle_()
    assert built == {
        "text/html": make_table().html(),
        "text/plain": make_table().text(),
    }
    assert set(ipywidgets.widgets.widget._instances) == before


@pytest.mark.parametrize(
    ("rows", "options", "error", "culprit"),
    [
        ({}, {}, ValueError, "at least one row"),
        ({"a": {"x": float("nan")}}, {}, ValueError, "x of a needs finite"),
        ({"a": {"x": []}}, {}, (ValueError, TypeError), "x of a"),
        ({"a": {"x": True}}, {}, TypeError, "x of a must be a number"),
        ({"a": {"x": [[1.0]]}}, {}, TypeError, "x of a"),
        ({"a": {"x": 1}}, {"units": {"y": "s"}}, ValueError, "units names y.*are x"),
        ({"a": {"x": 1}}, {"best": {"x": "most"}}, ValueError, "'most'"),
        ({"a": {"x": 1}}, {"digits": {"z": 1}}, ValueError, "digits names z"),
    ],
)
def test_a_table_that_cannot_be_read_is_refused(rows, options, error, culprit):
    """Errors name the cell or the column."""
    with pytest.raises(error, match=culprit):
        Table(rows, **options)


# ---- in a browser ----


def labels(page):
    return page.locator("tbody th").all_inner_texts()


@pytest.mark.browser
@pytest.mark.usefixtures("building")
def test_a_click_on_a_head_sorts_and_the_third_brings_the_order_back(visit):
    """The best stands on top first, then the order turns round, then returns; the state
    is in aria-sort, and the keyboard does the same.
    """
    page = visit(make_table())
    written = list(ROWS)
    head = page.locator("thead th", has_text="return")
    button = page.get_by_role("button", name="return")
    for rows, state in [
        (["CMA-ES", "CEM", "wait"], "descending"),
        (["wait", "CEM", "CMA-ES"], "ascending"),
        (written, None),
    ]:
        button.click()
        assert labels(page) == rows and head.get_attribute("aria-sort") == state
    time = page.get_by_role("button", name="time")
    time.focus()
    page.keyboard.press("Enter")
    assert labels(page) == ["wait", "CEM", "CMA-ES"]
    page.get_by_role("button", name="method").click()
    assert labels(page) == ["CEM", "CMA-ES", "wait"]
    assert page.locator("[aria-sort]").count() == 1


@pytest.mark.browser
@pytest.mark.usefixtures("building")
def test_a_phone_scrolls_the_table_in_its_box(visit):
    """At 390 px the page is as wide as the screen, the keyboard reaches the box, row
    labels stay in view, and letters are at least 11 px high.
    """
    rows = {
        f"method {n}": {f"column {k}": 100.5 * k + n for k in range(8)} for n in (1, 2)
    }
    page = visit(Table(rows, caption="A wide table"), width=390, scheme="dark")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    box = page.get_by_role("region", name="A wide table")
    assert box.get_attribute("tabindex") == "0"
    before = page.locator("tbody th").first.bounding_box()["x"]
    box.evaluate("(box) => (box.scrollLeft = 300)")
    assert page.locator("tbody th").first.bounding_box()["x"] == pytest.approx(
        before, abs=8
    )
    size = page.locator("td.rg-number").first.evaluate(
        "(e) => getComputedStyle(e).fontSize"
    )
    assert float(size.removesuffix("px")) >= 11


@pytest.mark.browser
@pytest.mark.usefixtures("building")
def test_without_javascript_it_is_just_a_table(visit):
    """All cells are there and nothing looks as if it could be pressed."""
    page = visit(make_table(), javascript=False)
    assert labels(page) == list(ROWS) and page.locator("button").count() == 0
    assert page.locator("td", has_text="310 (295–322)").is_visible()
