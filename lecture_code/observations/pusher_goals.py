"""Pushing an object to a goal picture, poke by poke.

    1  given a goal picture
    2  repeat
    3      take a picture of the board
    4      choose a poke from this picture and from the goal picture
    5      poke

A way to choose is a function, a `PokeChoice`. Three stand here for comparison:

    random    aims at the object from a random side; it looks at no goal. It is told
              where the object is, so that it always hits
    resting   another one, but it lifts the pusher as soon as the middles of the red
              pixels are together
    blob      finds the red pixels in both pictures, and pushes the middle of the blob
              straight towards the middle of the goal's blob

Start with `push_once`, then `pushed_to_goals`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from lecture_code.observations.pusher_scenes import (
    CAMERA,
    board_pictures,
)
from lecture_code.observations.pushing import (
    LENGTHS,
    Objects,
    Pokes,
    drawn_pokes,
    pushed,
)

Array = NDArray[np.float64]
Bytes = NDArray[np.uint8]

PokeChoice = Callable[[Objects, Bytes, Bytes], Pokes]
"""Objects, pictures of now, pictures of the goals -> pokes. Only the random pusher
looks at the objects."""

RED = 0.15  # a pixel of the object is redder than blue by more
ARRIVED = 0.01  # a pusher that can rest does so when the middles are so near [m]


@dataclass(frozen=True, eq=False)
class PushGoals:
    """N tasks.

    Args:
        start: where the objects are.
        goal: where they should be.
        pictures: of the goals, (N, 32, 32, 3).
    """

    start: Objects
    goal: Objects
    pictures: Bytes

    def __len__(self) -> int:
        return len(self.start)


@dataclass(frozen=True, eq=False)
class PushStep:
    """What one round of pokes did.

    Args:
        pictures: before the pokes, (N, 32, 32, 3).
        pokes: that were chosen.
        objects: after the pokes.
    """

    pictures: Bytes
    pokes: Pokes
    objects: Objects


def drawn_goals(n: int, pokes: int, rng: np.random.Generator) -> PushGoals:
    """n tasks.

    Args:
        n: number of tasks.
        pokes: the goal is where so many random pokes push the object; 0: the goal is
            any place and any angle.
        rng: draws objects, goals and pictures.

    Raises:
        ValueError: n is not positive, or pokes is negative.
    """
    if pokes < 0:
        raise ValueError(f"pokes must not be negative; got {pokes}")
    start = Objects.drawn(n, rng)
    goal = start
    for _ in range(pokes):
        goal, _ = pushed(goal, drawn_pokes(goal, rng))
    if not pokes:
        other = Objects.drawn(n, rng)
        goal = Objects(start.kinds, other.places, other.angles, start.choice)
    return PushGoals(start, goal, board_pictures(goal, rng))


def push_once(
    objects: Objects, goals: Bytes, choose: PokeChoice, rng: np.random.Generator
) -> PushStep:
    """Look, choose, poke.

    Args:
        objects: on the boards.
        goals: pictures of where they should be, (N, 32, 32, 3).
        choose: how pokes are chosen.
        rng: draws the spots and the noise of the pictures.
    """
    pictures = board_pictures(objects, rng)  # line 3
    pokes = choose(objects, pictures, goals)  # line 4
    moved, _ = pushed(objects, pokes)  # line 5
    return PushStep(pictures, pokes, moved)


def pushed_to_goals(
    goals: PushGoals, choose: PokeChoice, rng: np.random.Generator
) -> Iterator[PushStep]:
    """Endless rounds of pokes towards the goals."""
    objects = goals.start
    while True:
        step = push_once(objects, goals.pictures, choose, rng)
        objects = step.objects
        yield step


def random_choice(rng: np.random.Generator) -> PokeChoice:
    """The random pusher: pokes as in the triples.

    Args:
        rng: draws the pokes.
    """
    return lambda objects, pictures, goals: drawn_pokes(objects, rng)


def redness(pictures: Bytes) -> Array:
    """How red each pixel is beyond a threshold, (N, H, W)."""
    colours = pictures.astype(float) / 255
    return np.asarray(np.clip(colours[..., 0] - colours[..., 2] - RED, 0, None))


def centroids(red: Array) -> Array:
    """Middle of the red of each picture, (N, 2) [m]; (0, 0) if nothing is red."""
    x, y = CAMERA.grid()
    total = np.maximum(red.sum(axis=(1, 2)), 1e-9)
    sums = [(red * axis).sum(axis=(1, 2)) for axis in (x, y)]
    return np.asarray(np.column_stack(sums) / total[:, None])


def resting(choose: PokeChoice) -> PokeChoice:
    """This choice, but where the middles of the red pixels are as near as the blob
    pusher wants them, the poke has no length.
    """

    def rested(objects: Objects, pictures: Bytes, goals: Bytes) -> Pokes:
        pokes = choose(objects, pictures, goals)
        way = centroids(redness(goals)) - centroids(redness(pictures))
        arrived = np.linalg.norm(way, axis=1) < ARRIVED
        return replace(pokes, lengths=np.where(arrived, 0, pokes.lengths))

    return rested


def blob_choice(objects: Objects, pictures: Bytes, goals: Bytes) -> Pokes:
    """The blob pusher: through the middle of the blob, to the middle of the goal's.

    The pusher comes down far behind the place and counts the length from its first
    touch, so the place need not lie on the edge.
    """
    middles = centroids(redness(pictures))
    way = centroids(redness(goals)) - middles
    distance = np.linalg.norm(way, axis=1)
    lengths = np.where(distance < ARRIVED, 0, np.minimum(distance, LENGTHS[1]))
    return Pokes(middles, np.arctan2(way[:, 1], way[:, 0]), lengths)
