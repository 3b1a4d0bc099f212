"""What the figures and tables of the chapter *The reality gap* must show."""

import re
from dataclasses import replace

import numpy as np
import pytest

from lecture_code.dynamics.reality_gap import identify
from lecture_code.experiments import load_policy, load_result
from lecture_code.figures.dynamics import reality_gap as figures
from lecture_code.figures.dynamics.reality_gap import questions
from lecture_code.show import Prose
from lecture_code.simulation import make_world, rollout

GAP, TRANSFER = load_result("reality_gap"), load_result("identification")


@pytest.fixture(scope="module")
def simulator():
    return make_world("half_cheetah")


@pytest.fixture(scope="module")
def recording(simulator):
    late = simulator.change(action_delay=1)
    expert = load_policy("half_cheetah", seed=1)
    return rollout(late, expert, 60, np.random.default_rng(0))


def changed(result, *place, factor):
    """A copy of a result in which the numbers at one place are multiplied."""
    curves = dict(result.curves)
    node = curves
    for key in place[:-1]:
        node[key] = dict(node[key])
        node = node[key]
    node[place[-1]] = (factor * np.array(node[place[-1]])).tolist()
    return replace(result, curves=curves)


def test_a_share_of_one_is_the_return_in_the_simulator():
    """Equation: at the nominal value every expert keeps all of its return, and
    elsewhere the ratio of the committed returns.
    """
    for knob, value in (("gravity", -9.81), ("damping", 1.0), ("action_delay", 0)):
        assert np.array_equal(figures.kept(GAP, "hopper", knob, value), np.ones(5))
    returns = GAP.curves["half_cheetah"]["damping"]
    assert figures.kept(GAP, "half_cheetah", "damping", 0.75) == pytest.approx(
        [row[2] / row[4] for row in returns]
    )


def test_the_alt_text_of_the_sweeps_follows_the_result():
    """The shares in the alt text are medians of the result, and change with it."""
    share = np.median(figures.kept(GAP, "hopper", "friction", 1.2))
    assert f"friction 1.2: HalfCheetah 98 %, Hopper {100 * share:.0f} %" in (
        figures.sweeps(GAP).alt
    )
    flat = GAP.curves["hopper"] | {"friction": np.ones((5, 9)).tolist()}
    other = replace(GAP, curves=GAP.curves | {"hopper": flat})
    assert "friction 1.2: HalfCheetah 98 %, Hopper 100 %" in figures.sweeps(other).alt


def test_the_sweeps_have_a_panel_for_each_knob():
    """Each knob of the result is named, with its unit, below a panel."""
    html = figures.sweeps(GAP).html()
    assert set(GAP.settings["grids"]) == set(figures.worlds.KNOBS)
    assert all(words in html for words in figures.worlds.KNOBS.values())


def test_the_tables_of_the_sweeps_hold_the_result():
    """Every share and return of the tables is the committed number, rounded."""
    share = 100 * np.median(figures.kept(GAP, "half_cheetah", "action_delay", 1))
    text = figures.kept_table(GAP).text()
    late = next(line for line in text.splitlines() if "late" in line)
    assert re.search(rf"\b{share:.0f} \(", late)
    table = figures.delicate_table(GAP, "half_cheetah", "damping", 0.75).text()
    for seed, row in enumerate(GAP.curves["half_cheetah"]["damping"]):
        line = next(x for x in table.splitlines() if x.startswith(f"expert {seed}"))
        assert f"{row[4]:,.0f}" in line and f"{row[2]:,.0f}" in line


def test_the_best_at_home_and_the_best_away_are_marked():
    """The star stands at the best expert of each world: two different experts."""
    table = figures.delicate_table(GAP, "half_cheetah", "damping", 0.75)
    starred = {
        column: [label for label, row in table.entries.items() if row[column].is_best]
        for column in table.columns
    }
    home, away = starred.values()
    assert home == ["expert 1"] and away == ["expert 2"]


def test_robots_on_their_backs_are_counted(simulator):
    """The table counts upside-down robots, and gives the share of the return."""
    home = rollout(
        [simulator] * 3,
        load_policy("half_cheetah", seed=1),
        40,
        np.random.default_rng(0),
    )
    qpos = home.qpos.copy()
    qpos[:2, 20, 2] = np.pi
    fallen = replace(home, qpos=qpos, rewards=home.rewards / 2)
    table = figures.endurance_table(fallen, home, (20, 40), simulator.dt)
    rows = [[cell.text for cell in row.values()] for row in table.entries.values()]
    assert list(table.entries) == ["after 1 s", "after 2 s"]
    assert rows == [["50", "2 of 3", "0 of 3"], ["50", "0 of 3", "0 of 3"]]


def test_the_knobs_say_where_they_act(simulator):
    """Exactly the knobs that the rollout applies stand "between policy and model"."""
    entries = figures.knob_table(simulator).entries
    outside = {k for k, row in entries.items() if "between" in row["acts in"].text}
    assert outside == {
        "action delay",
        "backlash",
        "motor noise",
        "motor noise correlation",
        "observation noise",
    }


def test_the_film_shows_a_robot_in_each_world(simulator):
    """The robot in colour and the grey robot start alike and end apart, and the alt
    text names both.
    """
    expert = load_policy("half_cheetah", seed=1)
    late = simulator.change(action_delay=1)
    film = figures.two_worlds(
        late, simulator, expert, name="late", title="Both", steps=60
    )
    real, ghost = film.robots
    assert (real.name, ghost.name) == ("late", "simulator")
    assert ghost.ghost and not real.ghost
    assert np.array_equal(real.view.x[0], ghost.view.x[0])
    assert not np.allclose(real.view.x[-1], ghost.view.x[-1], atol=0.1)
    assert "late" in film.alt and "simulator" in film.alt


def test_the_plane_labels_both_robots():
    """The words of the two ways to be wrong stand in the picture."""
    html = figures.family().html()
    assert "wrong parameters" in html and "under-modelling" in html
    assert "the best that" in html and "simulator φ₀" in html


def test_the_transfer_shows_every_seed_and_its_median():
    """The alt text and the table hold the medians of the result, and change with it."""
    median = np.median(TRANSFER.curves["under-modelling"]["return"]["real"])
    assert f"robot {median:.0f}." in figures.transfer(TRANSFER).alt
    assert f"{median:,.0f} (" in figures.transfer_table(TRANSFER).text()
    place = ("under-modelling", "return", "real")
    other = changed(TRANSFER, *place, factor=2)
    assert f"robot {2 * median:.0f}." in figures.transfer(other).alt
    drawn = figures.transfer(TRANSFER).html().count("<use")
    assert drawn >= 30  # 5 seeds × 3 sources × 2 robots


def test_the_page_says_what_the_result_holds():
    """The chapter's conclusions hold in the committed results: identification helps
    inside the family, not outside it, and the best expert at home is the worst away.
    """
    wrong, late = (
        {source: np.array(values) for source, values in curves["return"].items()}
        for curves in TRANSFER.curves.values()
    )
    assert np.median(wrong["identified"]) > 2 * np.median(wrong["simulator"])
    assert late["real"].min() > max(late["simulator"].max(), late["identified"].max())
    assert np.median(late["identified"]) < np.median(late["simulator"])
    ahead = figures.pairs_ahead(TRANSFER, "under-modelling", "simulator", "identified")
    assert ahead == np.sum(late["simulator"] > late["identified"]) == 4
    own = figures.pairs_ahead(TRANSFER, "wrong parameters", "real", "identified")
    assert 3 <= own <= 5
    damping = np.array(GAP.curves["half_cheetah"]["damping"])
    assert damping[:, 4].argmax() == damping[:, 2].argmin()
    assert damping[:, 4].argmin() == damping[:, 2].argmax()


def test_an_identified_simulator_stands_in_its_tables(simulator, recording):
    """R² and parameters of the tables are those of the identification, and the errors
    of a delay follow the commands.
    """
    record = identify(simulator, recording, ("torso_mass", "damping"))
    mass = record.values["torso_mass"] / simulator.parameters["torso_mass"].nominal
    for text in (
        figures.identified_table({"late": [record]}).text(),
        figures.sensor_table({0.1: record}).text(),
    ):
        assert f"{mass:.2f}" in text and f"{record.after:.2f}" in text
    table = figures.commands_table({"late": [record]}, {"late": [recording]})
    assert table.entries["late"]["of the rest, follows the commands"].value > 50


def test_the_drift_of_the_true_world_is_nothing(simulator):
    """The alt text says that the world of the recording stays on it, and that another
    simulator does not.
    """
    truth = simulator.change(damping=0.7)
    expert = load_policy("half_cheetah", seed=1)
    recording = rollout(truth, expert, 60, np.random.default_rng(0))
    both = {"one": recording, "other": recording}
    alt = figures.drift_ahead(simulator, both, {"one": truth, "other": truth}, 5).alt
    pairs = re.findall(r"from ([\d.e+-]+) to ([\d.e+-]*\d)", alt)
    ends = [float(last) for _, last in pairs]
    assert len(ends) == 4
    assert min(ends[0], ends[2]) > 0.01 > 1e-6 > max(ends[1], ends[3])


def test_the_training_ends_where_the_result_ends():
    """The alt text names the last median of the learning curves."""
    results = {robot: load_result(robot) for robot in ("half_cheetah", "hopper")}
    alt = figures.training(results).alt
    ends = [curve[-1] for curve in results["half_cheetah"].curves["returns"]]
    word = re.search(r"HalfCheetah ends at (\d+) \((\d+) to (\d+)\)", alt)
    assert word is not None
    assert min(ends) - 60 <= int(word[2]) <= int(word[1]) <= int(word[3])
    assert int(word[3]) <= max(ends) + 60


def test_nothing_of_an_answer_is_in_the_question():
    """A question's text names no share that its explanation gives away."""
    opened = Prose("What opens.")
    asked = questions.noise_with_memory(0.8, 0.37, then=opened).question
    assert "37 %" in asked.because and "37 %" not in asked.question
    assert "20 %" in asked.question
    for predicted in (
        questions.less_damping([opened], opened),
        questions.falling_hopper(opened, opened),
        questions.best_at_home(opened),
    ):
        asked = predicted.question
        assert asked.options[asked.answer] not in asked.question


@pytest.mark.parametrize(
    "ask",
    [
        questions.backlash,
        questions.same_starts,
        questions.doubled_mass,
        questions.imitated_delay,
    ],
)
def test_a_quiz_confirms_its_answer_only(ask):
    """The word on the right option, and on no other option, says yes."""
    asked = ask().question
    yes = [i for i, words in enumerate(asked.feedback) if words.startswith("Yes")]
    assert yes == [asked.answer]


def test_the_page_says_what_a_delay_costs_and_how_little_other_worlds_add():
    """No expert gains a tenth in another world; with a delay the median expert of both
    robots loses most of its return, and exactly one Hopper expert loses nothing.
    """
    assert 0.05 < figures.largest_gain(GAP) < 0.08
    late = {robot: figures.kept(GAP, robot, "action_delay", 1) for robot in GAP.curves}
    assert max(np.median(shares) for shares in late.values()) < 0.3
    assert np.sum(late["hopper"] > 0.99) == 1
