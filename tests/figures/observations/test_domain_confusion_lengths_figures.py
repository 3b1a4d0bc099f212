"""What must hold of what *Domain confusion* tells of a training three times as long."""

import numpy as np
import pytest

from lecture_code.experiments.observations.domain_confusion.lengths import (
    CONSTANT,
    FALLING,
    FEW,
    MANY,
    NOTES,
    PAIRS_ALONE,
    forked,
)
from lecture_code.experiments.results import Result, load_result
from lecture_code.experiments.summaries import mean_of_seeds
from lecture_code.figures.observations import domain_confusion as draw
from lecture_code.figures.observations.domain_confusion import lengths
from lecture_code.figures.observations.domain_confusion.lengths import (
    ALONE,
    CROWD,
    LONG,
    NO_CONFUSION,
    SHORT,
    row_of,
)
from lecture_code.figures.observations.domain_confusion.runs import in_seeds, rounded

NAMES = {
    "main": "domain_confusion",
    "longer": "domain_confusion_longer",
    "fork": "domain_confusion_fork",
    "suspects": "domain_confusion_suspects",
}
FALLING_FEW, NO_CROWD = row_of(100, FALLING), row_of(100, NO_CONFUSION)
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
    """Three seeds; after the long training 500 images have two."""
    ends = forked(MANY, CONSTANT), forked(MANY, FALLING)
    short = {ALONE: (50, 70, 60), CROWD: (80, 81, 82), FEW: (90, 92, 94)}
    long = {ALONE: (80, 84, 88), CROWD: (40, 50, 60), FEW: (60, 66, 90)}
    return {
        "main": made_up(
            (0, 1, 2), **short, **{MANY: (94, 96, 98), PAIRS_ALONE: (91, 93, 95)}
        ),
        "longer": made_up((0, 1, 2), **long),
        "fork": made_up((1, 0), **{ends[0]: (80, 90), ends[1]: (97, 99)}),
        "suspects": made_up((0, 1), **{PAIRS_ALONE: (93, 96), FEW: (85, 87)}),
    }


@pytest.fixture(scope="module")
def committed():
    """What the page shows."""
    return {name: load_result(file) for name, file in NAMES.items()}


def test_seeds_keep_their_success(results):
    """Oracle: a row has each seed of its result with its own success, in any order."""
    runs = lengths.of_lengths(results)
    assert runs[BEST][LONG] == pytest.approx({1: 97, 0: 99})
    assert runs[ALONE][SHORT] == pytest.approx({0: 50, 1: 70, 2: 60})
    assert set(runs[BEST]) == {LONG}


def test_a_lead_is_paired():
    """By hand: only seeds that both have count, and each is compared with itself."""
    lead = lengths.lead_over({2: 9.0, 0: 5.0, 7: 99.0}, {0: 1.0, 2: 3.0, 5: 50.0})
    assert lead == mean_of_seeds([4.0, 6.0])


def test_the_table_has_means_the_worst_seed_and_a_paired_lead(results):
    """By hand: 98 % after the long training, at least 97 %, 16 points ahead."""
    rows = draw.lengths_table(results).entries
    best = {name: cell.text for name, cell in rows[BEST].items()}
    lead = rounded(mean_of_seeds([13, 19]))
    assert best == {
        SHORT: "–",
        LONG: "98",
        "worst": "97",
        "lead": lead,
    }
    assert rows[row_of(500, CONSTANT)][SHORT].text == "96"
    assert rows[ALONE]["lead"].text == "–"
    assert list(rows) == [
        *(ALONE, CROWD, PLAIN, FALLING_FEW, NO_CROWD),
        *(row_of(500, CONSTANT), BEST),
    ]
    assert rows[NO_CROWD][SHORT].text == "93" and rows[NO_CROWD][LONG].text == "94"
    assert rows[FALLING_FEW][LONG].text == "86"
    assert rows[FALLING_FEW]["lead"].text == rounded(mean_of_seeds([5, 3]))
    assert rows[CROWD][LONG].text == "50"


def test_the_caption_says_how_many_seeds_the_rows_have(committed):
    """Claim: after the long training the three upper rows have ten seeds, all others
    five.
    """
    counts = [len(row[LONG]) for row in lengths.of_lengths(committed).values()]
    assert counts == [10] * 3 + [5] * 4
    caption = draw.lengths_table(committed).caption
    assert "three upper rows have 10 seeds, the others 5" in caption


def test_the_words_are_those_of_the_rows(results):
    """By hand: success, leads, seeds that are ahead, and what more batches bring."""
    words = lengths.length_numbers(results)
    assert words["kept"].startswith("98 [")
    assert words["better_lead"] == rounded(mean_of_seeds([10, 8, 6]))
    assert words["long_lead"] == rounded(mean_of_seeds([13, 19]))
    assert words["few_long"] == "72" and words["alone_long"] == "84"
    assert words["crowd_long"] == "50"
    assert words["kept_change"] == rounded(mean_of_seeds([5, 1]))
    assert words["falling_gain"] == rounded(mean_of_seeds([17, 9]))
    assert words["ahead"] == "every seed"
    assert (words["falling_few"], words["no_crowd_long"]) == ("86", "94")
    assert words["falling_few_gain"] == rounded(mean_of_seeds([25, 21]))
    assert words["falling_few_lead"] == rounded(mean_of_seeds([5, 3]))
    assert words["no_crowd_change"] == rounded(mean_of_seeds([2, 3]))
    assert words["no_crowd_gain"] == rounded(mean_of_seeds([33, 30]))
    assert words["no_crowd_lead"] == rounded(mean_of_seeds([13, 12]))
    assert in_seeds([True, False, True]) == "2 of 3 seeds"
    told = " ".join(part.alt for part in draw.longer_training(results))
    for name in ("few_long", "alone_long", "long_lead"):
        assert " ".join(words[name].split()) in " ".join(told.split())


def test_every_seed_is_a_thin_line(results, drawn):
    """Equation: a panel for each end, with a thin line for each seed and a thick one of
    their means, all in the colour of the method; a dotted line stands where the rate
    begins to fall.
    """
    picture = draw.on_the_way(results["fork"])
    panels = drawn[0].axes
    wanted = [[50, 80], [50, 90], [50, 85]], [[50, 97], [50, 99], [50, 98]]
    for axes, lines in zip(panels, wanted, strict=True):
        heights = [np.asarray(line.get_ydata(), float).tolist() for line in axes.lines]
        assert heights[:3] == lines
        assert axes.lines[3].get_xdata()[0] == 3600
        assert {line.get_color() for line in axes.lines[:3]} == {draw.COLOURS[MANY]}
    assert [axes.get_title("left") for axes in panels] == [CONSTANT, FALLING]
    assert "λ falling: 98 at the end, worst seed 97" in picture.alt


def test_no_point_is_below_the_axis(committed):
    """Honesty: the axis of success begins below all that is drawn."""
    curves = committed["fork"].curves
    least = min(np.min(curve["notes: success"]) for curve in curves.values())
    assert 100 * least > lengths.LEAST


def test_more_images_and_a_falling_weight_prevent_the_loss(committed):
    """The text's claims: with 100 images and a constant λ the lead is lost after
    the long training. With 500 images weak pairs lead after the short one; and with a
    falling λ, too, they lose nothing in the long one and are ahead in every seed.
    """
    runs = lengths.of_lengths(committed)
    alone = runs[ALONE]
    short = runs[row_of(500, CONSTANT)][SHORT]
    best = runs[BEST][LONG]
    assert lengths.mean_of(runs[PLAIN][LONG]) < lengths.mean_of(alone[LONG])
    assert lengths.mean_of(runs[CROWD][LONG]) < lengths.mean_of(runs[CROWD][SHORT])
    assert len(alone[LONG]) == len(short) == 10 and len(best) == 5
    assert lengths.lead_over(runs[PLAIN][LONG], alone[LONG]).low <= 0
    assert lengths.lead_over(short, alone[SHORT]).low > 0
    assert lengths.lead_over(best, alone[LONG]).low > 0
    assert lengths.lead_over(best, short).value >= 0
    assert all(best[seed] > alone[LONG][seed] for seed in best)
    gain = lengths.lead_over(best, runs[row_of(500, CONSTANT)][LONG])
    assert gain.low < 0 < gain.value  # its part stays open


def test_ten_seeds_leave_the_lead_at_better_lengths_open(committed):
    """The text's claims: weak pairs are better after the short training and the
    simulation alone after the long one; the paired lead at these lengths is that of
    the committed runs, and its interval contains zero.
    """
    runs = lengths.of_lengths(committed)
    few, alone = runs[PLAIN], runs[ALONE]
    assert lengths.mean_of(few[SHORT]) > lengths.mean_of(few[LONG])
    assert lengths.mean_of(alone[LONG]) > lengths.mean_of(alone[SHORT])
    short, long = committed["main"].curves[FEW], committed["longer"].curves[ALONE]
    gains = 100 * (np.array(short["success"]) - np.array(long["success"]))
    lead = mean_of_seeds(gains)
    assert len(gains) == 10 and lead.low < 0 < lead.value
    assert draw.length_numbers(committed)["better_lead"] == rounded(lead)


def test_no_suspect_alone_is_shown_to_be_the_cause(committed):
    """The text's claims, with 100 images: neither a falling λ nor λ = 0 has a lead over
    the simulation alone whose interval is above zero; a falling λ is not shown to be
    better than a constant one, and without confusion success does not clearly fall.
    """
    runs = lengths.of_lengths(committed)
    alone = runs[ALONE][LONG]
    falling, without = runs[FALLING_FEW][LONG], runs[NO_CROWD][LONG]
    assert len(falling) == len(without) == 5
    for found in (
        lengths.lead_over(falling, alone),
        lengths.lead_over(without, alone),
        lengths.lead_over(falling, runs[PLAIN][LONG]),
        lengths.lead_over(without, runs[NO_CROWD][SHORT]),
    ):
        assert found.low < 0 < found.high
