"""What must hold of what *Progressive nets* shows of digits: numbers are those of the
result, each at the rate that the validation scans chose, and the text's claims follow
from the committed result.
"""

import numpy as np
import pytest
from readings import line

from lecture_code.data.digits import printed_digits
from lecture_code.experiments.observations.progressive_nets.digit_learning import (
    AS_IT_IS,
    LEARNERS,
    DigitRecord,
    DigitTrial,
)
from lecture_code.experiments.results import Result, load_result
from lecture_code.figures.observations import progressive_nets as draw
from lecture_code.figures.observations.progressive_nets.digits import FOUR
from lecture_code.figures.observations.progressive_nets.runs import METHODS

RATES = [0.001, 0.01]


def entries(validation, scans, printed):
    """What a result holds of a trial, of two seeds."""
    return {
        "validation": validation,
        "scans": scans,
        "printed": printed,
        "learnt": 7,
    }


@pytest.fixture
def scores():
    """Two seeds, two rates, ten or thirty labels. By the validation scans the lower
    rate is best with ten labels and the higher one with thirty. The method of number i
    is right on 50 + i and 54 + i percent of the scans, with thirty labels on 20 more.
    """
    curves = {AS_IT_IS: entries([0.4, 0.4], [0.45, 0.55], [0.98, 1.0])}
    for i, method in enumerate(LEARNERS):
        for n, chosen in ((10, 0.001), (30, 0.01)):
            base = 0.5 + 0.01 * i + 0.01 * (n - 10)
            for rate in RATES:
                best = rate == chosen
                curves[DigitTrial(method, n, rate).name] = entries(
                    [0.6, 0.7] if best else [0.9, 0.2],
                    [base, base + 0.04] if best else [1.0, 1.0],
                    [0.9, 0.8] if best else [0.1, 0.1],
                )
    settings = {
        "labels": [10, 30],
        "rates": RATES,
        "methods": list(LEARNERS),
        "validation": 50,
    }
    nothing = {}
    name = "progressive_nets_digits"
    return draw.DigitScores(
        Result(name, settings, [0, 1], curves, nothing, nothing, nothing, 1.0, "")
    )


# --- numbers


def test_the_rate_is_that_of_the_validation_scans(scores):
    """Equation: the rate has the best mean on the validation scans, and the scans and
    printed digits are those at this rate, in percent.
    """
    assert scores.rate("scratch", 10) == 0.001
    assert scores.rate("scratch", 30) == 0.01
    assert scores.at("scratch", 10) == pytest.approx([50, 54])
    assert scores.at("fine-tuning", 30) == pytest.approx([71, 75])
    assert scores.at("scratch", 30, "printed") == pytest.approx([90, 80])
    assert scores.before() == pytest.approx([45, 55])


def test_a_lead_is_paired(scores):
    """Invariance: what a seed does to two methods alike does not widen the lead, and
    the first column as it is is another method.
    """
    lead = scores.lead("head only", "scratch", 10)
    assert (lead.value, lead.low, lead.high) == pytest.approx((2, 2, 2))
    over = scores.lead("scratch", AS_IT_IS, 10)
    assert over.value == pytest.approx(2)
    assert over.low < -30 < 30 < over.high  # differences of 5 and −1, t = 12.7


def test_unknown_runs_are_named(scores):
    """Bad input: the error lists methods and numbers of labels."""
    with pytest.raises(KeyError, match=r"'frozen copy' with 10.*scratch, .* 10, 30"):
        scores.at("frozen copy", 10)
    with pytest.raises(KeyError, match="with 100 labels"):
        scores.rate("scratch", 100)


def test_the_numbers_of_the_text_are_those_with_the_most_labels(scores):
    """Equation: method i is right on i percent more, with thirty labels too."""
    places = {method: i for i, method in enumerate(LEARNERS)}
    assert draw.digit_numbers(scores) == {
        "behind_scratch": f"{places['scratch'] - places['copied head']:.1f}",
        "behind_tuned": f"{places['fine-tuning'] - places['copied head']:.1f}",
    }


# --- figures


def test_the_figure_has_four_methods_and_what_is_left(scores, drawn):
    """Conformance: medians of four methods against the number of labels above, below
    those that began with print, and in both the first column as it is; the alt text
    has the ends of the curves.
    """
    picture = draw.by_labels(scores)
    upper, lower = drawn[0].axes
    assert line(upper, "from scratch") == pytest.approx([52, 72])
    assert line(upper, METHODS["copied head"]) == pytest.approx([56, 76])
    assert line(upper, "first column as it is")[0] == pytest.approx(50)
    assert line(lower, "first column as it is")[0] == pytest.approx(99)
    assert line(lower, "fine-tuning") == pytest.approx([85, 85])
    assert len(upper.lines) == 4 + 1
    assert len(lower.lines) == 3 + 1
    assert "from scratch 52 and 72" in picture.alt
    assert "on 50 further scans" in picture.html()
    assert "fine-tuning 85" in picture.alt.split("Right on printed")[1]


def test_every_method_is_drawn_in_one_of_two_figures(scores, drawn):
    """Conformance: the second figure has the starts that the first leaves out, beside
    the progressive net; the untrained column has never seen print.
    """
    assert {*FOUR, *draw.OTHER_STARTS} == set(LEARNERS)
    assert {*FOUR} & {*draw.OTHER_STARTS} == {"copied head"}
    picture = draw.by_labels(scores, draw.OTHER_STARTS)
    upper, lower = drawn[0].axes
    assert (len(upper.lines), len(lower.lines)) == (4, 3)
    place = LEARNERS.index("untrained column")
    drawn_line = line(upper, METHODS["untrained column"])
    assert drawn_line == pytest.approx([52 + place, 72 + place])
    assert METHODS["untrained column"] not in picture.alt.split("Right on printed")[1]


def test_both_domains_are_shown_class_by_class(drawn):
    """Conformance: a panel for each domain, in which the k-th column holds two digits
    of class k.
    """
    printed = printed_digits(40, np.random.default_rng(0))
    scans = printed_digits(40, np.random.default_rng(1))
    draw.two_domains(printed, scans)
    for panel, digits in zip(drawn[0].axes, (printed, scans), strict=True):
        (image,) = panel.images
        pixels = np.asarray(image.get_array())
        assert pixels.shape == (32, 160)
        second = digits.images[np.flatnonzero(digits.labels == 3)[1], ..., 0]
        assert np.array_equal(pixels[16:, 48:64], second)


# --- the live cell


def test_the_live_table_shows_its_records():
    """Equation: accuracies in percent and numbers of parameters by the names of the
    page; a dash where print was never learnt.
    """
    records = [
        DigitRecord(DigitTrial(AS_IT_IS), 0.0, 0.5, 0.501, 0.99, 0),
        DigitRecord(DigitTrial("copied head", 10, 0.01), 0.1, 0.7, 0.75, 0.99, 7835),
        DigitRecord(DigitTrial("scratch", 10, 0.01), 0.1, 0.7, 0.6, 0.2, 31_547),
    ]
    table = draw.digits_table(iter(records))
    rows = {name: [e.text for e in row.values()] for name, row in table.entries.items()}
    assert rows == {
        "as it is": ["50.1", "99.0", "0"],
        "progressive": ["75.0", "99.0", "7,835"],
        "from scratch": ["60.0", "–", "31,547"],
    }
    assert "10 labels" in table.caption


def test_the_live_table_tells_numbers_of_labels_apart():
    """Conformance: with several numbers of labels every row says its own; records in
    which nothing was learnt are refused.
    """
    as_it_is = DigitRecord(DigitTrial(AS_IT_IS), 0.0, 0.5, 0.5, 0.99, 0)
    more = [
        DigitRecord(DigitTrial("scratch", n, 0.01), 0.1, 0.7, 0.6, 0.2, 5)
        for n in (10, 30)
    ]
    table = draw.digits_table([as_it_is, *more])
    names = ["as it is", "from scratch, 10 labels", "from scratch, 30 labels"]
    assert list(table.entries) == names
    with pytest.raises(ValueError, match="networks that have learnt"):
        draw.digits_table([as_it_is])


# --- what the text claims


@pytest.fixture(scope="module")
def committed():
    """The committed result."""
    return draw.DigitScores(load_result("progressive_nets_digits"))


def test_print_helps_with_ten_labels(committed):
    """Claim: with ten labels fine-tuning and the progressive net are right more often
    than a network from scratch and than the first column as it is; the intervals of the
    paired differences lie above zero, and that of both methods contains zero.
    """
    for method in ("fine-tuning", "copied head"):
        for other in ("scratch", AS_IT_IS):
            assert committed.lead(method, other, 10).low > 1
    level = committed.lead("copied head", "fine-tuning", 10)
    assert level.low < 0 < level.high


def test_the_features_help_with_ten_labels(committed):
    """Claim: with ten labels the progressive net is ahead of the same net beside an
    untrained column.
    """
    assert committed.lead("copied head", "untrained column", 10).low > 1


def test_print_no_longer_helps_with_three_hundred_labels(committed):
    """Claim: with 300 labels the interval of fine-tuning minus scratch contains zero,
    the progressive net is behind scratch, and not ahead of the untrained column; the
    text has the leads with 300 labels.
    """
    tuned = committed.lead("fine-tuning", "scratch", 300)
    assert tuned.low < 0 < tuned.high
    assert committed.lead("copied head", "scratch", 300).high < 0
    pair = [
        committed.lead(method, "copied head", 300)
        for method in ("scratch", "fine-tuning")
    ]
    words = [f"{lead.value:.1f}" for lead in pair]
    assert list(draw.digit_numbers(committed).values()) == words
    features = committed.lead("copied head", "untrained column", 300)
    assert features.low < 0 < features.high


def test_a_second_column_is_never_ahead_of_fine_tuning(committed):
    """Claim: no interval of the progressive net minus fine-tuning lies above zero, and
    with 300 labels it lies below.
    """
    for n in committed.labels:
        for method in ("copied head", "progressive"):
            assert committed.lead(method, "fine-tuning", n).low < 0
    assert committed.lead("copied head", "fine-tuning", 300).high < 0


def test_fine_tuning_forgets_and_a_second_column_forgets_nothing(committed):
    """Claim: in every seed and with every n fine-tuning and head only lose printed
    digits, and what a second column leaves is exactly what was there.
    """
    before = committed.before("printed")
    assert before.min() > 98
    for n in committed.labels:
        for method in ("fine-tuning", "head only"):
            assert (committed.at(method, n, "printed") < before).all()
        for method in ("copied head", "progressive"):
            assert np.array_equal(committed.at(method, n, "printed"), before)
    lost = before - committed.at("fine-tuning", 300, "printed")
    assert lost.mean() > 15
