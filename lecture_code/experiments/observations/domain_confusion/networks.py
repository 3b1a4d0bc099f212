"""`domain_confusion_networks`: networks with their weights, for the page's pictures.

The same runs as in `domain_confusion`; here the weights are kept, as float16, and the
pairs. The page draws what those of one seed say, `SHOWN_SEED`. It is the seed in which
the network of the simulation does worst in the "real" world, and the page says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from lecture_code.experiments.observations.domain_confusion.arms import HookSettings
from lecture_code.experiments.observations.domain_confusion.hooks import (
    MAIN,
    SMALL,
    HookRun,
    chosen,
    columns,
)
from lecture_code.experiments.protocol import Experiment, Record
from lecture_code.experiments.results import load_arrays
from lecture_code.observations.representation import Representation, hook_network

RESULT = "domain_confusion_networks"
SHOWN_SEED = 1


@dataclass(frozen=True)
class NetworkSettings:
    """Whose networks are kept.

    Args:
        base: the comparison.
        seeds: of the networks that are kept.
    """

    base: HookSettings
    seeds: tuple[int, ...] = (0, 1, 2, 3, 4)


class NetworkRun:
    """One arm, and its weights at the end.

    Args:
        run: the training and its tests.
    """

    def __init__(self, run: HookRun) -> None:
        self.run = run

    @property
    def progress(self) -> float:
        """Share of the batches that are done."""
        return self.run.progress

    def advance(self) -> Record:
        """The next batches, or at the end the tests."""
        return self.run.advance()

    def result(self) -> Record:
        """What was measured; weights and pairs."""
        state = self.run.pupil.state
        parts = state.network.state_dict()
        weights = {name: part.numpy().astype("float16") for name, part in parts.items()}
        pairs = getattr(state, "pairs", None)
        kept = np.zeros((0, 2), int) if pairs is None else pairs
        return {"measured": self.run.measured, "weights": weights, "pairs": kept}


def runs(settings: NetworkSettings) -> dict[str, NetworkRun]:
    """One run for each arm and seed."""
    return {
        f"{name}/{seed}": NetworkRun(HookRun(arm, settings.base, seed))
        for seed in settings.seeds
        for name, arm in settings.base.arms.items()
    }


def summarise(
    settings: NetworkSettings, results: Mapping[str, Record]
) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """All numbers by arm; weights and pairs by arm and seed."""
    curves: dict[str, Any] = {}
    arrays: dict[str, NDArray[Any]] = {}
    for name in settings.base.arms:
        keys = [f"{name}/{seed}" for seed in settings.seeds]
        curves[name] = columns([results[key]["measured"] for key in keys])
        for key in keys:
            arrays[f"{key} pairs"] = results[key]["pairs"].astype("int32")
            for part, value in results[key]["weights"].items():
                arrays[f"{key} {part}"] = value
    return curves, arrays


def load_hook_network(arm: str, seed: int = SHOWN_SEED) -> Representation:
    """The kept network of this arm and seed.

    Raises:
        ValueError: its weights are not kept; the message lists those that are.
    """
    arrays = load_arrays(RESULT)
    key = f"{arm}/{seed}"
    kept = [name.removesuffix(" pairs") for name in arrays if name.endswith(" pairs")]
    if key not in kept:
        raise ValueError(f"there is no network of {key!r}; there are: {kept}")
    network = hook_network(np.random.default_rng(0))
    network.load_state_dict(
        {
            part: torch.from_numpy(arrays[f"{key} {part}"].astype("float32"))
            for part in network.state_dict()
        }
    )
    return network.requires_grad_(False)


def load_pairs(arm: str, seed: int = SHOWN_SEED) -> NDArray[np.int64]:
    """The kept pairs of this arm: rows of synthetic and "real" images, (K, 2)."""
    return np.asarray(load_arrays(RESULT)[f"{arm}/{seed} pairs"], dtype=np.int64)


KEPT = NetworkSettings(
    replace(
        MAIN,
        arms=chosen("synthetic only", "random pairs", "confusion alone", "weak pairs"),
        seeds=(0, 1, 2, 3, 4),
    )
)
SMALL_KEPT = NetworkSettings(replace(SMALL, arms=chosen("weak pairs")), seeds=(0,))

EXPERIMENTS = (Experiment(RESULT, KEPT, SMALL_KEPT, runs, summarise),)
