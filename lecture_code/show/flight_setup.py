"""Where a robot of `<corridor-flight>` starts, and how its world looks: drawn, checked,
and as JSON.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from lecture_code.vision import Looks, MapStack
from lecture_code.vision.grid_map import touching
from lecture_code.vision.lenses import lens_of

from .packed_networks import as_base64

Array = NDArray[np.float64]
RADIUS = 0.2  # of the robot [m]
FINEST = 65535  # of a texture's 16 bits


def encode_looks(looks: Mapping[str, Looks]) -> tuple[list[Any], list[Any]]:
    """The textures that some looks need, and the looks of each family, as JSON."""
    places: dict[tuple[str, int], int] = {}
    families = []
    for family, some in looks.items():
        lens = lens_of(family)
        encoded = [
            {
                "walls": [
                    places.setdefault((family, int(n)), len(places))
                    for n in some.walls[row]
                ],
                "colours": some.colours[row].tolist(),
                "view": float(some.view[row]),
                "focal": float(some.focal[row]),
                "low": float(some.camera_height[row]),
                "high": float(some.wall_height[row]),
                "horizon": float(some.horizon[row]),
                "light": float(some.light[row]),
                "fade": float(some.fade[row]),
            }
            for row in range(len(some))
        ]
        lenses = {"gamma": lens.gamma, "vignette": lens.vignette, "blur": lens.blur}
        families.append({"family": family, **lenses, "looks": encoded})
    textures = []
    for family, n in places:
        texture = lens_of(family).textures(n + 1)[n].astype(float)
        low = texture.min()
        span = max(np.ptp(texture), 1e-9)
        whole = np.rint((texture - low) / span * FINEST).astype("<u2")
        values = {"low": float(low), "span": float(span), "values": as_base64(whole)}
        textures.append(values)
    return textures, families


def check_starts(stack: MapStack, starts: ArrayLike) -> Array:
    """Starts (M, 3), if there is one for each map and each is free.

    Raises:
        ValueError: names the start that does not fit.
    """
    starts = np.round(np.array(starts, dtype=float), 3)
    if starts.shape != (len(stack), 3):
        raise ValueError(
            f"starts must be ({len(stack)}, 3): x, y and heading in each map; got "
            f"{starts.shape}"
        )
    if not np.isfinite(starts).all():
        raise ValueError("starts must be finite")
    maps = np.arange(len(stack))
    x, y, _ = starts.T.copy()
    inside = touching(stack.walls, stack.cell, maps, x, y, RADIUS)
    for n in np.flatnonzero(inside)[:1]:
        raise ValueError(f"the robot of map {n} starts in a wall, at ({x[n]}, {y[n]})")
    return starts


def check_goals(
    stack: MapStack, goals: Mapping[int, tuple[float, float]]
) -> dict[int, tuple[float, float]]:
    """Goals by the number of their map, if each lies where a robot can be.

    Raises:
        ValueError: names the goal that does not fit.
    """
    for m, (x, y) in goals.items():
        if m not in range(len(stack)):
            raise ValueError(f"there is no map {m} for a goal; there are {len(stack)}")
        place = np.array([[x], [y]], dtype=float)
        if touching(stack.walls, stack.cell, np.array([m]), *place, RADIUS)[0]:
            raise ValueError(f"the goal of map {m} lies in a wall, at ({x}, {y})")
    return dict(goals)


def draw_starts(stack: MapStack, rng: np.random.Generator, tries: int = 200) -> Array:
    """A place in each map that looks far along a corridor, (M, 3)."""
    rows, columns = stack.walls.shape[1:]
    starts = []
    for m in range(len(stack)):
        x = rng.uniform(0, columns * stack.cell, tries)
        y = rng.uniform(0, rows * stack.cell, tries)
        headings = rng.integers(4, size=tries) * np.pi / 2
        maps = np.full(tries, m)
        free = ~touching(stack.walls, stack.cell, maps, x, y, 2 * RADIUS)
        ahead = np.zeros(tries)
        for far in np.arange(0.1, 16, 0.1):
            reach = [x + far * np.cos(headings), y + far * np.sin(headings)]
            free &= ~touching(stack.walls, stack.cell, maps, *reach, RADIUS)
            ahead += free
        best = int(ahead.argmax())
        starts.append([x[best], y[best], headings[best]])
    return np.array(starts)
