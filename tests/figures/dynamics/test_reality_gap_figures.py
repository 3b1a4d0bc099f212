"""What the figures and tables of the chapter *The reality gap* must show."""

import re
from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from scipy import stats

from lecture_code.dynamics.reality_gap import (
    as_observed,
    follows_commands,
    identify,
)
from lecture_code.experiments import load_policy, load_result
from lecture_code.experiments.dynamics.identification import (
    IdentificationSettings,
    record,
)
from lecture_code.experiments.dynamics.less_damping import DampingRun, DampingSettings
from lecture_code.figures.dynamics import reality_gap as figures
from lecture_code.figures.dynamics.reality_gap import questions
from lecture_code.figures.dynamics.reality_gap.damping import final_returns, interval
from lecture_code.show import Prose
from lecture_code.simulation import make_world, rollout

GAP, TRANSFER = load_result("reality_gap"), load_result("identification")
DAMPING = load_result("less_damping")


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
    """Every share of the table is the committed number, rounded."""
    share = 100 * np.median(figures.kept(GAP, "half_cheetah", "action_delay", 1))
    text = figures.kept_table(GAP).text()
    late = next(line for line in text.splitlines() if "late" in line)
    assert re.search(rf"\b{share:.0f} \(", late)


def test_the_table_of_experts_holds_means_and_intervals():
    """Oracle: mean and 95 % interval of the committed returns, as SciPy computes them,
    in the simulator and on the robot.
    """
    table = figures.delicate_table(DAMPING)
    for place, column in zip(("simulator", "robot"), table.columns, strict=True):
        for expert, row in enumerate(DAMPING.curves["returns"][place]):
            returns = np.ravel(row[-1])
            assert len(returns) == 100
            mean = returns.mean()
            ends = stats.t.interval(0.95, 99, mean, stats.sem(returns))
            text = table.entries[f"expert {expert}"][column].text
            for number in (mean, *ends):
                assert f"{abs(number):,.0f}" in text


def test_robots_on_their_backs_are_counted():
    """The table counts upside-down robots over all starts, and gives the share of the
    return as the median and the ends of five draws of starts.
    """
    table = figures.endurance_table(DAMPING, expert=1)
    assert list(table.entries) == ["after 8 s", "after 20 s", "after 50 s"]
    shares = 100 * figures.kept_by_generator(DAMPING, expert=1)
    home, away = (
        np.mean(DAMPING.curves["returns"][place][1][-1], axis=1)
        for place in ("simulator", "robot")
    )
    assert shares[-1] == pytest.approx(100 * away / home)
    last = table.entries["after 50 s"]
    assert last["return kept"].value == pytest.approx(np.median(shares[-1]))
    for end in (shares[-1].min(), shares[-1].max()):
        assert f"{abs(end):.0f}" in last["return kept"].text
    backs = sum(DAMPING.curves["backs"]["robot"][1][-1])
    assert last["on their backs"].text == f"{backs} of 100"


def test_the_run_counts_robots_on_their_backs():
    """Equation: a run of the experiment gives the returns up to each time, and the
    number of torsos that point down then, of plain rollouts from the same starts.
    """
    settings = DampingSettings(generators=(3,), starts=3, times=(20, 60))
    run = DampingRun(settings, seed=1)
    run.advance()
    assert run.progress == 1
    world = make_world("half_cheetah", damping=0.75)
    policy = load_policy("half_cheetah", seed=1)
    batch = rollout([world] * 3, policy, 60, np.random.default_rng(3))
    result = run.result()
    returns = np.array(result["returns"]["robot"])
    assert returns[:, 0] == pytest.approx(
        np.array([batch.rewards[:, :20].sum(1), batch.returns])
    )
    down = [int((np.cos(batch.qpos[:, t, 2]) < 0).sum()) for t in (20, 60)]
    assert np.ravel(result["backs"]["robot"]).tolist() == down


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


def test_the_page_says_what_identification_wins():
    """The chapter's conclusions hold in the committed result: identification helps
    inside the family; outside it the gap stays open.
    """
    wrong, late = (
        {source: np.array(values) for source, values in curves["return"].items()}
        for curves in TRANSFER.curves.values()
    )
    assert np.median(wrong["identified"]) > 2 * np.median(wrong["simulator"])
    assert late["real"].min() > max(late["simulator"].max(), late["identified"].max())
    helped = ("wrong parameters", "identified", "simulator")
    assert figures.pairs_ahead(TRANSFER, *helped) == (24, 25)
    assert figures.chance_of_ranks(TRANSFER, *helped) < 0.05
    own = figures.chance_of_ranks(TRANSFER, "wrong parameters", "real", "identified")
    assert own > 0.05


def test_the_page_says_how_the_experts_are_ordered():
    """In the simulator expert 1 is the best and expert 2 the worst; on the robot expert
    2 is ahead of every other expert, and experts 0, 1 and 4 cannot be told apart.
    """
    home, away = (final_returns(DAMPING, place) for place in ("simulator", "robot"))
    means = home.mean(axis=1)
    assert means.argmax() == 1 and means.argmin() == 2
    for other in (0, 1, 3, 4):
        low, _, high = interval(home[other] - home[2])
        assert low > 0
        low, _, high = interval(away[2] - away[other])
        assert low > 1000
    low, mean, high = figures.lead_away(DAMPING)
    assert (low, mean, high) == interval(away[2] - away[3])
    for one, other in ((0, 1), (0, 4), (1, 4)):
        low, _, high = interval(away[one] - away[other])
        assert low < 0 < high


def test_the_page_says_what_less_damping_costs():
    """In each of five draws of starts the expert keeps less than a third after fifty
    seconds, and most robots lie on their backs; in the simulator few do.
    """
    assert figures.kept_by_generator(DAMPING, expert=1)[-1].max() < 1 / 3
    backs = {p: sum(DAMPING.curves["backs"][p][1][-1]) for p in ("robot", "simulator")}
    assert backs["robot"] > 90 and backs["simulator"] < 10


@pytest.fixture(scope="module")
def noisy_shares(simulator):
    """Share of the errors that follows the commands, for each kind of recording."""
    settings = IdentificationSettings()
    shares = {}
    for real, noise in product(settings.real, (0.0, 0.1)):
        knobs = settings.real[real] | {"observation_noise": noise}
        robot = replace(settings, real={real: knobs})
        shares[real, noise] = []
        for seed in range(5):
            policy = load_policy("half_cheetah", seed=seed)
            seen = as_observed(record(robot, real, policy, seed))
            world = identify(simulator, seen, settings.knobs).world
            shares[real, noise].append(follows_commands(world, seen))
    return shares


def test_the_page_says_where_the_diagnosis_fails(noisy_shares):
    """On a clean sensor most of a delay's errors follow the commands; with noise that
    the policy sees, the ranges of a delay and of wrong parameters overlap.
    """
    assert min(noisy_shares["under-modelling", 0.0]) > 0.6
    late = noisy_shares["under-modelling", 0.1]
    wrong = noisy_shares["wrong parameters", 0.1]
    assert min(late) < max(wrong) and np.median(late) > np.median(wrong)


def test_the_page_shows_the_recordings_of_the_full_scale_run(simulator):
    """The five recordings of each robot give the knobs and R² of the committed result;
    with the delay both knobs are too large in every recording.
    """
    settings = IdentificationSettings()
    policy = load_policy("half_cheetah", seed=3)
    late = TRANSFER.curves["under-modelling"]
    recording = record(settings, "under-modelling", policy, 3)
    found = identify(simulator, recording, settings.knobs)
    for knob in settings.knobs:
        assert found.values[knob] == pytest.approx(late["values"][knob][3], rel=1e-3)
    assert found.after == pytest.approx(late["explained"]["after"][3], abs=1e-3)
    mass = simulator.parameters["torso_mass"].nominal
    assert min(late["values"]["torso_mass"]) > 1.4 * mass
    assert min(late["values"]["damping"]) > 1.4


@pytest.mark.parametrize("seed", range(5))
def test_the_page_says_what_all_knobs_show(simulator, seed):
    """Negative and positive control of the diagnosis: for a robot of the family whose
    motors have 0.6 of the gain, two other knobs explain little and their errors follow
    the commands, while all seven knobs explain everything; for the delay, all seven
    explain more than two and still not everything.
    """
    settings = replace(IdentificationSettings(), real={"weak": {"gain": 0.6}})
    policy = load_policy("half_cheetah", seed=seed)
    recording = record(settings, "weak", policy, seed)
    seven = [name for name, knob in simulator.parameters.items() if knob.write]
    assert len(seven) == 7
    two = identify(simulator, recording, settings.knobs)
    assert two.after < 0.55
    assert figures.least_following([two], [recording]) > 0.9
    best = identify(simulator, recording, seven)
    assert best.after > 0.999 and best.values["gain"] == pytest.approx(0.6, rel=1e-3)
    late = record(IdentificationSettings(), "under-modelling", policy, seed)
    after = identify(simulator, late, seven).after
    assert TRANSFER.curves["under-modelling"]["explained"]["after"][seed] < after
    assert 0.7 < after < 0.85


def test_the_page_says_which_robot_minds_what():
    """A fifth more friction costs every Hopper expert most of its return and no cheetah
    expert a twentieth; a quarter less damping costs no Hopper expert more than that,
    and the median cheetah expert most of its return.
    """
    friction, damping = (
        {robot: figures.kept(GAP, robot, knob, value) for robot in GAP.curves}
        for knob, value in (("friction", 1.2), ("damping", 0.75))
    )
    assert friction["hopper"].max() < 0.5 and friction["half_cheetah"].min() > 0.95
    assert damping["hopper"].min() > 0.95
    assert np.median(damping["half_cheetah"]) < 0.2


def test_the_page_says_how_little_a_good_prediction_promises():
    """Before identification the simulator explains at least 0.97 of the first robot's
    motion, and the median expert trained in it earns less than a third of the median
    expert trained on the robot.
    """
    wrong = TRANSFER.curves["wrong parameters"]
    assert min(wrong["explained"]["before"]) > 0.97
    home, robot = (np.median(wrong["return"][name]) for name in ("simulator", "real"))
    assert home < robot / 3


def test_an_exponential_takes_its_time_to_grow_tenfold():
    """Equation: an error that grows tenfold in 0.4 s is said to do so; an error that is
    large from the start has no such time.
    """
    time = 0.05 * np.arange(1, 61)
    assert figures.drifting.tenfold(1e-9 * 10 ** (time / 0.4), 0.05) == pytest.approx(
        0.4
    )
    assert figures.drifting.tenfold(np.linspace(0.5, 1, 60), 0.05) is None


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
    assert table.entries["late"]["follows the commands"].value > 50


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
        questions.best_away((1.0, 2.0, 3.0), opened),
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
