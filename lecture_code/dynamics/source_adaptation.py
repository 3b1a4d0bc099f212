"""Source distribution adaptation: what a few seconds in the target world say about its
parameters.

Rajeswaran, Ghotra, Ravindran & Levine, "EPOpt" (ICLR 2017), arXiv:1610.01283;
the lecture's "Adapting the source domain distribution".

    (6)  p_i ~ P_S,  i = 1 … M
    (7)  P(p_i | τ) ∝ Π_t P(s_{t+1} | s_t, a_t, p_i) · P_P(p_i) / P_S(p_i)
    (8)  log P(s_{t+1} | s_t, a_t, p) = −½ |(s_{t+1} − f_p(s_t, a_t)) / σ|² + const
    (9)  ESS = 1 / Σ_i w_i²
    (10)  P_ψ' = the Gaussian with the weighted mean and standard deviation

(6) draws particles from a sampling distribution. (7) is their posterior, in which P_P,
the source so far, is the prior. In (8) f_p is one step of the simulator with parameters
p *from the target's state*. (9) says how many of the particles still count. (10) is the
new source. The numbers go on from those of the chapter, as on the page.

Idea. A particle that predicts what the target did is probably like it. Resetting the
simulator to the target's state at each step compares one-step predictions, which hardly
err for reasons other than p; left to itself, a simulator that is a little wrong soon
lands on the other side of a fall.

Read `adapt`, which is (6) to (10), then `learning.particles.posterior` for (7) and (9).
`act_and_adapt` is one round in the target; `adapt_and_retrain` is the loop around it.

Deviations from the paper:
* A deterministic simulator gives every observation probability zero or one. (8) is a
  Gaussian around its prediction, σ being `noise` times the standard deviation of each
  coordinate's change in the recording; positions and velocities both count.
* Hundreds of steps of (7) leave one particle with all the weight. The weights are then
  tempered, w^β with a β < 1 that keeps ESS ≥ `least_ess` of those that are possible at
  all: the posterior is honestly too wide rather than wrongly narrow. (To temper the
  likelihood alone would leave the last word to a prior that may be far off.)
* The paper leaves P_S open. Here it is the prior, `widen` times as wide.
* The Gaussian of (10) is cut off at the ends of the support, so that near an end its
  own mean and standard deviation differ from the weighted ones.
* What lies between policy and motors (delay, play, noise) is no part of f_p, so that
  such knobs cannot be adapted.
* The standard deviation of a knob is not allowed below `floor` times the width of its
  support. Knobs stay independent of each other in (10).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from lecture_code.learning.particles import Posterior, posterior
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


@dataclass(frozen=True)
class AdaptationSettings:
    """How the source is adapted.

    Args:
        particles: number of particles, M.
        steps: how many of the recording's steps are used, evenly spaced; each costs M
            one-step simulations.
        noise: σ of (8), in standard deviations of each coordinate's change.
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
        prior: distribution of the knobs before the recording, P_P.
        recording: trajectories of the target, with its true states.
        settings: see `AdaptationSettings`.
        rng: draws the particles.

    Raises:
        ValueError: an empty prior, one that does not fit the world or holds what a step
            does not show, a recording without steps, or a posterior that is zero
            everywhere.
    """
    check_prior(world, prior)
    M = settings.particles
    sampling = {knob: p.widened(settings.widen) for knob, p in prior.items()}  # P_S
    streams = dict(zip(sampling, rng.spawn(len(sampling)), strict=True))
    particles = {  # eq. 6
        knob: p_s.rvs(M, streams[knob]) for knob, p_s in sampling.items()
    }
    worlds = [
        world.change(**{knob: float(values[i]) for knob, values in particles.items()})
        for i in range(M)
    ]
    log_p = log_likelihoods(worlds, recording, settings)
    ratio = log_density(prior, particles), log_density(sampling, particles)
    weighted = posterior(particles, log_p, *ratio, settings.least_ess)  # eq. 7
    return fit_source(weighted, prior, settings.floor), weighted


def check_prior(world: World, prior: Source) -> None:
    """Refuse a prior that no recording can correct.

    Raises:
        ValueError: see `adapt`.
    """
    check_source(world, prior)
    knobs = world.parameters
    visible = [name for name, knob in knobs.items() if knob.write is not None]
    if hidden := set(prior) - set(visible):
        raise ValueError(
            f"one step of the simulator does not show {', '.join(sorted(hidden))}; it "
            f"shows {', '.join(visible)}"
        )
    if not prior:
        raise ValueError(
            f"the prior names no knob to adapt; {world.name} shows {', '.join(visible)}"
        )


def log_likelihoods(
    worlds: Sequence[World], recording: Trajectories, settings: AdaptationSettings
) -> Array:
    """Σ_t log P(s_{t+1} | s_t, a_t, p_i) for each world, up to a constant that is the
    same for all worlds: (M,).

    Raises:
        ValueError: the recording holds no step.
    """
    happened = np.argwhere(recording.mask)  # (n, 2): trajectory and step
    if len(happened) == 0:
        raise ValueError("the recording holds no step")
    states = np.concatenate([recording.qpos, recording.qvel], axis=2)  # (N, T + 1, S)
    changes = np.diff(states, axis=1)[recording.mask]  # (n, S)
    sigma = settings.noise * (changes.std(axis=0) + 1e-9)
    used = np.linspace(0, len(happened) - 1, settings.steps).astype(int)
    k, t = happened[np.unique(used)].T
    qpos, qvel, actions = (
        array[k, t] for array in (recording.qpos, recording.qvel, recording.actions)
    )  # s_t and a_t of the target
    observed = states[k, t + 1]  # s_{t+1} of the target

    def log_likelihood(world: World) -> float:
        predicted = np.concatenate(one_step(world, qpos, qvel, actions), axis=1)  # f_p
        return float(-0.5 * np.square((observed - predicted) / sigma).sum())  # eq. 8

    return np.array([log_likelihood(world) for world in worlds])


def log_density(source: Source, particles: Mapping[str, Array]) -> Array:
    """log p of each particle (M,), the knobs being independent."""
    return np.asarray(
        sum(source[knob].log_density(values) for knob, values in particles.items())
    )


def fit_source(
    weighted: Posterior, prior: Source, floor: float
) -> dict[str, TruncatedGaussian]:
    """A Gaussian for each knob, on the prior's support: (10)."""
    source = {}
    for knob, before in prior.items():
        low, high = before.low, before.high
        mean = float(np.clip(weighted.mean(knob), low, high))
        std = max(weighted.std(knob), floor * (high - low))
        source[knob] = TruncatedGaussian(mean, std, low, high)  # eq. 10
    return source


@dataclass(frozen=True, eq=False)
class Adaptation(Generic[P]):
    """What is believed of a target world, and the policy that acts there.

    Args:
        source: the present source.
        policy: the policy that acts in the target, trained on a source.
        recording: what the policy did there last; None before the first round.
        posterior: the particles behind the source; None before the first round.
    """

    source: Source
    policy: P
    recording: Trajectories | None = None
    posterior: Posterior | None = None


def act_and_adapt(
    before: Adaptation[P],
    world: World,
    target: World,
    settings: AdaptationSettings,
    *,
    episodes: int = 1,
    horizon: int,
    rng: np.random.Generator,
    threads: int | None = None,
) -> Adaptation[P]:
    """One round: act in the target world, and adapt the source to what happened.

    Args:
        before: the source, and the policy that acts; the policy stays as it is.
        world: the simulator.
        target: the world that is adapted to; nothing but `rollout` looks at it.
        settings: see `AdaptationSettings`.
        episodes, horizon: of the policy in the target.
        rng: everything random comes from here.
        threads: as in `rollout`.
    """
    targets = [target] * episodes
    recording = rollout(targets, before.policy, horizon, rng, threads=threads)
    source, weighted = adapt(world, before.source, recording, settings, rng)
    return Adaptation(source, before.policy, recording, weighted)


def adapt_and_retrain(
    world: World,
    target: World,
    source: Source,
    policy: P,
    train: Callable[[P, Source, np.random.Generator], P],
    settings: AdaptationSettings,
    *,
    episodes: int = 1,
    horizon: int,
    rng: np.random.Generator,
) -> Iterator[Adaptation[P]]:
    """Act in the target world, adapt the source, retrain in simulation; for ever: take
    as many rounds as you like.

    Args:
        source, policy: the source and the policy at the start.
        train: policy, source, rng -> a policy trained on that source, for instance some
            iterations of `epopt`.

    The others are those of `act_and_adapt`.
    """
    state = Adaptation(source, policy)
    while True:
        state = act_and_adapt(
            state, world, target, settings, episodes=episodes, horizon=horizon, rng=rng
        )
        state = replace(state, policy=train(state.policy, state.source, rng))
        yield state
