"""What other lenses and three directions change."""

from __future__ import annotations

from collections.abc import Sequence

from lecture_code.experiments.results import Result
from lecture_code.experiments.summaries import mean_of_seeds
from lecture_code.figures.observations.cad2rl.flown import (
    FAMILIES,
    Flown,
    best_labels,
    classifier_name,
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


def steering_table(result: Result, steering: Result, far: Result) -> Table:
    """From the classifier to 15 aims: metres in "real" looks.

    Args:
        result: `cad2rl`.
        steering: `cad2rl_steering`.
        far: `cad2rl_steering_far`, the longer test.
    """
    base = steering.settings["base"]
    best = best_labels(steering)
    longer = far_flights(far)
    short = f"up to {steering.settings['steps'] * STEP:.0f} m"
    long = f"up to {longer.longest:.0f} m"
    end = f"after {longer.longest:.0f} m"
    names = {
        "the right answers to its question": f"labels {base:g} m",
        f"the same, with {best:g} m": f"labels {best:g} m",
        "three directions, exact roll-outs": "roll-outs, three aims",
        "15 directions, exact roll-outs": "roll-outs, 15 aims",
    }
    classifier = mean_of_seeds(Flown(result).means("left-right-straight"))
    rows = {classifier_name(base): {short: str(classifier)}}
    for name, rule in names.items():
        rows[name] = {short: str(mean_of_seeds(steering.curves[rule]))}
        if rule in far.curves:
            rows[name][long] = str(mean_of_seeds(longer.means(rule)))
            rows[name][end] = f"{100 * longer.still_flying(rule):.1f}"
    return Table(
        rows,
        caption=f"Mean metres in “real” looks in tests {short} and {long}, with a 95 % "
        f"interval over {len(steering.seeds)} seeds; last, the share that still flies "
        f"{end}",
        units={short: "m", long: "m", end: "%"},
        corner="who chooses",
    )
