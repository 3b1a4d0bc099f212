"""How fast does a robot see?

Poses a second in the corridors, 32 × 64 × 3, in one run on one core.

    python benchmarks/raycaster.py [--poses 2000] [--repeats 5]

The gate of the book: 4 000 poses/s in each family of looks. Beside it: the parts (rays
alone, walls without noise), the same rays in a plain loop of Python, which is the
measure of the others, and the raycaster of the tests, which tries every square of wall
for every ray.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable

import numpy as np
from _speeds import best_speeds

from lecture_code.vision import MapStack, draw_looks, see, training_maps
from lecture_code.vision.grid_map import Array, Ints, cast, cast_rays
from lecture_code.vision.lenses import FAMILIES, lens_of
from lecture_code.vision.plain_raycaster import plain_views
from lecture_code.vision.raycaster import cast_views, column_offsets

GATE = 4_000
PLAIN = 100  # poses of the plain loop


def main() -> None:
    """Print the table and the gate's verdict; exit code 1 below the gate."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--poses", type=int, default=2000, help="at least 100")
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    speeds = best_speeds(contenders(options.poses), options.repeats)
    plain = speeds["plain loop over rays"]
    for name, speed in speeds.items():
        print(
            f"{name:22s} {speed:12,.1f} poses/s   this / plain loop over rays = "
            f"{speed / plain:8,.2f}"
        )
    slowest = min(speeds[family] for family in FAMILIES)
    print(f"gate: {slowest:,.0f} poses/s on one core (at least {GATE:,})")
    raise SystemExit(slowest < GATE)


def scatter(stack: MapStack, n: int, rng: np.random.Generator) -> tuple[Ints, Array]:
    """Maps (n,) and poses (n, 3) of robots in free cells."""
    cells = np.argwhere(~stack.walls)  # map, row, column
    chosen = cells[rng.integers(len(cells), size=n)]
    places = stack.cell * (chosen[:, [2, 1]] + rng.uniform(0.1, 0.9, (n, 2)))
    headings = rng.uniform(-np.pi, np.pi, n)
    return chosen[:, 0].copy(), np.column_stack([places, headings])


def contenders(n: int) -> dict[str, Callable[[], int]]:
    """Name -> a function that draws what robots see and gives their number."""
    rng = np.random.default_rng(0)
    stack = MapStack.from_maps(training_maps())
    maps, poses = scatter(stack, n, rng)
    looks = {family: draw_looks(family, n, rng) for family in FAMILIES}
    lens = lens_of("training")
    textures = lens.textures(lens.count)
    x, y, headings = poses.T.copy()
    angles = headings[:, None] + column_offsets(looks["training"].view)

    def family(name: str) -> Callable[[], int]:
        return lambda: len(see(stack, maps, poses, looks[name], rng))

    def plain_rays() -> int:
        for i in range(PLAIN):
            for angle in angles[i]:
                cast.py_func(stack.walls[maps[i]], stack.cell, x[i], y[i], angle)
        return PLAIN

    return {
        **{name: family(name) for name in FAMILIES},
        "walls alone": lambda: len(
            cast_views(stack, maps, poses, textures, looks["training"])
        ),
        "rays alone": lambda: len(
            cast_rays(stack.walls, stack.cell, maps, x, y, angles)
        ),
        "plain loop over rays": plain_rays,
        "oracle of the tests": lambda: len(
            plain_views(stack, maps[:1], poses[:1], textures, looks["training"][:1])
        ),
    }


if __name__ == "__main__":
    main()
