"""What the figures of *The reality gap* must show of the robot with late motors."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from lecture_code.experiments import load_result
from lecture_code.figures.dynamics import reality_gap as figures

TRANSFER = load_result("identification")
MORE = load_result("late_motors_first")
LATEST = load_result("late_motors")
LATE = "under-modelling"


def trials(seeds, own, robot):
    """A result of `late_motors` with these returns of both experts (source, seeds)."""
    sources = ("simulator", "identified")
    return replace(
        TRANSFER,
        seeds=seeds,
        curves={
            place: dict(zip(sources, returns, strict=True))
            | {"on_the_way": [[4.0, 3.0, 2.0, x] for x in returns[1]]}
            for place, returns in (("own", own), ("robot", robot))
        }
        | {"steps": [[0.7e6, 1.3e6, 2.0e6, 2.6e6] for _ in seeds]},
    )


OLD = trials([0, 1], [[3000.0, 3100.0], [900.0, 1100.0]], [[1.0, 2.0], [3.0, 4.0]])
NEW = trials([5, 6], [[3200.0, 3300.0], [700.0, 1500.0]], [[50.0, 60.0], [10.0, 0.0]])


def test_trainings_are_added_where_they_are_new():
    """On the late robot each training in an identified simulator is added, and the
    simulator's expert of new seeds only; own worlds are those of the added seeds. The
    other robot is left as it was, and so is the result that was given.
    """
    both = figures.with_new_trainings(TRANSFER, OLD, NEW)
    before, after = (result.curves[LATE]["return"] for result in (TRANSFER, both))
    assert after["identified"] == [*before["identified"], 3, 4, 10, 0]
    assert after["simulator"] == [*before["simulator"], 50, 60]
    assert after["real"] == before["real"]
    assert both.curves[LATE]["own"]["identified"] == [900, 1100, 700, 1500]
    assert "own" not in TRANSFER.curves[LATE] and len(before["simulator"]) == 5
    assert both.curves["wrong parameters"] == TRANSFER.curves["wrong parameters"]


def test_differences_are_paired_by_seed():
    """Oracle: SciPy's interval of one difference a seed, in which an old seed counts
    with the mean of its two trainings.
    """
    before = TRANSFER.curves[LATE]["return"]
    first = np.subtract(before["identified"], before["simulator"])
    expected = [(first[0] + 2) / 2, (first[1] + 2) / 2, *first[2:], -40, -60]
    differences = figures.late_differences(TRANSFER, OLD, NEW)
    assert differences == pytest.approx(expected)
    ends = stats.ttest_1samp(expected, 0).confidence_interval(0.95)
    words = figures.transfer_numbers(TRANSFER, OLD, NEW)
    for name, end in (("late_low", ends.low), ("late_high", ends.high)):
        assert words[name] == f"{end:,.0f}".replace("-", "−")
    assert words["own_identified"] == "1,000"


def test_every_expert_of_the_late_robot_is_drawn():
    """The table and the alt text name the medians in the experts' own world, and the
    table leaves the robot's own experts out there.
    """
    both = TRANSFER, OLD, NEW
    alt = figures.transfer(*both).alt
    assert "identified in its own world 1000" in alt
    table = figures.transfer_table(*both)
    own = table.columns[-1]
    assert table.entries["trained in the identified simulator"][own].value == 1000
    assert own not in table.entries["trained on the robot itself"]
    plain = figures.transfer(TRANSFER).html().count("<use")
    assert figures.transfer(*both).html().count("<use") == plain + 6 + 8


def test_the_course_holds_the_medians_of_all_trainings():
    """Equation: in each row the median of the trainings of both results, by the mean
    number of control steps.
    """
    table = figures.course_table(OLD, NEW)
    assert list(table.entries) == ["0.7", "1.3", "2.0", "2.6"]
    last = table.entries["2.6"]
    assert last["on the late robot"].value == np.median([3, 4, 10, 0])
    assert last["in their own world"].value == np.median([900, 1100, 700, 1500])
    assert table.entries["0.7"]["on the late robot"].value == 4


def test_the_page_says_what_the_late_robot_shows():
    """The chapter's conclusions hold in the committed results: the interval of ten
    differences is below zero, and so is that of the five new seeds alone; no expert of
    an identified simulator earns on the robot what the worst expert of the robot earns.
    """
    differences = figures.late_differences(TRANSFER, MORE, LATEST)
    assert len(differences) == 10
    for part in (differences, differences[5:]):
        assert stats.ttest_1samp(part, 0).confidence_interval(0.95).high < 0
    late = figures.with_new_trainings(TRANSFER, MORE, LATEST).curves[LATE]["return"]
    assert max(late["identified"]) < min(late["real"])


def test_the_page_says_that_the_training_did_not_fail():
    """In each identified simulator the expert earns more than 1,900 at the end, and
    more after each quarter; on the robot the median falls with each quarter, and the
    mean change is below zero.
    """
    own, robot = (
        np.concatenate([x.curves[place]["on_the_way"] for x in (MORE, LATEST)])
        for place in ("own", "robot")
    )
    assert own[:, -1].min() > 1900 and (np.diff(own, axis=1) > 0).all()
    assert (np.diff(np.median(robot, axis=0)) < 0).all()
    change = robot[:, -1] - robot[:, 0]
    assert stats.ttest_1samp(change, 0).confidence_interval(0.95).high < 0


def test_second_trainings_have_the_same_worlds_and_other_experts():
    """The old seeds' second trainings took place in the identified simulators of the
    first, to all digits that are kept, and the simulator's experts earn the same on the
    robot; but the new experts earn otherwise, by more than 1,000 in one seed.
    """
    before = TRANSFER.curves[LATE]
    for knob, values in before["values"].items():
        assert MORE.curves["values"][knob] == values
    assert MORE.curves["robot"]["simulator"] == before["return"]["simulator"]
    twins = np.subtract(
        MORE.curves["robot"]["identified"], before["return"]["identified"]
    )
    assert np.abs(twins).min() > 50 and np.abs(twins).max() > 1000
