"""What must hold of what the chapter on grounded action transformation shows: figures
and tables hold the numbers of the results, alt texts say what is drawn, and the text's
claims follow.
"""

import re

import numpy as np
import pytest
from readings import column, line

from lecture_code.dynamics.cliff_walk import CliffWalk, path
from lecture_code.dynamics.linear_grounding import irreducible
from lecture_code.experiments import load_policy, load_result
from lecture_code.figures.dynamics import grounded_action_transformation as draw
from lecture_code.figures.dynamics.grounded_action_transformation import (
    drawings,
    longer,
    results,
)
from lecture_code.figures.dynamics.grounded_action_transformation import (
    finished as of_finished,
)
from lecture_code.figures.dynamics.grounded_action_transformation import (
    trials as of_trials,
)
from lecture_code.simulation import make_world, rollout
from lecture_code.simulation.linear_plant import LinearPlant

WRONG, LATE = "wrong parameters", "late and slack"
RIVAL = "robot, 24 walks"
BOTH = ("GAT", "GAT with memory")
PLANT = LinearPlant([[1.0, 0.3], [0.0, 0.9]], [[0.6], [0.6]])
ROBOT = LinearPlant([[0.9, 0.3], [-0.5, 0.6]], [[0.3], [0.4]])
X, U = np.array([1.0, 0.4]), np.array([0.6])

pytestmark = pytest.mark.usefixtures("kept")


@pytest.fixture(scope="module")
def trials():
    return load_result("grounding")


@pytest.fixture(scope="module")
def ten():
    """The first ten trials from finished walks, which have all methods."""
    rival = load_result("grounding_rival")
    return draw.with_rival(load_result("grounding_finished"), rival)


@pytest.fixture(scope="module")
def finished(ten):
    """All thirty trials from finished walks, without two of the methods."""
    return draw.joined(ten, load_result("grounding_finished_more"))


@pytest.fixture(scope="module")
def thirty_generations():
    return load_result("grounding_finished_long")


@pytest.fixture(scope="module")
def models():
    return load_result("grounding_models")


@pytest.fixture(scope="module")
def long():
    return load_result("grounding_long")


def test_search_and_robot_are_two_curves():
    """Equation: both curves are drawn as given; the alt text has their ends and names
    the world of the search.
    """
    for learned_in, place in (("no grounding", "simulator"), ("GAT", "grounded sim")):
        picture = draw.search_and_robot([305.0, 424.0], [43.0, 56.0], learned_in)
        (axes,) = picture.figure.axes
        drawn = [curve.get_ydata().tolist() for curve in axes.lines]
        assert drawn == [[305.0, 424.0], [43.0, 56.0]]
        assert f"In the {place}" in picture.alt
        assert "305 to 424" in picture.alt
        assert "43 to 56" in picture.alt


def test_the_films_are_of_the_walks_that_are_given():
    """Equation: the two views of a walk and the three worlds' robots show the distances
    of their own trajectories.
    """
    world = make_world("half_cheetah")
    rng = np.random.default_rng(0)
    seeds = (0, 1, 2)
    walks = [rollout(world, load_policy("half_cheetah", s), 60, rng) for s in seeds]
    far = [float(walk.qpos[0, -1, 0] - walk.qpos[0, 0, 0]) for walk in walks]
    assert len({f"{distance:.1f}" for distance in far}) == 3
    names = "robot", "grounded simulator", "simulator"
    three = draw.three_worlds(world, dict(zip(names, walks, strict=True)))
    two = draw.two_worlds(world, walks[0], walks[1])
    shown = [(two, "in the simulator", far[0]), (two, "on the robot", far[1])]
    shown += [(three, *pair) for pair in zip(names, far, strict=True)]
    for picture, name, distance in shown:
        assert f"{name}: moved {distance:.1f} m" in picture.alt


def test_what_is_left_in_the_projection_is_the_irreducible_part():
    """Equation: the alt text has the distance that is drawn; it shrinks with α, and at
    α = 1 it is |e|.
    """
    E_x, E_u = irreducible(PLANT, ROBOT)
    distances = []
    for alpha in (0.0, 0.5, 1.0):
        picture = draw.projection(PLANT, ROBOT, X, U, alpha)
        dots = {dot.get_label(): dot for dot in picture.figure.axes[0].lines}
        near, goal = (np.ravel(dots[k].get_xydata()) for k in ("grounded", "robot"))
        distances.append(np.linalg.norm(goal - near))
        assert f"{distances[-1]:.2f} away" in picture.alt
    assert distances[0] > distances[1] > distances[2]
    assert distances[2] == pytest.approx(np.linalg.norm(E_x @ X + E_u @ U))


def test_the_live_table_holds_what_was_measured():
    """Equation: each world's error, promise and delivery stand in its own row, and the
    smaller error is marked.
    """
    table = draw.live_table((1.08, 0.14), (424, 321), (56, 282))
    assert list(column(table, "one-step error").values()) == [1.08, 0.14]
    assert list(column(table, "promised").values()) == [424, 321]
    assert list(column(table, "on the robot").values()) == [56, 282]
    assert table.entries["grounded simulator"]["one-step error"].is_best


def test_the_cliffs_picture_is_the_plans_way():
    """Equation: each panel draws the cells of its plan; its title and the alt text have
    the return on the robot.
    """
    grid = CliffWalk()
    for slip in (0.0, 0.2):
        picture = draw.cliff(grid, slip)
        plans = drawings.cliff_plans(grid, slip).items()
        panels = picture.figure.axes
        for axes, (name, (policy, earned)) in zip(panels, plans, strict=True):
            cells = axes.lines[0].get_xydata()[:, ::-1] @ [grid.columns, 1]
            assert cells.tolist() == list(path(grid, policy))
            assert f"{name}: {earned:.1f}" in {
                axes.get_title(loc=place) for place in ("left", "center")
            }
            assert f"{name} earns {earned:.1f}" in picture.alt


def test_only_stochastic_grounding_leaves_the_edge():
    """Negative control: with a slip the stochastic form goes round, and the
    deterministic form keeps to the shortest way; without a slip they agree.
    """
    grid = CliffWalk()
    steps = column(draw.cliff_table(grid, (0.0, 0.2, 0.5)), "steps")
    assert {steps[f"{slip}, GAT"] for slip in ("0", "0.2", "0.5")} == {9}
    assert steps["0, stochastic GAT"] == 9 < steps["0.2, stochastic GAT"]
    before, turned = (
        len(path(grid, drawings.cliff_plans(grid, slip)["stochastic GAT"][0]))
        for slip in draw.slip_that_turns(grid)
    )
    assert before == 10 < turned


def test_the_bars_are_the_medians_of_the_walks(models):
    """Equation: for every value of every knob the bars are medians, a dot a walk stands
    on each, and the alt text has the same numbers.
    """
    for knob, choices in models.settings["knobs"].items():
        for value in choices:
            is_turned = value != results.UNTURNED[knob]
            at = (knob, value) if is_turned else ("action_delay", 0)
            picture = results.imitation(models, **{**results.UNTURNED, knob: value})
            (axes,) = picture.figure.axes
            drawn = zip(axes.patches, axes.lines, results.SIMULATORS, strict=True)
            for bar, dots, name in drawn:
                errors = results.one_step_errors(models, *at, name)
                assert bar.get_height() == pytest.approx(np.median(errors))
                assert np.array_equal(dots.get_ydata(), errors)
                assert f"{name} {np.median(errors):.2f}" in picture.alt


def test_the_prediction_has_its_answer_from_the_result(models):
    """Equation: grounding makes the error larger where the robot is the simulator; one
    step of delay is imitated best with a memory, more than twice as well as without;
    table, text and picture stand behind the veil.
    """
    asked = draw.who_imitates_lateness(models).question
    late = {
        name: np.median(results.one_step_errors(models, "action_delay", 1, name))
        for name in results.SIMULATORS
    }
    assert late["GAT with memory"] < 0.5 * late["GAT"]
    assert late["GAT"] < late["no grounding"]
    same = asked.then[0].entries["a robot like the simulator"]
    assert same["GAT"].value > same["no grounding"].value + 0.1
    assert "larger" in asked.options[asked.answer]
    assert [type(part).__name__ for part in asked.then] == ["Table", "Prose", "Explore"]
    row = asked.then[0].entries["a robot that is one step late"]
    assert {name: entry.value for name, entry in row.items()} == late


def test_grounding_brings_the_models_error_with_it(models):
    """The text's claim: for a robot that is the simulator the plain error is zero, and
    the grounded error is not.
    """
    same = [
        np.median(results.one_step_errors(models, "damping", 1.0, name))
        for name in results.SIMULATORS
    ]
    assert same[0] < 1e-6
    assert min(same[1:]) > 0.1


@pytest.mark.parametrize("robot", [WRONG, LATE])
def test_the_curves_over_alpha_and_recordings_are_medians(models, robot):
    """Equation: each curve is the median over the walks, and the alt text has its
    ends.
    """
    error, earned = results.by_alpha(models, robot).figure.axes
    found = np.array(models.curves[f"{robot}/2/25"]["error"])
    assert np.array_equal(line(error, "GAT with memory"), np.median(found, axis=0))
    real = np.median(models.curves[f"{robot}/0/25"]["real"])
    assert line(earned, "on the robot")[0] == real
    picture = results.by_recordings(models, robot)
    few = np.median(np.array(models.curves[f"{robot}/2/2"]["error"])[:, -1])
    assert line(picture.figure.axes[0], "GAT with memory")[0] == few
    assert f"GAT with memory {few:.2f} to" in picture.alt


def test_what_the_text_says_of_the_models(models):
    """The text's claims: two walks ground the late robot; with wrong parameters
    grounding never helps in one step, and a quarter of α is harmless.
    """
    late = results.one_step_errors(models, LATE, 2, "GAT with memory")
    plain = results.one_step_errors(models, LATE, 2, "no grounding")
    assert np.median(late) < np.median(plain) / 3
    wrong = np.median(results.measured(models, WRONG, 0, "error"), axis=0)
    assert abs(wrong[1] - wrong[0]) < 0.01
    for N in models.settings["amounts"]:
        assert np.median(results.one_step_errors(models, WRONG, N, "GAT")) > wrong[0]
    said = draw.numbers_of_models(models)
    assert float(said["wrong_plain"]) < float(said["wrong_one"])


def test_the_error_of_a_step_does_not_rank_the_promises(models):
    """The text's claims: with wrong parameters GAT's error in one step is larger for
    all five walks, and yet both simulators miss the return of θ₀ by as much: the ranges
    of the five misses overlap, and each holds the other's median.
    """
    error = results.measured(models, WRONG, 0, "error")
    assert len(error) == 5 and (error[:, -1] > error[:, 0]).all()
    truth = np.array(models.curves[f"{WRONG}/0/25"]["real"]).ravel()
    believed = np.array(models.curves[f"{WRONG}/0/25"]["return"])
    plain, gat = np.abs(believed[:, 0] - truth), np.abs(believed[:, -1] - truth)
    assert np.array_equal(results.misses(models, WRONG), np.transpose([plain, gat]))
    assert gat.min() < np.median(plain) < gat.max()
    assert plain.min() < np.median(gat) < plain.max()
    assert abs(np.median(plain) - np.median(gat)) < 20
    table = draw.misses_table(models)
    missed = list(column(table, "return missed by").values())
    assert missed == [np.median(plain), np.median(gat)]
    errors = list(column(table, "one-step error").values())
    assert errors == [np.median(error[:, 0]), np.median(error[:, -1])]


@pytest.mark.parametrize("name", ["grounding", "grounding_finished"])
def test_the_tables_rows_follow_from_the_trials(name):
    """Oracle: gains, failures and best generations of the trials that succeed, and the
    mean error of the world that is searched, computed plainly; no method is missing.
    """
    trials = load_result(name)
    table = draw.lecture_table(trials)
    assert set(table.entries) == set(trials.settings["methods"])
    for place, robot in enumerate((LATE, WRONG)):
        for method in trials.settings["methods"]:
            curves = trials.curves[robot][method]
            shown = [
                float(cell.text.replace("−", "-").split(" / ")[place])
                for cell in table.entries[method].values()
            ]
            start, final = trials.curves[robot]["start"], curves["final"]
            good = [after > before for after, before in zip(final, start, strict=True)]
            best = [n for n, ok in zip(curves["best"], good, strict=True) if ok]
            assert shown[0] == pytest.approx(
                100 * (sum(final) / sum(start) - 1), abs=0.51
            )
            assert shown[1] == good.count(False)
            assert shown[2] == pytest.approx(sum(best) / len(best), abs=0.051)
    if name == "grounding_finished":
        for method, row in draw.error_table(trials).entries.items():
            error = np.mean(trials.curves[LATE][method]["start_error"])
            assert row[LATE].value == pytest.approx(error)


def test_the_lectures_last_column_fits_means_over_successes():
    """Equation: with ten trials, the lecture's failures leave 3, 5 and 9 successes, and
    its best generations are whole numbers over these, within rounding.
    """
    for failures, best, total in ((7, 1.33, 4), (5, 6.6, 33), (1, 2.67, 24)):
        assert abs(total / (10 - failures) - best) < 0.005


def test_an_interval_is_that_of_paired_differences(trials):
    """Oracle: the mean is that of the differences; the interval is close to the normal
    one, and a method against itself has the interval zero.
    """
    final = {m: np.array(trials.curves[WRONG][m]["final"]) for m in BOTH}
    difference = final["GAT with memory"] - final["GAT"]
    mean, low, high = of_trials.paired(trials, WRONG, "GAT with memory", "GAT")
    assert mean == pytest.approx(difference.mean())
    half = 1.96 * difference.std() / len(difference) ** 0.5
    assert (low, high) == pytest.approx((mean - half, mean + half), abs=0.2 * half)
    assert of_trials.paired(trials, WRONG, "GAT", "GAT") == (0, 0, 0)
    row = draw.paired_table(trials).entries["GAT with memory − GAT"]
    assert row[WRONG].text == f"−{-mean:.0f} (−{-low:.0f} to −{-high:.0f})"


@pytest.mark.parametrize("name", ["grounding", "grounding_finished"])
def test_every_trial_is_a_dot(name):
    """Equation: a panel has a dot a trial and method at the gain over θ₀; a bar and the
    alt text have the median.
    """
    trials = load_result(name)
    picture = draw.gains(trials)
    for axes, robot in zip(picture.figure.axes, (LATE, WRONG), strict=True):
        curves = iter(axes.lines)
        for method in trials.settings["methods"]:
            gain = results.gained(trials, robot, method)
            assert np.array_equal(next(curves).get_ydata(), gain)
            assert next(curves).get_ydata()[0] == np.median(gain)
            assert f"{method} {np.median(gain):.0f}" in picture.alt


def test_what_the_text_says_of_the_trials(trials):
    """The text's claims: on the late robot GAT earns more than every simulator without
    g, outside the interval; with wrong parameters the intervals contain zero, and GAT
    with memory earns less than GAT.
    """
    for method in BOTH:
        for other in ("no grounding", "noise envelope", "parameters"):
            assert of_trials.paired(trials, LATE, method, other)[1] > 0
    for other in ("no grounding", "noise envelope", "parameters"):
        mean, low, high = of_trials.paired(trials, WRONG, "GAT", other)
        assert low < 0 < mean < high
    assert of_trials.paired(trials, WRONG, "GAT with memory", "GAT")[2] < 0
    said = draw.numbers_of_trials(trials, load_result("grounding_tuning"))
    mean, low, high = of_trials.paired(trials, WRONG, "GAT", "no grounding")
    assert said["wrong_interval"] == f"{low:.0f} to {high:.0f}"
    assert said["late_wins"] == said["n_trials"] == "10"
    assert float(said["astray"]) < 0
    for curves in trials.curves.values():  # θ₀ is unfinished: plain search helps
        assert np.mean(curves["no grounding"]["final"]) > 1.5 * np.mean(curves["start"])


def test_the_choices_lie_at_the_edge_of_what_was_tried(trials):
    """The text's admission: each tuned setting is the lowest or the highest of its
    three.
    """
    tried = load_result("grounding_tuning").settings["methods"]
    for method in ("noise envelope", *BOTH):
        key = "std" if method == "noise envelope" else "alpha"
        grid = [tried[f"{method}/{k}"][key] for k in range(3)]
        chosen = trials.settings["methods"][method][key]
        assert chosen in (min(grid), max(grid))
        row = draw.tuning_table(trials, load_result("grounding_tuning")).entries[method]
        assert row["tried"].text == ", ".join(f"{value:g}" for value in grid)
        assert row["chosen"].text == f"{chosen:g}"


LONGER_RIVAL = "robot, 48 walks"


def test_what_the_text_says_of_the_finished_late_robot(ten, finished):
    """The text's claims, of all thirty trials and of the twenty new ones: both forms of
    GAT earn more than no grounding and the noise envelope, by intervals; GAT with
    memory cannot be told from the long rival, and GAT earns less; GAT with memory earns
    more than the short rival, and GAT cannot be told from it.
    """
    new = load_result("grounding_finished_more")
    assert new.seeds == list(range(10, 30))
    for trials in (finished, new):

        def interval(method, other, trials=trials):
            return of_trials.paired(trials, LATE, method, other)[1:]

        for method in BOTH:
            for other in ("no grounding", "noise envelope"):
                assert interval(method, other)[0] > 0
        assert interval("GAT with memory", RIVAL)[0] > 0
        for method, other in (
            ("GAT", RIVAL),
            ("GAT with memory", LONGER_RIVAL),
            ("noise envelope", "no grounding"),
        ):
            low, high = interval(method, other)
            assert low < 0 < high
        assert interval("GAT", LONGER_RIVAL)[1] < 0
    gat, memory = (np.mean(ten.curves[LATE][m]["start_error"]) for m in BOTH)
    assert memory < 0.5 * gat
    for method in BOTH:
        for other in ("no grounding", "noise envelope"):
            for robot in (LATE, WRONG):
                succeeded, fewer = (
                    of_trials.successes(finished, robot, m).sum()
                    for m in (method, other)
                )
                assert succeeded > fewer


def test_what_the_text_says_of_the_finished_robot_with_wrong_parameters(finished):
    """The text's claims, of all thirty trials and of the twenty new ones: intervals of
    GAT against no grounding and the noise envelope contain zero, and both forms earn
    less than the long rival; in all thirty they earn less than the short rival.
    """
    for trials in (finished, load_result("grounding_finished_more")):
        for method in BOTH:
            for other in ("no grounding", "noise envelope"):
                _, low, high = of_trials.paired(trials, WRONG, method, other)
                assert low < 0 < high
            assert of_trials.paired(trials, WRONG, method, LONGER_RIVAL)[2] < 0
    assert all(of_trials.paired(finished, WRONG, m, RIVAL)[2] < 0 for m in BOTH)


def test_what_the_text_says_of_thirty_generations(ten, thirty_generations):
    """The text's claims: on the late robot both forms of GAT stay above no grounding
    and the noise envelope; with wrong parameters GAT with memory is above them after
    thirty generations and was not after ten, and GAT is not; the return on the robot is
    about the same early and late. The first walks are those of the shorter trials.
    """
    slow = thirty_generations
    pair = of_trials.paired
    assert slow.seeds == ten.seeds == list(range(10))
    for other in ("no grounding", "noise envelope"):
        assert all(pair(slow, LATE, method, other)[1] > 0 for method in BOTH)
        assert pair(slow, WRONG, "GAT with memory", other)[1] > 0
        for trials, method in ((ten, "GAT with memory"), (ten, "GAT"), (slow, "GAT")):
            _, low, high = pair(trials, WRONG, method, other)
            assert low < 0 < high
    for robot in (LATE, WRONG):
        early, late = longer.early_and_late(slow, robot, "GAT with memory")
        assert late == pytest.approx(early, rel=0.05)
        starts = results.starts(slow, robot)
        assert starts == pytest.approx(results.starts(ten, robot))
    mean, low, high = pair(slow, WRONG, "GAT with memory", "no grounding")
    assert draw.numbers_of_thirty(slow) == {
        "wrong_slow": f"{mean:.0f}",
        "wrong_slow_interval": of_trials.interval(low, high),
    }


def test_more_search_in_the_simulator_gains_nothing_clear():
    """The text's claims: both intervals of the gain over θ₀ contain zero, and both
    means are negative.
    """
    starts = load_result("grounding_starts_more")
    for until in (110, 130):
        gained = of_finished.growth_of_walks(starts, until)
        mean, low, high = of_trials.with_interval(gained)
        assert low < 0 < high and mean < 0


def test_the_numbers_of_the_finished_trials_are_those_of_their_intervals(finished):
    """Equation: each number of the text stands at its robot, method and rival."""
    said = draw.numbers_of_finished(finished)
    for robot, short in ((LATE, "late"), (WRONG, "wrong")):
        for method, name in zip(BOTH, ("gat", "memory"), strict=True):
            for other, than in (("no grounding", "plain"), (RIVAL, "rival")):
                found = of_trials.paired(finished, robot, method, other)
                key = f"{short}_{name}_{than}"
                assert said[key] == f"{found[0]:.0f}"
                assert said[f"{key}_interval"] == of_trials.interval(*found[1:])
    assert said["n_finished"] == "30"


def test_the_growth_of_the_first_walks_is_that_of_their_curves():
    """Oracle: the test after the further generations minus the test of θ₀, walk by
    walk; table and text have its mean and its interval.
    """
    starts = load_result("grounding_starts_more")
    assert starts.settings["every"] == 10 and starts.settings["generations"] == 100
    for more in (10, 30):
        curves = np.array([starts.curves[str(seed)] for seed in starts.seeds])
        gained = curves[:, 9 + more // 10] - curves[:, 9]
        assert np.array_equal(of_finished.growth_of_walks(starts, 100 + more), gained)
        row = draw.starts_table(starts).entries[f"{more} more"]
        low, high = of_trials.with_interval(gained)[1:]
        words = f"{gained.mean():.0f} ({of_trials.interval(low, high)})"
        assert row["gain over θ₀"].text == words.replace("-", "−")
    gained = of_finished.growth_of_walks(starts, 110)
    said = draw.numbers_of_starts(starts)
    assert said["start_gain"] == f"{gained.mean():.0f}" and said["n_starts"] == "20"


def test_the_thirty_trials_are_those_of_both_results(ten, finished):
    """Oracle: the trials of a seed are found at its place, for each robot, method and
    measure; results that do not belong together are refused.
    """
    more = load_result("grounding_finished_more")
    assert finished.seeds == list(range(30)) == finished.settings["seeds"]
    for robot in (LATE, WRONG):
        for seed, source in ((3, ten), (10, more), (29, more)):
            place = source.seeds.index(seed)
            for what in ("final", "best", "start_error", "robot"):
                found = results.of_method(finished, robot, "GAT", what)[seed]
                wanted = results.of_method(source, robot, "GAT", what)[place]
                assert np.array_equal(found, wanted)
            assert (
                results.starts(finished, robot)[seed]
                == (source.curves[robot]["start"][place])
            )
    assert set(finished.settings["methods"]) == set(more.settings["methods"])
    with pytest.raises(ValueError, match="other settings"):
        draw.joined(load_result("grounding"), more)
    with pytest.raises(ValueError, match=r"seeds \[10, 11"):
        draw.joined(more, more)


def test_the_finished_settings_won_their_tuning(ten):
    """Conformance: each chosen setting has the highest mean final return of all that
    were tried, and lies inside its grid but for the α of GAT with memory, which is 1.
    """
    names = ("finished_tuning", "finished_edges", "rival_tuning")
    tunings = [load_result(f"grounding_{name}") for name in names]
    table = draw.finished_tuning(ten, *tunings)
    edges = set()
    for method, (key, symbol) in of_finished.TUNED.items():
        means = of_finished.tried(method, *tunings)
        chosen = ten.settings["methods"][method][key]
        assert chosen == max(means, key=means.get)
        assert table.entries[method]["chosen"].text == f"{symbol} {chosen:g}"
        assert table.entries[method]["return"].value == means[chosen]
        if chosen in (min(means), max(means)):
            edges.add((method, chosen))
    assert edges == {("GAT with memory", 1.0)}
    name = "noise envelope/4"
    finals = [curves[name]["final"] for curves in tunings[0].curves.values()]
    assert of_finished.tried("noise envelope", *tunings)[0.8] == np.mean(finals)
    assert not set(tunings[0].seeds) & set(ten.seeds)
    assert not set(tunings[0].curves) & set(ten.curves)


def test_the_finished_trials_have_equal_recordings(ten, finished):
    """Conformance: all methods that record the robot get 24 walks, and the rival walks
    as often in its search; the table of the protocol says so.
    """
    settings = ten.settings
    rival = settings["methods"][RIVAL]
    assert settings["identification_trajectories"] == 24
    assert settings["grounding"]["trajectories"] == 24
    assert rival["generations"] * settings["population"] == 24
    rows = draw.finished_protocol(ten, finished).entries
    assert rows["trials on each robot"]["here"].text.startswith("30, each")
    for method in ("parameters", *BOTH):
        assert "24 recorded walks" in rows[method]["here"].text


@pytest.mark.parametrize("robot", [WRONG, LATE])
def test_the_longer_curves_and_their_table_agree(long, robot):
    """Equation: curves are medians over the trials; the table's columns are the windows
    that its caption names.
    """
    for method in long.settings["methods"]:
        picture = draw.against_generation(long, method, robot)
        found = np.array(long.curves[robot][method]["robot"])
        drawn = line(picture.figure.axes[0], "on the robot")
        assert np.array_equal(drawn, np.median(found, axis=0))
        row = draw.longer_table(long, robot).entries[method]
        late = np.median([np.mean(curve[-5:]) for curve in found])
        early = np.median([np.mean(curve[5:10]) for curve in found])
        assert row["robot, late"].value == pytest.approx(late)
        assert row["robot, early"].value == pytest.approx(early)


def test_what_the_text_says_of_forty_generations(long):
    """The text's claims: GAT with memory falls on both robots while its simulator
    promises more, GAT without memory rises, and the error of a step hardly grows.
    """
    for robot in (WRONG, LATE):
        early, late = longer.early_and_late(long, robot, "GAT with memory")
        assert late < 0.7 * early
        early, late = longer.early_and_late(long, robot, "GAT with memory", "own")
        assert late > 1.2 * early
        early, late = longer.early_and_late(long, robot, "GAT")
        assert late > early
        early, late = longer.early_and_late(long, robot, "GAT with memory", "error")
        assert late < 1.5 * early
    early, late = longer.early_and_late(long, WRONG, "robot")
    assert late > early
    said = draw.numbers_of_longer(long)
    fallen = 0
    rises = []
    for robot in (WRONG, LATE):
        for curve in long.curves[robot]["GAT with memory"]["robot"]:
            fallen += np.mean(curve[-5:]) < np.mean(curve[5:10]) - 50
        for curve in long.curves[robot]["GAT with memory"]["own"]:
            rises.append(np.mean(curve[-5:]) > np.mean(curve[5:10]))
    assert (said["lost"], said["n_long"]) == (str(fallen), "10")
    assert fallen >= 7 and all(rises) and len(rises) == 10
    for robot in (WRONG, LATE):
        assert min(long.curves[robot]["GAT with memory"]["best"]) > 10
    assert int(said["astray_best"].split()[-1]) < 10
    assert said["control_up"] == "three"


def test_ten_and_forty_generations_are_of_the_same_trials(trials, long):
    """Oracle: means and ranges of both results over the longer run's seeds; with wrong
    parameters no grounding ends above both forms of GAT in the mean, and the ranges
    overlap; on the late robot GAT is ahead in both runs.
    """
    for robot in (WRONG, LATE):
        rows = draw.short_and_long(trials, long, robot).entries
        for method in long.settings["methods"]:
            short = np.array(trials.curves[robot][method]["final"])[long.seeds]
            full = np.array(long.curves[robot][method]["final"])
            for name, tests in (("10 generations", short), ("40 generations", full)):
                words = rows[method][name].text.replace("−", "-")
                shown = re.findall(r"-?\d+", words)
                wanted = [tests.mean(), tests.min(), tests.max()]
                assert [int(x) for x in shown] == pytest.approx(wanted, abs=0.51)
    ends = {
        m: np.array(long.curves[WRONG][m]["final"]) for m in ("no grounding", *BOTH)
    }
    for method in BOTH:
        assert ends[method].mean() < ends["no grounding"].mean()
        assert ends[method].max() > ends["no grounding"].min()
        for result in (trials, long):
            helped, plain = (
                np.array(result.curves[LATE][m]["final"])[long.seeds].mean()
                for m in (method, "no grounding")
            )
            assert helped > 1.5 * plain


def test_the_drift_is_that_of_the_grounded_simulator(long):
    """Equation: each panel has both forms of GAT and the plain simulator as medians."""
    picture = draw.drifts(long)
    for axes, robot in zip(picture.figure.axes, (WRONG, LATE), strict=True):
        for method in BOTH:
            found = np.median(long.curves[robot][method]["error"], axis=0)
            ends = f"{found[9]:.2f} and {found[-1]:.2f}"
            assert np.array_equal(line(axes, method), found)
            assert f"{robot}, {method}: {ends}" in picture.alt
        plain = np.median(long.curves[robot]["GAT with memory"]["plain_error"], axis=0)
        assert np.array_equal(line(axes, "plain"), plain)
    late = longer.early_and_late(long, LATE, "GAT", "error")[1]
    assert column(draw.drift_table(long), "late")[f"{LATE}, GAT"] == late


def test_what_the_text_says_of_feedback():
    """The text's claims: both forms of GAT end above no grounding and the envelope
    in the median, and the robot itself is the ceiling.
    """
    feedback = load_result("grounding_feedback")
    table = draw.feedback_table(feedback)
    best = column(table, "best")
    for method in BOTH:
        assert best[method] > max(best["no grounding"], best["noise envelope"])
    assert best["robot"] == max(best.values())
    ends = np.array(feedback.curves[WRONG]["GAT"]["robot"])[:, -1]
    assert column(table, "last")["GAT"] == np.median(ends)


def test_the_protocol_is_that_of_the_settings(trials):
    """Equation: the numbers of the protocol are those of the result's settings."""
    rows = draw.protocol(trials).entries
    words = {row: cells["here"].text for row, cells in rows.items()}
    how = trials.settings
    assert words["trials on each robot"].startswith(str(len(trials.seeds)))
    assert f"{how['generations']} generations of {how['population']}" in words["search"]
    assert f"α = {how['methods']['GAT']['alpha']}" in words["GAT"]
    assert f"std {how['methods']['noise envelope']['std']}" in words["noise envelope"]


@pytest.mark.parametrize(
    "question",
    [draw.swapped_models, draw.heavier_trunk, draw.no_exploration, draw.smooth_noise],
)
def test_the_questions_have_one_right_answer(question):
    """The word on the right answer says yes; no other word does."""
    asked = question().question
    yes = [word.startswith("Yes") for word in asked.feedback]
    assert sum(yes) == 1
    assert yes[asked.answer]


def test_the_chain_names_its_boxes():
    """The alt text of the idea names the policy, both models and the simulator."""
    words = draw.chain().alt
    for part in ("policy", "model f of the robot", "inverse model", "state s"):
        assert part in words


def test_parameters_in_the_first_ten_trials(ten):
    """The text's claims: on the late robot *parameters* earns more than no grounding,
    about as much as GAT and less than GAT with memory; with wrong parameters it has no
    error in one step and earns more than both forms of GAT.
    """
    pair = of_trials.paired
    assert pair(ten, LATE, "GAT with memory", "parameters")[1] > 0
    _, low, high = pair(ten, LATE, "GAT", "parameters")
    assert low < 0 < high
    assert pair(ten, LATE, "parameters", "no grounding")[1] > 0
    for method in BOTH:
        assert pair(ten, WRONG, method, "parameters")[2] < 0
    assert np.mean(ten.curves[WRONG]["parameters"]["start_error"]) < 0.005


def test_trials_from_other_first_walks_are_not_joined():
    """A rival whose first walks earn something else is refused."""
    trials, rival = load_result("grounding_finished"), load_result("grounding")
    with pytest.raises(ValueError, match="start from other walks"):
        draw.with_rival(trials, rival)


def test_the_walks_get_worse_with_memory_only_in_most_trials(long):
    """The text's counts: a return that falls by more than 50 in seven of ten trials
    with memory, and in at most three with any other method that is named.
    """
    counts = [longer.lost(long, m) for m in ("GAT with memory", "no grounding", "GAT")]
    assert [*counts, longer.lost(long, "robot")] == [7, 2, 3, 1]


def test_the_budgets_are_those_of_the_trials(ten):
    """Equation: walks and looks of ten seconds each; GAT has nine minutes on the robot,
    the rival with 24 walks five and the rival with 48 walks ten, and the positive
    control 25; in the simulator GAT records besides its search; tried are the settings
    of the tuning.
    """
    names = ("finished_tuning", "finished_edges", "rival_tuning")
    tunings = [load_result(f"grounding_{name}") for name in names]
    table = draw.budgets(ten, *tunings)
    rows = {
        method: {name: cell.text for name, cell in cells.items()}
        for method, cells in table.entries.items()
    }
    assert set(rows) == set(ten.settings["methods"])
    for method, wanted in {
        "no grounding": ("0 + 30", "5", "20", "4"),
        "noise envelope": ("0 + 30", "5", "20", "8"),
        "parameters": ("24 + 30", "9", "20", "1"),
        "GAT": ("24 + 30", "9", "24", "5"),
        "robot, 24 walks": ("24 + 6", "5", "0", "4"),
        "robot, 48 walks": ("48 + 12", "10", "0", "4"),
        "robot": ("120 + 30", "25", "0", "1"),
    }.items():
        columns = zip(("walks", "robot", "sim.", "tried"), wanted, strict=True)
        assert rows[method] == dict(columns), method


def test_an_interval_shows_on_which_side_of_zero_it_ends():
    """Equation: ends are rounded, but not so far that an end becomes zero."""
    assert of_trials.interval(-0.08, 39.4) == "-0.1 to 39.4"
    assert of_trials.interval(-0.02, 39.4) == "-0.02 to 39.40"
    assert of_trials.interval(-20.4, 130.0) == "-20 to 130"
    assert of_trials.interval(0.0, 0.0) == "0.000 to 0.000"


def test_every_exercise_has_three_hints():
    """Conformance: the exercises have the numbers 1 to 5, with three hints each."""
    for number in range(1, 6):
        assert len(draw.exercise_hints(number).steps) == 3
    with pytest.raises(IndexError):
        draw.exercise_hints(6)
