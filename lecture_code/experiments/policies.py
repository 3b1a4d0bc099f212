"""Policies that the committed experiments trained, read from `book/results`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from lecture_code.experiments.protocol import ExperimentError
from lecture_code.experiments.results import RESULTS, load_arrays, load_result
from lecture_code.learning import LinearPolicy, Standardiser
from lecture_code.simulation import make_world

if TYPE_CHECKING:
    from lecture_code.learning.gaussian_policy import GaussianPolicy


def load_policy(
    name: str, seed: int | None = None, folder: Path | str = RESULTS
) -> LinearPolicy:
    """The committed policy of this name, from arrays `theta`, `mean` and `std`.

    Args:
        name: the experiment's name.
        seed: the seed of the policy, where the arrays hold one policy a row in the
            order of the result's seeds; None for the first policy.
        folder: where the file lies.

    Raises:
        ExperimentError: there is no such policy, seed or array; the message lists what
            there is.
    """
    arrays = load_arrays(name, folder)
    missing = {"theta", "mean", "std"} - set(arrays)
    if missing:
        known = ", ".join(sorted(arrays))
        raise ExperimentError(
            f"{name}.npz holds no linear policy: {', '.join(sorted(missing))} missing; "
            f"there are {known}"
        )
    entries = ("theta", "mean", "std")  # (seeds, A·S), (seeds, S), (seeds, S)
    theta, mean, std = (np.atleast_2d(arrays[entry]) for entry in entries)
    seeds: list[int | None] = [None]
    if seed is not None:
        seeds = [*load_result(name, folder, check=False).seeds[: len(theta)]]
    if seed not in seeds:
        raise ExperimentError(
            f"{name} has no policy of seed {seed}; there are "
            f"{', '.join(map(str, seeds))}"
        )
    row = seeds.index(seed)
    return LinearPolicy(theta[row], Standardiser(mean[row], std[row]))


def load_gaussian_policy(
    name: str, arm: str, seed: int, folder: Path | str = RESULTS
) -> GaussianPolicy:
    """The committed policy of an arm; it takes the mean action.

    Args:
        name: "epopt" or "epopt_unmodelled".
        arm: the arm's name in the settings.
        seed: the seed of the policy's training.
        folder: where the files lie.

    Raises:
        ExperimentError: there is no such arm or seed; the message lists the arms and
            seeds that exist.
    """
    from lecture_code.learning.gaussian_policy import GaussianPolicy  # pulls in torch

    result = load_result(name, folder, check=False)
    arrays = load_arrays(name, folder)
    arms = list(result.settings["arms"])
    seeds = result.seeds[: arrays["theta"].shape[1]]
    if arm not in arms or seed not in seeds:
        known = f"arms: {', '.join(arms)}; seeds: {', '.join(map(str, seeds))}"
        raise ExperimentError(f"{name} has no policy of {arm!r}, seed {seed}; {known}")
    where = arms.index(arm), seeds.index(seed)
    theta, mean, std = (arrays[entry][where] for entry in ("theta", "mean", "std"))
    sizes = (len(mean), *result.settings["hidden"], make_world("hopper").action_size)
    return GaussianPolicy(theta, sizes, Standardiser(mean, std), explore=False)
