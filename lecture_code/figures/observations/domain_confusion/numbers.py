"""The numbers of the text of the chapter *Domain confusion*."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from lecture_code.experiments.observations.domain_confusion.autoencoders import (
    WITH,
    WITHOUT,
)
from lecture_code.experiments.observations.domain_confusion.causes import (
    AS_IT_IS,
    SHIFTED_BACK,
)
from lecture_code.experiments.observations.domain_confusion.sweeps import (
    GAPS,
    PAIR_WEIGHTS,
    RANDOM_PAIR_WEIGHTS,
    distant,
    random_weighted,
    weighted,
)
from lecture_code.experiments.results import Result
from lecture_code.experiments.summaries import mean_of_seeds
from lecture_code.figures.observations.domain_confusion.runs import (
    CENTIMETRES,
    in_seeds,
    of_seeds,
    percent,
    rounded,
    share_of_seeds,
)
from lecture_code.figures.observations.domain_confusion.sweeps import (
    CHOSEN,
    best_random,
)
from lecture_code.observations.hook_scenes import PARTS

FARTHEST = GAPS[-1]
SHARES = {
    "synthetic": ("synthetic only", "success"),
    "weak": ("weak pairs", "success"),
    "oracle": ("oracle", "success"),
    "random": ("random pairs", "success"),
    "confusion": ("confusion alone", "success"),
    "perfect": ("perfect pairs", "success"),
    "weak_alone": ("weak pairs alone", "success"),
    "weak_500": ("weak pairs (500)", "success"),
    "standardised": ("standardised", "success"),
    "weak_after": ("weak pairs", "success after attempts"),
    "synthetic_after": ("synthetic only", "success after attempts"),
}
"""Name in the text -> arm and measurement."""
DIFFERENCES = {
    "weak_minus_synthetic": ("weak pairs", "synthetic only"),
    "weak_minus_random": ("weak pairs", "random pairs"),
    "oracle_minus_weak": ("oracle", "weak pairs"),
    "perfect_minus_weak": ("perfect pairs", "weak pairs"),
    "confusion_minus_weak": ("confusion alone", "weak pairs"),
    "alone_minus_weak": ("weak pairs alone", "weak pairs"),
    "standardised_gain": ("weak pairs", "standardised"),
}
"""Name in the text -> which success minus which, seed by seed."""
FINE = ("perfect_minus_weak", "oracle_minus_weak")  # told with one decimal
TOLD = {"told_confusion": "confusion alone", "told_pairs": "weak pairs alone"}
"""Name in the text -> after which arm worlds are told apart."""
CAUSES = {
    "as_it_is": AS_IT_IS,
    "without_light": "without light",
    "shifted_back": SHIFTED_BACK,
}
"""Name in the text -> look."""
LITTLE = ("pattern", "blur", "noise")  # parts that hardly matter one by one
AUTOENCODERS = {
    "hook_with_arm": (WITH, "hook"),
    "hook_without_arm": (WITHOUT, "hook"),
    "untrained_without_arm": (WITHOUT, "hook, untrained"),
    "hand_with_arm": (WITH, "hand"),
}
"""Name in the text -> kind of scenes and what a linear head finds."""


def numbers(main: Result) -> dict[str, str]:
    """Name in the text -> words such as "61 [44, 78]".

    Means of the seeds with Student's 95 % interval: shares [%], whose interval is cut
    at 0 and 100 %; differences in percentage points, paired over the seeds; 'told_…',
    how often a new classifier tells the worlds apart [%]; and 'apart_…', how far the
    hooks of a pair are apart [cm]. Further, for two arms, the least and the most
    success of a seed.

    Args:
        main: `domain_confusion`.
    """
    curves = main.curves
    words = {
        name: rounded(share_of_seeds(percent(curves, *where)))
        for name, where in SHARES.items()
    }
    for name, (first, second) in DIFFERENCES.items():
        difference = percent(curves, first) - percent(curves, second)
        lead = mean_of_seeds(difference)
        words[name] = str(lead) if name in FINE else rounded(lead)
    for name, arm in TOLD.items():
        words[name] = f"{100 - percent(curves, arm, 'domain error').mean():.0f}"
    for name in ("synthetic", "weak"):
        runs = percent(curves, *SHARES[name])
        words[f"{name}_least"] = f"{runs.min():.0f}"
        words[f"{name}_most"] = f"{runs.max():.0f}"
    gain = percent(curves, "weak pairs") - percent(curves, "standardised")
    words["standardised_loss"] = f"{gain.mean():.0f}"
    for name in ("confusion", "weak_alone"):
        words[f"{name}_mean"] = f"{percent(curves, *SHARES[name]).mean():.0f}"
    words["random_mean"] = f"{percent(curves, 'random pairs').mean():.0f}"
    after = percent(curves, "random pairs", "success after attempts")
    words["random_after"] = f"{after.mean():.0f}"
    for name in ("random", "weak", "perfect"):
        apart = CENTIMETRES * of_seeds(curves, f"{name} pairs", "pair distance")
        words[f"apart_{name}"] = f"{apart.mean():.1f}"
    return words


def cause_numbers(result: Result) -> dict[str, str]:
    """Name in the text -> mean success of the network of the simulation [%]. How far
    single networks move without the colours, at most and on average, and without any
    one of `LITTLE`, at most [points].

    Args:
        result: `domain_confusion_causes`.
    """
    words = {
        name: f"{percent(result.curves, 'synthetic only', look).mean():.0f}"
        for name, look in CAUSES.items()
    }
    before = percent(result.curves, "synthetic only", AS_IT_IS)
    moved = {
        part: percent(result.curves, "synthetic only", f"without {part}") - before
        for part in PARTS
    }
    little = max(np.abs(moved[part]).max() for part in LITTLE)
    return words | {
        "colours_most": f"{np.abs(moved['colours']).max():.0f}",
        "colours_mean": f"{abs(moved['colours'].mean()):.0f}",
        "little_most": f"{little:.0f}",
    }


def autoencoder_numbers(result: Result) -> dict[str, str]:
    """Name in the text -> mean success of a linear head [%].

    Args:
        result: `domain_confusion_autoencoders`.
    """
    return {
        name: f"{percent(result.curves, *where).mean():.0f}"
        for name, where in AUTOENCODERS.items()
    }


def random_numbers(weights: Mapping[str, Result]) -> dict[str, str]:
    """Random pairs with the ν that is best for them, 'best_nu', and with the smallest
    one, 'least': success [%]. The paired lead of the best one over confusion without
    pairs, and over weak pairs, in points; whether the interval of its lead over the
    smallest ν contains zero. Which ν mined pairs had.

    Args:
        weights: see `sweeps.by_weight`.
    """
    curves, grid = weights["random"].curves, weights["weights"].curves
    least = RANDOM_PAIR_WEIGHTS[0]
    best = best_random(weights)
    runs, small = (percent(curves, random_weighted(nu)) for nu in (best, least))
    without = percent(grid, weighted(CHOSEN.confusion, 0.0))
    mined = percent(grid, weighted(CHOSEN.confusion, CHOSEN.pairs))
    lead = mean_of_seeds(runs - small)
    tried = [nu for nu in PAIR_WEIGHTS if nu]
    return {
        "least": f"{least:g}",
        "least_random": f"{small.mean():.0f}",
        "least_open": "contains" if lead.low <= 0 else "does not contain",
        "best_nu": f"{best:g}",
        "best_random": f"{runs.mean():.0f}",
        "best_gain": rounded(mean_of_seeds(runs - without)),
        "best_minus_weak": rounded(mean_of_seeds(runs - mined)),
        "mined_least": f"{tried[0]:g}",
        "mined_most": f"{tried[-1]:g}",
    }


def gap_numbers(result: Result) -> dict[str, str]:
    """How far the hooks of a mined pair are apart at gap 1, 'near_pairs', and at gap 2,
    'far_pairs', mean of the seeds [cm]; success at gap 2 [%]; in how many seeds weak
    pairs are ahead of confusion alone there, and whether the interval of this lead
    contains zero.

    Args:
        result: `domain_confusion_gaps`.
    """
    curves = result.curves
    weak, crowd, alone = (
        percent(curves, distant(arm, FARTHEST))
        for arm in ("weak pairs", "confusion alone", "synthetic only")
    )
    lead = mean_of_seeds(weak - crowd)
    found = {
        "far_weak": f"{weak.mean():.0f}",
        "far_alone": f"{alone.mean():.0f}",
        "far_ahead": in_seeds((weak > crowd).tolist()),
        "far_open": "contains" if lead.low <= 0 else "does not contain",
    }
    for name, gap in (("near_pairs", 1.0), ("far_pairs", FARTHEST)):
        apart = of_seeds(curves, distant("weak pairs", gap), "pair distance")
        found[name] = f"{CENTIMETRES * apart.mean():.1f}"
    return found
