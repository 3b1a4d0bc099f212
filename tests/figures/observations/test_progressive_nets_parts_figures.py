"""What must hold of the figures of laterals, usage, capacity and growth."""

from dataclasses import asdict

import matplotlib.colors
import numpy as np
import pytest

from lecture_code.experiments import load_result
from lecture_code.experiments.observations.progressive_nets import parts, third_column
from lecture_code.experiments.results import Result
from lecture_code.figures.observations import progressive_nets as draw
from lecture_code.figures.observations.progressive_nets import (
    growth,
    laterals,
    readings,
    usage,
)
from lecture_code.learning.columns import ColumnSizes
from lecture_code.show import explore

SEEDS = [0, 1, 2, 3, 4]


def result(name, settings, curves):
    nothing = {}
    return Result(name, settings, SEEDS, curves, nothing, nothing, nothing, 1.0, "")


def around(middle):
    """Five seeds with this median."""
    return [middle - 2.0, middle - 1.0, middle, middle + 0.5, middle + 3.0]


def measured():
    """Parts on two robots: the return falls by 1, 2 and 20 without the lateral into the
    convolution, the dense layer and the output, and by 3 without the own output.
    """
    losses = {"convolution": 1, "dense": 2, "output": 20}
    curves = {}
    for name, (domain, method, widths) in parts.groups(parts.PARTS).items():
        top = {"A": 28.0, "B": 24.0}[domain] + widths[0] / 100
        entries = {"after": around(top), "parameters": 400 * sum(widths)}
        if widths == parts.USUAL:
            for subset in parts.SUBSETS[1:]:
                loss = sum(losses[part] for part in subset)
                entries[parts.off(subset)] = around(top - loss)
            entries["own output"] = around(top - 3)
            for column, layer in parts.PLACES:
                value = 3.0 if column == 0 else float(layer)
                never = [None] * 2 if method == "progressive" else [value] * 2
                entries[parts.noise((column, layer))] = never + [value] * 3
        curves[name] = entries
    return result("progressive_nets_parts", asdict(parts.PARTS), curves)


def third():
    curves = {
        method: {
            "before": around(20.0),
            "after": around(20.0 + i),
            "A before": around(28.0),
            "A after": around(28.0 if "column" in method else 25.0),
            "simulation before": around(37.0),
            "simulation after": around(37.0 if "column" in method else 33.0),
            "parameters": 1000 * (i + 1),
            "all parameters": 90_000,
        }
        for i, method in enumerate(third_column.FIRST_METHOD)
    }
    return result("progressive_nets_third", asdict(third_column.THIRD), curves)


def bars(figure):
    return [patch.get_height() for patch in figure.axes[1].patches]


# --- laterals


def test_all_laterals_on_is_the_net_as_it_is(drawn):
    """Limit: both bars are the same, no lateral is dashed or crossed."""
    picture = draw.Laterals(measured(), "B").draw("on", "on", "on")
    assert bars(drawn[0]) == [pytest.approx(24.08)] * 2
    assert "Laterals off: none. Median return 24.1; as it is 24.1." in picture.alt
    styles = [patch.get_linestyle() for patch in drawn[0].axes[0].patches]
    assert "--" not in styles
    assert not drawn[0].axes[0].lines


def test_a_lateral_that_is_off_is_dashed_and_its_return_shown(drawn):
    """Equation: the second bar is the median without these laterals; they, and no
    others, are dashed and crossed.
    """
    picture = draw.Laterals(measured(), "B").draw("off", "on", "off")
    assert bars(drawn[0]) == [pytest.approx(24.08), pytest.approx(24.08 - 21)]
    assert "into the second convolution and the output" in picture.alt
    styles = [patch.get_linestyle() for patch in drawn[0].axes[0].patches]
    assert styles.count("--") == 2
    crossed = [line.get_ydata()[0] for line in drawn[0].axes[0].lines]
    assert crossed == [1.5, 3.5]


def test_the_head_may_be_chosen(drawn):
    """Equation: another method's returns stand in the same axes, which stand still."""
    view = draw.Laterals(measured(), "A")
    assert "frozen copy" in view.draw("on", "off", "on", "frozen copy").alt
    assert "progressive" in view.draw("on", "off", "on").alt
    assert drawn[0].axes[1].get_ylim() == drawn[1].axes[1].get_ylim()
    assert drawn[0].axes[1].get_ylim()[1] > 31


def test_eight_subsets_fit_on_a_page():
    """The three choices make a flipbook of eight frames, each with its own return."""
    choice = ["on", "off"]
    start = {"convolution": "on", "dense": "on", "output": "on"}
    book = explore(
        draw.Laterals(measured(), "B").draw,
        convolution=choice,
        dense=choice,
        output=choice,
        start=start,
    )
    assert book.html().count("<template") == 7
    alts = {book.frame(**values).alt for values in book.values()}
    assert len(alts) == 8


def test_a_choice_that_is_neither_on_nor_off_is_named():
    """Bad input: the error names the lateral; a group that was not measured is named,
    too.
    """
    with pytest.raises(ValueError, match="dense must be 'on' or 'off'; got 'half'"):
        draw.Laterals(measured(), "B").draw("on", "half", "on")
    with pytest.raises(KeyError, match="no 'C copied head 8 8 32'; it has: A progr"):
        draw.Laterals(measured(), "C").draw("on", "on", "on")


@pytest.mark.parametrize(
    ("table_of", "lesions"),
    [
        (laterals.lesions_table, {"own output off": "25.1"}),
        (
            draw.laterals_table,
            {"hidden laterals off": "25.1", "output lateral off": "8.1"},
        ),
    ],
)
def test_the_tables_of_lesions_have_medians(table_of, lesions):
    """Equation: a row for each head, with the median without each part; the first table
    does not have what the switches show.
    """
    table = table_of(measured(), "A")
    assert list(table.entries) == ["random head", "progressive", "frozen copy"]
    row = {name: cell.text for name, cell in table.entries["progressive"].items()}
    assert row == {"as it is": "28.1", **lesions}


# --- usage


def test_usage_is_of_the_seeds_that_learnt(drawn):
    """Equation: shares of Λ = 3 in column 1 and 1, 2, 3 in column 2, for each layer;
    seeds without a sensitivity do not count, and the caption says how many did.
    """
    found = usage.usage(measured(), "A", "progressive")
    assert found.shape == (3, 2, 3)
    np.testing.assert_allclose(found[0], [[3 / 4, 3 / 5, 1 / 2], [1 / 4, 2 / 5, 1 / 2]])
    picture = draw.usage_map(measured(), "A")
    assert "random head 0.25, 0.40, 0.50" in picture.alt
    assert "3 of 5 (random head), 5 of 5 (progressive)" in picture.html()
    texts = [text.get_text() for text in drawn[0].axes[1].texts]
    assert texts == ["0.75", "0.60", "0.50", "0.25", "0.40", "0.50"]


def test_a_stronger_colour_is_a_larger_share(drawn):
    """Order: of the fields of a map, the larger share is the less transparent one."""
    draw.usage_map(measured(), "A")
    fields = drawn[0].axes[1].patches
    alphas = [matplotlib.colors.to_rgba(field.get_facecolor())[3] for field in fields]
    assert alphas[0] > alphas[1] > alphas[2] > alphas[4] > alphas[3]


def test_a_method_that_never_learnt_has_an_empty_map(drawn):
    """Limit: without a seed that learnt a map has dashes and no colour."""
    stored = measured()
    for place in parts.PLACES:
        stored.curves["B progressive 8 8 32"][parts.noise(place)] = [None] * 5
    picture = draw.usage_map(stored, "B")
    assert "0 of 5 (random head)" in picture.html()
    assert "random head" not in picture.alt
    assert {text.get_text() for text in drawn[0].axes[0].texts} == {"–"}
    assert {field.get_alpha() for field in drawn[0].axes[0].patches} == {0.0}


# --- capacity


def test_capacity_has_a_point_for_each_size(drawn):
    """Equation: medians against the parameters that learn, for both heads, the frozen
    copy 5 % to the left; the first column as it is, and the head alone with the range
    of its seeds where the comparison is given.
    """
    columns = load_result("progressive_nets_columns")
    picture = draw.capacity_curves(measured(), columns, "B")
    axes = drawn[0].axes[0]
    curve = axes.containers[0].lines[0]
    assert curve.get_xdata().tolist() == [4_800, 19_200, 70_400]
    np.testing.assert_allclose(curve.get_ydata(), [24.02, 24.08, 24.16])
    shifted = axes.containers[1].lines[0].get_xdata(orig=False)
    np.testing.assert_allclose(shifted, [4_560, 18_240, 66_880])
    as_it_is = np.median(columns.curves["simulation"]["tests"]["B"])
    assert f"column 1 as it is: {as_it_is:.1f}" in picture.alt
    assert "head only" not in picture.alt
    alone = {"B head only 0.001": {"after": around(22.0)}}
    comparison = result("progressive_nets", {}, alone)
    picture = draw.capacity_curves(measured(), columns, "B", comparison)
    assert "head only: 22.0 with 903" in picture.alt
    (bar,) = drawn[1].axes[0].containers[-1].lines[2]
    (ends,) = bar.get_segments()
    assert ends.tolist() == [[903, 20], [903, 25]]


# --- growth


def test_parameters_grow_as_counted_by_hand():
    """Equation: without adapters a new column has its own weights, laterals from the
    first column, and laterals from every small column before it.
    """
    small = ColumnSizes(filters=(2, 2), dense=4)
    one, two, three, four = growth.numbers_of_parameters(small, 0, 4)
    assert one == 80_183
    own = (2 * 3 * 16 + 2) + (2 * 2 * 25 + 2) + (4 * 2 * 16 + 4) + (7 * 4 + 7)
    from_first = 2 * 16 * 25 + 4 * 32 * 16 + 7 * 128
    from_small = 2 * 2 * 25 + 4 * 2 * 16 + 7 * 4
    assert two - one == own + from_first
    assert three - two == own + from_first + from_small
    assert four - three == own + from_first + 2 * from_small


def test_growth_shows_parameters_and_returns(drawn):
    """Conformance: four curves that start at the first column, a row for each method
    with its medians before and after.
    """
    picture = draw.growth_curves(third())
    above, below = drawn[0].axes
    assert [line.get_ydata()[0] for line in above.lines] == [80.183] * 4
    ends = [line.get_ydata()[-1] for line in above.lines]
    assert ends[0] > ends[1] > ends[2] > ends[3]
    names = [label.get_text() for label in below.get_yticklabels()]
    assert names == list(third_column.FIRST_METHOD)
    assert "third column 20.0 and 20.0; second column 20.0 and 21.0" in picture.alt


def test_the_table_says_what_is_kept():
    """Equation: a return that no seed changed is called kept, another one is shown
    before and after.
    """
    table = draw.third_table(third())
    rows = {
        name: {column: cell.text for column, cell in row.items()}
        for name, row in table.entries.items()
    }
    assert rows["third column"] == {
        "moving target": "20.0",
        "A": "28.0, kept",
        "simulation": "37.0, kept",
    }
    assert rows["fine-tuning twice"]["simulation"] == "37.0 → 33.0"
    assert growth.kept([1.0, 2.0, 3.0], [1.0, 2.0, 3.5]) == "2.0 → 2.0"


def test_an_unknown_group_is_named():
    """Bad input: the error lists what the result has."""
    with pytest.raises(KeyError, match="no 'A magic 8 8 32'; it has: A progressive"):
        readings.measured(measured(), "A", "magic")
    assert set(laterals.WORDS) == set(parts.LATERALS)


# --- claims about the committed results


@pytest.fixture(scope="module")
def committed():
    return load_result("progressive_nets_parts")


def test_the_usual_size_is_the_comparison_number_for_number(committed):
    """Oracle: at the same rate, the returns are those of `progressive_nets`."""
    grid = load_result("progressive_nets").curves
    for domain in ("A", "B"):
        for method in committed.settings["methods"]:
            ours = readings.measured(committed, domain, method)
            theirs = grid[f"{domain} {method} 0.001"]
            assert ours["after"] == theirs["after"]
            assert ours["own output"] == theirs["without own output"]


def test_without_the_output_lateral_nothing_is_left(committed):
    """Claim: for every head and robot the median return without the lateral into the
    output is that of a policy that never learnt, below 1.5, and no seed keeps 2.5.
    """
    for domain in ("A", "B"):
        for method in committed.settings["methods"]:
            entries = readings.measured(committed, domain, method)
            assert np.median(entries["off output"]) < 1.5
            assert max(entries["off output"]) < 2.5


def test_a_copied_head_does_not_need_its_own_column(committed):
    """Claim: with the copied head, both hidden laterals or the own output cost no seed
    more than 1 of its return; with the frozen copy the own output carries 5.0 on B.
    """
    for domain in ("A", "B"):
        entries = readings.measured(committed, domain, "copied head")
        for part in ("off convolution dense", "own output"):
            loss = np.array(entries["after"]) - entries[part]
            assert loss.max() < 1
    entries = readings.measured(committed, "B", "frozen copy")
    loss = np.array(entries["after"]) - entries["own output"]
    assert loss.mean() == pytest.approx(5.0, abs=0.05)
    assert loss.min() > 1


def test_a_small_column_is_enough(committed):
    """Claim: the median of the smallest column is within 2.5 of that of the column of
    the first one's own size, for both heads on both robots.
    """
    for domain in ("A", "B"):
        for method in committed.settings["resized"]:
            small, large = (
                np.median(readings.measured(committed, domain, method, size)["after"])
                for size in ((2, 2, 8), (16, 32, 128))
            )
            assert abs(small - large) < 2.5


def test_the_old_column_matters_most_everywhere(committed):
    """Claim: in every layer the second column's median share of the sensitivity is less
    than a quarter, for every head on both robots.
    """
    for domain in ("A", "B"):
        for method in committed.settings["methods"]:
            found = usage.usage(committed, domain, method)
            assert len(found) == 5
            assert np.median(found, axis=0)[1].max() < 0.25


def test_a_third_column_forgets_nothing_and_brings_nothing():
    """Claim: columns 1 and 2 keep their returns to the last digit, and fine-tuning
    loses at least 2 of every seed's return in the simulation; with the moving target
    the mean of three columns is at most that of two, of the head alone, and of
    fine-tuning twice, with fewer than 2 between them.
    """
    curves = load_result("progressive_nets_third").curves
    for method in ("third column", "second column"):
        for domain in ("simulation", "A"):
            entries = curves[method]
            assert entries[f"{domain} before"] == entries[f"{domain} after"]
    entries = curves["fine-tuning"]
    lost = np.array(entries["simulation before"]) - entries["simulation after"]
    assert lost.min() > 2
    mean = {method: np.mean(entries["after"]) for method, entries in curves.items()}
    for rival in ("second column", "head only", "fine-tuning twice"):
        assert 0 < mean[rival] - mean["third column"] < 2
    assert mean["scratch"] < 2
