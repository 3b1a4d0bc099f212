"""What the networks of the chapter on EPOpt see: how far standardised observations are
from zero once the robot hops. Start with `mean_distance`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from lecture_code.learning.gaussian_policy import GaussianPolicy
from lecture_code.simulation import World, rollout

Array = NDArray[np.float64]


def mean_distance(
    policy: GaussianPolicy,
    worlds: Sequence[World],
    horizon: int,
    rng: np.random.Generator,
) -> Array:
    """Mean of |z| for each observation z that the policy's first layer gets, (S,).

    Args:
        policy: acts once in each world.
        worlds: where it acts.
        horizon: control steps at most.
        rng: draws the starts, and the actions if the policy explores.
    """
    batch = rollout(worlds, policy, horizon, rng)
    seen = batch.observations[:, :-1][batch.mask]  # (steps, S)
    return np.asarray(np.abs(policy.standardiser(seen)).mean(axis=0))


def numbers_of_the_scale(
    policies: Mapping[str, GaussianPolicy],
    worlds: Sequence[World],
    horizon: int,
    rng: np.random.Generator,
) -> dict[str, str]:
    """What the text says of the observation that is farthest from zero: the smallest
    and the largest mean distance of all policies, in standard deviations.

    Args:
        policies: by name; each acts in all worlds, from starts of its own.
        worlds, horizon, rng: as in `mean_distance`.
    """
    farthest = [
        mean_distance(policy, worlds, horizon, rng).max()
        for policy in policies.values()
    ]
    return {
        "scale_least": f"{min(farthest):.0f}",
        "scale_most": f"{max(farthest):.0f}",
    }
