"""What the figures and tables of the chapter *Evolutionary search* must show."""

import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from lecture_code.experiments import load_result
from lecture_code.figures.dynamics import evolutionary_search as figures
from lecture_code.figures.dynamics.evolutionary_search import questions
from lecture_code.figures.dynamics.evolutionary_search.guessing import Guesses
from lecture_code.learning import LinearPolicy
from lecture_code.search import (
    CMAES,
    PI2,
    AugmentedRandomSearch,
    CrossEntropyMethod,
    PoWER,
    RewardWeightedRegression,
    limit_of_travel,
)
from lecture_code.show import Prose
from lecture_code.simulation import make_world, rollout

RACE = load_result("evolutionary_search")
TUNING = load_result("evolutionary_search_tuning")
EDGES = load_result("evolutionary_search_edges")
START = figures.START
ROOT = Path(__file__).parents[3]
NOTEBOOK = ROOT / "book" / "dynamics" / "evolutionary_search.ipynb"
SEARCHES = (
    CMAES,
    PI2,
    AugmentedRandomSearch,
    CrossEntropyMethod,
    PoWER,
    RewardWeightedRegression,
)


def number_after(words, text):
    return float(re.search(rf"{re.escape(words)} ([\d.e+-]*\d)", text)[1])


@pytest.fixture(scope="module")
def guesses():
    return figures.guess(make_world("hopper"), widths=(0.1, 3.0), number=8)


def test_guesses_of_two_widths_are_told_apart(guesses):
    """Oracle: returns stand under their own width, the winner of each width is tried
    on twenty fresh episodes, and the best policy is the best of the winners there.
    """
    assert {width: len(x) for width, x in guesses.returns.items()} == {0.1: 8, 3.0: 8}
    assert {len(x) for x in guesses.fresh.values()} == {20}
    width = max(guesses.fresh, key=lambda width: guesses.fresh[width].mean())
    row = guesses.returns[width].argmax()
    draws = np.random.default_rng(0).standard_normal((8, 33))
    assert np.array_equal(guesses.best.theta, width * draws[row])
    rows = [width * draws[x.argmax()] for width, x in guesses.returns.items()]
    winners = guesses.best.at(np.repeat(rows, 20, axis=0))
    worlds = [make_world("hopper")] * 40
    again = rollout(worlds, winners, 1000, np.random.default_rng(2)).returns
    assert np.array_equal(np.concatenate(list(guesses.fresh.values())), again)


def test_the_table_of_guesses_holds_them():
    """The median, the best and its mean on fresh episodes stand in the row of the
    width.
    """
    found = Guesses(
        {0.5: np.array([1.0, 2.0, 9.0])},
        {0.5: np.array([4.0, 6.0])},
        LinearPolicy.initial(11, 3),
    )
    row = figures.guess_table(found).entries["0.5"]
    assert [cell.text for cell in row.values()] == ["2", "9", "5"]
    alt = figures.best_so_far(found, [3000.0, 3100.0, 3200.0], 1000.0).alt
    assert "9 for width 0.5" in alt and "earns 3100" in alt and "earns 1000" in alt


def test_the_film_has_a_robot_for_each_policy():
    """Each policy is filmed under its name, from the same start, the ghost in grey."""
    hopper = make_world("hopper")
    policy = LinearPolicy.initial(11, 3)
    film = figures.film_of({"a": policy, "b": policy}, hopper, "Two", ghost="b")
    assert [(robot.name, robot.ghost) for robot in film.robots] == [
        ("a", False),
        ("b", True),
    ]
    assert np.array_equal(film.robots[0].view.x, film.robots[1].view.x)


def test_the_ridge_has_its_top_where_the_cross_is():
    """Equation: the height is 10 at (1, 1/2) and lower at every neighbour and at the
    start.
    """
    top = np.array([[1.0, 0.5]])
    near = top + 0.1 * np.array([[1, 0], [-1, 0], [0, 1], [0, -1]])
    assert figures.ridge(top)[0] == 10
    assert figures.ridge(near).max() < 10 and figures.ridge(START[None])[0] < 5


def test_the_five_steps_do_not_show_the_stall():
    """The five steps end before the population stops: the page asks later which
    methods stop, so neither words nor picture may tell of a stop or of a small ellipse.
    """
    picture = figures.five_steps()
    assert all(word in picture.html() for word in ("1 generate", "3 sel", "5 rep"))
    assert "and repeat" not in picture.html()  # a sixth panel showed a small ellipse
    words = f"{picture.alt} {picture.html().rpartition('</svg>')[2]}"
    assert not re.search(r"stop|stall|small|narrow|single dot|2\.98", words)


def test_the_update_of_the_ellipse_is_named():
    """Each search on the ridge is shown with its update of the covariance, in the
    legend, above its own picture and in the table.
    """
    whole = {"diagonal": False}
    makes = {
        "cross-entropy method": lambda: CrossEntropyMethod(
            START, 0.5, 24, elite=0.25, **whole
        ),
        "RWR": lambda: RewardWeightedRegression(START, 0.5, 24, **whole),
        "PoWER": lambda: PoWER(START, 0.5, 24, **whole),
        "PI²": lambda: PI2(START, 0.5, 24, covariance_update="cma", **whole),
        "augmented random search": lambda: AugmentedRandomSearch(START),
        "CMA-ES": lambda: CMAES(START, 0.5, 24),
    }
    updates = {n: figures.covariance_update(make()) for n, make in makes.items()}
    named = ["fit", "fit", "fixed", "cma", "fixed", "cma, by small steps"]
    assert list(updates.values()) == named
    drawn = figures.populations(makes, 3).html()
    table = figures.heights_table({n: [1.0] for n in makes}, updates)
    for name, update in updates.items():
        assert f"{figures.SHORT[name]}: {update}" in drawn
        assert table.entries[name]["Σ"].text == update
    assert "Σ fit; 3 gen" in figures.climb(makes["RWR"], 3, "#000000", "RWR").html()


def test_the_fit_decides_who_stops_and_not_the_weights():
    """Negative control: RWR with a fixed ellipse gets to the top, with a fitted ellipse
    it stops; PI² with a fitted ellipse stops, with the page's update it does not.
    """

    def rwr(update):
        return lambda: RewardWeightedRegression(
            START, 0.5, 24, 2.0, update, diagonal=False
        )

    def pi2(update):
        return lambda: PI2(START, 0.5, 24, 5, update, diagonal=False)

    ends = [
        np.median(figures.heights(make))
        for make in (rwr("fixed"), pi2("cma"), rwr("fit"), pi2("fit"))
    ]
    assert min(ends[:2]) > 9.5 > 7 > max(ends[2:])


def test_the_methods_of_the_chapter_that_stop_are_those_of_the_answer():
    """Of the searches in the notebook's own cells, CEM, RWR and the control PI² with a
    fitted ellipse end below 9.5 of 10 in the median of twenty seeds, and all others
    end above.
    """
    book = json.loads(NOTEBOOK.read_text(encoding="utf-8"))
    cells = {cell["id"]: "".join(cell["source"]) for cell in book["cells"]}
    names = {"START": START, **{s.__name__: s for s in SEARCHES}}
    exec(cells["play-methods"], names)
    exec(cells["play-controls"], names)
    tried = {**names["RIDGE"], **names["CONTROLS"]}
    ends = {name: np.median(figures.heights(make)) for name, make in tried.items()}
    stopped = {name for name, end in ends.items() if end < 9.5}
    assert stopped == {"cross-entropy method", "RWR", "PI², Σ fitted"}
    assert len(tried) == 8


def test_the_heights_are_those_of_the_searches():
    """Learning and negative control: CMA-ES gets to the top, CEM without noise does
    not, and the table holds the median of the seeds.
    """

    def cem():
        return CrossEntropyMethod(START, 0.5, 24, elite=0.25, diagonal=False)

    ends = {
        "CMA-ES": figures.heights(lambda: CMAES(START, 0.5, 24), seeds=5),
        "cross-entropy method": figures.heights(cem, seeds=5),
    }
    assert np.median(ends["CMA-ES"]) > 9.5 > np.median(ends["cross-entropy method"])
    table = figures.heights_table(ends, dict.fromkeys(ends, "fit"))
    for name, heights in ends.items():
        value = table.entries[name]["height, of 10"].value
        assert value == pytest.approx(np.median(heights))
    picture = figures.populations({"CMA-ES": lambda: CMAES(START, 0.5, 24)}, 30)
    assert number_after("CMA-ES", picture.alt) > 9.5


def test_the_knobs_change_the_path():
    """With a little noise CEM gets to the top, without it does not; with h = 0 PI² does
    not climb.
    """
    still, noisy = figures.cem_knobs(0.25, 0.0, 24), figures.cem_knobs(0.25, 0.1, 24)
    assert number_after("height", still.alt) < 9 < number_after("height", noisy.alt)
    plain, sharp = figures.sharpness_knob("PI²", 0), figures.sharpness_knob("PI²", 10)
    assert number_after("height", plain.alt) < number_after("height", sharp.alt)
    assert figures.sharpness_knob("RWR", 0).alt != figures.sharpness_knob("RWR", 30).alt


def test_the_lucky_candidate_weighs_what_its_method_gives():
    """The alt text names the weights of the module's own methods: by rank it is
    constant, in RWR it becomes everything. At the slider's start no weight is above one
    half.
    """
    first, small, large = (figures.lucky_day(lucky).alt for lucky in (6, 8, 30))
    names = ("CEM", "RWR", "PoWER", "PI²", "CMA-ES")
    assert max(number_after(name, first) for name in names) < 0.5
    assert number_after("CEM", small) == number_after("CEM", large) == 0.2
    assert number_after("CMA-ES", small) == number_after("CMA-ES", large)
    assert number_after("RWR", large) > 0.95 and number_after("PI²", large) > 0.95
    assert number_after("PoWER", small) < number_after("PoWER", large)
    returns = np.append(figures.weighing.ordinary_returns(), 30)
    weight = PoWER(np.zeros(1), 1, 20).weights(returns)[-1]
    assert number_after("PoWER", large) == pytest.approx(weight, abs=0.005)


def test_the_travel_agrees_with_the_closed_form():
    """Equation: without noise the experiment ends within five per cent of the closed
    form, and noise carries it further.
    """
    row = figures.travel_table([0.1]).entries["ρ = 0.1"]
    assert row["closed form"].value == pytest.approx(limit_of_travel(0.1))
    assert row["experiment"].value == pytest.approx(limit_of_travel(0.1), rel=0.05)
    still, noisy = figures.how_far(0.1, 0.0).alt, figures.how_far(0.1, 0.16).alt
    assert number_after("generations:", still) < 3.2 < 10
    assert number_after("generations:", noisy) > 10


def test_only_cma_es_stays_wide_when_returns_are_chance():
    """Negative control: the alt text gives a width near one for CMA-ES, and less than a
    tenth for CEM and RWR.
    """
    alt = figures.blind().alt
    assert 0.3 < number_after("CMA-ES", alt) < 3
    assert number_after("cross-entropy method", alt) < 0.1
    assert number_after("RWR", alt) < 0.1


@pytest.mark.slow
def test_only_cma_es_learns_the_shape_of_the_hill():
    """The alt text gives less than 1e-9 for CMA-ES and more than 1 for the others."""
    alt = figures.shape(10_000).alt
    others = ("PI²", "cross-entropy method", "augmented random search")
    assert number_after("CMA-ES", alt) < 1e-9
    assert min(number_after(name, alt) for name in others) > 1


def test_the_race_is_drawn_from_the_result():
    """Medians of the figure and of the tables are the result's, and change with it."""
    curves = figures.curves_of(RACE, "PoWER")
    line = np.median(curves["returns"], axis=0)
    assert f"PoWER {line[5]:.0f} halfway and {line[-1]:.0f}" in (
        figures.comparison(RACE).alt
    )
    cell = figures.comparison_table(RACE).entries["PoWER"]
    assert list(cell.values())[-1].value == pytest.approx(np.median(curves["final"]))
    other = {**curves, "final": [1e6] * 5}
    changed = replace(RACE, curves={**RACE.curves, "PoWER": [other]})
    assert "overlap with the best in both columns" in (
        figures.comparison_table(changed).caption
    )
    assert figures.overlapping(changed, "final") == ["PoWER"]
    width = np.median(curves["width"], axis=0)
    row = figures.widths_table(RACE).entries["PoWER"]
    assert row["width"].value == pytest.approx(100 * width[-1] / width[0])


def test_no_method_is_marked_where_all_ranges_overlap():
    """The ranges of all six methods overlap with the best in both tests, so the table
    marks none and says so.
    """
    for test in ("final", "final_short"):
        assert figures.overlapping(RACE, test) == list(figures.SHORT)
    table = figures.comparison_table(RACE)
    assert "All ranges overlap" in table.caption and "★" not in table.text()


def test_the_fall_of_rwr_is_no_trend():
    """What the page says: the median over whole episodes falls in the second half, the
    median over the searched part does not, and the mean policy changes more from look
    to look than with any other method; 23 more in return weighs ten times as much.
    """
    curves = figures.curves_of(RACE, "RWR")
    whole, short = (
        np.median(curves[name], axis=0) for name in ("returns", "returns_short")
    )
    assert whole[-1] < 0.7 * whole[5] and short[-1] > short[5]
    rows = figures.widths_table(RACE).entries
    changes = {name: row["change"].value for name, row in rows.items()}
    assert max(changes, key=changes.get) == "RWR" and 500 < changes["RWR"] < 1000
    by_hand = np.abs(np.diff(np.array(curves["returns"])[:, 5:], axis=1))
    assert changes["RWR"] == pytest.approx(np.median(by_hand))
    (options,) = RACE.settings["methods"]["RWR"]
    assert np.exp(options["beta"] * 23) == pytest.approx(10, rel=0.01)
    assert "A test has four episodes" in figures.widths_table(RACE).caption
    assert "in four episodes of 1,000 steps" in figures.comparison(RACE).html()


def test_the_page_says_what_the_race_holds():
    """The chapter's conclusions hold in the committed results: CEM closes, random
    search climbs on, the order of the first two is close to chance.
    """
    rows = figures.widths_table(RACE).entries
    cem, ars = rows["CEM"], rows["ARS"]
    assert cem["width"].value < 5 and ars["width"].value == 100
    assert cem["end"].value < 1.15 * cem["half"].value
    assert ars["end"].value > 1.3 * ars["half"].value
    won = figures.wins(RACE, "augmented random search", "CMA-ES")
    ars, power = (
        RACE.curves[n][0]["final"] for n in (list(figures.SHORT)[-1], "PoWER")
    )
    count = sum(a > b for a in ars for b in power)
    assert count > 13
    assert figures.wins(RACE, "augmented random search", "PoWER") == f"{count} of 25"
    assert won.endswith("of 25") and 9 <= int(won.split()[0]) < 17
    assert figures.too_narrow(TUNING) < 10 < figures.too_narrow(TUNING, 0.03)
    name, before, after = figures.sharpest_fall(RACE)
    assert name in figures.SHORT.values() and before - after > 500
    said = figures.numbers_of_the_race(RACE, TUNING)
    assert said["ars_cem"] == figures.wins(
        RACE, list(figures.SHORT)[-1], "cross-entropy method"
    )
    assert (said["jump_name"], said["jump_from"]) == (name, f"{before:,.0f}")


def test_the_table_tells_short_episodes_from_whole_episodes():
    """Each column holds its own test, and the lowest runs of three methods fail after
    the part of an episode that the search saw, as the page says.
    """
    ratios = {}
    for name, row in figures.comparison_table(RACE).entries.items():
        curves = figures.curves_of(RACE, name)
        short, whole = np.array(curves["final_short"]), np.array(curves["final"])
        assert [cell.value for cell in row.values()] == pytest.approx(
            [np.median(short), np.median(whole)]
        )
        ratios[name] = whole / short
    lowest = {name: ratio.min() for name, ratio in ratios.items()}
    assert {name for name, ratio in lowest.items() if ratio < 2.3} == {
        "RWR",
        "PI²",
        "CMA-ES",
    }
    assert all(3.5 < np.median(ratio) < 5 for ratio in ratios.values())


def test_the_settings_are_the_winners_of_the_tuning():
    """Each row holds the setting that the race ran, and its return in the tuning."""
    rows = figures.tuning_table(RACE, TUNING).entries
    assert rows["CMA-ES"]["setting"].text == "σ 0.03, N 17, the default"
    assert "ρ 0.25" in rows["cross-entropy method"]["setting"].text
    for name, tried in TUNING.curves.items():
        medians = [np.median(found["final"]) for found in tried]
        assert rows[name]["return"].value == pytest.approx(max(medians))


def test_the_best_width_of_two_methods_is_the_widest_that_was_tried():
    """What the page says of the tuning: CEM and PoWER won with the widest."""
    chosen = {
        name: options["sigma"]
        for name, (options,) in [
            (name, RACE.settings["methods"][name]) for name in list(figures.SHORT)[:5]
        ]
    }
    widest = {name for name, sigma in chosen.items() if sigma == 0.1}
    assert widest == {"cross-entropy method", "PoWER"}


def test_the_kept_policies_are_those_of_the_training():
    """The policies of a seed are the arrays beside the result, by generation."""
    education = load_result("hopper_education")
    kept = figures.kept_policies(education, seed=4)
    assert list(kept) == education.settings["stored_generations"]
    assert not kept[0].theta.any() and kept[40].theta.shape == (33,)
    rows = figures.education_table(education).entries
    returns = np.array(education.curves["returns"])[:, -1]
    assert rows["generation 40"]["return"].value == pytest.approx(np.median(returns))


def test_the_answers_are_those_of_the_code():
    """Each prediction's answer is what the closed form and the searches give, and a
    quiz confirms its answer only.
    """
    opened = Prose("What opens.")
    knobs = Prose("What the knobs do.")
    slope = questions.endless_slope([opened]).question
    assert round(limit_of_travel(0.1)) == 3 and f"{limit_of_travel(0.1):.2f}" == "2.98"
    assert "three σ₀" in slope.options[slope.answer] and "2.98" in slope.because
    stops = questions.who_stops([opened], knobs).question
    assert stops.options[stops.answer] == "CEM and RWR" and knobs in stops.then
    assert slope.folds and stops.folds  # derivations below open after the answer
    blind = questions.blind_search(opened).question
    assert blind.options[blind.answer] == "CMA-ES"
    for quiz in (
        questions.added_constant(),
        questions.everybody_elite(),
        questions.why_it_stretches(),
        questions.out_of_reach(),
    ):
        words = quiz.question.feedback
        yes = [i for i, word in enumerate(words) if word.startswith("Yes")]
        assert yes == [quiz.question.answer]


def test_a_blind_width_is_the_width_of_the_population():
    """Equation: the width of a population with covariance 4 I is 2, of CMA-ES its σ."""
    width = figures.stalling._width
    assert width(RewardWeightedRegression(np.zeros(3), 2.0, 10)) == pytest.approx(2)
    assert width(CMAES(np.zeros(3), 0.7, 10)) == pytest.approx(0.7)


@pytest.mark.parametrize(
    "method, knob",
    [("cross-entropy method", "sigma"), ("PoWER", "sigma"), ("RWR", "beta")],
)
def test_nothing_better_lies_beyond_the_edge_of_the_tuning(method, knob):
    """The page says so: the winning value is the largest of the first grid, and three
    times this value has a lower median, with nothing else changed and the same seeds.
    """
    (won,) = RACE.settings["methods"][method]
    tried = TUNING.settings["methods"][method]
    assert won[knob] == max(options[knob] for options in tried)
    (beyond,) = EDGES.settings["methods"][method]
    assert beyond[knob] == pytest.approx(3 * won[knob])
    assert {**beyond, knob: won[knob]} == won
    assert EDGES.seeds == TUNING.seeds
    row = figures.edge_table(TUNING, EDGES).entries[method]
    at_edge = TUNING.curves[method][tried.index(won)]["final"]
    assert row["at the edge"].value == np.median(at_edge)
    assert row["beyond"].value == np.median(EDGES.curves[method][0]["final"])
    assert row["beyond"].value < row["at the edge"].value


def test_no_other_number_won_at_an_edge():
    """The width of the four other methods lies inside what was tried."""
    for method in ("RWR", "PI²", "CMA-ES", "augmented random search"):
        (won,) = RACE.settings["methods"][method]
        knob = "sigma" if "sigma" in won else "noise"
        tried = [options[knob] for options in TUNING.settings["methods"][method]]
        assert min(tried) < won[knob] < max(tried)
