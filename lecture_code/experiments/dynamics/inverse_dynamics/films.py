"""Recordings of the heavy arm for the page: the expert, φ without history and φ with
history, on the same start, under targets that form a grid.

The grid has four kinds of shift (gravity, and noise with c = 0, 0.9 and 1), each weak
and strong: 60 and 100 % of gravity, σ = 0.3 and 0.6. For each target and each k a seed
trains φ in three rounds, with the other settings of `inverse_dynamics_heavy_arm`. All
policies of all seeds meet one start and one noise: the highest target of eight starts,
from which gravity pulls the arm away. The page shows for each k the seed whose miss is
the median.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lecture_code.dynamics.inverse_dynamics import (
    TransferSettings,
    TransferState,
    transfer_round,
)
from lecture_code.experiments.dynamics.inverse_dynamics.shifts import (
    SETTINGS,
    Shift,
    with_form,
)
from lecture_code.experiments.dynamics.inverse_dynamics.transfer import load_expert
from lecture_code.experiments.protocol import Experiment, Record
from lecture_code.simulation import Policy, ReachTarget, World, make_world, rollout

Array = NDArray[np.float64]

ARM = SETTINGS["heavy_arm"]
FILM_SEED = 0  # of the starts and the noise, the same for all
STARTS = 8
LAST = 20  # control steps over which the miss is a mean: one second
GRID = (
    *[Shift(share) for share in (0.6, 1.0)],
    *[Shift(0.0, std, c) for c in (0.0, 0.9, 1.0) for std in (0.3, 0.6)],
)


@dataclass(frozen=True)
class FilmSettings:
    """What is recorded.

    Args:
        conditions: the targets.
        transfer: how φ is trained; k is set for each film.
        ks: sizes of the history.
        rounds: of training.
        horizon: control steps of a film.
        seeds: one set of data each.
    """

    conditions: tuple[Shift, ...] = GRID
    transfer: TransferSettings = ARM.transfer
    ks: tuple[int, ...] = (1, 2)
    rounds: int = 3
    horizon: int = 100
    seeds: tuple[int, ...] = (0, 1, 2, 3, 4)


def recorded_film(world: World, policy: Policy, horizon: int) -> tuple[Array, float]:
    """Angles (T + 1, 2) [rad] of the start with the highest target, and the mean
    distance of its hand from the target in the last second [m].
    """
    rng = np.random.default_rng(FILM_SEED)
    batch = rollout([world] * STARTS, policy, horizon, rng, threads=1)
    which = int(np.argmax(batch.qpos[:, 0, 3]))
    qpos = batch.qpos[which]
    task = world.task
    assert isinstance(task, ReachTarget)
    apart = task.hand(qpos[-LAST:]) - qpos[-LAST:, 2:]
    return qpos[:, :2], float(np.linalg.norm(apart, axis=1).mean())


class FilmRun:
    """All films of one seed."""

    def __init__(self, settings: FilmSettings, seed: int) -> None:
        self.settings = settings
        self.seed = seed
        self.todo = [(shift, k) for shift in settings.conditions for k in settings.ks]
        self.total = len(self.todo) * settings.rounds
        self.state: TransferState | None = None
        self.round = 0
        self.rng = np.random.default_rng(0)
        self.films: dict[str, tuple[list[list[float]], float]] = {}

    @property
    def progress(self) -> float:
        """Share of the rounds that are done."""
        return 1 - (len(self.todo) * self.settings.rounds - self.round) / self.total

    def advance(self) -> Record:
        """One round of one φ; after its last round the film is recorded."""
        s = self.settings
        shift, k = self.todo[0]
        robot = shift.world(ARM.robot)
        source = make_world(ARM.robot)
        expert = load_expert(ARM.robot, self.seed)
        if self.state is None:
            self.rng = np.random.default_rng(
                [self.seed, FILM_SEED, s.conditions.index(shift), k]
            )
            self.state = TransferState.initial(expert)
        self.state = transfer_round(
            self.state,
            robot,
            source,
            expert,
            with_form(s.transfer, ARM.robot, shift, k),
            self.rng,
            threads=1,
        )
        samples = self.state.samples
        self.round += 1
        if self.round == s.rounds:
            self.record(f"{shift.name} expert", robot, expert)
            self.record(f"{shift.name} k {k}", robot, self.state.policy)
            self.todo = self.todo[1:]
            self.state = None
            self.round = 0
        return {"samples": samples}

    def record(self, name: str, robot: World, policy: Policy) -> None:
        """Keep a film and its miss."""
        angles, miss = recorded_film(robot, policy, self.settings.horizon)
        self.films[name] = (angles.tolist(), miss)

    def result(self) -> Record:
        """Angles and miss by name."""
        return {"films": self.films}


def film_runs(settings: FilmSettings) -> dict[str, FilmRun]:
    """One run for each seed."""
    return {str(seed): FilmRun(settings, seed) for seed in settings.seeds}


def summarise(
    settings: FilmSettings, results: Mapping[str, Record]
) -> tuple[dict[str, Any], dict[str, Array]]:
    """The miss [m] of every seed, and the angles (seeds, T + 1, 2) [rad], by film; all
    seeds have the same expert.
    """
    runs = [dict(results[str(seed)]["films"]) for seed in settings.seeds]
    misses: dict[str, list[float]] = {}
    angles: dict[str, Array] = {}
    for name in runs[0]:
        mine = runs[:1] if name.endswith("expert") else runs
        misses[name] = [round(run[name][1], 4) for run in mine]
        angles[name] = np.array([run[name][0] for run in mine], dtype=np.float32)
    return {"miss": misses}, angles


SMOKE = FilmSettings(
    GRID[:1],
    TransferSettings(trajectories=4, horizon=10),
    rounds=2,
    horizon=LAST,
    seeds=(0,),
)

EXPERIMENTS = (
    Experiment("inverse_dynamics_films", FilmSettings(), SMOKE, film_runs, summarise),
)
