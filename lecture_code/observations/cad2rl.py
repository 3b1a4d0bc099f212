"""(CAD)²RL: learn to fly in random renderings, fly without one real image.

Sadeghi and Levine, "(CAD)²RL: Real Single-Image Flight without a Single Real Image",
RSS 2017, arXiv:1611.04201. A network scores every direction of flight in one image: it
estimates the share of the next H steps that are survived. It learns in simulated rooms
whose textures and lights are random, so that a real room is one more variation.

    (1)  y(s, a) = Σ_{t<H} γ^t alive_{t+1} / Σ_{t<H} γ^t    take a, then follow π
    (2)  loss = −Σ_a [y log Q(I, a) + (1 − y) log(1 − Q(I, a))]
    (3)  π(I) = argmax_a [Q(I, a) + β cos(angle from a to the goal)]   β = 0: no goal

    Algorithm 1   1  label images by free space ahead, minimise (2)   `pretrain`
                  2  repeat                                           `learn_to_fly`
                  3      choose states                                `choose_states`
                  4      fly on with every aim, label it by (1)       `rollout_labels`
                  5      minimise (2)                                 `minimise_loss`

Nothing is bootstrapped: line 4 is a Monte-Carlo evaluation of the current policy, from
states that a simulator can be set to. A robot that has crashed is never alive again.

Deviations, as far as we know (we could read only the abstract): aims lie in one row,
not in a 41 × 41 grid; our network is small and starts from random weights; states come
from the uniform distribution and from flights of the policy, and the last steps before
a crash are chosen more often. The loss is a mean over aims. γ = 1, so y is the share of
the next H steps that the robot survives. Labels of earlier rounds, which value earlier
policies, are learnt from as well. The paper also tests its method on predicting
depth. We do not.

Start with `learn_to_fly`, then `rollout_labels`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn

from lecture_code.observations.collision_net import (
    CollisionNet,
    Examples,
    FitSettings,
    fit_network,
    scores,
)
from lecture_code.observations.corridor_flight import (
    AIMS,
    N_AIMS,
    Flights,
    Policy,
    free_ahead,
    random_flights,
    roll_out,
    visited,
)
from lecture_code.vision import MapStack, draw_looks

Array = NDArray[np.float64]
Ints = NDArray[np.int64]
FLIGHTS, FLIGHT_STEPS = 100, 50  # that are flown to find states
AHEAD = 1.5  # the free way at the start of these flights [m]
LAST_STEPS = 8  # before a crash
TURN = 0.1  # standard deviation of the turn of a state that was visited [rad]


@dataclass(frozen=True)
class Cad2rlSettings:
    """Settings of pretraining and of the iterations.

    Args:
        fit: how the network learns from examples; the looks of the states are those
            in which it learns.
        distance: that must be free in pretraining [m].
        horizon: H, steps of a roll-out.
        discount: γ.
        free_states: labelled for pretraining.
        states: labelled in each iteration.
        pretraining, training: batches of pretraining, and of each iteration.
        crashes, uniform: shares of the states that come from the last steps before a
            crash, and from everywhere; the rest comes from all of the policy's flights.

    Raises:
        ValueError: the shares are negative, or more than 1 together.
    """

    fit: FitSettings = field(default_factory=FitSettings)
    distance: float = 1.0
    horizon: int = 5
    discount: float = 1.0
    free_states: int = 20_000
    states: int = 4000
    pretraining: int = 1500
    training: int = 750
    crashes: float = 0.4
    uniform: float = 0.25

    def __post_init__(self) -> None:
        if min(self.crashes, self.uniform) < 0 or self.crashes + self.uniform > 1:
            raise ValueError(
                "crashes and uniform must be shares, at most 1 together; got "
                f"{self.crashes} and {self.uniform}"
            )


@dataclass(frozen=True)
class Cad2rlState:
    """Between two iterations.

    Args:
        network: Q.
        examples: from which it learns: those of pretraining, then the labelled ones of
            all iterations.
        report: of the last training and of the last labels.
        labelled: whether the examples are labelled by roll-outs.
    """

    network: CollisionNet
    examples: Examples
    report: dict[str, float]
    labelled: bool = False


def greedy(network: nn.Module, beta: float = 0.0, goal: Array | None = None) -> Policy:
    """The policy of eq. 3.

    Args:
        network: Q.
        beta: weight of the direction to the goal.
        goal: x and y of the goal of all robots, (2,), or of each, (N, 2) [m].
    """

    def policy(flights: Flights, rng: np.random.Generator) -> Ints:
        value = scores(network, flights, rng).astype(float)
        if goal is not None:
            value = value + beta * np.cos(aims_from_goal(flights, goal))
        return np.asarray(value.argmax(axis=1))

    return policy


def aims_from_goal(flights: Flights, goal: Array) -> Array:
    """Angle from each aim to the goal of `greedy`, (N, 15) [rad].

    Raises:
        ValueError: the goal is neither that of all robots nor one for each.
    """
    n = len(flights)
    if np.shape(goal) not in ((2,), (n, 2)):
        raise ValueError(
            f"the goal of {n} robots must be (2,) or ({n}, 2); got {np.shape(goal)}"
        )
    x, y, heading = flights.poses.T
    goal_x, goal_y = np.broadcast_to(goal, (n, 2)).T
    to_goal = np.arctan2(goal_y - y, goal_x - x)
    return np.asarray((to_goal - heading)[:, None] - AIMS)


def rollout_labels(
    flights: Flights,
    policy: Policy,
    horizon: int,
    rng: np.random.Generator,
    discount: float = 1.0,
) -> Array:
    """The label (N, 15) of every aim in every state.

    Args:
        flights: the states.
        policy: flies on after the first step.
        horizon: H.
        rng: draws whatever the policy draws.
        discount: γ.

    Raises:
        ValueError: the horizon is not positive, or the discount not in (0, 1].
    """
    if horizon < 1:
        raise ValueError(f"a roll-out needs at least one step; got horizon {horizon}")
    if not 0 < discount <= 1:
        raise ValueError(f"the discount must lie in (0, 1]; got {discount}")
    weights = discount ** np.arange(horizon)
    survived = np.zeros(len(flights) * N_AIMS)
    for t, branches in enumerate(roll_out(flights, policy, horizon, rng)):
        survived += weights[t] * ~branches.crashed
    return np.asarray((survived / weights.sum()).reshape(-1, N_AIMS))  # eq. 1


def collision_loss(logits: Tensor, y: Tensor) -> Tensor:
    """Cross-entropy of soft labels, a mean over images and aims."""
    return nn.functional.binary_cross_entropy_with_logits(logits, y)  # eq. 2


def free_space(
    stack: MapStack, n: int, settings: Cad2rlSettings, rng: np.random.Generator
) -> Examples:
    """n random states, labelled by whether the way in each direction is free."""
    flights = random_flights(stack, settings.fit.family, n, rng)
    labels = free_ahead(flights, settings.distance).astype(float)
    return Examples(flights.maps, flights.poses, labels)


def minimise_loss(
    state: Cad2rlState,
    stack: MapStack,
    batches: int,
    settings: Cad2rlSettings,
    rng: np.random.Generator,
) -> Cad2rlState:
    """The network after so many batches of its examples (Algorithm 1, lines 1, 5)."""
    network, examples, how = state.network, state.examples, settings.fit
    network, loss = fit_network(
        network, stack, examples, collision_loss, batches, how, rng
    )
    return replace(state, network=network, report=state.report | {"loss": loss})


def pretrain(
    stack: MapStack, settings: Cad2rlSettings, rng: np.random.Generator
) -> Cad2rlState:
    """A new network that has learnt where space is free (Algorithm 1, line 1)."""
    examples = free_space(stack, settings.free_states, settings, rng)
    state = Cad2rlState(CollisionNet(rng), examples, examples.report())
    return minimise_loss(state, stack, settings.pretraining, settings, rng)


def choose_states(
    policy: Policy,
    stack: MapStack,
    settings: Cad2rlSettings,
    rng: np.random.Generator,
) -> Flights:
    """The states of an iteration (Algorithm 1, line 3), in new looks."""
    family, textures = settings.fit.family, settings.fit.textures
    start = random_flights(stack, family, FLIGHTS, rng, ahead=AHEAD, textures=textures)
    flown, steps_to_crash = visited(policy, start, FLIGHT_STEPS, rng)
    near_crash = np.flatnonzero(steps_to_crash < LAST_STEPS)
    n_near = round(settings.crashes * settings.states) if len(near_crash) else 0
    n_uniform = min(round(settings.uniform * settings.states), settings.states - n_near)
    n_flown = settings.states - n_near - n_uniform
    anywhere = random_flights(stack, family, n_uniform, rng)
    rows = rng.integers(len(flown), size=n_flown)
    if n_near:
        near = near_crash[rng.integers(len(near_crash), size=n_near)]
        rows = np.concatenate([near, rows])
    poses = flown.poses[rows]
    poses[:, 2] += rng.normal(0, TURN, len(poses))
    looks = draw_looks(family, settings.states, rng, textures)
    return Flights.initial(
        stack,
        np.concatenate([anywhere.maps, flown.maps[rows]]),
        np.concatenate([anywhere.poses, poses]),
        looks,
    )


def label(
    state: Cad2rlState,
    stack: MapStack,
    settings: Cad2rlSettings,
    rng: np.random.Generator,
) -> Cad2rlState:
    """New states, labelled by roll-outs of the policy (Algorithm 1, lines 3 and 4)."""
    policy = greedy(state.network)
    states = choose_states(policy, stack, settings, rng)  # line 3
    # line 4
    y = rollout_labels(states, policy, settings.horizon, rng, settings.discount)
    examples = Examples(states.maps, states.poses, y)
    report = examples.report()
    if state.labelled:
        # the labels of all rounds are kept; those of pretraining are dropped
        examples = state.examples.joined(examples)
    return replace(state, examples=examples, labelled=True, report=report)


def policy_iteration(
    state: Cad2rlState,
    stack: MapStack,
    settings: Cad2rlSettings,
    rng: np.random.Generator,
) -> Cad2rlState:
    """One iteration of policy improvement (Algorithm 1, lines 3 to 5)."""
    labelled = label(state, stack, settings, rng)  # lines 3 and 4
    return minimise_loss(labelled, stack, settings.training, settings, rng)  # line 5


def learn_to_fly(
    stack: MapStack, rounds: int, settings: Cad2rlSettings, rng: np.random.Generator
) -> Iterator[Cad2rlState]:
    """The state after pretraining and after each round (Algorithm 1)."""
    state = pretrain(stack, settings, rng)  # line 1
    yield state
    for _ in range(rounds):  # line 2
        state = policy_iteration(state, stack, settings, rng)  # lines 3 to 5
        yield state
