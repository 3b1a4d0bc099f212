"""The still picture of a replay: six moments, or as many as are wanted, side by side,
as in Muybridge's photographs, with time and place below each.

A movement of twenty metres and one of none at all are equally readable this way. Each
moment is centred on the first robot as it is then. If another of two or three robots
leaves this view, each robot has a row of its own, so that all are seen to the end.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .recorded_robot import RecordedRobot

WIDTH, HEIGHT = 640, 320  # [px], the stage's 2 : 1
MOMENTS = 6
LINE, ABOVE = 22, 10  # [px]: a line of text, and the room over a robot's head


@dataclass(frozen=True)
class Panel:
    """Where a robot's metres lie in a column.

    Attributes:
        x0, z0: of x = 0 and z = 0 [px].
        scale: [px/m].
        width: of the column [px].
    """

    x0: float
    z0: float
    scale: float
    width: float


def poster(
    robots: Sequence[RecordedRobot],
    colours: Sequence[str],
    dt: float,
    low: float,
    high: float,
    target: tuple[float, float] | None,
    count: int = MOMENTS,
    beside: Sequence[RecordedRobot] = (),
    view: tuple[float, float] | None = None,
) -> str:
    """An SVG of `count` moments, equally spaced from the first robot's start to its
    end.

    Args:
        robots, colours: as in `Replay`, one colour a robot.
        dt: time between two frames [s].
        low, high: heights that must be in view [m].
        target: a point (x, z) [m] to mark.
        count: number of moments.
        beside: robots of other posters, on which a metre has the same length.
        view: left and right edge of all moments [m]; by default each moment is centred
            on the first robot.
    """
    times = np.linspace(0, (robots[0].frames - 1) * dt, count)
    moments = list(zip(times, _moments(robots[0], count), strict=True))
    edges = [view or _edges(robots[0], frame) for _, frame in moments]
    widest = max(_widest(robot, count) for robot in (robots[0], *beside))
    if view:
        widest = view[1] - view[0]
    parts, floors = _in_one_view(
        robots, colours, moments, edges, low, high, widest, target
    )
    seen = [parts.count(f'stroke="{colour}"') for colour in colours[1:]]
    if len(robots) in (2, 3) and min(seen) < count:
        parts, floors = _apart(robots, colours, moments, low, high)
    if low == 0:
        parts += _ground(floors)
    style = "text-anchor:middle;fill:currentColor;stroke-linecap:round"
    return (
        f'<svg class="rg-poster" viewBox="0 0 {WIDTH} {HEIGHT}" aria-hidden="true" '
        f'style="{style}">{parts}</svg>'
    )


def _moments(robot: RecordedRobot, count: int) -> list[int]:
    """The frames of a robot that its poster shows."""
    return [round(t) for t in np.linspace(0, robot.frames - 1, count)]


def _widest(robot: RecordedRobot, count: int) -> float:
    """Width of a robot in the widest of its moments [m]."""
    edges = (_edges(robot, frame) for frame in _moments(robot, count))
    return max(right - left for left, right in edges)


def _in_one_view(
    robots: Sequence[RecordedRobot],
    colours: Sequence[str],
    moments: Sequence[tuple[float, int]],
    edges: Sequence[tuple[float, float]],
    low: float,
    high: float,
    widest: float,
    target: tuple[float, float] | None,
) -> tuple[str, list[float]]:
    """All robots within the edges of each moment: the picture, and the heights of its
    ground [px].
    """
    main = robots[0]
    lines = 2 if _moves(main) else 1
    columns, scale = _layout(widest, high - low, lines, len(moments))
    width = WIDTH / columns
    rows = len(moments) // columns
    height = HEIGHT / rows
    floor = height - lines * LINE - 12
    parts = []
    for moment, ((t, frame), edge) in enumerate(zip(moments, edges, strict=True)):
        row, column = divmod(moment, columns)
        x0 = 0.5 * width - 0.5 * sum(edge) * scale  # the robot stands in the middle
        panel = Panel(x0, floor + low * scale, scale, width)
        limbs = [
            _limbs(robot, colour, frame, panel)
            for robot, colour in zip(robots, colours, strict=True)
        ]
        mark = "" if target is None else _mark(target, panel)
        drawn = "".join(limbs[::-1]) + mark + _words(main, t, frame, floor, width)
        at = f"translate({column * width:.0f} {row * height:.0f})"
        parts.append(f'<g transform="{at}">{drawn}</g>')
    return "".join(parts), [n * height + floor for n in range(rows)]


def _apart(
    robots: Sequence[RecordedRobot],
    colours: Sequence[str],
    moments: Sequence[tuple[float, int]],
    low: float,
    high: float,
) -> tuple[str, list[float]]:
    """A row for each robot, with its place below it; the times stand below all rows."""
    width = WIDTH / len(moments)
    height = (HEIGHT - LINE) / len(robots)
    floor = height - LINE - 12
    edges = [[_edges(robot, frame) for _, frame in moments] for robot in robots]
    widest = max(right - left for row in edges for left, right in row)
    scale = min((floor - ABOVE) / (high - low), 0.94 * width / widest)
    parts = []
    for row, (robot, colour) in enumerate(zip(robots, colours, strict=True)):
        for column, (_, frame) in enumerate(moments):
            x0 = 0.5 * width - 0.5 * sum(edges[row][column]) * scale
            panel = Panel(x0, floor + low * scale, scale, width)
            drawn = _limbs(robot, colour, frame, panel)
            drawn += _where(robot, frame, floor + LINE, width)
            at = f"translate({column * width:.0f} {row * height:.0f})"
            parts.append(f'<g transform="{at}">{drawn}</g>')
    times = [
        f'<text x="{(column + 0.5) * width:.0f}" y="{HEIGHT - 8}">{t:.1f} s</text>'
        for column, (t, _) in enumerate(moments)
    ]
    return "".join(parts + times), [n * height + floor for n in range(len(robots))]


def _moves(robot: RecordedRobot) -> bool:
    return bool(np.ptp(np.asarray(robot.root_x)) > 0)


def _words(
    robot: RecordedRobot, t: float, frame: int, floor: float, width: float
) -> str:
    """Time below a moment, and below that the place of a robot that moves."""
    y = floor + LINE
    time = f'<text x="{width / 2:.0f}" y="{y:.0f}">{t:.1f} s</text>'
    if not _moves(robot):
        return time
    return time + _where(robot, frame, floor + 2 * LINE, width)


def _where(robot: RecordedRobot, frame: int, y: float, width: float) -> str:
    """The place of a robot in one frame, at the height `y` of its column."""
    x = np.asarray(robot.root_x)[min(frame, robot.frames - 1)]
    words = f"{round(float(x), 1) + 0.0:.1f}".replace("-", "−")  # no minus zero
    return f'<text x="{width / 2:.0f}" y="{y:.0f}" opacity=".8">{words} m</text>'


def _ground(heights: Sequence[float]) -> str:
    """A line across the picture at each of these heights [px]."""
    lines = "".join(f"M0 {height:.0f}H{WIDTH}" for height in heights)
    look = 'stroke="currentColor" stroke-opacity=".6" stroke-width="1.5"'
    return f'<path d="{lines}" {look}/>'


def _layout(widest: float, tall: float, lines: int, count: int) -> tuple[int, float]:
    """Columns, and the scale [px/m] that they allow: one row of moments, or two rows of
    an even number of moments where robots are wider than tall.
    """
    scales = {}
    for columns in (count, count // 2) if count % 2 == 0 else (count,):
        room = HEIGHT * columns / count - lines * LINE - 12 - ABOVE
        scales[columns] = min(room / tall, 0.94 * WIDTH / columns / widest)
    columns = max(scales, key=lambda count: scales[count])
    return columns, scales[columns]


def _edges(robot: RecordedRobot, frame: int) -> tuple[float, float]:
    """Leftmost and rightmost x of a robot in one frame, or at its end [m]."""
    frame = min(frame, robot.frames - 1)
    view = robot.view
    half = _half_lengths(robot, frame)
    reach = np.abs(np.cos(view.angle[frame])) * half + view.radius
    return float((view.x[frame] - reach).min()), float((view.x[frame] + reach).max())


def _half_lengths(robot: RecordedRobot, frame: int) -> NDArray[np.float64]:
    """Half the length of each capsule in one frame, (G,) [m]."""
    view = robot.view
    return np.asarray(np.broadcast_to(view.half_length, np.shape(view.x))[frame])


def _limbs(robot: RecordedRobot, colour: str, frame: int, panel: Panel) -> str:
    """One robot in one moment, if it is wholly within the column; after its end it
    stays as it was, fainter if it fell.
    """
    over = frame >= robot.frames - 1 and robot.fell
    frame = min(frame, robot.frames - 1)
    view = robot.view
    scale = panel.scale
    left, right = (panel.x0 + edge * scale for edge in _edges(robot, frame))
    if left < 0 or right > panel.width:
        return ""
    x, z = panel.x0 + view.x[frame] * scale, panel.z0 - view.z[frame] * scale
    half = _half_lengths(robot, frame) * scale
    a = np.cos(view.angle[frame]) * half
    b = -np.sin(view.angle[frame]) * half
    thick: NDArray[np.float64] = np.maximum(2 * view.radius * scale, 2)
    ends = zip(x - a, z - b, 2 * a, 2 * b, thick, strict=True)
    lines = "".join(
        f'<path d="M{x:.0f} {z:.0f}l{dx:.0f} {dz:.0f}" stroke-width="{wide:.0f}"/>'
        for x, z, dx, dz, wide in ends
    )
    opacity = (0.75 if robot.ghost else 1.0) * (0.6 if over else 1.0)
    faint = f' opacity="{opacity:.2g}"' if opacity < 1 else ""
    return f'<g stroke="{colour}"{faint}>{lines}</g>'


def _mark(target: tuple[float, float], panel: Panel) -> str:
    """A cross at the target, where it lies within the column."""
    x, y = panel.x0 + target[0] * panel.scale, panel.z0 - target[1] * panel.scale
    if not 8 < x < panel.width - 8:
        return ""
    cross = f"M{x - 8:.0f} {y:.0f}h16m-8 -8v16"
    return f'<path d="{cross}" stroke="currentColor" stroke-width="1.5"/>'
