"""Grounding by actions where everything is exact: linear plants.

    simulator   x⁺ = A x + B u             robot   x⁺ = A* x + B* u

    (3)  g(x, u) = B⁺ [(A* − A) x + B* u]
    (4)  A x + B g(x, u) = A x + B B⁺ [(A* − A) x + B* u]
    (5)  e(x, u) = (I − B B⁺) [(A* − A) x + B* u]

(3) is the action with which the simulator comes closest to the robot, (4) the state to
which this action leads, and (5) the error that is left, whatever is learned. The
numbers go on from (1) and (2) of `grounded_action_transformation`, as on the page.

Derivation. f_sim⁻¹ asks for the u' with A x + B u' = A* x + B* u, that is B u' = r with
r = (A* − A) x + B* u. B B⁺ projects onto range(B), so that the least squares solution
is u' = B⁺ r, and it misses the part of r outside of range(B). A robot with fewer motors
than velocities always has such a part: no action makes a simulated torso heavier. This
is the limit of the chapter that more data, better networks and a longer training cannot
move.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lecture_code.simulation.linear_plant import LinearPlant

Array = NDArray[np.float64]


def closed_form(simulator: LinearPlant, robot: LinearPlant) -> tuple[Array, Array]:
    """(G_x (A, S), G_u (A, A)) of g(x, u) = G_x x + G_u u, eq. 3.

    Raises:
        ValueError: the plants have different states or actions.
    """
    _same_spaces(simulator, robot)
    pinv = np.linalg.pinv(simulator.B)  # B⁺
    return pinv @ (robot.A - simulator.A), pinv @ robot.B


def grounded(
    simulator: LinearPlant, robot: LinearPlant, alpha: float = 1.0
) -> LinearPlant:
    """The simulator that executes α g(x, u) + (1 − α) u: again a linear plant, eq. 4.

    Raises:
        ValueError: the plants have different states or actions, or α lies outside [0,
            1].
    """
    if not 0 <= alpha <= 1:
        raise ValueError(f"alpha must lie in [0, 1]; got {alpha}")
    G_x, G_u = closed_form(simulator, robot)
    mixed = alpha * G_u + (1 - alpha) * np.eye(len(G_u))
    return LinearPlant(simulator.A + alpha * simulator.B @ G_x, simulator.B @ mixed)


def irreducible(simulator: LinearPlant, robot: LinearPlant) -> tuple[Array, Array]:
    """(E_x (S, S), E_u (S, A)) of the error e(x, u) = E_x x + E_u u, eq. 5.

    Raises:
        ValueError: the plants have different states or actions.
    """
    _same_spaces(simulator, robot)
    inside = simulator.B @ np.linalg.pinv(simulator.B)
    outside = np.eye(len(simulator.A)) - inside  # I − B B⁺
    return outside @ (robot.A - simulator.A), outside @ robot.B


def _same_spaces(simulator: LinearPlant, robot: LinearPlant) -> None:
    if simulator.B.shape != robot.B.shape:
        raise ValueError(
            "simulator and robot must have the same states and actions; got B of "
            f"{simulator.B.shape} and {robot.B.shape}"
        )
