"""What other lenses and three directions change."""

from __future__ import annotations

import numpy as np

from lecture_code.experiments.results import Result
from lecture_code.experiments.summaries import mean_of_seeds
from lecture_code.figures.observations.cad2rl.flown import FAMILIES, Flown, page_name
from lecture_code.show import Table

UNITS = dict.fromkeys(FAMILIES.values(), "m")


def in_both(flown: Flown, arm: str) -> dict[str, float | str]:
    """Mean metres of an arm in training looks and in "real" looks."""
    return {
        title: str(mean_of_seeds(flown.means(arm, family)))
        for family, title in FAMILIES.items()
    }


def lens_table(result: Result, lens: Result) -> Table:
    """Metres with one lens and with random lenses in training.

    Args:
        result: `cad2rl`.
        lens: `cad2rl_lens`.
    """
    rows = {}
    for lenses, flown, ending in (
        ("one lens", Flown(result), ""),
        ("random lenses", Flown(lens), ", random lens"),
    ):
        for arm in ("pretraining", "CAD2RL"):
            rows[f"{page_name(arm)}, {lenses}"] = in_both(flown, arm + ending)
    return Table(
        rows,
        caption=f"Mean metres after two rounds, with a 95 % interval over "
        f"{len(lens.seeds)} seeds. All rows fly in the same looks",
        units=UNITS,
        corner="trained with",
    )


def steering_table(result: Result, steering: Result) -> Table:
    """From the classifier to 15 aims: metres in "real" looks.

    Args:
        result: `cad2rl`.
        steering: `cad2rl_steering`.
    """
    base = steering.settings["base"]
    rules = steering.curves
    labels = {d: rules[f"labels {d:g} m"] for d in steering.settings["distances"]}
    best = max(labels, key=lambda distance: float(np.mean(labels[distance])))
    metres = {
        "the classifier, sees the picture": Flown(result).means("left-right-straight"),
        "the right answers to its question": labels[base],
        f"the same, with {best:g} m": labels[best],
        "three directions, exact roll-outs": rules["roll-outs, three aims"],
        "15 directions, exact roll-outs": rules["roll-outs, 15 aims"],
    }
    return Table(
        {name: {"flown": str(mean_of_seeds(seeds))} for name, seeds in metres.items()},
        caption="Mean metres in “real” looks with a 95 % interval over "
        f"{len(steering.seeds)} seeds. All rows but the first see the map. The "
        f"classifier asks whether {base:g} m are free; of {len(labels)} distances, "
        f"{best:g} m are best. After its first step a "
        "roll-out follows the rule of the second row",
        units={"flown": "m"},
        corner="who chooses",
    )
