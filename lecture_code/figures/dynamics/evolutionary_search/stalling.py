"""Why a population stalls: on an endless slope, on a long hill, and on pure chance."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from lecture_code.search import (
    CMAES,
    PI2,
    AugmentedRandomSearch,
    CrossEntropyMethod,
    RewardWeightedRegression,
    Search,
    contraction,
    decreasing_noise,
    limit_of_travel,
    maximise,
)
from lecture_code.search.landscapes import Rotated, ellipsoid, random_rotation
from lecture_code.show import GREY, METHOD_COLOURS, Picture, Table, band, new_figure

Array = NDArray[np.float64]
Make = Callable[[], Search]
CEM = METHOD_COLOURS["cross-entropy method"]


def _slope(thetas: Array, rng: np.random.Generator) -> Array:
    """An endless slope: f(θ) = θ."""
    return np.asarray(thetas[:, 0])


def _coin(thetas: Array, rng: np.random.Generator) -> Array:
    """A return that has nothing to do with the candidate."""
    return rng.random(len(thetas))


def travel(
    elite: float, noise: float, population: int = 100, generations: int = 25
) -> Array:
    """Distance that CEM's mean travels on an endless slope, in first widths σ₀.

    Args:
        elite: ρ, the share of the population that is kept.
        noise: Z, added to the variance after each generation [σ₀²].
        population: number of candidates in a generation, N.
        generations: how many.

    Returns:
        Five seeds, from generation 0 on: (5, generations + 1).
    """
    lines = []
    for k in range(5):
        cem = CrossEntropyMethod(np.zeros(1), 1.0, population, elite, noise)
        run = islice(maximise(cem, _slope, np.random.default_rng(k)), generations)
        lines.append([0.0, *(generation.mean[0] for generation in run)])
    return np.array(lines)


def _closed_form(elite: float, noise: float, generations: int = 25) -> list[float]:
    """The same distance for an endless population."""
    shift, factor = contraction(elite)
    sigma = 1.0
    sums = [0.0]
    for _ in range(generations):
        sums.append(sums[-1] + shift * sigma)
        sigma = float(np.sqrt((factor * sigma) ** 2 + noise))
    return sums


def how_far(elite: float, noise: float) -> Picture:
    """Distance travelled against generations: experiment and closed form.

    Args:
        elite: ρ, the share of the population that is kept.
        noise: Z, added to the variance after each generation [σ₀²].
    """
    figure, axes = new_figure(width=4.7)
    curves, exact = travel(elite, noise), _closed_form(elite, noise)
    band(axes, range(26), curves, "experiment, N = 100", CEM)
    axes.plot(exact, "--", color=GREY, label="closed form")
    axes.set(xlabel="generation", ylabel="distance travelled [σ₀]")
    axes.set_ylim(0, max(5, curves.max()))
    axes.legend(loc="lower right")
    end = float(np.median(curves[:, -1]))
    return Picture(
        figure,
        alt=f"Distance after 25 generations: {end:.1f} in the experiment, "
        f"{exact[-1]:.1f} in the closed form.",
    )


def travel_table(elites: Sequence[float], population: int = 4000) -> Table:
    """Distance that CEM travels without noise: closed form and experiment.

    Args:
        elites: shares ρ of the population that is kept.
        population: number of candidates in a generation of the experiment, N.
    """
    return Table(
        {
            f"ρ = {elite:g}": {
                "closed form": limit_of_travel(elite),
                "experiment": travel(elite, 0.0, population)[:, -1].tolist(),
            }
            for elite in elites
        },
        caption="Distance travelled without noise. Experiment: five seeds.",
        units={"closed form": "σ₀", "experiment": "σ₀"},
        digits=2,
    )


def _on_a_long_hill() -> dict[str, Make]:
    """Four searches in ten dimensions; CEM has an elite of 25 candidates."""
    start = 3 * np.ones(10)
    noise = decreasing_noise(0.1, 0.005)
    return {
        "CMA-ES": lambda: CMAES(start, 0.5, 20),
        "PI²": lambda: PI2(start, 0.5, 20, 10.0, "cma", 0.9, diagonal=False),
        "cross-entropy method": lambda: CrossEntropyMethod(
            start, 0.5, 100, 0.25, noise, diagonal=False
        ),
        "augmented random search": lambda: AugmentedRandomSearch(
            start, 0.1, 0.1, directions=10, top=5
        ),
    }


def shape(evaluations: int) -> Picture:
    """How close four searches come to the top of a long, rotated hill: five seeds each.

    Args:
        evaluations: budget of each search.
    """
    hill = Rotated(ellipsoid, random_rotation(10, np.random.default_rng(5)))
    figure, axes = new_figure()
    ends = []
    for name, make in _on_a_long_hill().items():
        curves = []
        for k in range(5):
            run = maximise(make(), hill, np.random.default_rng(k))
            size = next(run).evaluations
            records = islice(run, evaluations // size - 1)
            curves.append([-hill(generation.mean[None])[0] for generation in records])
        x = size * np.arange(2, len(curves[0]) + 2)
        band(axes, x, np.maximum(curves, 1e-12), name)
        ends.append(f"{name} {np.median(curves, axis=0)[-1]:.0e}")
    axes.set(yscale="log", ylim=(1e-12, 1e9))
    axes.set(xlabel="evaluations", ylabel="below the top")
    axes.legend(loc="center right", bbox_to_anchor=(1, 0.45))
    return Picture(
        figure,
        alt="Distance below the top against evaluations, logarithmic, on a rotated "
        f"ellipsoid. Medians at the end: {', '.join(ends)}.",
        caption="Five seeds: median, and the range from the best to the worst.",
    )


def _width(search: Search) -> float:
    """Width of a population: σ of CMA-ES, the root of the mean variance of others."""
    if isinstance(search, CMAES):
        return float(search.sigma)
    assert isinstance(search, CrossEntropyMethod) or hasattr(search, "covariance")
    return float(np.sqrt(search.covariance.mean()))


def blind(generations: int = 60) -> Picture:
    """Width of populations whose returns are random numbers: nine seeds each."""
    zeros = np.zeros(5)
    searches: dict[str, Make] = {
        "cross-entropy method": lambda: CrossEntropyMethod(zeros, 1.0, 40, 0.25),
        "RWR": lambda: RewardWeightedRegression(zeros, 1.0, 40, beta=10.0),
        "CMA-ES": lambda: CMAES(zeros, 1.0, 40),
    }
    figure, axes = new_figure()
    ends = []
    for name, make in searches.items():
        lines = []
        for k in range(9):
            search = make()
            run = islice(maximise(search, _coin, np.random.default_rng(k)), generations)
            lines.append([_width(search) for _ in run])
        band(axes, range(1, generations + 1), lines, name)
        ends.append(f"{name} {np.median(lines, axis=0)[-1]:.2g}")
    axes.set(yscale="log", ylim=(1e-4, 20))
    axes.set(xlabel="generation", ylabel="width of the population [σ₀]")
    axes.legend(loc="lower left")
    return Picture(
        figure,
        alt="Width of the population against generation when returns are random, on a "
        f"logarithmic axis. Medians after {generations} generations: "
        f"{', '.join(ends)}.",
        caption="Five parameters, nine seeds: median, widest and narrowest.",
    )
