"""The balancer on the tilting base: films with a kick, and the committed results.

`Kicks` holds the recorded grid of the page: the adaptive and the fixed controller for
every α, with and without a kick. `balance_table` and `by_alpha` show the result
`balancer`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from lecture_code.experiments.dynamics.balance_controllers import (
    BalanceOutcome,
    Controller,
    balance,
)
from lecture_code.experiments.results import Result
from lecture_code.show import (
    GREY,
    METHOD_COLOURS,
    Picture,
    RecordedRobot,
    Replay,
    Table,
    new_figure,
)
from lecture_code.show.figures import ORANGE
from lecture_code.simulation.balance_trials import draw_balance_trials
from lecture_code.simulation.balancer import CONTROL_DT, Balancer, balancer_view

Array = NDArray[np.float64]

CONTROLLERS = {
    "adaptive": "adaptive J",
    "offset only": "J₀, offset learned",
    "fixed": "J₀, fixed",
    "PD": "PD, stiff",
    "fixed, ω = 20": "J₀ fixed, stiff",
    "adaptive, ω = 20": "adaptive J, stiff",
    "executed": "adaptive J, delay known",
    "oracle": "oracle",
}
"""Controller of the result -> its name on the page, in the order of the tables."""
MISMATCHES = {
    "mismatch 0": 0.0,
    "mismatch 0.5": 0.5,
    "mismatch 1": 1.0,
    "mismatch 1.5": 1.5,
}
"""Condition of the result -> mismatch λ."""
BALANCE_NAMES = {
    "mismatch 0": "no mismatch",
    "mismatch 1": "mismatch 1",
    "mismatch 1.5": "mismatch 1.5",
    "real": "mismatch 1, delay of one step",
    "gain 3": "motor gain × 3",
    "bad sensors": "bad sensors",
}
"""Condition of the result -> its name on the page."""
OMEGA = 5.0  # of the soft policy [rad/s]
STEPS = 300
KICK = 150  # control step
ADAPTIVE, FIXED = "adaptive J", "J₀, fixed"


class Kicks:
    """Trials of a real balancer with masses × 1.5, damping × 2 and gain × 0.7.

    Args:
        alphas: α of the adaptive controller.
        push: change of the joints' velocities by a kick [rad/s].
        trials: how many, each with its own start and motion of the base. The film
            shows the first.
    """

    def __init__(
        self, alphas: Sequence[float], push: float = 0.5, trials: int = 20
    ) -> None:
        self.alphas = tuple(alphas)
        self.push = push
        self.trials = trials
        self.balancer = Balancer().change(mass=1.5, damping=2.0, gain=0.7)
        self._outcomes: dict[tuple[str, float, bool], BalanceOutcome] = {}

    def outcome(self, kind: str, alpha: float, kicked: bool) -> BalanceOutcome:
        """All trials with one controller; computed once.

        Args:
            kind: "adaptive" or "fixed".
            alpha: α of the adaptive controller.
            kicked: whether there is a kick after three seconds.
        """
        key = (kind, alpha if kind == "adaptive" else 0.0, kicked)
        if key not in self._outcomes:
            drawn = [
                draw_balance_trials(1, STEPS, (0.1, 0.3), np.random.default_rng(seed))
                for seed in range(self.trials)
            ]
            self._outcomes[key] = balance(
                Controller(kind, OMEGA, alpha),
                self.balancer,
                np.concatenate([start for start, _ in drawn]),
                np.concatenate([rates for _, rates in drawn]),
                np.random.default_rng(1),
                {KICK: np.full((self.trials, 3), self.push)} if kicked else None,
            )
        return self._outcomes[key]

    def falls(self, alpha: float, kicked: bool) -> int:
        """Number of trials in which the figure with the adaptive J falls."""
        return int((self.outcome("adaptive", alpha, kicked).fallen >= 0).sum())

    def table(self) -> Table:
        """Falls for every α, with and without a kick."""
        return Table(
            {
                f"α = {alpha:g}": {
                    "no kick": float(self.falls(alpha, False)),
                    "kick": float(self.falls(alpha, True)),
                }
                for alpha in self.alphas
            },
            caption=f"Falls of the figure with the adaptive J in {self.trials} trials. "
            "The film shows the first trial",
            digits=0,
            corner="adaptive J",
        )

    def draw(self, alpha: float, kick: str) -> Replay:
        """Both controllers in the first trial, in one view.

        Args:
            alpha: one of `alphas`.
            kick: "no kick" or "kick".
        """
        robots = []
        words = []
        for name, kind in ((ADAPTIVE, "adaptive"), (FIXED, "fixed")):
            trial = self.outcome(kind, alpha, kick == "kick")
            fallen = int(trial.fallen[0])
            end = STEPS if fallen < 0 else fallen
            ending = "stands" if fallen < 0 else f"falls at {end * CONTROL_DT:.1f} s"
            words.append(f"{name} {ending}")
            robots.append(
                RecordedRobot(
                    name if fallen >= 0 else f"{name}: {ending}",
                    balancer_view(self.balancer, trial.states[0, : end + 1]),
                    np.zeros(end + 1),
                    fell=fallen >= 0,
                    colour=METHOD_COLOURS["online adaptation"]
                    if kind == "adaptive"
                    else ORANGE,
                )
            )
        after = " with a kick after 3 s" if kick == "kick" else ""
        return Replay(
            robots,
            f"α = {alpha:g}{after}",
            dt=CONTROL_DT,
            alt=f"Side view of a figure of three links on a tilting base, with α = "
            f"{alpha:g}{after}: {'; '.join(words)}.",
        )


def balance_table(result: Result, condition: str) -> Table:
    """Tracking error, falls, and the error over the adaptive controller's.

    Args:
        result: `balancer`.
        condition: one of `BALANCE_NAMES`; a controller that was not measured under it
            has no row.
    """
    rows: dict[str, dict[str, float | str]] = {}
    for kind, name in CONTROLLERS.items():
        if condition not in result.curves[kind]:
            continue
        entry = result.curves[kind][condition]
        low, high = entry["ratio"]
        rows[name] = {
            "error": float(1000 * np.mean(entry["error"])),
            "falls": float(100 * np.mean(entry["fallen"])),
            "ratio": "–" if kind == "adaptive" else f"[{low:.2f}, {high:.2f}]",
        }
    title = BALANCE_NAMES[condition]
    return Table(
        rows,
        caption=f"{title[0].upper()}{title[1:]}. *Ratio*: 95 % interval of the error "
        "over the error of adaptive J",
        units={"error": "mrad", "falls": "%"},
        digits={"error": 0, "falls": 0},
        corner="controller",
    )


def limits_table(result: Result) -> Table:
    """Falls on a base that swings far, and with a longer delay.

    Args:
        result: `balancer`.
    """
    columns = {"0.8 rad": "tilt 0.8", "two steps": "delay 2"}
    rows: dict[str, dict[str, float | str]] = {}
    for kind in ("adaptive", "fixed", "PD", "oracle"):
        found = result.curves[kind]
        rows[CONTROLLERS[kind]] = {
            name: float(100 * np.mean(found[condition]["fallen"]))
            if condition in found
            else "–"
            for name, condition in columns.items()
        }
    return Table(
        rows,
        caption="Trials that end in a fall: on a base that swings by 0.8 rad (mismatch "
        "1), and with a delay of two steps (no mismatch). The oracle has one trial a "
        "seed",
        units=dict.fromkeys(columns, "%"),
        digits=0,
        corner="controller",
    )


def by_alpha(result: Result, alpha: float) -> Picture:
    """Tracking error against the mismatch for every α, with one α marked.

    Args:
        result: `balancer`.
        alpha: one of the settings' `alphas`.
    """
    figure, axes = new_figure()
    words = []
    fixed = [
        1000 * np.mean(result.curves["fixed"][name]["error"]) for name in MISMATCHES
    ]
    axes.plot(MISMATCHES.values(), fixed, "--", color=ORANGE, label="J₀, fixed")
    for value in result.settings["alphas"]:
        cells = result.curves[f"adaptive, α = {value:g}"]
        errors = [1000 * np.mean(cells[name]["error"]) for name in MISMATCHES]
        if value == alpha:
            colour = METHOD_COLOURS["online adaptation"]
            axes.plot(MISMATCHES.values(), errors, "o-", color=colour, zorder=3)
            axes.plot([], [], "o-", color=colour, label=f"α = {value:g}")
            words = [f"{error:.0f}" for error in errors]
        else:
            axes.plot(MISMATCHES.values(), errors, color=GREY, lw=1)
    axes.set(xlabel="mismatch λ", ylabel="tracking error [mrad]", ylim=(0, 450))
    axes.legend(loc="upper left")
    return Picture(
        figure,
        alt=f"Tracking error against the mismatch. With α = {alpha:g} it is "
        f"{', '.join(words)} mrad at mismatches of 0, 0.5, 1 and 1.5. With J₀ fixed it "
        f"is {fixed[0]:.0f} to {fixed[-1]:.0f} mrad.",
        caption="Means of five seeds with four trials each. Grey: the other α.",
    )
