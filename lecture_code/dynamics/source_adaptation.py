"""Source distribution adaptation: what a few seconds in the target world say about its
parameters.

Rajeswaran, Ghotra, Ravindran & Levine, "EPOpt" (ICLR 2017), arXiv:1610.01283;
the lecture's "Adapting the source domain distribution".

    (1)  p_i ~ P_S,  i = 1 … M                                                           particles, from a sampling distribution
    (2)  P(p_i | τ) ∝ Π_t P(s_{t+1} | s_t, a_t, p_i) · P_P(p_i) / P_S(p_i)              their posterior; P_P is the prior, the source so far
    (3)  log P(s_{t+1} | s_t, a_t, p) = −½ |(s_{t+1} − f_p(s_t, a_t)) / σ|² + const      f_p: one step of the simulator *from the target's state*
    (4)  ESS = 1 / Σ_i w_i²                                                              how many of the particles still count
    (5)  P_ψ' = the Gaussian with the weighted mean and standard deviation               the new source

Idea. A particle that predicts what the target did is probably like it. Resetting the
simulator to the target's state at each step compares one-step predictions, which hardly
err for reasons other than p; left to itself, a simulator that is a little wrong soon
lands on the other side of a fall.

Read `adapt`, which is (1) to (5), then `posterior` for (2) and (4); `adapt_and_retrain`
is the loop around it.

Deviations from the paper:
* A deterministic simulator gives every observation probability zero or one. (3) is a
  Gaussian around its prediction, σ being `noise` times the standard deviation of each
  coordinate's change in the recording; positions and velocities both count.
* Hundreds of steps of (2) leave one particle with all the weight. The weights are then
  tempered, w^β with a β < 1 that keeps ESS ≥ `least_ess` of those that are possible at
  all: the posterior is honestly too wide rather than wrongly narrow. (To temper the
  likelihood alone would leave the last word to a prior that may be far off.)
* The paper leaves P_S open. Here it is the prior, `widen` times as wide.
* The Gaussian of (5) is cut off at the ends of the support, so that near an end its own
  mean and standard deviation differ from the weighted ones.
* What lies between policy and motors (delay, play, noise) is no part of f_p, so that
  such knobs cannot be adapted.
* The standard deviation of a knob is not allowed below `floor` times the width of its
  support. Knobs stay independent of each other in (5).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import logsumexp

from lecture_code.simulation import (
    Policy,
    Source,
    Trajectories,
    TruncatedGaussian,
    World,
    check_source,
    one_step,
    rollout,
)

Array = NDArray[np.float64]
P = TypeVar("P", bound=Policy)


@dataclass(frozen=True, eq=False)
class Posterior:
    """Weighted particles.

    Args:
        particles: knob -> (M,).
        weights: w_i, (M,), which add up to one.
        beta: the power that the weights were raised to; 1 if nothing had to be
            tempered.
        untempered: the ESS that β = 1 would have left.
    """

    particles: dict[str, Array]
    weights: Array
    beta: float
    untempered: float

    @property
    def ess(self) -> float:
        """Effective number of particles, in [1, M]."""
        return effective(self.weights)

    def mean(self, knob: str) -> float:
        """Weighted mean of a knob."""
        return float(self.weights @ self.particles[knob])

    def std(self, knob: str) -> float:
        """Weighted standard deviation of a knob."""
        return float(
            np.sqrt(self.weights @ np.square(self.particles[knob] - self.mean(knob)))
        )


@dataclass(frozen=True)
class AdaptationSettings:
    """How the source is adapted.

    Args:
        particles: M.
        steps: how many of the recording's steps are used, evenly spaced; each costs M
            one-step simulations.
        noise: σ of (3), in standard deviations of each coordinate's change.
        widen: P_S is the prior with so many times its std.
        least_ess: share of the particles that must still count.
        floor: least std of a knob, as a share of its support.

    Raises:
        ValueError: names the setting that is out of range.
    """

    particles: int = 400
    steps: int = 100
    noise: float = 0.1
    widen: float = 3.0
    least_ess: float = 0.1
    floor: float = 0.02

    def __post_init__(self) -> None:
        for name in ("noise", "floor"):
            if not 0 < getattr(self, name) < np.inf:
                raise ValueError(f"{name} must be positive; got {getattr(self, name)}")
        if self.particles < 2 or self.steps < 1:
            raise ValueError(
                f"there must be at least 2 particles and 1 step; got {self.particles} "
                f"and {self.steps}"
            )
        if not self.widen >= 1:
            raise ValueError(
                "widen must be at least 1, or the sampling distribution would miss "
                f"what the prior allows; got {self.widen}"
            )
        if not 0 < self.least_ess < 1:
            raise ValueError(f"least_ess must lie in (0, 1); got {self.least_ess}")


def adapt(
    world: World,
    prior: Source,
    recording: Trajectories,
    settings: AdaptationSettings,
    rng: np.random.Generator,
) -> tuple[dict[str, TruncatedGaussian], Posterior]:
    """The source after a recording of the target world, and the particles behind it.

    Args:
        world: the simulator; what the prior does not name is as here.
        prior: P_P.
        recording: trajectories of the target, with its true states.
        settings: see `AdaptationSettings`.
        rng: draws the particles.

    Raises:
        ValueError: an empty prior, one that does not fit the world or holds what a step
            does not show, a recording without steps, or a posterior that is zero
            everywhere.
    """
    check_source(world, prior)
    shown = [name for name, knob in world.parameters.items() if knob.write is not None]
    if hidden := set(prior) - set(shown):
        raise ValueError(
            f"one step of the simulator does not show {', '.join(sorted(hidden))}; it "
            f"shows {', '.join(shown)}"
        )
    if not prior:
        raise ValueError(
            f"the prior names no knob to adapt; {world.name} shows {', '.join(shown)}"
        )
    sampling = {
        name: distribution.widened(settings.widen)
        for name, distribution in prior.items()
    }  # P_S
    streams = rng.spawn(len(sampling))
    particles = {
        name: sampling[name].rvs(settings.particles, stream)
        for name, stream in zip(sampling, streams, strict=True)
    }  # eq. 1
    worlds = [
        world.change(**{name: float(values[i]) for name, values in particles.items()})
        for i in range(settings.particles)
    ]
    log_likelihood = log_likelihoods(worlds, recording, settings)
    found = posterior(
        particles,
        log_likelihood,
        log_density(prior, particles),
        log_density(sampling, particles),
        settings.least_ess,
    )
    return fit_source(found, prior, settings.floor), found


def log_likelihoods(
    worlds: list[World], recording: Trajectories, settings: AdaptationSettings
) -> Array:
    """Σ_t log P(s_{t+1} | s_t, a_t, p_i) for each world, up to a constant that is the
    same for all: (M,).

    Raises:
        ValueError: the recording holds no step.
    """
    made = np.argwhere(recording.mask)  # (n, 2): trajectory and step
    if len(made) == 0:
        raise ValueError("the recording holds no step")
    change = np.concatenate(
        [
            np.diff(recording.qpos, axis=1)[recording.mask],
            np.diff(recording.qvel, axis=1)[recording.mask],
        ],
        axis=1,
    )
    sigma = settings.noise * (change.std(axis=0) + 1e-9)
    used = made[np.unique(np.linspace(0, len(made) - 1, settings.steps).astype(int))]
    k, t = used.T
    observed = np.concatenate(
        [recording.qpos[k, t + 1], recording.qvel[k, t + 1]], axis=1
    )  # s_{t+1} of the target
    found = []
    for world in worlds:
        predicted = one_step(
            world, recording.qpos[k, t], recording.qvel[k, t], recording.actions[k, t]
        )  # f_p from the target's own s_t
        found.append(
            -0.5
            * np.square((observed - np.concatenate(predicted, axis=1)) / sigma).sum()
        )  # eq. 3
    return np.array(found)


def log_density(source: Source, particles: Mapping[str, Array]) -> Array:
    """log p of each particle (M,), the knobs being independent."""
    return np.asarray(
        sum(source[name].log_density(values) for name, values in particles.items())
    )


def posterior(
    particles: Mapping[str, Array],
    log_likelihood: Array,
    log_prior: Array,
    log_sampling: Array,
    least_ess: float,
) -> Posterior:
    """(2), in logarithms, tempered where it must be.

    Args:
        particles: knob -> (M,).
        log_likelihood, log_prior, log_sampling: of each particle, (M,).
        least_ess: share of the particles that must still count, of those that are
            possible at all.

    Raises:
        ValueError: a particle that the sampling distribution cannot have given, or a
            posterior that is zero everywhere.
    """
    if not np.isfinite(log_sampling).all():
        i = int(np.argmin(np.isfinite(log_sampling)))
        where = ", ".join(
            f"{name} = {values[i]:g}" for name, values in particles.items()
        )
        raise ValueError(
            f"particle {i} ({where}) lies outside the support of the sampling "
            "distribution"
        )
    ratio = log_prior - log_sampling
    possible = np.isfinite(ratio) & np.isfinite(log_likelihood)
    if not possible.any():
        raise ValueError(
            "the posterior is zero for every particle: none lies in the prior's "
            "support and explains the recording; widen the prior or σ"
        )
    log_w = (log_likelihood + ratio)[possible]  # eq. 2

    def weights(beta: float) -> Array:
        w = np.zeros(len(ratio))
        w[possible] = np.exp(beta * log_w - logsumexp(beta * log_w))
        return w

    wanted, untempered = least_ess * possible.sum(), effective(weights(1.0))
    beta = (
        1.0
        if untempered >= wanted
        else float(brentq(lambda b: effective(weights(b)) - wanted, 0.0, 1.0))
    )
    return Posterior(dict(particles), weights(beta), beta, untempered)


def effective(weights: Array) -> float:
    """ESS of weights that add up to one."""
    return float(1 / np.square(weights).sum())  # eq. 4


def fit_source(
    found: Posterior, prior: Source, floor: float
) -> dict[str, TruncatedGaussian]:
    """A Gaussian for each knob, on the prior's support."""
    source = {}
    for name, before in prior.items():
        std = max(found.std(name), floor * (before.high - before.low))
        source[name] = TruncatedGaussian(
            float(np.clip(found.mean(name), before.low, before.high)),
            std,
            before.low,
            before.high,
        )  # eq. 5
    return source


@dataclass(frozen=True, eq=False)
class Round(Generic[P]):
    """One turn of the whole loop.

    Args:
        recording: what the policy before it did in the target world.
        posterior: the particles.
        source: the new source.
        policy: the policy that was trained on it.
    """

    recording: Trajectories
    posterior: Posterior
    source: dict[str, TruncatedGaussian]
    policy: P


def adapt_and_retrain(
    world: World,
    target: World,
    source: Source,
    policy: P,
    train: Callable[[P, Source, np.random.Generator], P],
    settings: AdaptationSettings,
    *,
    episodes: int,
    horizon: int,
    rng: np.random.Generator,
) -> Iterator[Round[P]]:
    """Act in the target world, adapt the source, retrain in simulation; for ever: take
    as many rounds as you like.

    Args:
        world: the simulator.
        target: the world that is to be adapted to; nothing but `rollout` looks at it.
        source, policy: what there is at the start.
        train: policy, source, rng -> a policy trained on that source, for instance some
            iterations of `epopt`.
        episodes, horizon: of each round in the target.
    """
    while True:
        recording = rollout([target] * episodes, policy, horizon, rng)
        source, found = adapt(world, source, recording, settings, rng)
        policy = train(policy, source, rng)
        yield Round(recording, found, source, policy)
