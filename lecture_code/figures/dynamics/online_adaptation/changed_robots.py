"""Attempts on a changed robot, with and without adaptation.

`JumpingPayload` holds the recorded grid of the page's main picture: every size and
moment of the jump. `OtherGravity` has the whole attempt under another gravity.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from lecture_code.experiments.dynamics.online_adaptation.attempts import (
    AttemptOutcome,
    Condition,
    attempt,
)
from lecture_code.experiments.dynamics.online_adaptation.practice import Priors
from lecture_code.experiments.dynamics.online_adaptation.tuned import TUNED
from lecture_code.figures.dynamics.online_adaptation.films import (
    COLOURS,
    NOMINAL,
    WORDS,
    film_attempts,
    outcome_in_words,
)
from lecture_code.show import GREY, Beside, Picture, new_figure
from lecture_code.simulation.slot_arm import DT, STEPS, TOLERANCE, tip
from lecture_code.simulation.slot_attempts import references

Array = NDArray[np.float64]


class ChangedRobot:
    """Attempts of one task on changed robots, with and without adaptation.

    Args:
        priors: from practice.
        task: start (6,) and mouth (2,) of all attempts.
        conditions: how the robot of each attempt differs from the practice.
        seed: of the exploration.
    """

    def __init__(
        self,
        priors: Priors,
        task: tuple[Array, Array],
        conditions: Sequence[Condition],
        seed: int = 0,
    ) -> None:
        self.priors = priors
        self.task = task
        self.conditions = tuple(conditions)
        self.seed = seed

    @cached_property
    def outcomes(self) -> dict[str, AttemptOutcome]:
        """Method -> one attempt for each condition."""
        n = len(self.conditions)
        start, mouth = self.task
        tasks = np.tile(start, (n, 1)), np.tile(mouth, (n, 1))
        return {
            name: attempt(
                TUNED[name],
                self.conditions,
                self.priors,
                tasks,
                np.random.default_rng(self.seed),
            )
            for name in WORDS
        }

    def path_at(self, method: str, place: int) -> Array:
        """States of the attempt under the condition with this number, (T + 1, 6)."""
        return np.asarray(self.outcomes[method].states[place])

    def distance_at(self, method: str, place: int) -> Array:
        """Distance of the tip from where it should be, (T + 1,) [mm]."""
        start, mouth = self.task
        wanted = references(start[None], mouth[None])[0, :, :3]
        apart = tip(self.path_at(method, place)[:, :3]) - tip(wanted)
        return np.asarray(1000 * np.linalg.norm(apart, axis=1))

    def film_and_curves(
        self, place: int, title: str, jump: float | None = None
    ) -> Beside:
        """Film, and distance from the wanted place over time.

        Args:
            place: number of the condition.
            title: above the film.
            jump: when the robot changes during the attempt [s].
        """
        mouth = self.task[1]
        paths = {name: self.path_at(name, place) for name in WORDS}
        names = {
            name: outcome_in_words(name, path, mouth) for name, path in paths.items()
        }
        film = film_attempts(title, paths, mouth, names)
        return Beside(film, self._curves(place, title, jump))

    def _curves(self, place: int, title: str, jump: float | None) -> Picture:
        figure, axes = new_figure(width=3.9, height=3.1)
        clock = DT * np.arange(STEPS + 1)
        words = []
        for name, label in WORDS.items():
            curve = self.distance_at(name, place)
            axes.plot(clock, curve, color=COLOURS[name], label=label)
            words.append(f"{label}, at most {curve.max():.0f} mm")
        if jump is not None:
            axes.axvline(jump, ymax=0.8, color=GREY, lw=1)  # below the legend
        axes.axhline(1000 * TOLERANCE, color=GREY, lw=1, ls="--")
        axes.set(xlabel="time [s]", ylabel="distance [mm]", ylim=(0, 320))
        axes.legend(loc="upper left")
        return Picture(
            figure,
            alt="Distance of the tip from where it should be, over five seconds: "
            f"{'; '.join(words)}. {title}.",
            caption="How far the tip is from where it should be. Dashed: 2 cm."
            + ("" if jump is None else " Grey: the jump."),
        )


class JumpingPayload(ChangedRobot):
    """Attempts in which the payload jumps, with and without adaptation.

    Args:
        priors: from practice.
        task: start (6,) and mouth (2,) of all attempts.
        factors: payloads after the jump, as multiples of the practised payload.
        times: moments of the jump [s].
        seed: of the exploration.
    """

    def __init__(
        self,
        priors: Priors,
        task: tuple[Array, Array],
        factors: Sequence[float],
        times: Sequence[float],
        seed: int = 0,
    ) -> None:
        self.factors, self.times = tuple(factors), tuple(times)
        conditions = [
            Condition(later={"payload": NOMINAL * factor}, when=round(time / DT))
            for factor in self.factors
            for time in self.times
        ]
        super().__init__(priors, task, conditions, seed)

    def place(self, factor: float, time: float) -> int:
        """Number of the condition with this jump."""
        return self.factors.index(factor) * len(self.times) + self.times.index(time)

    def distance(self, method: str, factor: float, time: float) -> Array:
        """Distance of the tip from where it should be, (T + 1,) [mm]."""
        return self.distance_at(method, self.place(factor, time))

    def fall(self, method: str, factor: float, time: float) -> float:
        """Largest distance in the second after the jump [mm]."""
        jump = round(time / DT)
        path = self.distance(method, factor, time)
        return float(path[jump : jump + round(1 / DT)].max())

    def back_after(self, factor: float, time: float) -> int:
        """Control steps from the jump until the adapting arm stays within 2 cm.

        Raises:
            ValueError: the arm is not within 2 cm at the end.
        """
        far = self.distance("network", factor, time) >= 1000 * TOLERANCE
        if far[-1]:
            raise ValueError(
                f"the adapting arm is not back within 2 cm: payload × {factor:g} at "
                f"{time:g} s"
            )
        last = int(np.flatnonzero(far)[-1]) if far.any() else -1
        return max(0, last + 1 - round(time / DT))

    def draw(self, factor: float, time: float) -> Beside:
        """Film, and distance from the wanted place over time."""
        title = f"The payload becomes {factor:g} times as heavy at {time:g}\u202fs"
        return self.film_and_curves(self.place(factor, time), title, jump=time)


class OtherGravity(ChangedRobot):
    """Attempts under another gravity, with and without adaptation.

    Args:
        priors: from practice, under the earth's gravity.
        task: start (6,) and mouth (2,) of all attempts.
        gravities: downward accelerations of free fall [m/s²].
        seed: of the exploration.
    """

    def __init__(
        self,
        priors: Priors,
        task: tuple[Array, Array],
        gravities: Sequence[float],
        seed: int = 0,
    ) -> None:
        self.gravities = tuple(gravities)
        conditions = [Condition({"gravity": -g}) for g in self.gravities]
        super().__init__(priors, task, conditions, seed)

    def draw(self, gravity: float) -> Beside:
        """Film, and distance from the wanted place over time."""
        title = f"Gravity is {gravity:g}\u202fm/s² in the whole attempt"
        return self.film_and_curves(self.gravities.index(gravity), title)
