"""What must hold of what *Domain confusion* tells of a training three times as long."""

import numpy as np
import pytest

from lecture_code.experiments.observations.domain_confusion.lengths import (
    CONSTANT,
    FALLING,
    FEW,
    MANY,
    NOTES,
    forked,
)
from lecture_code.experiments.results import Result, load_result
from lecture_code.experiments.summaries import mean_of_seeds
from lecture_code.figures.observations import domain_confusion as draw
from lecture_code.figures.observations.domain_confusion import lengths
from lecture_code.figures.observations.domain_confusion.lengths import (
    ALONE,
    LONG,
    SHORT,
    row_of,
)
from lecture_code.figures.observations.domain_confusion.runs import rounded

NAMES = {
    "main": "domain_confusion",
    "longer": "domain_confusion_longer",
    "fork": "domain_confusion_fork",
    "falling": "domain_confusion_falling",
}
PLAIN, BEST = row_of(100, CONSTANT), row_of(500, FALLING)


def made_up(seeds, **success):
    """A result with these successes [%] of its seeds, and two notes of each seed."""
    curves = {}
    for arm, values in success.items():
        notes = {f"notes: {note}": [[0.5, v / 100] for v in values] for note in NOTES}
        notes["notes: batches"] = [[3600.0, 7200.0]] * len(values)
        curves[arm] = {"success": [v / 100 for v in values], **notes}
    return Result("made up", {}, list(seeds), curves, {}, {}, {}, 1.0, "")


@pytest.fixture
def results():
    """Three seeds; with a constant λ 500 images have two, and the falling λ is in two
    results.
    """
    ends = forked(MANY, CONSTANT), forked(MANY, FALLING)
    short = {ALONE: (50, 70, 60), FEW: (90, 92, 94), MANY: (94, 96, 98)}
    return {
        "main": made_up((0, 1, 2), **short),
        "longer": made_up((0, 1, 2), **{ALONE: (80, 84, 88), FEW: (60, 66, 90)}),
        "fork": made_up((0, 1), **{ends[0]: (80, 90), ends[1]: (97, 99)}),
        "falling": made_up((2,), **{MANY: (92,)}),
    }


@pytest.fixture(scope="module")
def committed():
    """What the page shows."""
    return {name: load_result(file) for name, file in NAMES.items()}


def test_seeds_of_two_results_are_joined(results):
    """Oracle: a row has the seeds of all its results, each with its own success."""
    runs = lengths.of_lengths(results)
    assert runs[BEST][LONG] == pytest.approx({0: 97, 1: 99, 2: 92})
    assert set(runs[row_of(500, CONSTANT)][LONG]) == {0, 1}


def test_a_lead_is_paired():
    """By hand: only seeds that both have count, and each is compared with itself."""
    lead = lengths.lead_over({2: 9.0, 0: 5.0, 7: 99.0}, {0: 1.0, 2: 3.0, 5: 50.0})
    assert lead == mean_of_seeds([4.0, 6.0])


def test_the_table_has_means_the_worst_seed_and_a_paired_lead(results):
    """By hand: 96 % after the long training, at least 92 %, 12 points ahead."""
    rows = draw.lengths_table(results).entries
    best = {name: cell.text for name, cell in rows[BEST].items()}
    lead = rounded(mean_of_seeds([17, 15, 4]))
    assert best == {
        SHORT: "–",
        LONG: "96",
        "worst seed": "92",
        "seeds": "3",
        "lead": lead,
    }
    assert rows[row_of(500, CONSTANT)]["seeds"].text == "2"
    assert rows[ALONE]["lead"].text == "–"
    assert next(iter(rows)) == ALONE


def test_the_words_are_those_of_the_rows(results):
    """By hand: success and leads of the kept method, and the steps to it."""
    words = lengths.length_numbers(results)
    assert words["kept"].startswith("96 [") and words["kept_least"] == "92"
    assert words["long_lead"].startswith("12 [")
    assert words["short_lead"].startswith("36 [")
    steps = ("alone", "few_constant", "many_constant")
    assert [words[name] for name in steps] == ["84", "72", "85"]
    told = " ".join(part.alt for part in draw.longer_training(results))
    assert "96 [" in told and "12 [" in told and "36 [" in told


def test_every_seed_is_a_thin_line(results, drawn):
    """Equation: for each end a thin line for each seed and a thick one of their means;
    a dotted line stands where the rate begins to fall.
    """
    picture = draw.on_the_way(results["fork"])
    (axes,) = drawn[0].axes
    heights = [np.asarray(line.get_ydata(), float).tolist() for line in axes.lines]
    assert heights[:3] == [[50, 80], [50, 90], [50, 85]]
    assert heights[3:6] == [[50, 97], [50, 99], [50, 98]]
    assert axes.lines[6].get_xdata()[0] == 3600
    assert "λ falling: 98 at the end, worst seed 97" in picture.alt


def test_no_point_is_below_the_axis(committed):
    """Honesty: the axis of success begins below all that is drawn."""
    curves = committed["fork"].curves
    least = min(np.min(curve["notes: success"]) for curve in curves.values())
    assert 100 * least > lengths.LEAST


def test_the_lead_stays_with_many_images_and_a_falling_weight(committed):
    """The text's claim: with 500 images and a falling λ the interval of the lead over
    the simulation alone is above zero after the long training; with 100 images and a
    constant λ it is not. After the short one it is above zero with 500 images.
    """
    runs = lengths.of_lengths(committed)
    many = row_of(500, CONSTANT)
    for row, length, low in (
        (BEST, LONG, True),
        (many, SHORT, True),
        (PLAIN, LONG, False),
    ):
        assert len(runs[row][length]) == 10
        lead = lengths.lead_over(runs[row][length], runs[ALONE][length])
        assert (lead.low > 0) == low
