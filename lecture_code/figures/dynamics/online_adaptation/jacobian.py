"""A local Jacobian that learns a linear plant: what α and excitation do.

The plant has a position and a velocity, and one motor. At the change its motor becomes
weaker and its friction larger, and the Jacobian must learn the plant anew.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lecture_code.dynamics.local_jacobian import joint, update
from lecture_code.show import METHOD_COLOURS, Picture, new_figure
from lecture_code.show.figures import GREY

Array = NDArray[np.float64]

BEFORE = np.array([[0.95, 0.1, 0.0], [0.0, 0.95, 0.8]])  # J of the plant, (2, 3)
AFTER = np.array([[0.95, 0.1, 0.0], [0.0, 0.75, 0.4]])  # and after the change
STEPS = 200
CHANGE = 100  # step at which the plant changes
FORCES = ("constant force", "varied force")


def learn_plant(alpha: float, forces: str, noise: float = 0.0) -> Array:
    """Distance of the Jacobian from the plant's at every step, (STEPS,).

    Args:
        alpha: α of the update.
        forces: one of `FORCES`.
        noise: standard deviation of the sensors' noise.

    Raises:
        ValueError: unknown forces.
    """
    if forces not in FORCES:
        raise ValueError(f"unknown forces {forces!r}; known: {', '.join(FORCES)}")
    rng = np.random.default_rng(0)
    varied = rng.standard_normal((STEPS, 1))
    actions = varied if forces == "varied force" else np.full((STEPS, 1), 0.3)
    J = np.zeros_like(BEFORE)
    s = np.zeros(2)
    distances = []
    for t, u in enumerate(actions):
        plant = BEFORE if t < CHANGE else AFTER
        z = joint(s, u)
        s = plant @ z
        J = update(J, z, s + noise * rng.standard_normal(2), alpha)
        distances.append(float(np.linalg.norm(J - plant)))
    return np.array(distances)


def learning_curve(alpha: float, forces: str, noise: float = 0.0) -> Picture:
    """Distance of the Jacobian from the plant's over time; arguments as in
    `learn_plant`.
    """
    distances = learn_plant(alpha, forces, noise)
    figure, axes = new_figure()
    axes.plot(distances, color=METHOD_COLOURS["online adaptation"])
    axes.axvline(CHANGE, color=GREY, lw=1, ls="--")
    axes.set(xlabel="step", ylabel="distance from the plant", ylim=(0, 1.8))
    return Picture(
        figure,
        alt=f"Distance of the learned Jacobian from the plant's, with α = {alpha:g} "
        f"and a {forces}. It is {distances[CHANGE - 1]:.2f} before the change and "
        f"{distances[-1]:.2f} at the end.",
        caption="Distance between the learned J and the true J*. At the dashed line "
        "the plant changes.",
    )
