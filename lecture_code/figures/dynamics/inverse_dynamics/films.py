"""Films of the heavy arm, and how well φ knows the robot after some rounds.

`ArmTrials` rolls policies out from the same starts, so that they can be drawn over each
other. `ErrorMap` asks φ all over the joint angles.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from lecture_code.dynamics.inverse_dynamics import (
    TargetPolicy,
    TransferState,
    source_step,
)
from lecture_code.learning.histories import History
from lecture_code.show import (
    GREY,
    METHOD_COLOURS,
    Picture,
    RecordedRobot,
    Replay,
    film,
    new_figure,
)
from lecture_code.show.figures import VERMILLION
from lecture_code.simulation import (
    Policy,
    ReachTarget,
    Trajectories,
    World,
    rollout,
)

Array = NDArray[np.float64]
REACH = (-1.15, 1.15)  # what a film shows, from left to right [m]
STILLS = 3  # moments before a film is started: few, so that the arm is large
BROAD = 1.7  # how much thicker than the others the arm in the simulator is drawn
MOST = 3
"""The miss at which the colours of an error map end [rad/s]."""

STEPS = 100
SIMULATOR, EXPERT = "expert in the simulator", "expert on the robot"
ADAPTED = "expert and φ on the robot"
COLOURS = {
    SIMULATOR: GREY,
    EXPERT: METHOD_COLOURS["reality"],
    ADAPTED: METHOD_COLOURS["inverse dynamics"],
}
"""Who moves -> its colour."""


def behind(robot: RecordedRobot) -> RecordedRobot:
    """The robot as a broad grey ghost, so that it is seen behind another robot that
    stands in the same place.
    """
    view = replace(robot.view, radius=BROAD * robot.view.radius)
    return replace(robot, view=view, colour=COLOURS[SIMULATOR], ghost=True)


class ArmTrials:
    """Trials of the heavy arm from starts that are the same for all policies.

    Args:
        source: the simulator.
        expert: π_source.
        seed: of the starts, the targets and the noise.
        n: number of starts.
    """

    def __init__(self, source: World, expert: Policy, seed: int, n: int = 8) -> None:
        self.source, self.expert = source, expert
        self.seed, self.n = seed, n
        self.in_source = self.run(source, expert)

    def run(self, world: World, policy: Policy) -> Trajectories:
        """All starts in a world."""
        rng = np.random.default_rng(self.seed)
        return rollout([world] * self.n, policy, STEPS, rng, threads=1)

    def task(self) -> ReachTarget:
        """The arm's task.

        Raises:
            TypeError: the world's task is not `ReachTarget`.
        """
        if not isinstance(self.source.task, ReachTarget):
            raise TypeError(f"the films need the heavy arm; got {self.source.name!r}")
        return self.source.task

    def highest(self) -> int:
        """The start whose target is highest: there gravity pulls the arm away."""
        return int(np.argmax(self.in_source.qpos[:, 0, 3]))

    def miss(self, trial: Trajectories, which: int) -> float:
        """Mean distance of the hand from its target in the last second [m]."""
        last = trial.qpos[which, -20:]
        apart = self.task().hand(last) - last[:, 2:]
        return float(np.linalg.norm(apart, axis=1).mean())

    def draw(self, title: str, robot: World, policies: Mapping[str, Policy]) -> Replay:
        """Policies on the robot, and behind them the expert in the simulator.

        Args:
            title: above the view.
            robot: the target world.
            policies: name of who moves -> its policy on the robot; the first in front.
        """
        which = self.highest()
        trials = {
            name: (robot, self.run(robot, policy)) for name, policy in policies.items()
        }
        trials[SIMULATOR] = self.source, self.in_source
        robots = []
        for name, (world, trial) in trials.items():
            miss = 100 * self.miss(trial, which)
            words = f"{name}: ends {miss:.0f} cm from the target"
            robots.append(film(words, world, trial, which, colour=COLOURS[name]))
        robots[-1] = behind(robots[-1])
        words = "; ".join(robot.name for robot in robots)
        x, z = self.in_source.qpos[which, 0, 2:]
        return Replay(
            robots,
            title,
            dt=self.source.dt,
            target=(float(x), float(z)),
            alt=f"Side view of a heavy arm with two links. {title}. {words}.",
            panels=STILLS,
            view=REACH,
        )


class ErrorMap:
    """How far the robot misses the wanted velocities, over the joint angles.

    The arm rests at every pair of angles, with the same target. π_target acts, and one
    control step of the robot follows.

    Args:
        robot: the target world.
        states: of the training, the state before the first round included.
        target: of the hand [m].
        grid: angles in each direction.
    """

    def __init__(
        self,
        robot: World,
        states: Sequence[TransferState],
        target: tuple[float, float] = (0.3, 0.6),
        grid: int = 16,
    ) -> None:
        self.robot, self.grid = robot, grid
        self.states = {state.samples: state for state in states}
        edges = np.linspace(-np.pi, np.pi, grid + 1)
        self.edges = edges
        middle = (edges[:-1] + edges[1:]) / 2
        shoulder, elbow = (axis.ravel() for axis in np.meshgrid(middle, middle))
        place = np.broadcast_to(target, (len(shoulder), 2))
        qpos = np.column_stack([shoulder, elbow, place])
        now = {"qpos": qpos, "qvel": np.zeros_like(qpos)}
        self.observations: Array = np.asarray(robot.task.observation(now))

    def miss(self, samples: int) -> Array:
        """Distance of the velocities after one step from the wanted velocities, (grid,
        grid) [rad/s]: rows are angles of the elbow, columns of the shoulder.

        Args:
            samples: control steps of one of the states; 0 is the expert unchanged.
        """
        last = self.states[max(self.states)].policy
        if not isinstance(last, TargetPolicy):
            raise ValueError("the error map needs at least one round of training")
        policy = self.states[samples].policy
        now, source = self.observations, last.source
        expert = last.expert(now, np.random.default_rng(0))
        wanted = source_step(source, now, expert, 1)
        action = expert
        if isinstance(policy, TargetPolicy):
            resting = History.initial(now, policy.settings.k, source.action_size)
            action = policy.target_action(resting, expert)
        after = source_step(self.robot, now, action, 1)
        apart = np.linalg.norm((after - wanted)[:, 4:6], axis=1)
        return np.asarray(apart.reshape(self.grid, self.grid))

    def visited(self, samples: int, most: int = 150) -> Array:
        """Angles (n, 2) [rad] of some examples that φ has learnt from."""
        state = self.states[samples]
        if not state.samples:
            return np.zeros((0, 2))
        rows = np.linspace(0, len(state.inputs) - 1, most).astype(int)
        seen = state.inputs[rows]
        return np.asarray(np.arctan2(seen[:, 2:4], seen[:, :2]))

    def draw(self, samples: int) -> Picture:
        """The map after so many control steps, with the angles of the examples."""
        miss = self.miss(samples)
        figure, axes = new_figure(height=3.6)
        drawn = axes.pcolormesh(
            self.edges, self.edges, miss, vmin=0, vmax=MOST, cmap="cividis"
        )
        seen = self.visited(samples)
        axes.plot(*seen.T, ".", ms=3, color=VERMILLION, mec="none")
        ticks = [-np.pi, 0, np.pi]
        axes.set(xticks=ticks, yticks=ticks)
        axes.set_xticklabels(["−π", "0", "π"])
        axes.set_yticklabels(["−π", "0", "π"])
        axes.set(xlabel="shoulder [rad]", ylabel="elbow [rad]")
        axes.grid(visible=False)
        scale = figure.colorbar(drawn, ax=axes, label="miss [rad/s]", extend="max")
        scale.set_ticks([0, 1, 2, MOST], labels=["0", "1", "2", f"≥ {MOST}"])
        what = f"after {samples:,} control steps" if samples else "of the expert alone"
        return Picture(
            figure,
            alt=f"Map of the miss {what} over the angles of shoulder and elbow. The "
            f"median is {np.median(miss):.2f} rad/s. The largest miss is "
            f"{miss.max():.1f} rad/s.",
            caption=f"Miss of the next velocities {what}; median "
            f"{np.median(miss):.2f} rad/s. Dots: angles that φ has learned from.",
        )


def been(error_map: ErrorMap, samples: int) -> NDArray[np.bool_]:
    """Cells of the map in which φ has learned from some example, (grid, grid)."""
    seen = error_map.visited(samples, 4000)
    edges = [error_map.edges, error_map.edges]
    counts, _, _ = np.histogram2d(seen[:, 1], seen[:, 0], bins=edges)
    return np.asarray(counts > 0)


def miss_by_samples(error_map: ErrorMap) -> Picture:
    """Median miss where φ has been, and elsewhere, against the control steps."""
    samples = sorted(error_map.states)
    near = been(error_map, samples[-1])  # by the last round
    figure, axes = new_figure(height=2.6)
    words = []
    for name, cells, colour in (
        ("where it has been by the last round", near, COLOURS[ADAPTED]),
        ("where it has never been", ~near, GREY),
    ):
        curve = [float(np.median(error_map.miss(n)[cells])) for n in samples]
        axes.plot(samples, curve, "o-", color=colour, label=name)
        words.append(f"{name} from {curve[0]:.2f} to {curve[-1]:.2f}")
    axes.set(xlabel="control steps of the robot", ylabel="median miss [rad/s]")
    axes.set_ylim(bottom=0)
    axes.legend()
    return Picture(
        figure,
        alt=f"Median miss against control steps: {'; '.join(words)} rad/s.",
    )
