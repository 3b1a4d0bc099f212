"""What the text of the chapter *Online dynamics adaptation* says in numbers."""

from __future__ import annotations

import numpy as np

from lecture_code.experiments.dynamics.online_adaptation.attempts import (
    Condition,
    Method,
    attempt,
)
from lecture_code.experiments.dynamics.online_adaptation.few import SHORT
from lecture_code.experiments.dynamics.online_adaptation.practice import Priors
from lecture_code.experiments.results import Result
from lecture_code.figures.dynamics.online_adaptation.results import (
    PRACTICE_NAMES,
    after_practices,
    best_without_prior,
    cell,
    points,
    rate,
)
from lecture_code.simulation.slot_attempts import draw_attempts


def distances_at_the_end(plain: Result, condition: str) -> dict[str, str]:
    """Name in the text -> median distance with N = m and with the fixed network."""
    cells = {"equal_end": "m = 1, N = 1", "fixed_end": "network alone"}
    return {
        name: f"{np.median(cell(plain, method, condition)['miss']):.0f}\u202fmm"
        for name, method in cells.items()
    }


def distances_without_walls(priors: Priors) -> dict[str, str]:
    """Name in the text -> median distance of eight attempts with six times the payload
    and without the slot's walls, with N = m and with the fixed network.

    Args:
        priors: from practice.
    """
    heavy = Condition({"payload": 3.0}, walls=False)
    words = {}
    for name, weights in {"equal_free": {"m": 1.0}, "fixed_free": {"N": 0.0}}.items():
        outcome = attempt(
            Method("network", weights),
            heavy,
            priors,
            draw_attempts(8, np.random.default_rng([0, 2])),
            np.random.default_rng(2),
        )
        words[name] = f"{1000 * np.median(outcome.miss):.0f}\u202fmm"
    return words


def numbers_of_practices(few: Result) -> dict[str, str]:
    """Name in the text -> leads of the network after 8 movements near the task.

    Args:
        few: `online_adaptation_few`.
    """
    name = PRACTICE_NAMES[SHORT]
    return {
        "short_mixture": points(*after_practices(few, "mixture")[name]),
        "short_least_squares": points(*after_practices(few, "least squares")[name]),
    }


def numbers_of_comparison(
    tuned: Result, plain: Result, weights: Result
) -> dict[str, str]:
    """Name in the text -> words.

    Args:
        tuned: `online_adaptation_tuned`.
        plain: `online_adaptation`.
        weights: `online_adaptation_weights`.
    """
    free = best_without_prior(weights)
    settings = tuned.settings
    heavy = "payload 6"
    strong = "gain 2.2"
    rates = {
        "light_fixed": rate(tuned, "network alone", "payload 1"),
        "heavy_fixed": rate(tuned, "network alone", heavy),
        "heavy_adapting": rate(tuned, "network", heavy),
        "strong_offset": rate(tuned, "network + offset", strong),
        "strong_adapting": rate(tuned, "network", strong),
        "strong_frozen": rate(plain, "network, slopes frozen", strong),
        "jump_adapting": rate(tuned, "network", "payload jumps"),
        "equal_m": rate(plain, "m = 1, N = 1", heavy),
        "long_fixed": rate(tuned, "network alone, long", heavy),
        "long_offset": rate(tuned, "network + offset, long", strong),
        "rule_probability": rate(plain, "rule log-probability", heavy),
        "rule_ratio": rate(plain, "rule ratio", heavy),
        "rule_ratio_strong": rate(plain, "rule ratio", strong),
        "constant_strong": rate(plain, "network", strong),
        "share_fails": rate(plain, "m = 0.3, N = 1", heavy),
        "no_prior": rate(weights, free, heavy),
        "strong_no_prior": rate(weights, free, strong),
    }
    return (
        {name: f"{value:.0f}\u202f%" for name, value in rates.items()}
        | distances_at_the_end(plain, heavy)
        | {
            "no_prior_beta": free.rpartition(" ")[2],
            "n_networks": f"{len(settings['seeds'])}",
            "n_each": f"{settings['attempts']}",
            "n_movements": f"{settings['movements']}",
        }
    )
