"""What the chapter on EPOpt shows of its particles: how they are weighted by some steps
of the robot, and what a longer recording and new particles improve.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from lecture_code.dynamics.source_adaptation import (
    AdaptationSettings,
    fit_source,
    log_density,
    log_likelihoods,
)
from lecture_code.figures.dynamics.epopt.adaptation import source_row
from lecture_code.figures.dynamics.epopt.ensembles import COLOURS
from lecture_code.learning.particles import Posterior, posterior
from lecture_code.show import METHOD_COLOURS, Picture, Table, new_figure
from lecture_code.simulation import Source, Trajectories, TruncatedGaussian, World

Array = NDArray[np.float64]
WIDEN = 3.0
"""Particles are drawn from the source with so many times its standard deviation."""


@dataclass(frozen=True)
class Unknown:
    """A robot whose knobs are to be found.

    Args:
        hopper: the simulator.
        prior: the source so far.
        truth: knob -> the robot's value, in the order of the prior.
        recordings: episodes of the robot.
    """

    hopper: World
    prior: Mapping[str, TruncatedGaussian]
    truth: Mapping[str, float]
    recordings: Sequence[Trajectories]


def draw_particles(
    prior: Mapping[str, TruncatedGaussian], n: int, first_seed: int
) -> dict[str, Array]:
    """Knob -> n values from the widened prior; each knob has a seed of its own."""
    return {
        knob: belief.widened(WIDEN).rvs(n, np.random.default_rng(first_seed + k))
        for k, (knob, belief) in enumerate(prior.items())
    }


def weigh(
    hopper: World,
    prior: Mapping[str, TruncatedGaussian],
    particles: Mapping[str, Array],
    recording: Trajectories,
    steps: int,
) -> tuple[Posterior, dict[str, TruncatedGaussian]]:
    """The weighted particles after some steps of a recording, and the new source."""
    values = zip(*particles.values(), strict=True)
    knobs = list(particles)
    worlds = [
        hopper.change(**dict(zip(knobs, map(float, particle), strict=True)))
        for particle in values
    ]
    sampling = {knob: belief.widened(WIDEN) for knob, belief in prior.items()}
    ratio = log_density(prior, particles), log_density(sampling, particles)
    log_p = log_likelihoods(worlds, recording, AdaptationSettings(steps=steps))
    weighted = posterior(particles, log_p, *ratio, least_ess=0.1)
    return weighted, fit_source(weighted, prior, floor=0.02)


def cloud(robot: Unknown, particles: Mapping[str, Array], steps: int) -> Picture:
    """Particles weighted by how well they explain some steps of the first episode.

    Args:
        robot: its knobs are torso mass and friction.
        particles: knob -> values, from `draw_particles`.
        steps: of the recording that are used.
    """
    recording = robot.recordings[0]
    weighted, source = weigh(robot.hopper, robot.prior, particles, recording, steps)
    mass, friction = source["torso_mass"], source["friction"]
    figure, axes = new_figure(height=3.4)
    dots_by_weight(axes, particles, weighted.weights)
    bars = {"color": METHOD_COLOURS["simulation"], "capsize": 3}
    ends = mass.mean, friction.mean, friction.std, mass.std
    axes.errorbar(*ends, label="new source", **bars)
    star = {"ms": 15, "color": METHOD_COLOURS["reality"], "label": "the robot"}
    axes.plot(*robot.truth.values(), "*", **star)
    axes.set(xlabel="torso mass [kg]", ylabel="friction [×]", xlim=(2.8, 9.2))
    axes.set_ylim(0.4, 1.8)
    axes.legend(loc="upper left", ncols=2)
    row = source_row(source)
    n = len(weighted.weights)
    words = f"mass {row['torso mass']} kg, friction {row['friction']}"
    axes.set_title(f"ESS {weighted.ess:.0f} of {n}, β = {weighted.beta:.2g}")
    return Picture(
        figure,
        alt=f"After {steps} {'step' if steps == 1 else 'steps'} of the robot: {words}. "
        f"Effective sample size {weighted.ess:.0f} of {n} at β = {weighted.beta:.2g}.",
        caption=f"New source: {words}. A large dot is a particle with a large weight.",
    )


def dots_by_weight(axes: Axes, particles: Mapping[str, Array], weights: Array) -> None:
    """A dot for each particle, with an area that grows with its weight.

    The diameters are whole points: dots of one size are drawn together, which keeps the
    picture small.
    """
    positions = np.array(list(particles.values()))  # (2, M)
    diameters = np.round(np.sqrt(4 + 900 * weights))
    colour = COLOURS["EPOpt(0.1)"]
    for diameter in np.unique(diameters):
        same = diameters == diameter
        mass, friction = positions[:, same]
        area = diameter**2
        axes.scatter(mass, friction, s=area, color=colour, alpha=0.5, linewidth=0)


def log_score(source: Source, truth: Mapping[str, float]) -> float:
    """Log density of a source at the robot's knobs: high if it is near *and* narrow."""
    values = {knob: np.array([value]) for knob, value in truth.items()}
    return float(log_density(source, values)[0])


def sources_of(
    robot: Unknown, particles: Mapping[str, Array], steps: int, all_steps: int
) -> dict[str, dict[str, TruncatedGaussian]]:
    """The source after a few steps, after all steps, and after a second episode with
    new particles.
    """
    hopper, (first, second) = robot.hopper, robot.recordings
    _, few = weigh(hopper, robot.prior, particles, first, steps)
    _, many = weigh(hopper, robot.prior, particles, first, all_steps)
    n = len(next(iter(particles.values())))
    nearer = draw_particles(few, n, first_seed=len(particles))
    _, again = weigh(hopper, few, nearer, second, steps)
    return {
        f"{steps} steps": few,
        f"{all_steps} steps": many,
        "new particles": again,
    }


def evidence_table(
    sources: Mapping[str, Source], prior: Source, truth: Mapping[str, float]
) -> Table:
    """Log score, mean and standard deviation of several sources."""
    rows: dict[str, dict[str, Any]] = {
        name: {"log score": log_score(source, truth), **source_row(source)}
        for name, source in {"before": prior, **sources}.items()
    }
    words = [f"{knob.replace('_', ' ')} {value:g}" for knob, value in truth.items()]
    return Table(
        rows,
        corner="what is used",
        digits={"log score": 1},
        units={"torso mass": "kg", "friction": "×"},
        best={"log score": "high"},
        caption=f"The robot has {' and '.join(words)}. *New particles*: drawn after "
        "the first steps, and weighted by as many steps of a second episode",
    )
