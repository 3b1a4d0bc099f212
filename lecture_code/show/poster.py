"""The still picture of a recording: six moments side by side, as in Muybridge's photographs, with the time below each.

A movement of twenty metres and one of none at all are equally readable this way. Each column is centred on the first robot.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from .replay import Robot

WIDTH, HEIGHT = 640, 320  # [px], the stage's 2 : 1
FLOOR, CEILING = HEIGHT - 56, 14  # [px]
MOMENTS = 6


def poster(robots: Sequence[Robot], colours: Sequence[str], dt: float, target: tuple[float, float] | None) -> str:
    """An SVG of `MOMENTS` moments, equally spaced from the first robot's start to its end; `dt` [s] between two frames."""
    from .replay import heights

    low, high = heights(robots, target)
    column = WIDTH / MOMENTS
    main = robots[0]
    reach = float(np.max(np.abs(main.view.x - np.asarray(main.root_x, dtype=float)[:, None]) + main.view.half_length + main.view.radius))
    scale = min((FLOOR - CEILING) / (high - low), 0.47 * column / reach)  # [px/m]
    parts = []
    for moment, t in enumerate(np.linspace(0, (main.frames - 1) * dt, MOMENTS)):
        left = moment * column
        frame = min(round(t / dt), main.frames - 1)
        centre = float(np.asarray(main.root_x)[frame])
        behind_first = reversed([*zip(robots, colours, strict=True)])
        limbs = "".join(_limbs(robot, colour, round(t / dt), centre, low, scale) for robot, colour in behind_first)
        mark = "" if target is None else _mark(column / 2 + (target[0] - centre) * scale, FLOOR - (target[1] - low) * scale)
        parts.append(f'<svg x="{left:.0f}" width="{column:.0f}" height="{FLOOR + 2}" stroke-linecap="round">{limbs}{mark}</svg>')
        middle = left + column / 2
        parts.append(f'<text x="{middle:.0f}" y="{FLOOR + 23}">{t:.1f} s</text>')
        parts.append(f'<text x="{middle:.0f}" y="{FLOOR + 45}" opacity=".8">{centre:.1f} m</text>'.replace("-", "−"))
    ground = f'<path d="M0 {FLOOR}H{WIDTH}" stroke="currentColor" stroke-opacity=".6" stroke-width="1.5"/>' if low == 0 else ""
    style = "text-anchor:middle;fill:currentColor"
    return f'<svg class="rg-poster" viewBox="0 0 {WIDTH} {HEIGHT}" aria-hidden="true" style="{style}">{"".join(parts)}{ground}</svg>'


def _limbs(robot: Robot, colour: str, frame: int, centre: float, low: float, scale: float) -> str:
    """One robot in one moment, if it is wholly within the column; after its end it stays as it was, fainter if it fell."""
    over = frame >= robot.frames - 1 and robot.fell
    frame, view = min(frame, robot.frames - 1), robot.view
    x, z = WIDTH / MOMENTS / 2 + (view.x[frame] - centre) * scale, FLOOR - (view.z[frame] - low) * scale
    a, b = np.cos(view.angle[frame]) * view.half_length * scale, -np.sin(view.angle[frame]) * view.half_length * scale
    thick = np.maximum(2 * view.radius * scale, 2)
    reach = np.abs(a) + thick / 2
    if (x - reach < 0).any() or (x + reach > WIDTH / MOMENTS).any():
        return ""
    ends = zip(x - a, z - b, 2 * a, 2 * b, thick, strict=True)
    lines = "".join(f'<path d="M{x:.0f} {z:.0f}l{dx:.0f} {dz:.0f}" stroke-width="{wide:.0f}"/>' for x, z, dx, dz, wide in ends)
    opacity = (0.4 if robot.ghost else 1.0) * (0.6 if over else 1.0)
    return f'<g stroke="{colour}"' + (f' opacity="{opacity:.2g}"' if opacity < 1 else "") + f">{lines}</g>"


def _mark(x: float, y: float) -> str:
    return f'<path d="M{x - 8:.0f} {y:.0f}h16m-8 -8v16" stroke="currentColor" stroke-width="1.5"/>'
