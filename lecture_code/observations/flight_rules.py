"""What (CAD)²RL is compared with: rules that see nothing, a classifier of three
directions, and rules that see the map itself.

    straight, at_random     see nothing
    left-right-straight     one image, three answers, after Giusti et al. (2016)
    steering rule           sees the map: the answers that the classifier shall learn
    clearance               sees the map: goes where most space is free
    exact roll-outs         sees the map: tries every aim, and flies on by a rule

The last rule has no network and no images. It does once what (CAD)²RL learns to do, and
shows how much of the result is lost in the images.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from lecture_code.observations.collision_net import (
    CollisionNet,
    Examples,
    FitSettings,
    as_batch,
    fit_network,
)
from lecture_code.observations.corridor_flight import (
    AIMS,
    N_AIMS,
    Flights,
    Policy,
    free_ahead,
    random_flights,
    roll_out,
)
from lecture_code.vision import MapStack
from lecture_code.vision.grid_map import DISTANCE, cast_rays

Array = NDArray[np.float64]
Ints = NDArray[np.int64]

LEFT = 0  # aims
STRAIGHT = N_AIMS // 2
RIGHT = N_AIMS - 1
SMOOTHING = 1.5  # over neighbouring aims [aims]


def straight(flights: Flights, rng: np.random.Generator) -> Ints:
    """Always straight on."""
    return np.full(len(flights), STRAIGHT)


def at_random(flights: Flights, rng: np.random.Generator) -> Ints:
    """Any aim."""
    return rng.integers(N_AIMS, size=len(flights))


@dataclass(frozen=True)
class SteeringSettings:
    """The classifier of left, straight and right.

    Args:
        fit: how the network learns from examples.
        states: labelled.
        distance: straight is right while the way ahead is free so far [m].
        turn: how many aims away from the outermost aim a turn is.
    """

    fit: FitSettings = field(default_factory=FitSettings)
    states: int = 20_000
    distance: float = 2.0
    turn: int = 0


def steering_labels(flights: Flights, distance: float) -> Array:
    """Which of left, straight and right is right, (N, 3), one 1 in each row.

    Straight, if the way ahead is free so far; otherwise the side with more free aims,
    and if both have as many, the side with the longer free way.
    """
    free = free_ahead(flights, distance)
    ways = clearances(flights)
    left = free[:, :STRAIGHT].sum(axis=1) + 1e-3 * ways[:, :STRAIGHT].max(axis=1)
    right = free[:, STRAIGHT + 1 :].sum(axis=1)
    right = right + 1e-3 * ways[:, STRAIGHT + 1 :].max(axis=1)
    answer = np.where(free[:, STRAIGHT], 1, np.where(left >= right, 0, 2))
    return np.eye(3)[answer]


def steering_logits(logits: Tensor) -> Tensor:
    """Logits of left, straight and right, (N, 3): means over thirds of the columns."""
    return logits.reshape(len(logits), 3, N_AIMS // 3).mean(dim=2)


def steering_loss(logits: Tensor, labels: Tensor) -> Tensor:
    """Cross-entropy of the three answers."""
    return nn.functional.cross_entropy(steering_logits(logits), labels)


def fit_steering(
    network: CollisionNet,
    stack: MapStack,
    batches: int,
    settings: SteeringSettings,
    rng: np.random.Generator,
) -> tuple[CollisionNet, float]:
    """The network of the classifier after so many batches of new states, and its mean
    loss.
    """
    states = random_flights(stack, settings.fit.family, settings.states, rng)
    labels = steering_labels(states, settings.distance)
    examples = Examples(states.maps, states.poses, labels)
    return fit_network(
        network, stack, examples, steering_loss, batches, settings.fit, rng
    )


def three_aims(turn: int = 0) -> Ints:
    """The aims of left, straight on and right, (3,).

    Args:
        turn: how many aims away from the outermost aim a turn is.

    Raises:
        ValueError: left is not left of straight on.
    """
    if not 0 <= turn < STRAIGHT:
        raise ValueError(f"turn must be 0 to {STRAIGHT - 1} aims; got {turn}")
    return np.array([LEFT + turn, STRAIGHT, RIGHT - turn])


def steer(network: CollisionNet, turn: int = 0) -> Policy:
    """The policy of the classifier: straight on, or a turn of fixed size.

    Args:
        network: of `fit_steering`.
        turn: of `three_aims`.
    """
    aims = three_aims(turn)

    def policy(flights: Flights, rng: np.random.Generator) -> Ints:
        with torch.no_grad():
            logits = steering_logits(network(as_batch(flights.images(rng))))
        return np.asarray(aims[logits.argmax(dim=1).numpy()])

    return policy


def steering_rule(distance: float, turn: int = 0) -> Policy:
    """A policy that sees the map: a classifier whose answers are all right.

    Args:
        distance: of `steering_labels` [m].
        turn: of `three_aims`.
    """
    aims = three_aims(turn)

    def policy(flights: Flights, rng: np.random.Generator) -> Ints:
        return np.asarray(aims[steering_labels(flights, distance).argmax(axis=1)])

    return policy


def clearances(flights: Flights) -> Array:
    """Length of the way to the wall in the direction of each aim, (N, 15) [m]."""
    x, y, headings = flights.poses.T.copy()
    stack = flights.stack
    angles = headings[:, None] + AIMS
    hits = cast_rays(stack.walls, stack.cell, flights.maps, x, y, angles)
    return np.asarray(hits[..., DISTANCE])


def clearance_rule(distance: float) -> Policy:
    """A policy that sees the map: the aim with the longest free way. Ways count up to
    `distance` [m], and neighbouring aims count too, so that it keeps off corners. Of
    equal aims it takes the one nearest to straight on.

    Raises:
        ValueError: the distance is not positive.
    """
    if not distance > 0:
        raise ValueError(f"ways must count up to some distance; got {distance} m")
    steps = np.arange(N_AIMS)[:, None] - np.arange(N_AIMS)
    window = np.exp(-0.5 * (steps / SMOOTHING) ** 2)
    window /= window.sum(axis=0)
    away = np.abs(np.arange(N_AIMS) - STRAIGHT)

    def policy(flights: Flights, rng: np.random.Generator) -> Ints:
        ways = np.minimum(clearances(flights), distance) @ window
        # equal but for rounding, which depends on how many robots fly, is equal
        return np.asarray((ways.round(9) - 1e-10 * away).argmax(axis=1))

    return policy


def exact_rollouts(base: Policy, horizon: int, aims: Ints | None = None) -> Policy:
    """A policy that sees the map: it tries every aim, flies on by `base`, and takes the
    aim that survives longest; among equals the one next to the aim of `base`.

    Args:
        base: flies on after the first step.
        horizon: steps of a trial.
        aims: those that it may take; None: all.

    Raises:
        ValueError: the horizon is not positive, or there is no such aim.
    """
    if horizon < 1:
        raise ValueError(f"a trial needs at least one step; got horizon {horizon}")
    allowed = np.arange(N_AIMS) if aims is None else np.asarray(aims)
    if not np.isin(allowed, np.arange(N_AIMS)).all():
        raise ValueError(f"aims go from 0 to {N_AIMS - 1}; got {allowed}")

    def policy(flights: Flights, rng: np.random.Generator) -> Ints:
        branches = roll_out(flights, base, horizon, rng)
        alive = [~after.crashed for after in branches]
        survived = np.sum(alive, axis=0).reshape(-1, N_AIMS)  # [steps]
        away = np.abs(np.arange(N_AIMS) - base(flights, rng)[:, None])
        values = survived - 1e-3 * away
        return np.asarray(allowed[values[:, allowed].argmax(axis=1)])

    return policy
