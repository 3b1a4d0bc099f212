"""`domain_confusion_networks`: the networks of seed 1, for the pictures of the page.

The same runs as in `domain_confusion`; here the weights are kept, as float16,
and the pairs. The page draws what they say. Of five seeds, seed 1 has the network of
the simulation that does worst in the "real" world; the page says so.
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


@dataclass(frozen=True)
class NetworkSettings:
    """Whose networks are kept.

    Args:
        base: the comparison.
        seeds: of the networks that are kept; one.
    """

    base: HookSettings
    seeds: tuple[int, ...] = (1,)


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
    """One run for each arm."""
    return {
        name: NetworkRun(HookRun(arm, settings.base, settings.seeds[0]))
        for name, arm in settings.base.arms.items()
    }


def summarise(
    settings: NetworkSettings, results: Mapping[str, Record]
) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """All numbers, weights and pairs, by arm."""
    curves = {name: columns([results[name]["measured"]]) for name in settings.base.arms}
    arrays: dict[str, NDArray[Any]] = {}
    for name in settings.base.arms:
        arrays[f"{name} pairs"] = results[name]["pairs"].astype("int32")
        for part, value in results[name]["weights"].items():
            arrays[f"{name} {part}"] = value
    return curves, arrays


def load_hook_network(arm: str) -> Representation:
    """The kept network of this arm.

    Raises:
        ValueError: its weights are not kept; the message lists those that are.
    """
    arrays = load_arrays(RESULT)
    arms = [name.removesuffix(" pairs") for name in arrays if name.endswith(" pairs")]
    if arm not in arms:
        raise ValueError(f"there is no network of {arm!r}; there are: {arms}")
    network = hook_network(np.random.default_rng(0))
    network.load_state_dict(
        {
            part: torch.from_numpy(arrays[f"{arm} {part}"].astype("float32"))
            for part in network.state_dict()
        }
    )
    return network.requires_grad_(False)


def load_pairs(arm: str) -> NDArray[np.int64]:
    """The kept pairs of this arm: rows of synthetic and "real" images, (K, 2)."""
    return np.asarray(load_arrays(RESULT)[f"{arm} pairs"], dtype=np.int64)


KEPT = NetworkSettings(
    replace(
        MAIN,
        arms=chosen("synthetic only", "random pairs", "confusion alone", "weak pairs"),
    )
)
SMALL_KEPT = NetworkSettings(replace(SMALL, arms=chosen("weak pairs")))

EXPERIMENTS = (Experiment(RESULT, KEPT, SMALL_KEPT, runs, summarise),)
