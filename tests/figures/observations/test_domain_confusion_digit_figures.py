"""What must hold of what *Domain confusion* shows of digits, of a shift of labels and
of the plane: numbers are those of the result or of the network, and claims follow from
the committed runs.
"""

import numpy as np
import pytest
import torch
from readings import column, line

from lecture_code.experiments.observations.domain_confusion.digit_arms import (
    ARMS,
    DigitArmSettings,
)
from lecture_code.experiments.observations.domain_confusion.digits import TINY
from lecture_code.experiments.protocol import as_mapping
from lecture_code.experiments.results import Result, load_result
from lecture_code.figures.observations.domain_confusion import digits as draw
from lecture_code.figures.observations.domain_confusion import plane

pytestmark = pytest.mark.usefixtures("one_torch_thread")


def result_of(name, settings, curves, seeds):
    """A result with these curves."""
    return Result(name, settings, list(seeds), curves, {}, {}, {}, 1.0, "")


@pytest.fixture
def learnt():
    """Two seeds: the arm of number i is right on 40 + i and 44 + i percent."""
    curves = {
        arm: {
            "accuracy": [0.4 + i / 100, 0.44 + i / 100],
            "neighbour": [0.5, 0.6],
            "printed": [1.0, 1.0],
            "purity": [0.6, 0.7],
            "domain error": [0.1, 0.3],
        }
        for i, arm in enumerate(ARMS)
    }
    settings = as_mapping(DigitArmSettings(seeds=(0, 1)))
    return result_of("domain_confusion_digits", settings, curves, (0, 1))


@pytest.fixture
def shifts():
    """Two shares and two seeds; λ = 1 loses half of what the share adds."""
    curves = {
        draw.shifted(share, lam): {"accuracy": [0.9 - lam * (share - 0.5), 0.94]}
        for share in (0.5, 0.9)
        for lam in (0.0, 1.0)
    }
    settings = {"shares": [0.5, 0.9], "confusions": [0.0, 1.0]}
    return result_of("domain_confusion_shift", settings, curves, (0, 1))


# --- digits


def test_the_table_has_every_arm(learnt):
    """Equation: means of the seeds in percent, Student's interval of two seeds (t =
    12.7, so ± 25.4), purity only where there are pairs.
    """
    table = draw.digits_table(learnt)
    assert list(table.entries) == list(ARMS)
    row = table.entries["random pairs"]
    assert row["right on scans"].text == "44.0 [18.6,\N{NO-BREAK SPACE}69.4]"
    assert row["purity"].text == "65"
    assert table.entries["confusion alone"]["purity"].text == "–"
    assert table.entries["oracle"]["purity"].text == "–"
    for name, mean in (("neighbour", 55), ("domain error", 20)):
        values = list(column(table, name).values())
        assert values == pytest.approx([mean] * len(ARMS))
    assert "on 800 that" in table.caption
    assert "2 seeds" in table.caption


def test_a_lead_is_paired(learnt):
    """Invariance: what a seed does to two arms alike does not widen the lead."""
    lead = draw.lead(learnt, "random pairs", "synthetic only")
    assert (lead.value, lead.low, lead.high) == pytest.approx((2, 2, 2))


def test_an_unknown_arm_is_named(learnt):
    """Bad input: the message lists the arms of the result."""
    with pytest.raises(KeyError, match="'weak pairs'; there are synthetic only"):
        draw.percent(learnt, "weak pairs")


def test_the_shift_has_both_weights_and_the_bound(shifts, drawn):
    """Equation: a thin line for each λ and seed against the share, no mean, and the
    bound 100 − |s − 50| percent; the alt text has the least and the most.
    """
    picture = draw.shift_picture(shifts)
    (axes,) = drawn[0].axes
    assert line(axes, "λ = 0") == pytest.approx([90, 90])
    assert line(axes, "λ = 1") == pytest.approx([90, 50])
    assert line(axes, "most, if features are alike") == pytest.approx([100, 60])
    dots = [curve.get_ydata() for curve in axes.lines if curve.get_marker() == "o"]
    assert len(dots) == 4 == len(axes.lines) - 1
    assert dots[3] == pytest.approx([94, 94])
    assert "with λ = 1 90 to 94, 50 to 94" in picture.alt
    assert "At 90 %, 1 of 2 seeds lose 10 points or more" in picture.alt


def test_the_live_cell_learns_every_arm():
    """Conformance: a table after each arm, the last one with all; the same seed gives
    the same numbers.
    """
    settings = DigitArmSettings(method=TINY, printed=60, checks=20, tests=790)
    tables = [list(draw.live_digits(3, settings)) for _ in range(2)]
    arms = list(draw.LIVE_ARMS)
    assert [list(table.entries) for table in tables[0]] == [
        arms[:1],
        arms[:2],
        arms,
    ]
    assert tables[0][2].html() == tables[1][2].html()
    assert "after 9 batches" in tables[0][0].caption


@pytest.mark.parametrize(("share", "shown"), [(0.299, 30), (0.274, 25), (0.995, 100)])
def test_what_is_learnt_on_the_page_is_rounded_coarsely(share, shown):
    """By hand: shares are rounded to the next five percent."""
    assert draw.coarse(share) == shown


# --- the plane


@pytest.fixture
def short(monkeypatch):
    """Frames after 0, 2 and 5 batches."""
    monkeypatch.setattr(plane, "BATCHES", (0, 2, 5))
    plane.frames.cache_clear()
    yield
    plane.frames.cache_clear()


def test_a_frame_shows_what_its_network_says(short, drawn):
    """Equation: the title has the shares of right answers, the points are the features
    of the frame, at the edge where they are outside, and the tint is where q ≥ ½.
    """
    picture = plane.Plane().draw(loss="confusion", batches=5)
    frame = plane.frames("confusion", 0)[5]
    (axes,) = drawn[0].axes
    right = [round(100 * share) for share in frame.right]
    assert axes.get_title("left") == f"right: source {right[0]} %, target {right[1]} %"
    assert f"in the target {right[1]} %" in picture.alt
    data = plane.plane_data(0)
    marks = {str(patch.get_gid()): patch for patch in axes.patches}
    for which, name in enumerate(("target, class A", "target, class B")):
        rows = data.target_classes[:: plane.EVERY] == which
        wanted = np.clip(frame.target[:: plane.EVERY][rows], -4.6, 4.6)
        corners = plane.CORNERS[which]
        shown = marks[name].get_path().vertices[:: len(corners)] - corners[0]
        np.testing.assert_allclose(shown, wanted, atol=1e-12)
    assert frame.source.mean(axis=0) == pytest.approx([0, 0], abs=1e-5)
    assert frame.q.shape == (31, 31)
    outside = max(np.abs(frame.source).max(), np.abs(frame.target).max()) > 4.6
    assert outside == ("drawn at the edge" in picture.html())


def test_all_losses_start_from_one_network(short):
    """Determinism: after no batch all losses show the same features, afterwards not,
    and features in the target's corner of the grid are where the classifier says so.
    """
    first = [plane.frames(loss, 0)[0] for loss in plane.LOSSES]
    later = [plane.frames(loss, 0)[5] for loss in plane.LOSSES]
    for frame in first[1:]:
        assert np.array_equal(frame.target, first[0].target)
    assert len({frame.target.tobytes() for frame in later}) == len(plane.LOSSES)


def test_the_caption_has_all_seeds(short):
    """Equation: a share for each seed, that of the seed's own points and network."""
    picture = plane.Plane().draw(loss="flipped", batches=5)
    shares = [plane.frames("flipped", seed)[5].right[1] for seed in plane.SEEDS]
    told = ", ".join(f"{100 * share:.0f}" for share in shares)
    assert f"on these shares of the target: {told} %." in picture.html()
    assert len(set(shares)) > 1


def test_without_a_loss_no_classifier_is_drawn(short, drawn):
    """Conformance: only where the classifier of domains learns is it drawn."""
    plane.Plane().draw(loss="none", batches=2)
    plane.Plane().draw(loss="reversal", batches=2)
    (without,), (drawn_too,) = (figure.axes for figure in drawn)
    assert len(drawn_too.collections) > len(without.collections) == 0


def test_the_grid_is_upright():
    """Equation: a classifier that says target for large second features does so in the
    upper rows.
    """
    classifier = torch.nn.Linear(2, 2)
    with torch.no_grad():
        classifier.weight.copy_(torch.tensor([[0.0, 0.0], [0.0, 5.0]]))
        classifier.bias.zero_()
    q = plane.target_probability(classifier)
    assert q[-1].min() > 0.99
    assert q[0].max() < 0.01


def test_straight_lines_keep_their_ends():
    """Equation: of a square with points on its sides only the corners are left, and the
    polygon stays closed.
    """
    square = np.array([[0, 0], [1, 0], [2, 0], [2, 1], [2, 2], [0, 2], [0, 0]], float)
    found = plane.corners_of(square)
    assert sorted(found[:-1].tolist()) == [[0, 0], [0, 2], [2, 0], [2, 2]]
    assert found[0].tolist() == found[-1].tolist()


def test_the_tint_is_where_the_classifier_says_target(drawn):
    """Equation: with q that grows upwards through ½ in the middle, the upper half is
    tinted.
    """
    _, axes = plane.new_figure()
    rows = np.linspace(0, 1, plane.GRID)
    plane.draw_classifier(axes, np.tile(rows[:, None], plane.GRID))
    (path,) = axes.collections[0].get_paths()
    box = path.get_extents()
    assert (box.ymin, box.ymax) == pytest.approx((0, plane.HALF_WIDTH))
    assert (box.xmin, box.xmax) == pytest.approx((-plane.HALF_WIDTH, plane.HALF_WIDTH))
    assert len(path.vertices) <= 6


def test_unknown_frames_are_named(short):
    """Bad input: the messages list the losses and the numbers of batches."""
    with pytest.raises(ValueError, match="confusion, reversal, flipped; got 'both'"):
        plane.Plane().draw(loss="both", batches=2)
    with pytest.raises(ValueError, match="after 0, 2, 5 batches; got 3"):
        plane.Plane().draw(loss="none", batches=3)


def test_the_frames_are_few_enough():
    """Conformance: `explore` takes at most forty frames."""
    assert len(plane.LOSSES) * len(plane.BATCHES) <= 40


# --- what the text claims


def test_a_shift_of_labels_makes_confusion_harmful():
    """Claim: with nine of ten target points of one class, λ = 1 loses at least ten
    points in the mean of the seeds, and without a shift none.
    """
    result = load_result("domain_confusion_shift")
    words = draw.alike_numbers(result)
    wrong = result.curves["share 0.9, λ = 1"]["domain error"]
    assert words["least_told"] == f"{100 * min(wrong[1:4]):.0f}"
    assert 100 * max(wrong[1:4]) == pytest.approx(float(words["most_told"]), abs=0.5)
    assert max(wrong) < 0.4
    bad = [round(100 * wrong[seed]) for seed in (0, 4)]
    assert bad == [int(words["least_fallen"]), int(words["most_fallen"])]
    all_told = {*bad, *(int(words[name]) for name in ("least_told", "most_told"))}
    shares = [round(100 * error) for error in wrong]
    assert all_told <= set(shares) and min(all_told) == min(shares)
    assert max(all_told) == max(shares)  # neither end of the five is left out
    equal = result.curves["share 0.5, λ = 1"]["accuracy"]
    assert words["fallen_equal"] == f"{100 * min(equal[0], equal[4]):.0f}"
    middle = result.curves["share 0.7, λ = 1"]
    assert words["badly_told"] == f"{100 * max(middle['domain error']):.0f}"
    worst = int(np.argmax(middle["domain error"]))
    assert middle["accuracy"][worst] > 0.99  # above the line, which is at 0.8
    # features tell the classes apart, so a perfect classifier is wrong in 40 %
    assert float(words["badly_told"]) > 50 * (1 - 0.2)
    lost = {
        share: np.mean(
            draw.percent(result, draw.shifted(share, 0.0))
            - draw.percent(result, draw.shifted(share, 1.0))
        )
        for share in (0.5, 0.9)
    }
    assert lost[0.9] >= 10
    assert lost[0.5] < 1


@pytest.mark.parametrize("share", [0.7, 0.9])
def test_two_networks_call_nearly_all_of_the_target_class_a(share):
    """Claim: with λ = 1 two of five networks are right in all of class A and in less
    than a tenth of class B; their features can be told apart.
    """
    result = load_result("domain_confusion_shift")
    right_a, right_b = draw.right_by_class(result, share)
    assert right_a == pytest.approx([100, 100])
    assert right_b.max() < float(draw.alike_numbers(result)["less_b"])
    runs = result.curves[draw.shifted(share, 1.0)]
    fallen = np.array(runs["accuracy"]) < 1.5 - share
    said_b = np.array(runs["second class"])[fallen]
    assert right_b == pytest.approx(100 * said_b / share)
    assert max(said_b) < 0.06
    assert max(np.array(runs["domain error"])[fallen]) < 0.3


def test_confusion_has_pulled_class_b_to_the_wrong_class():
    """Claim: at 90 % the two networks that fail, seeds 0 and 4, have most target points
    of class B nearest to class A; the other three, and these two without confusion,
    few. So it is at 70 %.
    """
    result = load_result("domain_confusion_shift")
    words = {name: int(n) for name, n in draw.neighbour_numbers(result).items()}
    near = 100 * np.array(result.curves["share 0.9, λ = 1"]["wrong neighbour"])
    plain = 100 * np.array(result.curves["share 0.9, λ = 0"]["wrong neighbour"])
    ends = [words["near_a_least"], words["near_a_most"]]
    assert ends == sorted(round(near[seed]) for seed in (0, 4))
    assert words["near_a_others"] == round(near[1:4].max()) < 10
    assert words["near_a_plain"] == round(max(plain[0], plain[4])) < 10
    assert min(ends) > 80
    middle = np.array(result.curves["share 0.7, λ = 1"]["wrong neighbour"])
    assert min(middle[0], middle[4]) > 0.7 and middle[1:4].max() < 0.01


def test_the_limit_of_class_b_is_that_of_the_worst_share():
    """By hand: 58 of 700 points of class B are right, 8.3 %, less than 9 %."""
    result = load_result("domain_confusion_shift")
    assert draw.alike_numbers(result)["less_b"] == "9"


def test_without_confusion_the_worst_network_is_named():
    """Oracle: the least share that is right with λ = 0, over all shares and seeds."""
    result = load_result("domain_confusion_shift")
    plain = [v["accuracy"] for name, v in result.curves.items() if "λ = 0" in name]
    assert len(plain) == 3
    assert draw.alike_numbers(result)["least_plain"] == f"{100 * np.min(plain):.0f}"


def test_print_does_not_tell_which_weight_is_too_large():
    """Claim: all networks that learned from print read 99 % of it, also with the ν that
    loses on scans.
    """
    result = load_result("domain_confusion_digits")
    for arm in set(result.curves) - {"oracle"}:
        assert draw.percent(result, arm, "printed").mean() > 99
    assert draw.lead(result, "weak pairs, ν = 1", "confusion alone").high < 0


def test_longer_training_does_not_help_digits():
    """Claim: after three times as many batches weak pairs with the middle ν are right
    less often, in the same seeds; a change is the difference of both results.
    """
    results = (
        load_result("domain_confusion_digits_longer"),
        load_result("domain_confusion_digits"),
    )
    arm = "weak pairs, ν = 0.1"
    found = draw.change(*results, arm)
    means = [100 * np.mean(result.curves[arm]["accuracy"]) for result in results]
    assert found.value == pytest.approx(means[0] - means[1])
    assert found.high < 0


def test_confusion_helps_digits_and_pairs_add_nothing():
    """Claim: weak pairs with ν = 0.01 or 0.1 are right more often than learning from
    print alone and than random pairs; they are not ahead of confusion alone, and far
    behind the oracle.
    """
    result = load_result("domain_confusion_digits")
    for arm in ("weak pairs, ν = 0.01", "weak pairs, ν = 0.1"):
        assert draw.lead(result, arm, "synthetic only").low > 5
        assert draw.lead(result, arm, "random pairs").low > 0
        ahead = draw.lead(result, arm, "confusion alone")
        assert ahead.low < 0 < ahead.high
        assert draw.lead(result, arm, "oracle").high < -20
    assert draw.lead(result, "random pairs", "confusion alone").high < 0
    assert draw.lead(result, "random pairs", "synthetic only").low > 0


def test_less_than_half_of_the_pairs_are_of_one_class():
    """Claim: mined pairs are of one class in less than half of the cases, random ones
    in about a tenth.
    """
    result = load_result("domain_confusion_digits")
    for arm, about in result.settings["arms"].items():
        if about["pairs"]:
            low, high = (5, 15) if about["choice"] == "random" else (35, 50)
            assert low < draw.percent(result, arm, "purity").mean() < high
