"""The still picture of a recording: six moments side by side, as in Muybridge's
photographs, with time and place below each.

A movement of twenty metres and one of none at all are equally readable this way. Each
moment is centred on the first robot as it is then.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from .replay import RecordedRobot

WIDTH, HEIGHT = 640, 320  # [px], the stage's 2 : 1
MOMENTS = 6
LINE, ABOVE = 22, 10  # [px]: a line of text, and the room over a robot's head


def poster(
    robots: Sequence[RecordedRobot],
    colours: Sequence[str],
    dt: float,
    low: float,
    high: float,
    target: tuple[float, float] | None,
) -> str:
    """An SVG of `MOMENTS` moments, equally spaced from the first robot's start to its
    end.

    Args:
        robots, colours: as in `Replay`, one colour a robot.
        dt: time between two frames [s].
        low, high: heights that must be in view [m].
        target: a point (x, z) [m] to mark.
    """
    main = robots[0]
    times = np.linspace(0, (main.frames - 1) * dt, MOMENTS)
    frames = [round(t / dt) for t in times]
    moves = bool(np.ptp(np.asarray(main.root_x)) > 0)
    lines = 2 if moves else 1
    edges = [_edges(main, frame) for frame in frames]
    widest = max(right - left for left, right in edges)
    columns, scale = _layout(widest, high - low, lines)
    width, height = WIDTH / columns, HEIGHT * columns / MOMENTS
    floor = height - lines * LINE - 12
    parts = []
    for moment, (t, frame, (left, right)) in enumerate(
        zip(times, frames, edges, strict=True)
    ):
        row, column = divmod(moment, columns)
        place = (
            0.5 * width - 0.5 * (left + right) * scale,
            floor + low * scale,
            scale,
        )  # [px] of x = 0, of z = 0, and [px/m]
        limbs = "".join(
            _limbs(robot, colour, frame, width, place)
            for robot, colour in [*zip(robots, colours, strict=True)][::-1]
        )
        words = f'<text x="{width / 2:.0f}" y="{floor + LINE:.0f}">{t:.1f} s</text>'
        if moves:
            x = f"{np.asarray(main.root_x)[frame]:.1f}".replace("-", "−")
            words += f'<text x="{width / 2:.0f}" y="{floor + 2 * LINE:.0f}" opacity=".8">{x} m</text>'
        mark = (
            ""
            if target is None
            else _mark(
                place[0] + target[0] * scale, place[1] - target[1] * scale, width
            )
        )
        parts.append(
            f'<g transform="translate({column * width:.0f} {row * height:.0f})">{limbs}{mark}{words}</g>'
        )
    if low == 0:
        ground = "".join(
            f"M0 {row * height + floor:.0f}H{WIDTH}"
            for row in range(MOMENTS // columns)
        )
        parts.append(
            f'<path d="{ground}" stroke="currentColor" stroke-opacity=".6" stroke-width="1.5"/>'
        )
    style = "text-anchor:middle;fill:currentColor;stroke-linecap:round"
    return f'<svg class="rg-poster" viewBox="0 0 {WIDTH} {HEIGHT}" aria-hidden="true" style="{style}">{"".join(parts)}</svg>'


def _layout(widest: float, tall: float, lines: int) -> tuple[int, float]:
    """Columns, and the scale [px/m] that they allow: one row of moments, or two where
    robots are wider than tall.
    """
    scales = {}
    for columns in (MOMENTS, MOMENTS // 2):
        room = HEIGHT * columns / MOMENTS - lines * LINE - 12 - ABOVE
        scales[columns] = min(room / tall, 0.94 * WIDTH / columns / widest)
    columns = max(scales, key=lambda count: scales[count])
    return columns, scales[columns]


def _edges(robot: RecordedRobot, frame: int) -> tuple[float, float]:
    """Leftmost and rightmost x of a robot in one frame [m]."""
    view = robot.view
    reach = np.abs(np.cos(view.angle[frame])) * view.half_length + view.radius
    return float((view.x[frame] - reach).min()), float((view.x[frame] + reach).max())


def _limbs(
    robot: RecordedRobot,
    colour: str,
    frame: int,
    width: float,
    place: tuple[float, float, float],
) -> str:
    """One robot in one moment, if it is wholly within the column; after its end it
    stays as it was, fainter if it fell.
    """
    over = frame >= robot.frames - 1 and robot.fell
    frame, view = min(frame, robot.frames - 1), robot.view
    x0, z0, scale = place
    left, right = (x0 + edge * scale for edge in _edges(robot, frame))
    if left < 0 or right > width:
        return ""
    x, z = x0 + view.x[frame] * scale, z0 - view.z[frame] * scale
    a, b = (
        np.cos(view.angle[frame]) * view.half_length * scale,
        -np.sin(view.angle[frame]) * view.half_length * scale,
    )
    thick: NDArray[np.float64] = np.maximum(2 * view.radius * scale, 2)
    ends = zip(x - a, z - b, 2 * a, 2 * b, thick, strict=True)
    lines = "".join(
        f'<path d="M{x:.0f} {z:.0f}l{dx:.0f} {dz:.0f}" stroke-width="{wide:.0f}"/>'
        for x, z, dx, dz, wide in ends
    )
    opacity = (0.4 if robot.ghost else 1.0) * (0.6 if over else 1.0)
    return (
        f'<g stroke="{colour}"'
        + (f' opacity="{opacity:.2g}"' if opacity < 1 else "")
        + f">{lines}</g>"
    )


def _mark(x: float, y: float, width: float) -> str:
    inside = 8 < x < width - 8
    return (
        f'<path d="M{x - 8:.0f} {y:.0f}h16m-8 -8v16" stroke="currentColor" stroke-width="1.5"/>'
        if inside
        else ""
    )
