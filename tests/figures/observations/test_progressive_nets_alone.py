"""What must hold of the runs with one episode at a time, beside sixteen."""

import numpy as np
import pytest

from lecture_code.experiments import load_result
from lecture_code.experiments.observations.progressive_nets.alone import (
    ALONE,
    PAIRED,
    UPDATES,
)
from lecture_code.experiments.observations.progressive_nets.summary import (
    DEAD,
)
from lecture_code.experiments.observations.progressive_nets.transfer import (
    SORTED,
    trials,
)
from lecture_code.experiments.results import Result
from lecture_code.experiments.summaries import paired_median
from lecture_code.figures.observations import progressive_nets as draw
from lecture_code.figures.observations.progressive_nets.alone import groups

RATES = [3e-3, 1e-4, 1e-3, 2e-3]


def made_up(settings, curves):
    """A result with these settings and curves, in B."""
    numbers = settings.get("chosen", range(settings["draws"]))
    curves = {
        f"B {method}": {"after": after, "rate": [RATES[i] for i in numbers]}
        for method, after in curves.items()
    }
    settings = {"domains": ["B"], "methods": [*PAIRED][: len(curves)], **settings}
    return draw.Draws(Result("made_up", settings, [0], curves, {}, {}, {}, 1.0, ""))


@pytest.fixture
def three():
    """Four draws with sixteen episodes, of which the second group has the first three,
    and the last group the first and the third; the rates are not in order.
    """
    sixteen = {"episodes": 16, "frames": 40_000}
    one = {"episodes": 1, "frames": 40_000}
    more = {"episodes": 16, "frames": 640_000}
    return (
        made_up(
            sixteen | {"draws": 4},
            {
                "fine-tuning": [20.0, 28.0, 25.0, 9],
                "copied head": [21.0, 25.0, 24.0, 7],
            },
        ),
        made_up(
            one | {"draws": 3},
            {"fine-tuning": [1.0, 24.0, 15.0], "copied head": [19.0, 23.0, 17.0]},
        ),
        made_up(more | {"draws": 3, "chosen": [0, 2]}, {"fine-tuning": [18.0, 27.0]}),
    )


def test_all_groups_have_the_same_draws(three):
    """Equation: of the sorted runs only the first draws are taken, and of the last
    group those that it has; an update has ten control steps of every episode.
    """
    found = list(groups(*three))
    assert [group.updates for group in found] == [250, 4000, 4000]
    rates = [3e-3, 1e-4, 1e-3]
    assert [group.rates.tolist() for group in found] == [rates, rates, [3e-3, 1e-3]]
    assert [group.numbers.tolist() for group in found] == [[0, 1, 2]] * 2 + [[0, 2]]
    assert found[0].returns["fine-tuning"].tolist() == [20, 28, 25]
    assert [list(group.returns) for group in found] == [
        [*PAIRED],
        [*PAIRED],
        [PAIRED[0]],
    ]
    assert found[1].name == "1 episode, 4,000 updates"
    assert found[1].title == "1 episode\n4,000 updates\n40,000 steps"
    assert found[2].title == "16 episodes\n4,000 updates\n640,000 steps"


def test_every_run_stands_above_its_rate(three, drawn):
    """Equation: each panel has the returns of its group, sorted by their rates; the
    alternative text counts the dead.
    """
    picture = draw.one_at_a_time(*three)
    one = drawn[0].axes[1]
    tuned = next(line for line in one.lines if line.get_label() == "fine-tuning")
    assert tuned.get_xdata().tolist() == [1e-4, 1e-3, 3e-3]
    assert tuned.get_ydata().tolist() == [24, 15, 1]
    (more,) = drawn[0].axes[2].lines[:-1]  # the last line is the dotted one
    assert more.get_xdata().tolist() == [1e-3, 3e-3]
    assert more.get_ydata().tolist() == [27, 18]
    words = "1 episode, 4,000 updates, 40,000 control steps, fine-tuning: median 15, "
    assert f"{words}1 of 3 dead" in picture.alt
    last_lines = [axes.get_title(loc="left").split("\n")[2] for axes in drawn[0].axes]
    assert last_lines == ["40,000 steps", "40,000 steps", "640,000 steps"]


def test_the_table_counts_the_dead_of_each_group(three):
    """Equation: one of three runs is dead in one row, and none in the others."""
    rows = draw.alone_table(*three).entries
    dead = {name: cells["dead"].text.split()[0] for name, cells in rows.items()}
    assert dead == {
        "fine-tuning: 16 episodes, 250 updates": "0",
        "fine-tuning: 1 episode, 4,000 updates": "33",
        "fine-tuning: 16 episodes, 4,000 updates": "0",
        "progressive: 16 episodes, 250 updates": "0",
        "progressive: 1 episode, 4,000 updates": "0",
    }


def test_the_draws_are_those_of_the_sorted_runs():
    """Pairing: every trial has domain, rate, entropy, first column and seed of a sorted
    run; only episodes or frames differ.
    """
    sorted_trials = trials(SORTED)
    for settings in (ALONE, UPDATES):
        for name, group in trials(settings).items():
            assert group == {i: sorted_trials[name][i] for i in group}
            assert [int(i) for i in group] == list(settings.numbers)
    assert (ALONE.episodes, ALONE.frames) == (1, SORTED.frames)
    assert UPDATES.episodes == SORTED.episodes
    assert UPDATES.frames / UPDATES.episodes == ALONE.frames / ALONE.episodes


# --- the text's claims


@pytest.fixture(scope="module")
def committed():
    """The three groups of the committed results."""
    results = ("sorted", "alone", "updates")
    return list(
        groups(
            *(draw.Draws(load_result(f"progressive_nets_{name}")) for name in results)
        )
    )


def test_one_episode_at_a_time_kills_fine_tuned_runs_alone(committed):
    """With the same settings no run is dead with sixteen episodes; with one at a time
    the fine-tuned runs with rates above 0.001 are dead, more than a third, and no
    progressive run; the interval of the difference of their medians contains zero.
    """
    sixteen, one, _ = committed
    assert all((returns > DEAD).all() for returns in sixteen.returns.values())
    tuned, progressive = (one.returns[method] for method in PAIRED)
    dead = tuned <= DEAD
    assert dead.mean() > 1 / 3
    assert (dead == (one.rates > 1e-3)).all()
    assert (progressive > DEAD).all()
    close = paired_median(progressive, tuned, np.random.default_rng(0))
    assert close.low < 0 < close.high


def test_progressive_runs_lose_too_at_large_rates(committed):
    """One episode at a time: above a rate of 0.001 most progressive runs are behind
    the runs with sixteen episodes by more than five, and two earn less than five.
    """
    sixteen, one, _ = committed
    large = one.rates > 1e-3
    pair = [group.returns["copied head"][large] for group in (sixteen, one)]
    assert (pair[0] - pair[1] > 5).mean() > 0.5
    assert (one.returns["copied head"] < 5).sum() == 2


def test_many_updates_of_sixteen_episodes_kill_one_run_of_five(committed):
    """With as many updates, from sixteen episodes each, one of the five settings with
    rates above 0.001 is dead, and none with a smaller rate; all five are dead with one
    episode. Every living run is better than with few updates, and than with one
    episode.
    """
    sixteen, one, more = committed
    tuned = more.returns["fine-tuning"]
    large = more.rates > 1e-3
    assert (tuned[large] <= DEAD).sum() == 1 and large.sum() == 5
    assert (tuned[~large] > DEAD).all() and (~large).sum() == 5
    lives = tuned > DEAD
    for other in (sixteen, one):
        same = np.isin(other.numbers, more.numbers)
        assert (other.rates[same] == more.rates).all()
        assert (tuned > other.returns["fine-tuning"][same] + 1)[lives].all()
    assert set(more.numbers[large]) == set(one.numbers[one.rates > 1e-3])
    assert set(more.returns) == {"fine-tuning"}


def test_what_else_the_text_says_of_one_episode_at_a_time(committed):
    """Some progressive runs earn less than the old policy, and the best run of all is a
    fine-tuned one.
    """
    _, one, _ = committed
    before = draw.Draws(load_result("progressive_nets_alone")).returns(
        "B", "copied head", "before"
    )
    assert (one.returns["copied head"] < before).sum() >= 3
    assert one.returns["fine-tuning"].max() > one.returns["copied head"].max()


def test_the_numbers_of_the_text_are_those_of_the_runs(three):
    """Equation: of three settings one run is dead; the medians of the two settings that
    all groups have are 8 and 22.5. An update sees ten control steps of each episode.
    """
    words = draw.alone_numbers(*three)
    assert (words["n_alone"], words["n_updates"], words["dead_alone"]) == (
        "3",
        "2",
        "1",
    )
    assert words["lost_updates"].startswith("14.5 [")
    assert (words["many_updates"], words["steps_each"]) == ("4,000", "160")


def test_the_last_group_has_sixteen_times_the_control_steps(committed):
    """Claim: the runs of the right panel have as many updates as those of the middle
    panel, and sixteen times the control steps, in each update and in all.
    """
    _, one, more = committed
    assert one.updates == more.updates == 4000
    assert more.frames == 16 * one.frames
    assert more.frames // more.updates == 160
