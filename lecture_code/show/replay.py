"""Recorded robots for the page: what `<robot-replay>` plays, and the poster that stands
for it without JavaScript.

    view = side_view(world, qpos)  # capsules, from the simulation room
    hopper = RecordedRobot("gravity −13", view, root_x=qpos[:, 0], rewards=rewards)
    Replay([hopper], title="Hopper", dt=world.task.dt)

Read `Replay` first; how a robot is packed stands in `recorded_robot.py`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from html import escape
from typing import Any

import numpy as np

from .figures import GREY, ORANGE, PURPLE, SKY, VERMILLION
from .page import bundle, fingerprint, number, prose, require_alt
from .poster import MOMENTS, poster
from .recorded_robot import LENGTH_STEP, RecordedRobot, pack, vertical_range

COLOURS = (VERMILLION, SKY, ORANGE, PURPLE)


class Replay:
    """Robots moving in one side view: `<robot-replay>` with play, pause, scrub and
    speed, and before that, or without JavaScript, a poster of some moments.

    Args:
        robots: the first is followed by the camera and publishes its position; several
            are drawn over each other.
        title: visible above the view.
        dt: time between two frames [s].
        alt: what there is to see; by default a sentence per robot with distance, time,
            return and fall, made from the data.
        target: a point (x, z) [m] to mark.
        beside: the robots of films that stand beside this film, so that a metre has the
            same length in all.
        frames_per_second: of the film that is kept; movement between frames is
            interpolated.
        panels: number of pictures in the poster, from the start to the end; few are
            drawn large.
        view: left and right edge [m] of what a poster shows of robots that stay where
            they are; by default it is centred on the first robot of each moment.

    Raises:
        ValueError: no robots, two of one name, shapes that disagree, or a capsule more
            than 16 m from its root.
    """

    def __init__(
        self,
        robots: Sequence[RecordedRobot],
        title: str,
        *,
        dt: float,
        alt: str = "",
        target: tuple[float, float] | None = None,
        beside: Sequence[RecordedRobot] = (),
        frames_per_second: float = 30.0,
        panels: int = MOMENTS,
        view: tuple[float, float] | None = None,
    ) -> None:
        names = [robot.name for robot in robots]
        if not names or len(set(names)) != len(names):
            raise ValueError(
                f"a replay needs robots, each with a name of its own; got {names}"
            )
        if not dt > 0 or not frames_per_second > 0:
            raise ValueError(
                f"dt and frames_per_second must be positive; got {dt} and "
                f"{frames_per_second}"
            )
        if panels < 2:
            raise ValueError(f"a poster needs two panels at least; got {panels}")
        self.robots = tuple(robots)
        self.title = title
        self.dt = dt
        self.panels = panels
        self.target = target
        self.beside = tuple(beside)
        self.view = view
        # control steps a kept frame
        self.stride = max(1, round(1 / (frames_per_second * dt)))
        summary = " ".join([f"Side view of {title}.", *map(self.summary, self.robots)])
        self.alt = require_alt(alt or summary)
        self._html = self._render()

    def duration(self, robot: RecordedRobot) -> float:
        """Time from its first frame to its last [s]."""
        return (robot.frames - 1) * self.dt

    def summary(self, robot: RecordedRobot) -> str:
        """What a robot did, in words."""
        did = f"{robot.name}: {self._outcome(robot)}"
        return did.replace("return ", "with return ") + "."

    def html(self) -> str:
        """`<robot-replay>` with poster, key and frames."""
        return self._html

    def _repr_mimebundle_(
        self, include: Any = None, exclude: Any = None
    ) -> dict[str, Any]:
        return bundle(self)

    def _outcome(self, robot: RecordedRobot) -> str:
        """What a robot did, in short: 'moved 4.2 m in 2.5 s, return 812, fell'."""
        x = np.asarray(robot.root_x, dtype=float)
        time = f"{number(self.duration(robot), 3)} s"
        distance = round(float(x[-1] - x[0]), 1) + 0.0  # no minus zero
        moved = f"moved {distance:.1f} m in {time}".replace("-", "−")
        words = [moved if np.ptp(x) else time]  # an arm goes nowhere
        if robot.total is not None:
            words.append(f"return {robot.total:.0f}".replace("-", "−"))
        return ", ".join(words + ["fell"] * robot.fell)

    def colours(self) -> list[str]:
        """Of the robots, in their order."""
        palette = iter(COLOURS * len(self.robots))
        return [
            robot.colour or (GREY if robot.ghost else next(palette))
            for robot in self.robots
        ]

    def _render(self) -> str:
        film = self._encode(self.colours())
        data = json.dumps(film, ensure_ascii=False, separators=(",", ":"))
        data = data.replace("</", "<\\/")
        return (
            f'<robot-replay class="rg-shown" data-link="{fingerprint(self.alt)}">'
            f"{self.still()}"
            f'<script type="application/json">{data}</script></robot-replay>'
        )

    def still(self) -> str:
        """Title, key of colours and poster: what is seen before anything moves."""
        colours = self.colours()
        ends = *self._heights(), self.target
        more = self.panels, self.beside, self.view
        picture = poster(self.robots, colours, self.dt, *ends, *more)
        key = "".join(map(self._key, self.robots, colours))
        return (
            f'<p class="rg-title">{prose(self.title)}</p><ul class="rg-key">{key}</ul>'
            f'<div class="rg-stage" role="img" aria-label="{escape(self.alt)}">'
            f"{picture}</div>"
        )

    def _heights(self) -> tuple[float, float]:
        """Lowest and highest point in view [m]; equal in films side by side."""
        low, high = vertical_range((*self.robots, *self.beside), self.target)
        return round(low, 3), round(high, 3)

    def _key(self, robot: RecordedRobot, colour: str) -> str:
        """One line of the key of colours: name, and outcome if there is one. The time
        alone is none: a robot that goes nowhere has only its name.
        """
        goes = np.ptp(np.asarray(robot.root_x)) > 0
        told = goes or robot.fell or robot.total is not None
        outcome = self._outcome(robot) if told else ""
        faint = ";opacity:.75" if robot.ghost else ""
        return (
            f'<li><span class="rg-swatch" style="background:{colour}{faint}"></span>'
            f"{prose(robot.name)}"
            f'<span class="rg-readout">{outcome}</span></li>'
        )

    def _encode(self, colours: Sequence[str]) -> dict[str, Any]:
        """The JSON that `RealityGap.decode` in robot-replay.js reads."""
        low, high = self._heights()
        everyone = np.concatenate([np.ravel(robot.view.x) for robot in self.robots])
        target = None if self.target is None else [float(x) for x in self.target]
        return {
            "step": self.stride * self.dt,  # [s] between kept frames
            "resolution": LENGTH_STEP,
            "low": low,
            "high": high,
            "reach": [round(float(everyone.min()), 3), round(float(everyone.max()), 3)],
            "ground": low == 0.0,
            "target": target,
            "robots": [
                self._packed(robot, colour)
                for robot, colour in zip(self.robots, colours, strict=True)
            ],
        }

    def _packed(self, robot: RecordedRobot, colour: str) -> dict[str, Any]:
        """The JSON of one robot."""
        end = self.duration(robot)
        return {
            "name": robot.name,
            "colour": colour,
            "ghost": robot.ghost,
            "duration": end,
            "fell": end if robot.fell else None,
            **pack(robot, self.stride),
        }
