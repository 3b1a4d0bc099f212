"""What other lenses, another question and three directions change, and what each round
learns from.
"""

from __future__ import annotations

from collections.abc import Sequence

from lecture_code.experiments.results import Result
from lecture_code.experiments.summaries import Interval, mean_of_seeds
from lecture_code.figures.observations.cad2rl.flown import (
    FAMILIES,
    Flown,
    best_labels,
    classifier_name,
    classifiers,
    far_flights,
    page_name,
)
from lecture_code.observations.corridor_flight import STEP
from lecture_code.show import Table

UNITS = dict.fromkeys(FAMILIES.values(), "m")


def in_both(flown: Flown, arm: str) -> dict[str, float | str]:
    """Mean metres of an arm in training looks and in "real" looks."""
    return {
        title: str(mean_of_seeds(flown.means(arm, family)))
        for family, title in FAMILIES.items()
    }


def lens_table(
    result: Result, lens: Result, arms: Sequence[str] = ("pretraining", "CAD2RL")
) -> Table:
    """Metres with one lens and with random lenses in training.

    Args:
        result: `cad2rl`.
        lens: `cad2rl_lens`.
        arms: that are shown.
    """
    rows = {}
    for lenses, flown, ending in (
        ("one lens", Flown(result), ""),
        ("random lenses", Flown(lens), ", random lens"),
    ):
        for arm in arms:
            rows[f"{page_name(arm)}, {lenses}"] = in_both(flown, arm + ending)
    return Table(
        rows,
        caption=f"Mean metres after two rounds, with a 95 % interval over "
        f"{len(lens.seeds)} seeds",
        units=UNITS,
        corner="trained with",
    )


def classifier_table(result: Result, classifier: Result, steering: Result) -> Table:
    """Metres of the classifier and of its right answers, by the distance that must be
    free for *straight*.

    Args:
        result: `cad2rl`.
        classifier: `cad2rl_classifier`.
        steering: `cad2rl_steering`, with the right answers.
    """
    right = "right answers"
    rows = {}
    for distance, flown in classifiers(result, classifier).items():
        answers = steering.curves[f"labels {distance:g} m"]
        rows[f"{distance:g} m"] = in_both(flown, "left-right-straight") | {
            right: str(mean_of_seeds(answers))
        }
    return Table(
        rows,
        caption="Mean metres of the classifier and of the right answers to its "
        f"question, with a 95 % interval over {len(classifier.seeds)} seeds; the right "
        "answers see the map",
        units=UNITS | {right: "m"},
        corner="free ahead",
    )


def steering_table(result: Result, steering: Result, far: Result) -> Table:
    """From the classifier to 15 aims: metres in "real" looks.

    Args:
        result: `cad2rl`, with the classifier that is compared.
        steering: `cad2rl_steering`.
        far: `cad2rl_steering_far`, the longer test.
    """
    best = best_labels(steering)
    longer = far_flights(far)
    short = f"up to {steering.settings['steps'] * STEP:.0f} m"
    long = f"up to {longer.longest:.0f} m"
    end = f"after {longer.longest:.0f} m"
    names = {
        f"right answers, {best:g} m": f"labels {best:g} m",
        "three directions, exact roll-outs": "roll-outs, three aims",
        "15 directions, exact roll-outs": "roll-outs, 15 aims",
    }
    flown = Flown(result)
    asked = result.settings["arms"]["left-right-straight"]["distance"]
    classifier = mean_of_seeds(flown.means("left-right-straight"))
    rows = {classifier_name(asked): {short: str(classifier)}}
    for name, rule in names.items():
        rows[name] = {short: str(mean_of_seeds(steering.curves[rule]))}
        if rule in far.curves:
            rows[name][long] = str(mean_of_seeds(longer.means(rule)))
            rows[name][end] = f"{100 * longer.still_flying(rule):.1f}"
    exact = mean_of_seeds(flown.means("exact roll-outs"))
    rows["the same, then the clearance rule"] = {short: str(exact)}
    return Table(
        rows,
        caption=f"Mean metres in “real” looks in tests {short} and {long}, with a 95 % "
        f"interval over {len(steering.seeds)} seeds; last, the share that still flies "
        f"{end}",
        units={short: "m", long: "m", end: "%"},
        corner="who chooses",
    )


def reports_table(longer: Result) -> Table:
    """What (CAD)²RL learns from in each round, and how well.

    Args:
        longer: `cad2rl_longer`.
    """
    runs = longer.curves["CAD2RL"]["reports"]
    rows = {}
    for at in range(len(runs[0])):
        label, mixed, loss = (
            mean_of_seeds([factor * run[at][key] for run in runs])
            for key, factor in (("label", 1), ("mixed", 100), ("loss", 1))
        )
        rows[f"round {at}" if at else "pretraining"] = {
            "label": _in_words(label, 2),
            "mixed": _in_words(mixed, 0),
            "loss": _in_words(loss, 3),
        }
    return Table(
        rows,
        caption="(CAD)²RL: mean of the new labels, share of the new states whose "
        "labels are not all equal (*mixed*), and mean loss, with a 95 % interval over "
        f"{len(longer.seeds)} seeds",
        units={"mixed": "%"},
        corner="training",
    )


def _in_words(interval: Interval, digits: int) -> str:
    """'0.59 [0.57, 0.60]', with so many digits."""
    value, low, high = (
        f"{number:.{digits}f}"
        for number in (interval.value, interval.low, interval.high)
    )
    return f"{value} [{low},\N{NO-BREAK SPACE}{high}]"
