"""What each choice of the method is worth on the arm: the result
`inverse_dynamics_variants` beside the method as the page has it.

A variant changes one choice and takes three rounds, so it is compared with the third
round of `inverse_dynamics_heavy_arm`. Start with `worth_of_choices`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lecture_code.experiments.results import Result
from lecture_code.figures.dynamics.inverse_dynamics.scores import Estimate, Scores
from lecture_code.show import Table

Array = NDArray[np.float64]

CHOICES = {
    "noise": "noise of {noise:g} on every action, no branches",
    "none": "no exploration",
    "correction": "φ corrects the expert's action",
    "skip": "network with a linear skip connection",
    "k 4": "history of four, k = 4",
}
"""Variant of the result -> what it changes."""
CONDITIONS = {
    "gravity 1": "gravity 100 %",
    "noise 0.3 correlation 1": "constant noise, σ = 0.3",
}
"""Target of the variants -> its name on the page."""


ROUNDS = 3  # of a variant


def score(variants: Result, name: str, test: str) -> Array:
    """Normalised returns (seeds, rounds) of a test of a variant; where no passive robot
    was tested, the return 0 has the score 0.

    Raises:
        KeyError: there is no such variant; the message lists those that there are.
    """
    if name not in variants.curves:
        known = ", ".join(variants.curves)
        raise KeyError(f"no variant {name!r}; known: {known}")
    tests = variants.curves[name]
    best = np.array(tests["source"]["returns"])
    worst = np.array(tests["passive"]["returns"]) if "passive" in tests else 0.0
    returns = np.array(tests[test]["returns"])
    return np.asarray((returns - worst) / (best - worst))


def change(arm: Scores, variants: Result, name: str, condition: str) -> Estimate:
    """How much more a variant earns than the method as it is, seed by seed, after three
    rounds of both.
    """
    k = "k 4" if name == "k 4" else "k 2"
    mine = score(variants, name, f"{condition} {k}")[:, ROUNDS - 1]
    usual = arm.normalised(f"{condition} k 2")[:, ROUNDS - 1]
    return Estimate.from_seeds(mine - usual)


def worth_of_choices(arm: Scores, variants: Result) -> Table:
    """What changes in normalised return if one choice is made differently.

    Args:
        arm: scores of the heavy arm.
        variants: `inverse_dynamics_variants`.
    """
    usual = {
        words: str(
            Estimate.from_seeds(arm.normalised(f"{condition} k 2")[:, ROUNDS - 1])
        )
        for condition, words in CONDITIONS.items()
    }
    rows: dict[str, dict[str, float | str]] = {"φ as on this page, return": dict(usual)}
    size = variants.settings["variants"]["noise"]["transfer"]["noise"]
    for name, what in CHOICES.items():
        rows[what.format(noise=size)] = {
            words: str(change(arm, variants, name, condition))
            for condition, words in CONDITIONS.items()
        }
    return Table(
        rows,
        caption="Heavy arm after three rounds. First row: normalised return of φ with "
        "history. Other rows: what one other choice adds. All with 95 % intervals",
        corner="choice",
    )


def longer(variants: Result, name: str, test: str) -> tuple[float, float]:
    """Score of a variant with nine rounds after three rounds and after all: one seed.

    Args:
        variants: `inverse_dynamics_variants`.
        name: "long" or "hopper long".
        test: of the variant.
    """
    rounds = score(variants, name, test)[0]
    return float(rounds[ROUNDS - 1]), float(rounds[-1])
