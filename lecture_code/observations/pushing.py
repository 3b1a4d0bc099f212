"""An object on a board is pushed by a poke: the physics of *learning to poke*.

The object is an L of two bars. It lies on the board, and nothing moves it but a round
pusher. A poke is a place, an angle and a length. The pusher comes down far behind the
place and moves through the place in a straight line. When it first touches the object,
it goes on for the length, and is lifted. Motion is quasi-static: the object stops when
the pusher stops. The pusher is rough, so the touched point r sticks to it and moves by
w, as the pusher does. By the ellipsoid model of friction with the board (Goyal, Ruina
and Papadopoulos 1991; Lynch, Maekawa and Tanie 1992), force f and torque m go with the
motion v of the middle and the turn ω by

    (1)  (v, ω) ∝ (f, m / c²),    m = r × f
    (2)  |f|² + (m / c)² = 1                     f in units of the largest force

and with v + ω × r = w this has one solution:

    (3)  v = (c² w + (r · w) r) / (c² + |r|²),   ω = (r × v) / c²

The force (2) is what a finger at the pusher's tip feels, its tactile profile.

Deviations: c is the radius of gyration ρ. The real value depends on the pressure under
the object. (3) is taken in small steps, one touched point at a time. Where the pusher
would slide along an edge, it still sticks.

Start with `pushed`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Ints = NDArray[np.int64]

WIDTH = 0.09  # of the bars of an object [m]
PUSHER = 0.025  # radius of the pusher [m]
PUSH_STEPS = 32  # small steps after the first touch
STEEPEST = 0.2  # least cosine between an edge's normal and the way of the pusher
FAR = 0.5  # the pusher comes down so far before the place [m]
TRACING = 40  # steps of the search for the first touch
TOUCH = 0.01  # a pusher that is nearer to the edge has found it [m]
LENGTHS = (0.02, 0.14)  # shortest and longest push after the touch [m]
REACH = 0.2  # objects are put into a square of this half side [m]


@dataclass(frozen=True)
class Kind:
    """A kind of object: an L, or a bar if the short arm has no length.

    Args:
        long: length of the long arm [m].
        short: length of the arm across, beyond the long arm [m].
    """

    long: float
    short: float


KINDS = (Kind(0.30, 0.12), Kind(0.26, 0.18), Kind(0.20, 0.14), Kind(0.32, 0.07))
"""L's, which look different in each pose."""
BAR = Kind(0.30, 0.0)
"""A bar looks the same after half a turn."""


def bars(kinds: Sequence[Kind]) -> tuple[Array, Array, Array]:
    """Centres (K, 2, 2) and sizes (K, 2, 2) [m] of the two bars of each kind, in the
    object's frame, and ρ (K,) [m]. The centre of the area is at 0.
    """
    centres, sizes, radii = [], [], []
    for kind in kinds:
        size = np.array([[kind.long, WIDTH], [WIDTH, kind.short]])
        across = [(WIDTH - kind.long) / 2, (WIDTH + kind.short) / 2]
        centre = np.array([[0.0, 0.0], across])
        area = size.prod(axis=1)
        centre -= area @ centre / area.sum()
        moment = (size**2).sum(1) / 12 + (centre**2).sum(1)
        radii.append(np.sqrt(area @ moment / area.sum()))
        if not kind.short:  # the second bar is the first
            centre[1], size[1] = centre[0], size[0]
        centres.append(centre)
        sizes.append(size)
    return np.array(centres), np.array(sizes), np.array(radii)


@dataclass(frozen=True, eq=False)
class Objects:
    """One object on each of N boards.

    Args:
        kinds: rows of `choice`, (N,).
        places: centres of the objects, (N, 2) [m].
        angles: of the long arms against x, (N,) [rad].
        choice: the kinds that there are.

    Raises:
        ValueError: a kind does not exist, or the parts have different lengths.
    """

    kinds: Ints
    places: Array
    angles: Array
    choice: tuple[Kind, ...] = KINDS

    def __post_init__(self) -> None:
        n = len(self.kinds)
        if self.places.shape != (n, 2) or self.angles.shape != (n,):
            raise ValueError(
                f"{n} objects need places ({n}, 2) and angles ({n},); got "
                f"{self.places.shape} and {self.angles.shape}"
            )
        if n and not 0 <= self.kinds.min() <= self.kinds.max() < len(self.choice):
            raise ValueError(
                f"kinds must be from 0 to {len(self.choice) - 1}; got "
                f"{sorted(set(self.kinds.tolist()))}"
            )

    def __len__(self) -> int:
        return len(self.kinds)

    @classmethod
    def drawn(
        cls, n: int, rng: np.random.Generator, choice: tuple[Kind, ...] = KINDS
    ) -> Objects:
        """n objects of any kind, place and angle.

        Raises:
            ValueError: n is not positive.
        """
        if n < 1:
            raise ValueError(f"the number of objects must be positive; got {n}")
        kinds = rng.integers(len(choice), size=n)
        places = rng.uniform(-REACH, REACH, size=(n, 2))
        return cls(kinds, places, rng.uniform(-np.pi, np.pi, size=n), choice)

    def rows(self, rows: Ints) -> Objects:
        """These objects alone."""
        return Objects(
            self.kinds[rows], self.places[rows], self.angles[rows], self.choice
        )

    def bars(self) -> tuple[Array, Array, Array]:
        """`bars` of each object: (N, 2, 2), (N, 2, 2) and (N,)."""
        centres, sizes, radii = bars(self.choice)
        return centres[self.kinds], sizes[self.kinds], radii[self.kinds]


@dataclass(frozen=True, eq=False)
class Pokes:
    """N pokes.

    Args:
        places: through which the pusher moves, (N, 2) [m].
        angles: of its way against x, (N,) [rad].
        lengths: of its way after the first touch, (N,) [m].

    Raises:
        ValueError: the parts have different lengths, or a length is negative.
    """

    places: Array
    angles: Array
    lengths: Array

    def __post_init__(self) -> None:
        n = len(self.lengths)
        if self.places.shape != (n, 2) or self.angles.shape != (n,):
            raise ValueError(
                f"{n} pokes need places ({n}, 2) and angles ({n},); got "
                f"{self.places.shape} and {self.angles.shape}"
            )
        if not (self.lengths >= 0).all():
            raise ValueError(
                f"lengths of pokes must not be negative; got {self.lengths.min()}"
            )

    def __len__(self) -> int:
        return len(self.lengths)

    def rows(self, rows: Ints) -> Pokes:
        """These pokes alone."""
        return Pokes(self.places[rows], self.angles[rows], self.lengths[rows])

    @property
    def directions(self) -> Array:
        """Unit vectors of the ways, (N, 2)."""
        return np.column_stack([np.cos(self.angles), np.sin(self.angles)])


def turned(points: Array, angles: Array) -> Array:
    """Points (N, 2), turned counter-clockwise by angles (N,)."""
    c, s = np.cos(angles), np.sin(angles)
    x, y = points.T
    return np.column_stack([c * x - s * y, s * x + c * y])


def nearest_points(objects: Objects, points: Array) -> tuple[Array, Array]:
    """Nearest point of each object to one point (N, 2) of its board, relative to the
    object's centre, (N, 2) [m], and its distance, (N,) [m].
    """
    centres, sizes, _ = objects.bars()
    local = turned(points - objects.places, -objects.angles)[:, None]
    near = centres + np.clip(local - centres, -sizes / 2, sizes / 2)  # (N, 2, 2)
    away = np.linalg.norm(local - near, axis=2)
    rows = np.arange(len(objects))
    bar = away.argmin(axis=1)
    return turned(near[rows, bar], objects.angles), away[rows, bar]


def first_touches(objects: Objects, pokes: Pokes) -> tuple[Array, NDArray[np.bool_]]:
    """Where each pusher first touches its object, (N, 2) [m], and whether it does."""
    along = pokes.directions
    travelled = np.full(len(pokes), -FAR)
    for _ in range(TRACING):  # each time as far as nothing can be in the way
        places = pokes.places + travelled[:, None] * along
        free = nearest_points(objects, places)[1] - PUSHER
        travelled = travelled + np.maximum(free, 0)
    places = pokes.places + travelled[:, None] * along
    return places, nearest_points(objects, places)[1] < PUSHER + TOUCH


def pushed(objects: Objects, pokes: Pokes) -> tuple[Objects, Array]:
    """Objects after a poke, and what the finger feels after the touch, (N, PUSH_STEPS).

    Where the pusher never touches the object, nothing moves.

    Raises:
        ValueError: there are not as many pokes as objects.
    """
    if len(pokes) != len(objects):
        raise ValueError(f"there are {len(objects)} objects and {len(pokes)} pokes")
    along = pokes.directions
    places, touched = first_touches(objects, pokes)
    felt = []
    for step in range(1, PUSH_STEPS + 1):
        travelled = step / PUSH_STEPS * pokes.lengths
        pusher = places + travelled[:, None] * along
        objects, force = yielded(objects, pusher, along, touched)
        felt.append(force)
    return objects, np.column_stack(felt)


def yielded(
    objects: Objects, pusher: Array, along: Array, touched: NDArray[np.bool_]
) -> tuple[Objects, Array]:
    """Objects that make room for pushers at (N, 2) [m], and the forces (N,) of eq. 2.

    Args:
        objects: before.
        pusher: middle of each pusher.
        along: direction in which each pusher moves, (N, 2).
        touched: whether the pusher has found the object, (N,).
    """
    _, _, c = objects.bars()
    r, away = nearest_points(objects, pusher)
    n = r - (pusher - objects.places)  # from the pusher into the object
    n = n / np.maximum(np.linalg.norm(n, axis=1, keepdims=True), 1e-9)
    ahead = (n * along).sum(axis=1)  # at most 1; 0 for a pusher that slides past
    depth = np.where(touched & (ahead > 0), np.maximum(PUSHER - away, 0), 0)
    w = (depth / np.maximum(ahead, STEEPEST))[:, None] * along
    rw = (r * w).sum(axis=1, keepdims=True)
    size = (c**2 + (r**2).sum(axis=1))[:, None]
    v = (c[:, None] ** 2 * w + rw * r) / size  # eq. 3
    turn = (r[:, 0] * v[:, 1] - r[:, 1] * v[:, 0]) / c**2  # eq. 3
    speed = np.linalg.norm(v, axis=1)
    force = speed / np.maximum(np.hypot(speed, turn * c), 1e-12)  # eq. 2
    moved = Objects(
        objects.kinds, objects.places + v, objects.angles + turn, objects.choice
    )
    return moved, force


def drawn_pokes(objects: Objects, rng: np.random.Generator) -> Pokes:
    """One poke at a random point of each object, from a random side; its place is
    where the pusher first touches."""
    centres, sizes, _ = objects.bars()
    rows = np.arange(len(objects))
    area = sizes.prod(axis=2)
    bar = (rng.random(len(objects)) * area.sum(1) > area[:, 0]).astype(int)
    inside = rng.uniform(-0.5, 0.5, size=(len(objects), 2)) * sizes[rows, bar]
    aims = objects.places + turned(centres[rows, bar] + inside, objects.angles)
    angles = rng.uniform(-np.pi, np.pi, size=len(objects))
    lengths = rng.uniform(*LENGTHS, size=len(objects))
    places, _ = first_touches(objects, Pokes(aims, angles, lengths))
    return Pokes(places, angles, lengths)


def pose_distances(objects: Objects, goals: Objects) -> Array:
    """Root mean square way of the points of each object to its goal, (N,) [m].

    With the centres d apart and the angles θ apart it is √(d² + 2 ρ² (1 − cos θ)).
    """
    rho = objects.bars()[2]
    d = np.linalg.norm(objects.places - goals.places, axis=1)
    apart = objects.angles - goals.angles
    return np.asarray(np.sqrt(d**2 + 2 * rho**2 * (1 - np.cos(apart))))
