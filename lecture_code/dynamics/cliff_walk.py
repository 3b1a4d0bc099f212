"""The cliff walk: where a deterministic model of a noisy robot is misled, exactly.

Hanna, Desai, Karnan, Warnell & Stone, "Grounded action transformation for sim-to-real
reinforcement learning" (Machine Learning, 2021), section 8.1, after Sutton & Barto: a
grid whose lower edge is a cliff between start and goal. +100 at the goal, −10 in the
cliff, −0.1 a step, undiscounted. In the simulator a step goes where it is told; on the
robot it slips, with probability p, to one of the four neighbours at random.

    deterministic GAT   f(s, a) = the most likely next cell
    stochastic GAT      f(s, a) = a *draw* of the next cell
    both                f_sim⁻¹(s, s') = the action that leads to s'

In deterministic GAT a slip below 0.8 vanishes from the grounded simulator; in
stochastic GAT the grounded simulator slips as the robot does.

Everything is a table, so nothing is estimated: policies by value iteration, values on
the robot by solving a linear system. Read `deterministic` and `stochastic`, then `plan`
and `value`.

Deviations: the grid is 4 × 8, and the robot's slip is a choice of ours, swept.
Undiscounted values of policies that never arrive do not exist; so an episode ends with
probability `STOP` at each step, too seldom to change a choice here.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

MOVES = ((-1, 0), (0, 1), (1, 0), (0, -1))
"""Up, right, down, left: (row, column)."""
GOAL_REWARD, CLIFF_REWARD, STEP_REWARD = 100.0, -10.0, -0.1
STOP = 1e-6


@dataclass(frozen=True)
class CliffWalk:
    """A grid with a start, a goal, and a cliff between them.

    Cells are numbered row by row from the upper left; start and goal are the corners
    below, the cliff is between them.

    Args:
        rows, columns: size of the grid.
    """

    rows: int = 4
    columns: int = 8

    @property
    def start(self) -> int:
        """Number of the first cell, below on the left."""
        return (self.rows - 1) * self.columns

    @property
    def goal(self) -> int:
        """Number of the last cell, below on the right."""
        return self.rows * self.columns - 1

    @property
    def cliff(self) -> range:
        """Numbers of the cells between start and goal."""
        return range(self.start + 1, self.goal)

    @property
    def cells(self) -> int:
        """S, the number of cells."""
        return self.rows * self.columns

    def neighbour(self, cell: int, move: int) -> int:
        """The cell to which a move leads; at a wall the move leads nowhere."""
        row, column = divmod(cell, self.columns)
        down, right = MOVES[move]
        row = min(max(row + down, 0), self.rows - 1)
        column = min(max(column + right, 0), self.columns - 1)
        return row * self.columns + column

    def robot(self, slip: float) -> Array:
        """P(s' | s, a) with slipping, (S, 4, S).

        Raises:
            ValueError: slip outside [0, 1].
        """
        if not 0 <= slip <= 1:
            raise ValueError(f"slip is a probability, in [0, 1]; got {slip}")
        P = np.zeros((self.cells, 4, self.cells))
        for cell in range(self.cells):
            for command in range(4):
                for move in range(4):
                    chance = (1 - slip) * (move == command) + slip / 4
                    P[cell, command, self.neighbour(cell, move)] += chance
        return P

    def simulator(self) -> Array:
        """P_sim(s' | s, a), (S, 4, S): every step goes where it is told."""
        return self.robot(slip=0.0)

    def rewards(self) -> Array:
        """Reward for arriving in each cell, (S,)."""
        rewards = np.full(self.cells, STEP_REWARD)
        rewards[self.goal], rewards[list(self.cliff)] = GOAL_REWARD, CLIFF_REWARD
        return rewards

    @property
    def final(self) -> list[int]:
        """Cells where an episode ends."""
        return [*self.cliff, self.goal]


def deterministic(P_robot: Array, P_sim: Array) -> Array:
    """The simulator grounded by GAT, (S, 4, S): it goes where the robot is most likely
    to go, if some action leads there.
    """
    f = np.argmax(P_robot, axis=2)  # f(s, a), (S, 4)
    return _executing(np.eye(P_robot.shape[2])[f], P_sim)


def stochastic(P_robot: Array, P_sim: Array) -> Array:
    """The simulator grounded by stochastic GAT, (S, 4, S): the cell to which it goes is
    drawn from f.
    """
    return _executing(P_robot, P_sim)


def _executing(wanted: Array, P_sim: Array) -> Array:
    """The simulator that executes f_sim⁻¹(s, s') for s' ~ wanted(s, a): for every s'
    the action that is most likely to lead there.
    """
    best = np.argmax(P_sim, axis=1)  # f_sim⁻¹(s, s'), (S, S)
    # P_sim(· | s, f_sim⁻¹(s, s')), (S, S', S)
    reached = np.take_along_axis(P_sim, best[:, :, None], axis=1)
    # Σ_s' wanted(s' | s, a) P_sim(· | s, f_sim⁻¹(s, s'))
    return np.asarray(wanted @ reached)


def plan(walk: CliffWalk, P: Array, sweeps: int = 2000) -> NDArray[np.int64]:
    """The best action in each cell, (S,), by value iteration; of equally good actions
    the first in `MOVES`.
    """
    V = np.zeros(walk.cells)
    rewards = walk.rewards()
    alive = _alive(walk)
    for _ in range(sweeps):
        Q = P @ (rewards + (1 - STOP) * alive * V)  # (S, 4)
        V = Q.max(axis=1)
    return np.asarray(np.argmax(np.round(Q, 6), axis=1))


def value(walk: CliffWalk, P: Array, policy: NDArray[np.int64]) -> Array:
    """Expected return of a policy (S,) from each cell, (S,), by solving (I − P_π) V =
    P_π r.
    """
    P_pi = P[np.arange(walk.cells), policy]  # (S, S)
    system = np.eye(walk.cells) - (1 - STOP) * P_pi * _alive(walk)
    return np.asarray(np.linalg.solve(system, P_pi @ walk.rewards()))


def path(walk: CliffWalk, policy: NDArray[np.int64]) -> list[int]:
    """The cells from start to end of an episode that never slips; it stops where it
    would go round in a circle.
    """
    cells = [walk.start]
    while cells[-1] not in walk.final and cells[-1] not in cells[:-1]:
        cells.append(walk.neighbour(cells[-1], int(policy[cells[-1]])))
    return cells


def _alive(walk: CliffWalk) -> Array:
    """One where an episode goes on, (S,)."""
    alive = np.ones(walk.cells)
    alive[walk.final] = 0.0
    return alive
