"""What the chapter *Inverse-dynamics transfer* draws before any result: the loop of one
control step, and two figures of a linear plant with noise.

The plant moves a point: o′ = o + a + n, where n is noise with standard deviation 1 and
correlation c from step to step. `what_remains` shows how much of the noise an inverse
model can know. `timid` shows what independent noise does to learning in hindsight, and
`timid_arm` shows the same on the heavy arm.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lecture_code.dynamics.inverse_dynamics import (
    TargetPolicy,
    TransferSettings,
    TransferState,
    source_step,
    transfer_round,
)
from lecture_code.dynamics.reaching_expert import ReachingExpert
from lecture_code.learning.histories import History
from lecture_code.learning.regression import Regression, RegressionSettings, fit
from lecture_code.show import GREY, METHOD_COLOURS, Picture, Table, new_figure
from lecture_code.show.figures import ORANGE
from lecture_code.simulation import make_world

Array = NDArray[np.float64]

SIMULATOR = METHOD_COLOURS["simulation"]
ROBOT = METHOD_COLOURS["reality"]
PHI = METHOD_COLOURS["inverse dynamics"]
LINEAR = RegressionSettings(hidden=(), epochs=0)
CORRELATIONS = (0.0, 0.2, 0.4, 0.6, 0.8, 0.9, 0.95, 1.0)


def loop() -> Picture:
    """One control step: robot, expert, simulator, φ, and back to the robot."""
    figure, axes = new_figure(height=2.4)
    figure.subplots_adjust(left=0.01, right=0.99, bottom=0.02, top=0.98)
    axes.axis("off")
    axes.set(xlim=(0.3, 7), ylim=(0.1, 3.05))
    boxes = (
        ("expert\n$π_{source}$", 1.5, 2.5, SIMULATOR),
        ("simulator\n$T_{source}$", 5.4, 2.5, SIMULATOR),
        ("inverse\nmodel φ", 5.4, 0.65, PHI),
        ("robot", 1.5, 0.65, ROBOT),
    )
    for text, x, y, colour in boxes:
        frame = {"boxstyle": "round,pad=0.35", "fc": "none", "ec": colour, "lw": 2}
        axes.text(x, y, text, ha="center", va="center", bbox=frame)
    arrow = {"arrowstyle": "-|>", "color": GREY, "lw": 1.5}
    for start, end in (
        ((2.1, 2.5), (4.55, 2.5)),
        ((5.4, 2.0), (5.4, 1.15)),
        ((4.7, 0.65), (1.95, 0.65)),
        ((1.5, 0.95), (1.5, 2.0)),
    ):
        axes.annotate("", end, start, arrowprops=arrow)
    axes.text(3.35, 2.65, "$a_{source}$", ha="center")
    axes.text(5.52, 1.52, "ô, wanted next", ha="left", va="center")
    axes.text(3.35, 0.8, "$a_{target}$", ha="center")
    axes.text(1.38, 1.45, "τ, seen", ha="right", va="center")
    return Picture(
        figure,
        alt="A loop of four boxes. The robot shows τ to the expert. The action of the "
        "expert goes into the simulator. The simulator shows ô, which is wanted next. "
        "The inverse model φ turns ô into an action of the robot.",
        caption="One control step. The simulator starts from the robot's state, and φ "
        "sees τ too.",
    )


def noisy_plant(
    c: float, n: int, T: int, effort: float, rng: np.random.Generator
) -> tuple[Array, Array]:
    """Observations (n, T + 1, 1) and actions (n, T, 1) of the plant.

    Args:
        c: correlation of the noise; 1 is a constant of each episode.
        n: episodes.
        T: control steps.
        effort: standard deviation of the actions, in units of the noise's.
        rng: of actions and noise.
    """
    actions = effort * rng.standard_normal((n, T, 1))
    noise = rng.standard_normal((n, T, 1))  # ~ N(0, 1)
    for t in range(1, T):
        noise[:, t] = c * noise[:, t - 1] + np.sqrt(1 - c**2) * noise[:, t]
    moved = np.cumsum(actions + noise, axis=1)
    return np.concatenate([np.zeros((n, 1, 1)), moved], axis=1), actions


def hindsight(
    k: int, c: float, effort: float, rng: np.random.Generator
) -> tuple[Regression, Array, Array]:
    """A linear φ of the plant with history k, and the examples that it learned from:
    inputs, and actions (n, 1).
    """
    T = k + 2
    o, a = noisy_plant(c, 4000, T, effort, rng)
    steps = range(k - 1, T)
    taus = [History(o[:, t + 1 - k : t + 1], a[:, t + 1 - k : t]) for t in steps]
    inputs = [tau.inputs(o[:, t + 1]) for tau, t in zip(taus, steps, strict=True)]
    x = np.concatenate(inputs)
    y = np.concatenate([a[:, t] for t in steps])
    return fit(x, y, rng, LINEAR), x, y


def remains(k: int, c: float, rng: np.random.Generator) -> float:
    """Standard deviation of the error of φ's action, in units of the noise's, where the
    actions are much larger than the noise.
    """
    phi, x, y = hindsight(k, c, 30.0, rng)
    return float(np.sqrt(np.square(y - phi(x)).mean()))


def what_remains(k: int) -> Picture:
    """How much of the noise φ cannot know, against its correlation.

    Args:
        k: number of observations in τ.
    """
    measured = [remains(k, c, np.random.default_rng(0)) for c in CORRELATIONS]
    fine = np.linspace(0, 1, 200)
    known = np.sqrt(1 - fine**2) if k > 1 else np.ones_like(fine)
    figure, axes = new_figure(height=2.7)
    axes.plot(fine, known, color=GREY, label="closed form")
    axes.plot(CORRELATIONS, measured, "o", color=PHI, label=f"φ with k = {k}")
    axes.set(xlabel="correlation c of the noise", ylabel="noise that remains")
    axes.set(ylim=(-0.05, 1.15), xlim=(-0.03, 1.03))
    axes.legend(loc="lower left")
    return Picture(
        figure,
        alt=f"Noise that remains with k = {k} against the correlation: "
        f"{measured[0]:.2f} at 0, {measured[5]:.2f} at 0.9 and {measured[-1]:.2f} at "
        "1, in units of the noise.",
        caption="In units of the noise's standard deviation. Dots: regression on a "
        "linear plant.",
    )


def slope(effort: float, rng: np.random.Generator) -> float:
    """How much more action φ gives for a wanted observation that is further by 1, with
    independent noise; 1 is right.
    """
    phi, _, _ = hindsight(1, 0.0, effort, rng)
    return float(phi.jacobian(np.zeros((1, 2)))[0, 0, 1])


def slope_on_the_arm(noise: float, settings: TransferSettings) -> float:
    """The slope of φ's action against the action that was executed, on the heavy arm
    without gravity, mean of both motors; 1 is right.

    φ learns in one round, with independent noise of the motors. Then it is asked for
    the observations that random actions lead to without noise.

    Args:
        noise: σ of the motors.
        settings: of the round, with k = 1.
    """
    source = make_world("heavy_arm")
    robot = source.change(motor_noise=noise)
    expert = ReachingExpert.from_source(source)
    rng, rng_states, rng_actions = np.random.default_rng(0).spawn(3)
    first = TransferState.initial(expert)
    state = transfer_round(first, robot, source, expert, settings, rng, threads=1)
    S = source.observation_size
    seen = state.inputs[rng_states.permutation(len(state.inputs))[:1000]]
    executed = rng_actions.uniform(-1, 1, (len(seen), source.action_size))
    wanted = source_step(source, seen[:, :S], executed, threads=1)
    x = np.concatenate([seen[:, :S], wanted - seen[:, :S]], axis=1)
    assert isinstance(state.policy, TargetPolicy)  # after a round
    given = state.policy.phi(x)
    slopes = [
        np.polyfit(*pair, deg=1)[0] for pair in zip(executed.T, given.T, strict=True)
    ]
    return float(np.mean(slopes))


def timid_arm(settings: TransferSettings) -> Table:
    """How timid φ is on the heavy arm, for three sizes of independent noise.

    Args:
        settings: of one round of training, with k = 1.
    """
    rows = {
        f"σ = {noise:g}": {"slope of φ": slope_on_the_arm(noise, settings)}
        for noise in (0.0, 0.3, 0.6)
    }
    return Table(
        rows,
        caption="Heavy arm, k = 1, one round, one seed",
        digits=2,
        corner="noise",
    )


def timid() -> Picture:
    """The slope of φ against the noise of the recordings, with independent noise."""
    noises = (0.1, 0.25, 0.5, 1.0, 1.5, 2.0)
    measured = [slope(1 / noise, np.random.default_rng(0)) for noise in noises]
    fine = np.linspace(0, 2, 100)
    figure, axes = new_figure(height=2.7)
    axes.plot(fine, 1 / (1 + fine**2), color=GREY, label="closed form")
    axes.plot(noises, measured, "o", color=PHI, label="φ, learned in hindsight")
    axes.axhline(1, color=ORANGE, ls="--", lw=1, label="right")
    axes.set(xlabel="noise σ / actions s", ylabel="slope of φ", ylim=(0, 1.15))
    axes.legend(loc="lower left")
    return Picture(
        figure,
        alt="Slope of φ against noise over actions. It falls from "
        f"{measured[0]:.2f} at 0.1 to {measured[3]:.2f} at 1 and {measured[-1]:.2f} at "
        "2. The right slope is 1.",
        caption="Linear plant, independent noise, k = 1.",
    )
