"""The numbers of the text of the chapter *(CAD)²RL*."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lecture_code.experiments.results import Result
from lecture_code.experiments.summaries import mean_of_seeds, paired_ratio
from lecture_code.figures.observations.cad2rl.flown import Flown
from lecture_code.figures.observations.cad2rl.learning import texture_means

Array = NDArray[np.float64]


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
    looks of the training family; 'single_ratio' is over one texture, 'lrs_ratio' over
    left-right-straight. 'rounds_gain' is what the rounds add to the distance of
    (CAD)²RL [m]. 'textures_few' and 'textures_all' are distances with the smallest and
    the largest number of textures, and 'textures_ratio' is the second over the first.
    'lens_flown' is the distance of (CAD)²RL with random lenses in training;
    'lens_ratio' is over pretraining with random lenses, and 'lens_gain' over (CAD)²RL
    without them. 'longer_ratio' and 'longer_ratio_training' are as 'ratio' and
    'ratio_training', after three times as many rounds.

    Args:
        result: `cad2rl`.
        longer: `cad2rl_longer`.
        textures: `cad2rl_textures`.
        lens: `cad2rl_lens`.
    """
    flown = Flown(result)
    ours = flown.means("CAD2RL")
    tests = flown.tests("CAD2RL", "real").mean(axis=2)
    distances = {
        "flown": ours,
        "flown_pretraining": flown.means("pretraining"),
        "single_own": flown.means("one texture", "single"),
        "clearance": flown.means("clearance"),
        "exact": flown.means("exact roll-outs"),
        "rounds_gain": tests[:, -1] - tests[:, 0],
    }
    ratios = {
        "ratio": _pair(result),
        "ratio_training": _pair(result, family="training"),
        "single_ratio": (ours, flown.means("one texture")),
        "lrs_ratio": (ours, flown.means("left-right-straight")),
    }
    if longer is not None:
        ratios |= {
            "longer_ratio": _pair(longer),
            "longer_ratio_training": _pair(longer, family="training"),
        }
    if textures is not None:
        few, *_, most = texture_means(textures, result).values()
        distances |= {"textures_few": few, "textures_all": most}
        ratios |= {"textures_ratio": (most, few)}
    if lens is not None:
        better, theirs = _pair(lens, ", random lens")
        distances |= {"lens_flown": better}
        ratios |= {"lens_ratio": (better, theirs), "lens_gain": (better, ours)}
    words = {name: str(mean_of_seeds(values)) for name, values in distances.items()}
    return words | {name: str(paired_ratio(*pair)) for name, pair in ratios.items()}


def _pair(
    result: Result, ending: str = "", family: str = "real"
) -> tuple[Array, Array]:
    """Mean metres of each seed of (CAD)²RL and of pretraining."""
    flown = Flown(result)
    ours, theirs = (flown.means(a + ending, family) for a in ("CAD2RL", "pretraining"))
    return ours, theirs
