"""The pictures of cells show the cells that their words describe."""

import numpy as np
import pytest

from lecture_code.experiments import load_result
from lecture_code.figures.gradients.architecture_search import cells
from lecture_code.gradients.cell_formulas import KNOWN_CELLS, formulas_of
from lecture_code.gradients.recurrent_cells import CellTree, cell_space


def words_in(figure):
    return [text.get_text() for text in figure.axes[0].texts if text.get_text()]


@pytest.mark.parametrize("name", cells.shown_cells())
def test_a_tree_shows_each_node(name, drawn):
    """Each node's sign and activation stand in the picture as often as in the cell, c
    enters once and leaves once, and the letters can be read on a phone.
    """
    tree = cells.shown_cells()[name]
    picture = cells.cell_picture(name)
    shown = words_in(drawn[0])
    signs = [cells.SIGNS[node.combine] for node in tree.nodes]
    functions = [cells.FUNCTIONS[node.activate] for node in tree.nodes]
    inject = cells.SIGNS[tree.inject.combine], cells.FUNCTIONS[tree.inject.activate]
    expected = [*signs, *filter(None, functions), " ".join(inject).strip()]
    drawn_words = [word for word in shown if word in set(expected)]
    assert sorted(drawn_words) == sorted(expected)
    assert shown.count("$c_{t-1}$") == shown.count("$c_t$") == 1
    assert f"{tree.base} leaves" in picture.alt


def test_the_equations_stand_below_a_small_tree(drawn):
    """The worked example has its six equations below the tree, the LSTM has none; both
    have all sentences in the words for those who do not see the picture.
    """
    for name, count in (("worked example", 6), ("LSTM", 0)):
        picture = cells.cell_picture(name)
        formulas = formulas_of(KNOWN_CELLS[name])
        equations = [f"${formula.latex}$" for formula in formulas]
        shown = [word for word in words_in(drawn[-1]) if word in equations]
        assert shown == equations[:count]
        assert all(formula.words in picture.alt for formula in formulas)


def test_a_parent_stands_above_the_middle_of_its_children():
    """Columns and levels of a random tree with three leaves, and of the LSTM's."""
    string = cell_space(3).uniform(1, np.random.default_rng(0))[0]
    for tree in (CellTree.from_string(string, 3), KNOWN_CELLS["LSTM"]):
        places = cells.places_of(tree)
        assert len(places) == len(set(places)) == len(tree.nodes)
        for node, (x, level) in enumerate(places):
            children = tree.children(node)
            if children is not None:
                left, right = (places[child] for child in children)
                assert x == (left[0] + right[0]) / 2
                assert level > max(left[1], right[1])


def test_an_unknown_cell_is_named():
    """The error lists the cells that there are."""
    with pytest.raises(ValueError, match="'GRU'; there are: worked example, tanh RNN"):
        cells.cell_picture("GRU")


# --- what the search found ---


def test_the_table_of_searchers_has_their_answers():
    """The medians of the answers after the long training, by searcher."""
    result = load_result("architecture_cell_search")
    entries = cells.searchers_table(result).entries
    for name, label in cells.NAMES.items():
        trained = result.curves[name]["trained"]
        assert entries[label]["answer, trained long"].value == np.median(trained)


def test_a_difference_is_paired():
    """The mean and Student's interval of five differences by hand."""
    words = cells.difference(np.array([0.1, 0.2, 0.3, 0.4, 0.5]))
    half = 2.776 * 0.15811 / 5**0.5
    assert words.split("\N{NO-BREAK SPACE}") == ["+0.30", "±", f"{half:.2f}"]


def test_the_comparison_is_beside_the_lstm():
    """Each row has the mean of its own five seeds, after the usual training and after
    the longer one where there is one; the LSTM has no difference from itself, and the
    sign of a better arm is minus.
    """
    result, longer = (load_result(f"architecture_cells{end}") for end in ("", "_long"))
    entries = cells.comparison_table(result, longer).entries
    assert list(entries) == list(result.curves)
    for found, steps in ((result, "1,000"), (longer, "3,000")):
        tests = {arm: np.array(curve["test"]) for arm, curve in found.curves.items()}
        for arm, row in entries.items():
            if arm not in tests:
                assert f"{steps} steps" not in row
                continue
            assert row[f"{steps} steps"].value == pytest.approx(tests[arm].mean())
            words = row[f"minus LSTM ({steps})"].text
            if arm == "LSTM":
                assert not words.strip("–")
            else:
                assert words == cells.difference(tests[arm] - tests["LSTM"])
                better = tests[arm].mean() < tests["LSTM"].mean()
                assert words.startswith("−" if better else "+")


def test_the_sums_stand_beside_their_cells():
    """Both cells, and no layer of torch's, have the mean of their own sums, and a
    difference that is paired.
    """
    result, sums = (load_result(f"architecture_cells{end}") for end in ("", "_sums"))
    entries = cells.sums_table(result, sums).entries
    assert list(entries) == ["first cell", "second cell"]
    for arm, row in entries.items():
        found, changed = result.curves[arm], sums.curves[f"{arm}, sum"]
        assert row["as found"].value == cells.mean(found)
        assert row["a sum for its product"].value == cells.mean(changed)
        apart = np.array(changed["test"]) - np.array(found["test"])
        assert row["difference"].text == cells.difference(apart)
