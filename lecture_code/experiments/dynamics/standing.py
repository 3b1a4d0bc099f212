"""Linear experts for the humanoid, which stand: the best feedback around a posture.

Augmented random search, which trains the other experts, does not get the humanoid to
stay up: from the policy that does nothing it learns to fall forwards, and after 90,000
control steps it still falls within 90 of them. So these experts are not searched. They
are the linear-quadratic regulator of `lecture_code/learning/lqr.py` around a posture in
which the humanoid stands still. They stand, and they do not walk.

Each seed draws how far its knees are bent. `simulation/standing.py` gives the posture
and the controls u° that hold it. Small steps away from them and back, by `one_step`,
give the linear model of one control step, in deviations e = T (o − o°) of what is seen
from what the posture looks like:

    e' = A e + B (u − u°),   u = u° + K e

T leaves out the quaternion's real part and doubles its imaginary part, which is then
the angles by which the trunk leans and turns [rad]. The size of the steps matters,
because the ground is stiff: with steps three times as large and knees bent by 0.1 rad,
the humanoid fell after 134 control steps. Steps, weights and the largest bend were
chosen on a few episodes from other starts. The result is a `LinearPolicy` like those of
the other experts: its `mean` is the observation in which it does nothing.

The experts are then tried from Gymnasium's start, with straight legs, ten centimetres
above the ground. An episode has 1000 control steps, which are 15 s.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lecture_code.experiments.dynamics.experts import early_return
from lecture_code.experiments.protocol import Experiment, Record
from lecture_code.learning import LinearPolicy, Standardiser
from lecture_code.learning.lqr import LinearModel, QuadraticCost, lqr
from lecture_code.simulation import World, make_world, one_step, rollout
from lecture_code.simulation.standing import Stand, stand

Array = NDArray[np.float64]

PLACES = 21  # of the posture: height, three angles of the trunk, 17 joints
SPEEDS = 23
LEAN = slice(0, 4)  # height and angles of the trunk, among the deviations


@dataclass(frozen=True)
class StandingSettings:
    """How the humanoid stands, and how that is tried.

    Args:
        seeds: one posture each.
        world: arguments of `make_world`.
        knee: smallest and largest bend of the knees [rad].
        places, speeds, controls: steps of the differences, in positions [m, rad],
            velocities [m/s, rad/s] and controls.
        lean: weight of the trunk's height and angles; joints have weight 1.
        speed: weight of every velocity.
        control: weight of every control.
        preview: control steps over which the feedback looks ahead.
        horizon: control steps of an episode.
        batches, tests: batches of so many episodes.
    """

    seeds: tuple[int, ...] = (0, 1, 2, 3, 4)
    world: Mapping[str, Any] = field(default_factory=lambda: {"name": "humanoid"})
    knee: tuple[float, float] = (0.05, 0.12)
    places: float = 1e-3
    speeds: float = 1e-2
    controls: float = 1e-2
    lean: float = 10.0
    speed: float = 0.1
    control: float = 10.0
    preview: int = 1000
    horizon: int = 1000
    batches: int = 4
    tests: int = 10


def deviation() -> Array:
    """T (44, 45): from an observation's distance to that of the posture, to height [m],
    angles of the trunk [rad], joints [rad] and velocities.
    """
    T = np.delete(np.eye(1 + PLACES + SPEEDS), 1, axis=0)  # no real part
    T[1:4] *= 2  # a quaternion's imaginary part is half the angle
    return T


def linear_model(
    world: World, posture: Stand, settings: StandingSettings
) -> LinearModel:
    """One control step around the posture, in deviations (44,) and controls (17,)."""
    A = world.action_size
    still = _looks(world, posture)
    T = deviation()
    sizes = (settings.places, settings.speeds, settings.controls)
    steps = np.repeat(sizes, (PLACES, SPEEDS, A))
    moves = np.concatenate([np.diag(steps), -np.diag(steps)])
    e, u = moves[:, : PLACES + SPEEDS], moves[:, PLACES + SPEEDS :]
    start = world.task.state(still + e @ np.linalg.pinv(T).T)
    qpos, qvel = one_step(world, *start, posture.controls + u)
    after = world.task.observation({"qpos": qpos, "qvel": qvel}) @ T.T
    forth, back = np.split(after, 2)
    slopes = ((forth - back) / (2 * steps[:, None])).T  # (44, 44 + 17)
    f_x, f_u = slopes[:, : PLACES + SPEEDS], slopes[:, PLACES + SPEEDS :]
    return LinearModel(f_x, f_u, np.zeros(len(f_x)), np.zeros_like(f_x))


def feedback(world: World, posture: Stand, settings: StandingSettings) -> LinearPolicy:
    """The best feedback for staying in the posture, as a policy of observations."""
    model = linear_model(world, posture, settings)
    weights = np.repeat([1.0, settings.speed], (PLACES, SPEEDS))
    weights[LEAN] = settings.lean
    cost = QuadraticCost(
        np.diag(weights),
        settings.control * np.eye(world.action_size),
        np.zeros((1, len(weights))),
    )
    K = lqr(model, cost, settings.preview).K[0]
    M = K @ deviation()  # u = u° + M (o − o°)
    idle = _looks(world, posture) - np.linalg.pinv(M) @ posture.controls
    return LinearPolicy(M.ravel(), Standardiser(idle, np.ones(len(idle))))


def _looks(world: World, posture: Stand) -> Array:
    """What is seen of a posture at rest, (45,)."""
    rest = np.zeros((1, world.model.nv))
    seen = world.task.observation({"qpos": posture.qpos[None], "qvel": rest})
    return np.asarray(seen[0])


class StandingRun:
    """One posture, its feedback and its trial."""

    def __init__(self, settings: StandingSettings, seed: int) -> None:
        self.settings = settings
        self.rng = np.random.default_rng(seed)
        self.knee = float(self.rng.uniform(*settings.knee))
        world = make_world(**settings.world)
        self.policy = feedback(world, stand(world, self.knee), settings)
        self.returns: list[float] = []
        self.lengths: list[int] = []

    @property
    def progress(self) -> float:
        """Share of the batches that have been tried."""
        return len(self.returns) / (self.settings.batches * self.settings.tests)

    def advance(self) -> Record:
        """One batch of episodes."""
        worlds = [make_world(**self.settings.world)] * self.settings.tests
        batch = rollout(worlds, self.policy, self.settings.horizon, self.rng, threads=1)
        self.returns += batch.returns.tolist()
        self.lengths += batch.lengths.tolist()
        return {"early_return": early_return(batch)}

    def result(self) -> Record:
        """The trial and the policy."""
        return {
            "knee": self.knee,
            "returns": self.returns,
            "lengths": self.lengths,
            "final": float(np.mean(self.returns)),
            "theta": self.policy.theta,
            "mean": self.policy.standardiser.mean,
            "std": self.policy.standardiser.std,
        }


def runs(settings: StandingSettings) -> dict[str, StandingRun]:
    """One posture for each seed."""
    return {str(seed): StandingRun(settings, seed) for seed in settings.seeds}


def summarise(
    settings: StandingSettings, results: Mapping[str, Record]
) -> tuple[dict[str, Any], dict[str, Array]]:
    """Bends, returns and lengths of every seed, and their policies stacked in the order
    of the seeds.
    """
    ordered = [results[str(seed)] for seed in settings.seeds]
    curve_names = ("knee", "returns", "lengths", "final")
    array_names = ("theta", "mean", "std")
    curves = {name: [run[name] for run in ordered] for name in curve_names}
    arrays = {name: np.stack([run[name] for run in ordered]) for name in array_names}
    return curves, arrays


SETTINGS = StandingSettings()
SMOKE = replace(SETTINGS, seeds=(0, 1), preview=100, horizon=20, batches=1, tests=2)

EXPERIMENTS = (Experiment("humanoid", SETTINGS, SMOKE, runs, summarise),)
