"""What must hold of what the chapter on EPOpt shows: figures and tables hold the
numbers of the results, alt texts say what is drawn, and the text's claims follow.
"""

import re

import numpy as np
import pytest
from matplotlib.collections import PathCollection
from readings import column, line
from scipy.stats import ttest_1samp

from lecture_code.dynamics.braking import Braking
from lecture_code.dynamics.source_adaptation import Adaptation
from lecture_code.experiments import load_arrays, load_gaussian_policy, load_result
from lecture_code.experiments.dynamics.epopt.comparison import KINDS, objective
from lecture_code.figures.dynamics import epopt as draw
from lecture_code.figures.dynamics.epopt import (
    adaptation,
    ensembles,
    hard,
    particles,
    scales,
    trained,
    wall,
)
from lecture_code.figures.dynamics.epopt import mining as hard_mining
from lecture_code.learning.particles import Posterior
from lecture_code.learning.risk import conditional_value_at_risk, worst
from lecture_code.simulation import TruncatedGaussian, make_world, rollout

TOY = Braking()
ARMS = (*ensembles.SPECIALISTS, *ensembles.ENSEMBLES)

pytestmark = pytest.mark.usefixtures("kept")


@pytest.fixture(scope="module")
def result():
    return load_result("epopt")


@pytest.fixture(scope="module")
def arrays():
    return load_arrays("epopt")


@pytest.fixture(scope="module")
def thinned():
    return load_arrays("epopt_thinned")


@pytest.fixture(scope="module")
def harder():
    return load_result("epopt_hard"), load_arrays("epopt_hard")


@pytest.fixture(scope="module")
def mining():
    return load_result("epopt_mining"), load_arrays("epopt_mining")


@pytest.fixture(scope="module")
def policies():
    return {name: load_gaussian_policy("epopt", name, 0) for name in ARMS}


def test_the_first_picture_shows_a_specialist_that_falls_abroad(policies):
    """The page's first claim: from one start the 3 kg specialist stays up on 3 kg for
    the whole film, and falls on 9 kg.
    """
    worlds = {f"{m} kg": make_world("hopper", torso_mass=float(m)) for m in (3, 9)}
    policy = policies["TRPO at 3 kg"]
    rng = np.random.default_rng(3)
    shown = draw.at_home_and_abroad(policy, worlds, 500, rng)
    home, abroad = (
        rollout([world], policy, 500, np.random.default_rng(3))
        for world in worlds.values()
    )
    assert not home.terminated[0]
    assert abroad.terminated[0]
    assert shown.alt.count("fell") == 1
    bounds = {re.search(r'"high":([\d.]+)', v.html())[1] for v in shown.parts}
    assert len(bounds) == 1  # a metre has the same length in both films
    colours = [view.robots[0].colour for view in shown.parts]
    assert colours == [ensembles.WORLDS["3 kg"], ensembles.WORLDS["9 kg"]]
    assert f"return {home.returns[0]:.0f}" in shown.alt
    assert f"return {abroad.returns[0]:.0f}" in shown.alt


def test_the_evaluations_are_those_of_the_training(result):
    """Equation: a curve a mass, the median over the trainings; the table has the
    ends of the curves.
    """
    (axes,) = ensembles.learning_curves(result).figure.axes
    found = np.array(result.curves["TRPO at 3 kg"]["evaluations"])
    for mass in (3.0, 9.0):
        place = result.settings["evaluation_masses"].index(mass)
        middle = np.median(found[:, :, place], axis=0)
        assert np.array_equal(line(axes, f"on {mass:.0f} kg"), middle)
        row = ensembles.learning_table(result).entries[f"on {mass:.0f} kg"]
        assert [entry.value for entry in row.values()] == [
            middle[len(middle) // 2],
            middle[-1],
        ]


def test_the_answer_of_the_prediction_follows_from_the_result(result):
    """The text's claim: in the second half the specialist gains at home, and abroad its
    median falls; the answer, table, text and picture stand behind the veil.
    """
    home, abroad = (
        np.median(ensembles.returns_during_training(result, mass), axis=0)
        for mass in (3.0, 9.0)
    )
    half = len(home) // 2
    assert home[-1] > home[half]
    assert abroad[-1] < abroad[half]
    asked = draw.training_goes_on(result).question
    assert "stands still or falls" in asked.options[asked.answer]
    assert [type(part).__name__ for part in asked.then] == ["Table", "Prose", "Kept"]
    assert "in 4 trainings of 5" in asked.then[1].alt


def test_the_coloured_dots_are_the_worst(result, arrays):
    """Equation: the coloured dots are the worst share of the batch, the other dots are
    the rest, and the alt text counts them.
    """
    mass, earned = draw.last_batch(result, arrays, "EPOpt(1)")
    for epsilon in (0.02, 0.1, 0.5, 1.0):
        picture = draw.tail(mass, earned, epsilon)
        rest, chosen = picture.figure.axes[0].lines[:2]
        expected = np.sort(earned)[: len(worst(earned, epsilon))]
        assert np.array_equal(np.sort(chosen.get_ydata()), expected)
        assert len(rest.get_ydata()) + len(expected) == len(earned)
        assert f"{len(expected)} of {len(earned)}" in picture.alt
        CVaR = conditional_value_at_risk(earned, epsilon)
        assert f"CVaR {CVaR:,.0f}" in picture.alt
        row = draw.tail_table(earned, (epsilon,)).entries[f"{epsilon:g}"]
        assert row["CVaR"].value == pytest.approx(CVaR)


def test_the_worst_robots_are_neither_the_lightest_nor_the_heaviest(result, arrays):
    """The text's claim: of the lightest twelve and the heaviest twelve worlds of the
    batch, more than half are not among the worst twelve.
    """
    mass, earned = draw.last_batch(result, arrays, "EPOpt(1)")
    order = np.argsort(mass)
    chosen = worst(earned, 0.1)
    for extreme in (order[:12], order[-12:]):
        assert len(np.intersect1d(extreme, chosen)) < 6
    assert f"{len(chosen)} worst" in draw.batch(mass, earned).alt


def test_the_playground_begins_with_a_fall(result, arrays):
    """The surprise of the playground: on 9 kg the typical EPOpt(1) falls, although it
    was trained on this mass too; on 6 kg, like the grey robot, it stays up so long.
    """
    policy = draw.typical_policies(result, arrays)["EPOpt(1)"]
    falls = [
        rollout([world], policy, 500, np.random.default_rng(3)).terminated[0]
        for world in (make_world("hopper", torso_mass=m) for m in (9.0, 6.0))
    ]
    assert falls == [True, False]


def test_the_race_follows_who_stays_up_longest(policies):
    """Equation: the first robot of the race, whom camera and still follow, is the one
    with the longest episode, and every robot shows its own distance.
    """
    for mass in (3.0, 9.0):
        world = make_world("hopper", torso_mass=mass)
        race = draw.race(policies, world, 375, np.random.default_rng(3))
        frames = [robot.frames for robot in race.robots]
        assert frames == sorted(frames, reverse=True)
        assert frames[0] > frames[-1]
        assert {robot.name for robot in race.robots} == set(policies)
        assert f"{mass:g} kg" in race.title


def test_the_sweep_and_its_table_agree(result, arrays):
    """Oracle: lines and table hold plain means over episodes; a missing arm would be
    missed.
    """
    above, below = draw.sweep(result, arrays).figure.axes
    table = draw.sweep_table(result, arrays)
    for i, arm in enumerate(result.settings["arms"]):
        axes = above if arm.startswith("TRPO") else below
        found = arrays["sweep"][i].astype(float)
        assert np.allclose(line(axes, arm), found.mean(axis=(0, 2)))
        means = [seed.mean() for seed in found]
        assert column(table, "mean")[arm] == pytest.approx(np.median(means))
        lowest = [min(mass.mean() for mass in seed) for seed in found]
        measures = trained.summary(trained.sweep_of(result, arrays, arm))
        assert measures["worst mass"] == pytest.approx(lowest)
        assert table.entries[arm]["fails"].text.startswith(
            str(sum(earned < 1000 for earned in lowest))
        )


def test_what_the_text_says_of_the_policies(result, arrays):
    """The text's claims: specialists succeed at home; how many trainings of each policy
    fail; EPOpt(0.1) has the lowest low end, and gained least at last.
    """
    masses = result.settings["masses"]
    home = draw.home_table(result, arrays)
    for mass in (3, 6, 9):
        assert column(home, f"on {mass} kg")[f"TRPO at {mass} kg"] > 1400
    light, middle, heavy = (
        trained.sweep_of(result, arrays, arm).mean(axis=2)
        for arm in ensembles.SPECIALISTS
    )
    assert light[:, masses.index(9.0)].max() < 1000
    assert middle.min() > 900
    low = column(draw.sweep_table(result, arrays), "10th percentile")
    assert min(low, key=low.get) == "EPOpt(0.1)"
    assert max(low, key=low.get) == "TRPO at 6 kg"
    hops = trained.sweep_of(result, arrays, "EPOpt(1)").mean(axis=(1, 2)) > 1000
    assert hops.sum() == 4
    said = trained.numbers_of_the_sweep(result, arrays)
    assert (said["one_gains"], said["tenth_gains"]) == ("5", "2")
    failing = {
        arm: int(trained.fails(result, arrays, arm).sum())
        for arm in result.settings["arms"]
    }
    assert list(failing.values()) == [5, 2, 3, 2, 4]
    by_hand = [np.sum(means.min(axis=1) < 1000) for means in (light, middle, heavy)]
    assert by_hand == list(failing.values())[:3]
    rows = draw.sweep_table(result, arrays).entries
    assert [row["fails"].text for row in rows.values()] == [
        f"{count} of 5" for count in failing.values()
    ]
    narrowly = trained.sweep_of(result, arrays, "EPOpt(1)").mean(axis=2).min(axis=1)
    assert sorted(narrowly)[1] > 900 > 300 > min(narrowly)


def test_a_failure_is_two_thirds_of_what_a_specialist_earns_at_home(result, arrays):
    """The text's definition: below 1,000, which is about two thirds of the median of
    each specialist on its own mass.
    """
    home = draw.home_table(result, arrays)
    for mass in (3, 6, 9):
        earned = column(home, f"on {mass} kg")[f"TRPO at {mass} kg"]
        assert trained.FAILURE / earned == pytest.approx(2 / 3, abs=0.03)
    sayings = draw.numbers_of_the_sweep(result, arrays)
    assert sayings["failure"] == "1,000"
    assert "below 1,000" in draw.sweep_table(result, arrays).caption


def test_no_row_of_the_sweep_is_marked_as_best(result, arrays):
    """The highest low end shares its range with others, so no row has a star."""
    table = draw.sweep_table(result, arrays)
    assert "★" not in table.text() and "data-best" not in table.html()


def test_at_the_ends_the_specialist_earns_more(result, arrays):
    """The text's claim: at 3 kg and at 9 kg the median return of EPOpt(1) is below that
    of the specialist of this robot.
    """
    median = {
        arm: np.median(trained.sweep_of(result, arrays, arm).mean(axis=2), axis=0)
        for arm in ("EPOpt(1)", "TRPO at 3 kg", "TRPO at 9 kg")
    }
    assert median["EPOpt(1)"][0] < median["TRPO at 3 kg"][0] - 100
    assert median["EPOpt(1)"][-1] < median["TRPO at 9 kg"][-1] - 100


def test_the_comparison_is_held_back(result, arrays, harder):
    """The specialist of the mean robot has the highest low end, but its range overlaps
    with others, so that the answer is a tie; all that shows it, the numbers of the text
    filled in, stands behind the veil.
    """
    asked = draw.highest_low_end(result, arrays, *harder).question
    low = column(draw.sweep_table(result, arrays), "10th percentile")
    assert max(low, key=low.get) == "TRPO at 6 kg"
    assert asked.options[asked.answer] == "Five trainings do not tell"
    ranges = [
        trained.summary(trained.sweep_of(result, arrays, arm))["10th percentile"]
        for arm in ("TRPO at 6 kg", "EPOpt(1)")
    ]
    assert ranges[0].min() <= ranges[1].max()
    kinds = [type(part).__name__ for part in asked.then]
    assert kinds == ["Kept", "Table", "Prose", "Kept", "Table", "Prose"]
    assert asked.folds  # the home table and the other controls tell of the answer
    said = asked.then[2].alt
    assert "as short as 14 updates" in said
    assert "What these trainings cannot say" in said
    assert "{" not in said + asked.then[5].alt
    assert "worst quarter of the worlds" in asked.then[5].alt  # the first question


def test_the_middle_specialist_fails_on_the_hard_ensemble(harder):
    """The text's claims: with four unknown knobs its 10th percentile falls by more than
    a quarter in each of five trainings, and in four to less than half; that of EPOpt(1)
    falls too, and the ranges overlap. Figure and table show the trials.
    """
    result, arrays = harder
    low = hard.low_ends(result, arrays)
    trials = arrays["trials"]  # (seeds, arms, ensembles, 2, worlds)
    by_hand = [np.percentile(trials[k, 0, 1, 0], 10) for k in range(5)]
    assert np.allclose(low["TRPO at 6 kg", "four knobs"], by_hand)
    fall = hard.falls(result, arrays, "TRPO at 6 kg")
    assert len(fall) == 5 and fall.min() > 0.25 and np.sum(fall > 0.5) == 4
    assert hard.falls(result, arrays, "EPOpt(1)").min() > 0
    assert low["EPOpt(1)", "four knobs"].max() > low["TRPO at 6 kg", "four knobs"].min()
    assert low["TRPO at 6 kg", "four knobs"].max() > low["EPOpt(1)", "four knobs"].min()
    (axes,) = hard.hard(result, arrays).figure.axes
    pairs = [line.get_ydata() for line in axes.lines[:5]]
    expected = low["TRPO at 6 kg", "mass alone"], low["TRPO at 6 kg", "four knobs"]
    assert np.allclose(pairs, np.transpose(expected))
    table = hard.hard_table(result, arrays)
    up = column(table, "stays up")
    assert up["TRPO at 6 kg, four knobs"] == pytest.approx(
        100 * np.median(trials[:, 0, 1, 1].mean(axis=1))
    )
    assert up["TRPO at 6 kg, four knobs"] < up["TRPO at 6 kg, mass alone"]


def test_robots_that_fall_late_have_earned_nearly_everything(harder):
    """The caption's claim: over the mass alone most robots fall in three trainings of
    EPOpt(1). In the two of these that hop, they earn more than nine tenths of the
    others' mean; in the hard ensemble they earn less.
    """
    result, arrays = harder
    trials = arrays["trials"].astype(float)[:, 1]  # of EPOpt(1)
    easy, hard_worlds = trials.swapaxes(0, 1)  # (seeds, 2, worlds) each
    assert (easy[:, 1].mean(axis=1) < 0.5).sum() == 3
    late = []
    for seed, (returns, up) in enumerate(easy):
        if up.mean() < 0.5 and returns.mean() > 1000:
            late.append(seed)
            assert returns[up == 0].mean() > 0.9 * returns[up == 1].mean()
    assert late == [0, 3]
    for returns, up in hard_worlds[late]:
        assert returns[up == 0].mean() < 0.8 * returns[up == 1].mean()
    caption = hard.hard_table(result, arrays).caption
    assert "for all 500 steps. In three trainings of EPOpt(1) most" in caption


def test_the_measures_of_the_mining_are_those_of_the_trials(mining):
    """Oracle: 10th percentile, mean and survival by hand; the interval is that of
    a paired t-test; lines of the figure join the policies of a seed.
    """
    result, arrays = mining
    k = list(result.settings["arms"]).index("EPOpt(0.25)")
    returns, lengths = arrays["greedy"][k, 3].astype(float)
    shown = hard_mining.measures_of(result, arrays["greedy"][k].astype(float))
    assert shown["10th percentile"][3] == pytest.approx(np.percentile(returns, 10))
    assert shown["mean"][3] == pytest.approx(returns.mean())
    assert shown["stays up"][3] == pytest.approx(100 * np.mean(lengths == 1000))
    more = np.array([3.0, -1.0, 4.0, 1.0, 5.0])
    mean, low, high = hard_mining.interval(more)
    expected = ttest_1samp(more, 0).confidence_interval(0.95)
    assert (mean, low, high) == pytest.approx((2.4, *expected))
    (axes,) = hard_mining.mined(result, arrays).figure.axes
    joined = np.array([curve.get_ydata() for curve in axes.lines[:5]])  # (seeds, arms)
    ends = [hard_mining.low_end(result, arrays, arm) for arm in hard_mining.MINED]
    assert np.allclose(joined, np.transpose(ends))


def test_what_the_text_says_of_the_mining(mining):
    """The text's claims: the ensemble's low end with ε = 0.25 is above the specialist's
    in five pairs, with an interval above zero; with ε = 1 this interval holds zero, and
    the mean is higher in five pairs; between ε = 0.25 and ε = 1 the intervals hold
    zero; the specialist's range overlaps with the start's; tripled, ε = 0.25 leads
    in the low end and is behind in the mean.
    """
    result, arrays = mining
    low, mean = "10th percentile", "mean"
    mined, average, specialist = "EPOpt(0.25)", "EPOpt(1)", "specialist"
    over = hard_mining.difference(result, arrays, (mined, specialist), low)
    assert over.min() > 0 and hard_mining.interval(over)[1] > 0
    _, least, most = hard_mining.interval(
        hard_mining.difference(result, arrays, (average, specialist), low)
    )
    over = hard_mining.difference(result, arrays, (average, specialist), mean)
    assert least < 0 < most
    assert over.min() > 0 and hard_mining.interval(over)[1] > 0
    for measure in (low, mean):
        more = hard_mining.difference(result, arrays, (mined, average), measure)
        _, least, most = hard_mining.interval(more)
        assert least < 0 < most and np.sum(more > 0) == 3
    start, after = (
        hard_mining.low_end(result, arrays, arm)
        for arm in (hard_mining.START, specialist)
    )
    assert after.min() < start.max() < 1.1 * after.max()
    average_test, mined_test = arrays["longer"][:, 0].astype(float)
    assert np.percentile(mined_test, 10) > np.percentile(average_test, 10)
    assert mined_test.mean() < average_test.mean()
    assert draw.numbers_of_mining(result, arrays)["start_up"] == "12"
    generations = [
        len(steps)
        for arm in (mined, average)
        for steps in result.curves[arm]["steps"][1:]
    ]
    assert (min(generations), max(generations)) == (7, 12)


def test_the_first_place_is_a_tie(result, arrays):
    """The text's claims: the highest and the two next medians have ranges that overlap,
    and the others do not reach the first; in the last place only the range of the first
    is clear of the lowest median's range.
    """
    low = {
        arm: trained.summary(trained.sweep_of(result, arrays, arm))["10th percentile"]
        for arm in ARMS
    }
    tied = {arm for arm in ARMS if low[arm].max() >= low["TRPO at 6 kg"].min()}
    assert tied == {"TRPO at 6 kg", "TRPO at 9 kg", "EPOpt(1)"}
    clear = [arm for arm in ARMS if low[arm].min() > low["EPOpt(0.1)"].max()]
    assert clear == ["TRPO at 6 kg"]


def test_the_typical_policy_is_the_median_training(result, arrays):
    """Equation: two of five trainings have a higher mean return and two a lower one."""
    shown = draw.typical_policies(result, arrays)
    for i, arm in enumerate(result.settings["arms"]):
        means = arrays["sweep"][i].mean(axis=(1, 2))
        seed = [
            k
            for k, theta in enumerate(arrays["theta"][i])
            if np.array_equal(theta, shown[arm].theta)
        ]
        assert np.sum(means > means[seed[0]]) == np.sum(means < means[seed[0]]) == 2


def test_the_selection_is_to_blame_more_than_the_number(result, arrays, thinned):
    """The text's claim: any twelve teach nearly as much as all, and more than the worst
    twelve in most trainings; each training is a dot.
    """
    means = trained.last_thirds(result, arrays, thinned)
    middle = {name: np.median(values) for name, values in means.items()}
    whole, any_twelve, worst_twelve = middle.values()
    assert whole > any_twelve > whole - 150
    assert any_twelve > worst_twelve + 150
    (axes,) = draw.selection_or_number(result, arrays, thinned).figure.axes
    dots = axes.lines[::2]
    for dot, values in zip(dots, means.values(), strict=True):
        assert np.array_equal(dot.get_xdata(), values)
    _, drawn, selected = means.values()
    assert np.sum(drawn > selected) == 4
    _, low, high = hard_mining.interval(np.float64(drawn) - selected)
    assert low < 0 < high  # so the page calls it no proof


def test_no_trust_region_is_ahead_of_the_others(result):
    """The text's admission: for each kind the worst trial of the best size is below the
    best trial of the worst size; for EPOpt(0.1) the size in use had the lowest median.
    """
    tried = load_arrays("epopt_tuning")["sweep"].reshape(3, 3, 5, 13, 8)
    masses = tuple(result.settings["masses"])
    for kind, sizes in zip(KINDS.values(), tried, strict=True):  # δ, seeds, …
        scores = [[objective(kind, x, masses) for x in size] for size in sizes]
        assert np.min(scores, axis=1).max() < np.max(scores, axis=1).min()
    assert np.argmin(np.median(scores, axis=1)) == 1


def test_the_map_shows_medians_and_a_narrow_strip(result, arrays):
    """Equation: the colours are medians over the trainings; the claim: away from the
    friction of the training both policies lose more than half.
    """
    arms = ("TRPO at 9 kg", "EPOpt(1)")
    picture = draw.maps(result, arrays, arms)
    for axes, arm in zip(picture.figure.axes, arms, strict=False):
        values = trained.maps_of(result, arrays, arm)
        assert np.allclose(np.ravel(axes.collections[0].get_array()), values.T.ravel())
        at_six = values[result.settings["map_masses"].index(6.0)]
        one = result.settings["frictions"].index(1.0)
        assert max(at_six[0], at_six[-1]) < 0.5 * at_six[one]
        assert ensembles.several(at_six) in picture.alt


def test_what_the_text_says_of_what_was_left_out(result, arrays):
    """The text's claims: most trainings without the mass do not hop; friction that was
    varied helps on slippery ground.
    """
    other = load_result("epopt_unmodelled")
    other_arrays = load_arrays("epopt_unmodelled")
    table = draw.unmodelled_table(other, other_arrays)
    assert (
        table.entries["EPOpt(0.1), all but mass"]["trainings that hop"].text == "2 of 5"
    )
    slippery = draw.slippery_table(result, arrays, other, other_arrays)
    six = result.settings["map_masses"].index(6.0)
    for friction, place in (("friction 0.25", 0), ("friction 0.5", 1)):
        alone, varied = column(slippery, friction).values()
        assert varied > 1.1 * alone
        by_seed = arrays["map"][list(ARMS).index("EPOpt(1)"), :, six, place]
        assert alone == pytest.approx(np.median(by_seed))
        others = other_arrays["map"][0, :, six, place]
        assert by_seed.max() > others.min() and others.max() > by_seed.min()
    (axes,) = draw.unmodelled(other, other_arrays).figure.axes
    for i, arm in enumerate(other.settings["arms"]):
        means = other_arrays["sweep"][i].astype(float).mean(axis=2)
        assert np.allclose(line(axes, arm), np.median(means, axis=0))


def test_the_wall_is_that_of_the_closed_form():
    """Equation: the curve is CVaR over the distance, the dot is its top, and table and
    alt text have the same distance.
    """
    for epsilon in (0.01, 0.1, 0.5):
        picture = draw.drive(TOY, epsilon)
        (axes,) = picture.figure.axes
        curve = line(axes, f"CVaR, ε = {epsilon:g}")
        best = TOY.best(epsilon)
        assert curve.max() == pytest.approx(TOY.cvar(best, epsilon), abs=0.01)
        assert f"{best:.2f} m" in picture.alt
        row = draw.price_table(TOY, (epsilon,)).entries[f"{epsilon:g}"]
        assert row["stops after"].value == best
        assert row["average return"].value == TOY.cvar(best, 1.0)


def test_the_sum_over_a_grid_agrees_with_the_closed_form():
    """Limit: a driver who hardly scatters has the CVaR of his mean distance."""
    for epsilon in (1.0, 0.1):
        for mean in (6.0, 7.5):
            exact = wall.exact_cvar(TOY, mean, 1e-4, epsilon)
            assert exact == pytest.approx(TOY.cvar(mean, epsilon), abs=1e-3)
    assert wall.best_mean(TOY, 1e-4, 0.1) == pytest.approx(TOY.best(0.1), abs=0.02)


def test_the_tails_mean_is_a_biased_baseline():
    """The text's claim: with the VaR the estimate agrees with the slope, and with the
    tail's mean it does not.
    """
    table = draw.baseline_table(TOY, 7.0, 0.5, 0.1)
    slope, var, mean = (
        float(cells["slope"].text.split(" ±")[0].replace("−", "-"))
        for cells in table.entries.values()
    )
    assert var == pytest.approx(slope, abs=0.06)
    assert mean < slope - 1


def test_the_drivers_are_drawn_as_they_went():
    """Equation: each driver's line is the median of the seeds, and the table has the
    mean of the last fifty iterations beside the best for the driver's ε.
    """
    rng = np.random.default_rng(0)
    paths = {name: 7 + rng.normal(size=(3, 80)) for name in wall.DRIVERS}
    (axes,) = draw.drivers(TOY, paths, 0.3).figure.axes
    table = draw.drivers_table(TOY, paths, 0.3)
    for name, path in paths.items():
        assert np.array_equal(line(axes, name), np.median(path, axis=0))
        assert column(table, "goes")[name] == pytest.approx(path[:, -50:].mean())
    best = column(table, "best")
    assert best["ε = 0.1"] < best["ε = 1"]


def test_the_third_driver_settles_too_early():
    """The text's claim: with the tail's mean the driver no longer moves after 900
    iterations, short of the best distance; crashes pull that mean below short drives.
    """
    rng = np.random.default_rng(0)
    mean = 5.0
    path = []
    for _ in range(1800):
        slope = TOY.score_gradient(mean, 0.3, 0.1, 120, rng, "mean")
        mean += np.clip(0.3 * 0.3**2 * slope, -0.1, 0.1)
        path.append(mean)
    ends = np.mean(path[600:900]), np.mean(path[1500:])
    assert abs(ends[0] - ends[1]) < 0.2
    assert max(ends) < wall.best_mean(TOY, 0.3, 0.1) - 0.3


def test_the_noise_grows_as_the_share_shrinks():
    """The text's claim: at ε = 0.1 the noise is about the slope, at 0.02 several
    times.
    """
    table = draw.noise_table(TOY, (1.0, 0.1, 0.02))
    ratio = [
        row["std of an estimate"].value / row["mean estimate"].value
        for row in table.entries.values()
    ]
    assert ratio[0] < 0.5 < ratio[1] < 1.4 < 3 < ratio[2]


def test_the_cloud_is_drawn_by_weight():
    """Equation: a robot of 5 kg is found among particles, the largest dot is nearest to
    it, no particle lacks its dot, and the alt text has the effective sample size.
    """
    hopper = make_world("hopper")
    prior = {
        "torso_mass": TruncatedGaussian(6.0, 1.5, 3.0, 9.0),
        "friction": TruncatedGaussian(1.0, 0.2, 0.5, 1.5),
    }
    values = {
        "torso_mass": np.array([4.0, 5.0, 7.0]),
        "friction": np.array([1.0, 1.0, 1.0]),
    }
    still = lambda s, rng: np.zeros((len(s), 3))  # noqa: E731
    recording = rollout(
        [hopper.change(torso_mass=5.0)], still, 20, np.random.default_rng(0)
    )
    truth = {"torso_mass": 5.0, "friction": 1.0}
    robot = draw.Unknown(hopper, prior, truth, [recording])
    picture = draw.cloud(robot, values, 10)
    drawn = picture.figure.axes[0].collections
    *others, largest = (dots for dots in drawn if isinstance(dots, PathCollection))
    assert largest.get_offsets().tolist() == [[5.0, 1.0]]
    assert largest.get_sizes()[0] > 10 * max(dots.get_sizes()[0] for dots in others)
    assert sum(len(dots.get_offsets()) for dots in others) == 2
    assert "Effective sample size 1 of 3" in picture.alt


def test_the_log_score_rewards_near_and_narrow():
    """Equation: it is the sum of the log densities; a wide source that contains the
    robot scores less than a narrow source, and a narrow source far away least of all.
    """
    truth = {"torso_mass": 6.0}
    score = {
        name: particles.log_score({"torso_mass": source}, truth)
        for name, source in {
            "narrow": TruncatedGaussian(6.1, 0.2, 3.0, 9.0),
            "wide": TruncatedGaussian(6.1, 2.0, 3.0, 9.0),
            "far": TruncatedGaussian(7.0, 0.2, 3.0, 9.0),
        }.items()
    }
    assert score["narrow"] > score["wide"] > score["far"]
    assert score["narrow"] == pytest.approx(
        -0.125 - np.log(0.2 * np.sqrt(2 * np.pi)), abs=1e-6
    )


def test_new_particles_tell_more_than_a_longer_recording(policies):
    """The answer of the question: a second episode with new particles gains more than
    one in log score, on the page's particles and on others; four times as many steps
    gain less than a half, and leave the mass too low by more than half a kilogram.
    """
    hopper = make_world("hopper")
    truth = {"torso_mass": 8.5, "friction": 0.7}
    prior = {
        "torso_mass": TruncatedGaussian(4.5, 0.75, 3.0, 9.0),
        "friction": TruncatedGaussian(1.2, 0.2, 0.5, 1.5),
    }
    unknown = hopper.change(**truth, motor_noise=0.05)
    episodes = [
        rollout([unknown], policies["EPOpt(0.1)"], 500, np.random.default_rng(k))
        for k in (0, 1)
    ]
    robot = draw.Unknown(hopper, prior, truth, episodes)
    for first_seed in (0, 10):
        values = draw.draw_particles(prior, 200, first_seed)
        sources = particles.sources_of(robot, values, 50, 200)
        scores = [particles.log_score(source, truth) for source in sources.values()]
        few, many, again = scores
        assert many < few + 0.5 < few + 1 < again
        longer = list(sources.values())[1]["torso_mass"]
        assert longer.mean < 8.0 and longer.std > 0.5
    values = draw.draw_particles(prior, 200, first_seed=0)
    rounds = draw.rounds_table(prior, [])
    asked = draw.longer_or_nearer(robot, values, [1, 200], rounds).question
    assert "new particles" in asked.options[asked.answer]
    table, _, slider, text, held = asked.then
    assert held is rounds and "gather near the robot" in text.alt and asked.folds
    assert table.entries[list(table.entries)[-1]]["log score"].is_best
    assert "After 1 step of the robot" in slider.frame(steps=1).alt


def test_a_round_has_its_source_and_its_particles():
    """Equation: a row has mean and standard deviation of every knob, and the ESS of its
    posterior.
    """
    prior = {"friction": TruncatedGaussian(1.2, 0.2, 0.5, 1.5)}
    after = {"friction": TruncatedGaussian(0.71, 0.03, 0.5, 1.5)}
    weighted = Posterior({"friction": np.ones(4)}, np.full(4, 0.25), 1.0, 4.0)
    state = Adaptation(after, lambda s, rng: s, None, weighted)
    rows = draw.rounds_table(prior, [state]).entries
    assert rows["before"]["friction"].text == "1.20 ± 0.20"
    assert rows["episode 1"]["friction"].text == "0.71 ± 0.03"
    assert rows["episode 1"]["ESS"].text == "4"


def test_what_the_text_says_of_the_adaptation():
    """The text's claims: adapted policies end as high as in the target and far above
    the others; after two rounds three of five have more than half of their gain, and
    the other two less than a third; three episodes find every hidden robot.
    """
    result, arrays = load_result("epopt_adaptation"), load_arrays("epopt_adaptation")
    table = draw.loop_table(arrays)
    before, last = (column(table, name) for name in ("before", "after five rounds"))
    assert last["adapted"] > 0.98 * last["in the target"]
    assert last["not adapted"] < 1.05 * before["not adapted"]
    ends = arrays["returns"].mean(axis=3)[:, :, -1]
    assert ends[0].min() > 1.3 * ends[1].max()
    adapted = arrays["returns"].mean(axis=3)[0]  # (seeds, rounds + 1)
    gain = adapted - adapted[:, :1]
    share = gain[:, 2] / gain[:, -1]
    assert np.sum(share > 0.9) == 3 and np.sum(share < 1 / 3) == 2
    said = draw.numbers_of_adaptation(result, arrays)
    assert said["quick"] == "three"
    assert said["within_3"] == said["targets"] == "15"
    assert (said["pretraining"], said["epsilon_of_rounds"]) == ("1.2", "1")
    assert (said["old_before"], said["old_after"]) == ("832", "813")
    (axes,) = draw.loop(arrays).figure.axes
    shown = np.median(arrays["returns"][0].mean(axis=2), axis=0)
    assert np.allclose(line(axes, "adapted"), shown)


def test_the_networks_see_badly_scaled_numbers(policies):
    """The text's claim, with the first policy of three kinds: an observation is on
    average five or more standard deviations from zero. Oracle: the mean distance is
    that of the observations one by one. Control: standardised by what it sees, no
    observation of the policy is on average one standard deviation from zero.
    """
    world = make_world("hopper", torso_mass=6.0)
    names = "TRPO at 6 kg", "EPOpt(1)", "EPOpt(0.1)"
    few = {name: policies[name] for name in names}
    for policy in few.values():
        rng = np.random.default_rng(0)
        batch = rollout([world], policy, 500, np.random.default_rng(0))
        seen = batch.observations[0, : batch.lengths[0]]
        by_hand = np.abs(np.array([policy.standardiser(row) for row in seen]))
        measured = scales.mean_distance(policy, [world], 500, rng)
        assert measured == pytest.approx(by_hand.mean(axis=0))
        assert measured.max() > 5
        fair = policy.standardised_by(seen).standardiser(seen)
        assert np.abs(fair).mean(axis=0).max() <= 1
    said = draw.numbers_of_the_scale(few, [world], 500, np.random.default_rng(0))
    assert 5 <= int(said["scale_least"]) <= int(said["scale_most"]) < 15


def test_the_support_bounds_the_posterior():
    """The text's claim: a robot of 12 kg puts the mean at the end of a support to 9 kg,
    and one episode finds it if the support reaches to 15 kg.
    """
    hopper = make_world("hopper")
    policy = load_gaussian_policy("epopt", "EPOpt(0.1)", 0)
    found = []
    for heaviest, episodes in ((9.0, 3), (15.0, 1)):
        table = draw.adapted_to_12_kg(hopper, policy, heaviest, episodes).entries
        words = table[f"episode {episodes}"]["torso mass"].text
        found.append([float(number) for number in words.split(" ± ")])
    (narrow, _), (wide, std) = found
    assert 8.9 < narrow <= 9
    assert abs(wide - 12) < std < 0.5


def test_errors_are_shares_of_the_range():
    """Oracle: the error of one hidden robot, computed by hand."""
    result = load_result("epopt_adaptation")
    run = next(iter(result.curves["hidden"][0].values()))
    truth, first = run[0], run[1]
    assert adaptation.hidden_errors(result, 0)[0, 0] == pytest.approx(
        abs(first[0][0] - truth[0]) / 6.0
    )
    assert adaptation.hidden_errors(result, 1)[0, 0] == pytest.approx(
        abs(first[1][0] - truth[1]) / 1.0
    )
    picture = draw.hidden(result)
    found = np.median(100 * adaptation.hidden_errors(result, 0), axis=0)
    assert np.array_equal(line(picture.figure.axes[0], "torso mass"), found)


def test_without_tempering_hardly_a_particle_would_count():
    """The text's claim: in the first round a single particle would be left; β rises
    from round to round.
    """
    table = draw.particles_table(load_result("epopt_adaptation"))
    assert column(table, "ESS without tempering")["1"] < 1.5
    beta = list(column(table, "β").values())
    assert beta == sorted(beta)


@pytest.mark.parametrize(
    "question",
    [
        draw.without_selection,
        draw.reset_at_every_step,
        draw.one_particle_left,
        draw.price_of_a_tenth,
    ],
)
def test_the_questions_have_one_right_answer(question):
    """The word on the right answer says yes; no other word does."""
    asked = question().question
    yes = [word.startswith("Yes") for word in asked.feedback]
    assert sum(yes) == 1
    assert yes[asked.answer]
