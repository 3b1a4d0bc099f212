"""Recorded films of the heavy arm for every target of a grid: the expert, φ without
history and φ with history over each other.

The recordings are those of `inverse_dynamics_films`. Of the five seeds of each φ the
film shows the seed whose miss is the median. Start with `FilmGrid.draw`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from lecture_code.experiments.results import Result
from lecture_code.figures.dynamics.inverse_dynamics.films import (
    EXPERT,
    REACH,
    SIMULATOR,
    STILLS,
    ArmTrials,
    behind,
)
from lecture_code.figures.dynamics.inverse_dynamics.results import (
    COLOURS as METHOD_COLOURS,
)
from lecture_code.figures.dynamics.inverse_dynamics.scores import METHODS, SHIFTS
from lecture_code.show import RecordedRobot, Replay, film
from lecture_code.simulation import World, side_view

Array = NDArray[np.float64]

SIZES = {
    "weak": {"gravity": "0.6", "noise": "0.3"},
    "strong": {"gravity": "1", "noise": "0.6"},
}
"""Size of a shift -> share of gravity, and σ of the noise."""


def condition(shift: str, size: str) -> tuple[str, str]:
    """The name of a target in the result, and on the page.

    Args:
        shift: one of `SHIFTS`.
        size: one of `SIZES`.
    """
    sizes = SIZES[size]
    if shift == "gravity":
        share = sizes["gravity"]
        return f"gravity {share}", f"gravity {100 * float(share):.0f} %"
    std = sizes["noise"]
    return f"noise {std} correlation {shift}", f"{SHIFTS[shift]}, σ = {std}"


class FilmGrid:
    """Films by kind and size of the shift.

    Args:
        result: `inverse_dynamics_films`.
        angles: its arrays: film -> angles (seeds, T + 1, 2) [rad].
        trials: of the same arm, whose expert in the simulator stands behind.
        methods: who is shown: of `METHODS`, the last in front.
    """

    def __init__(
        self,
        result: Result,
        angles: Mapping[str, Array],
        trials: ArmTrials,
        methods: Sequence[str] = tuple(METHODS),
    ) -> None:
        self.misses = result.curves["miss"]
        self.angles = angles
        self.trials = trials
        self.methods = tuple(methods)

    def middle(self, name: str) -> int:
        """The seed of a film whose miss is the median, by its place."""
        misses = self.misses[name]
        return int(np.argsort(misses, kind="stable")[len(misses) // 2])

    def label(self, name: str, who: str) -> str:
        """'φ with history: ends 5 cm from the target (4–9)'."""
        misses = 100 * np.array(self.misses[name])
        words = f"{who}: ends {np.median(misses):.0f} cm from the target"
        if len(misses) < 2:
            return words
        return f"{words} ({misses.min():.0f}–{misses.max():.0f})"

    def robot(self, target: str, method: str, world: World) -> RecordedRobot:
        """One arm of a film."""
        name = f"{target} {method}"
        who = EXPERT if method == "expert" else METHODS[method]
        angles = self.angles[name][self.middle(name)]
        rest = self.trials.in_source.qpos[self.trials.highest(), 0, 2:]
        place = np.broadcast_to(rest, angles.shape)
        qpos = np.concatenate([angles, place], axis=1)
        return RecordedRobot(
            self.label(name, who),
            side_view(world, qpos),
            np.zeros(len(qpos)),
            colour=METHOD_COLOURS[method],
        )

    def draw(self, shift: str, size: str) -> Replay:
        """The arms under one target, φ with history in front, and the expert in the
        simulator behind.
        """
        target, words = condition(shift, size)
        trials = self.trials
        which = trials.highest()
        source, in_source = trials.source, trials.in_source
        ghost = behind(film(SIMULATOR, source, in_source, which))
        arms = [self.robot(target, method, source) for method in self.methods[::-1]]
        x, z = in_source.qpos[which, 0, 2:]
        ends = "; ".join(arm.name for arm in arms)
        return Replay(
            [*arms, ghost],
            words,
            dt=source.dt,
            target=(float(x), float(z)),
            alt=f"Side view of a heavy arm with two links, {words}. {ends}.",
            panels=STILLS,
            view=REACH,
        )
