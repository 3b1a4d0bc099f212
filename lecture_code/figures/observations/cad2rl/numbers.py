"""The numbers of the text of the chapter *(CAD)²RL*."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from lecture_code.experiments.results import Result
from lecture_code.experiments.summaries import mean_of_seeds, paired_ratio
from lecture_code.figures.observations.cad2rl.flown import (
    Flown,
    best_labels,
    far_flights,
)
from lecture_code.figures.observations.cad2rl.learning import texture_means

Array = NDArray[np.float64]
CLASSIFIER = "left-right-straight"


def numbers(
    result: Result,
    *,
    longer: Result | None = None,
    textures: Result | None = None,
    lens: Result | None = None,
) -> dict[str, str]:
    """Name in the text -> words such as "1.3 [1.1, 1.5]".

    Distances are means of the seeds with Student's 95 % interval, in "real" looks. A
    ratio is the mean of the seeds' ratios of mean distances, with Student's interval
    over the seeds; in each seed both methods fly from the same places.

    'flown', 'flown_pretraining', 'clearance' and 'exact' are distances [m] of (CAD)²RL,
    of pretraining and of rules; 'single_own' is that of the network of one texture in
    its own look. 'ratio' is (CAD)²RL over pretraining, and 'ratio_training' the same in
    looks of the training family; 'single_ratio' is over one texture, 'lrs_ratio' and
    'lrs_ratio_training' over left-right-straight. 'rounds_gain' is what the rounds add
    to the distance of (CAD)²RL [m]. 'textures_few' and 'textures_all' are distances
    with the smallest and the largest number of textures, 'textures_three' with the
    second smallest, and 'textures_ratio' is the largest number over the smallest.
    'lens_flown' is the distance of (CAD)²RL with random lenses in training;
    'lens_ratio' is over pretraining with random lenses, 'lens_gain' over (CAD)²RL
    without them, and 'lens_rounds' over itself before the rounds. 'longer_ratio' and
    'longer_ratio_training' are as 'ratio' and 'ratio_training', after three times as
    many rounds.

    Args:
        result: `cad2rl`.
        longer: `cad2rl_longer`.
        textures: `cad2rl_textures`.
        lens: `cad2rl_lens`.
    """
    flown = Flown(result)
    ours = flown.means("CAD2RL")
    distances = _distances(flown)
    ratios = {
        "ratio": _pair(result),
        "ratio_training": _pair(result, family="training"),
        "single_ratio": _pair(result, over="one texture"),
        "lrs_ratio": _pair(result, over=CLASSIFIER),
        "lrs_ratio_training": _pair(result, family="training", over=CLASSIFIER),
    }
    if longer is not None:
        ratios |= {
            "longer_ratio": _pair(longer),
            "longer_ratio_training": _pair(longer, family="training"),
        }
    if textures is not None:
        few, three, *_, most = texture_means(textures, result).values()
        distances["textures_few"] = few
        distances["textures_three"] = three
        distances["textures_all"] = most
        ratios |= {"textures_ratio": (most, few)}
    if lens is not None:
        ratios |= _lens_pairs(lens, ours)
        distances["lens_flown"] = ratios["lens_ratio"][0]
    words = {name: str(mean_of_seeds(values)) for name, values in distances.items()}
    return words | {name: str(paired_ratio(*pair)) for name, pair in ratios.items()}


def steering_numbers(steering: Result, far: Result) -> dict[str, Any]:
    """Name in the text -> number of the rules with three and with all directions.

    'base' is the distance of the right answers by which roll-outs go on [m].
    'three_ratio' is exact roll-outs of three directions over the right answers with the
    best distance. 'far_ratio' is all directions over three in the longer test, which
    has 'flights' flights in each seed.

    Args:
        steering: `cad2rl_steering`.
        far: `cad2rl_steering_far`.
    """
    best = best_labels(steering)
    rules = steering.curves
    longer = far_flights(far)
    three, every = "roll-outs, three aims", "roll-outs, 15 aims"
    return {
        "base": f"{steering.settings['base']:g}",
        "flights": longer.flights,
        "three_ratio": paired_ratio(rules[three], rules[f"labels {best:g} m"]),
        "far_ratio": paired_ratio(longer.means(every), longer.means(three)),
    }


def _distances(flown: Flown) -> dict[str, Array]:
    """Name in the text -> metres of each seed."""
    tests = flown.tests("CAD2RL", "real").mean(axis=2)
    return {
        "flown": flown.means("CAD2RL"),
        "flown_pretraining": flown.means("pretraining"),
        "single_own": flown.means("one texture", "single"),
        "clearance": flown.means("clearance"),
        "exact": flown.means("exact roll-outs"),
        "rounds_gain": tests[:, -1] - tests[:, 0],
    }


def _lens_pairs(lens: Result, one_lens: Array) -> dict[str, tuple[Array, Array]]:
    """The pairs of distances whose ratios tell what random lenses change.

    Args:
        lens: `cad2rl_lens`.
        one_lens: mean metres of each seed of (CAD)²RL with one lens.
    """
    better, theirs = _pair(lens, ", random lens")
    before = Flown(lens).tests("CAD2RL, random lens", "real")[:, 0].mean(axis=1)
    return {
        "lens_ratio": (better, theirs),
        "lens_gain": (better, one_lens),
        "lens_rounds": (better, before),
    }


def _pair(
    result: Result, ending: str = "", family: str = "real", over: str = "pretraining"
) -> tuple[Array, Array]:
    """Mean metres of each seed of (CAD)²RL and of another arm.

    Args:
        result: with both arms.
        ending: of the names of the arms.
        family: of looks.
        over: the other arm.
    """
    flown = Flown(result)
    ours, theirs = (flown.means(arm + ending, family) for arm in ("CAD2RL", over))
    return ours, theirs
