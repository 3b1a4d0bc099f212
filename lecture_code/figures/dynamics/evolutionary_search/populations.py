"""Populations on a bent ridge with two parameters, where everything can be seen.

Start with `five_steps`, the lecture's picture of an evolutionary method; `climb` shows
the path of a search, `populations` the ellipses of several searches.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import islice
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from lecture_code.figures.dynamics.evolutionary_search.weighing import SHORT
from lecture_code.search import (
    PI2,
    AugmentedRandomSearch,
    CrossEntropyMethod,
    RewardWeightedRegression,
    Search,
    maximise,
)
from lecture_code.show import GREY, METHOD_COLOURS, Picture, Table, new_figure

Array = NDArray[np.float64]
Make = Callable[[], Search]

START = np.array([-2.6, 2.2])
CEM = METHOD_COLOURS["cross-entropy method"]
LEVELS = (0.3, 2, 5, 8, 9.7)  # heights of the contours
TITLES = (
    "1 generate",
    "2 evaluate",
    "3 select",
    "4 reproduce",
    "5 repeat",
)


def ridge(thetas: Array, rng: np.random.Generator | None = None) -> Array:
    """Height of a bent ridge, 10 at its top (1, 1/2): (N,) for points (N, 2)."""
    x, y = thetas.T
    return np.asarray(10 * np.exp(-((x - 1) ** 2 + 6 * (y - x**2 / 2) ** 2) / 8))


def _contours(axes: Axes) -> None:
    """The ridge as contour lines, with a cross on its top."""
    t = np.linspace(0, 2 * np.pi, 49)
    for level in LEVELS:
        r = np.sqrt(8 * np.log(10 / level))
        x = 1 + r * np.cos(t)
        y = x**2 / 2 + r / np.sqrt(6) * np.sin(t)
        axes.plot(x, y, color=GREY, linewidth=0.6)
    axes.plot(1, 0.5, "+", color=GREY, markersize=8)
    axes.set(xlim=(-4, 3), ylim=(-1.6, 4.2), xticks=[], yticks=[])
    margins = {"left": 0.02, "right": 0.98, "bottom": 0.02, "top": 0.92}
    axes.get_figure().subplots_adjust(  # type: ignore[union-attr]
        **margins, wspace=0.06, hspace=0.16
    )


def _ellipse(axes: Axes, search: Any, colour: str, **line: Any) -> None:
    """The population's two standard deviations about its mean."""
    covariance = getattr(search, "covariance", 0.25 * np.eye(2))
    lengths, directions = np.linalg.eigh(covariance)
    t = np.linspace(0, 2 * np.pi, 28)
    circle = np.sqrt(lengths)[:, None] * np.array([np.cos(t), np.sin(t)])
    outline = search.mean[:, None] + 2 * directions @ circle
    axes.plot(*outline, color=colour, **line)


def _next_generation(search: Search, k: int) -> Array:
    """The candidates of one more generation, drawn from the generator k."""
    thetas = search.ask(np.random.default_rng(k))
    search.tell(thetas, ridge(thetas))
    return thetas


def five_steps() -> Picture:
    """The five steps of an evolutionary method, a panel each, on the ridge."""
    search = CrossEntropyMethod(START, 0.5, 24, elite=0.25, diagonal=False)
    thetas = search.ask(np.random.default_rng(7))
    returns = ridge(thetas)
    elite = search.weights(returns) > 0
    figure, panels = new_figure(2, 3, height=4.3)
    *steps, unused = panels.flat
    unused.set_axis_off()
    for axes, title in zip(steps, TITLES, strict=True):
        _contours(axes)
        axes.set_title(title)
    generate, evaluate, select, reproduce, repeat = steps
    _ellipse(generate, search, CEM)
    generate.plot(*thetas.T, ".", color=CEM, markersize=5)
    _ellipse(evaluate, search, CEM)
    evaluate.scatter(*thetas.T, s=8 * returns, color=CEM)
    select.plot(*thetas[~elite].T, ".", color=GREY, markersize=4)
    for axes in (select, reproduce):
        axes.plot(*thetas[elite].T, ".", color=CEM, markersize=8)
    _ellipse(reproduce, search, GREY, linestyle=":")
    search.tell(thetas, returns)
    _ellipse(reproduce, search, CEM)
    _ellipse(repeat, search, CEM)
    repeat.plot(*_next_generation(search, 8).T, ".", color=CEM, markersize=5)
    return Picture(
        figure,
        alt="Five panels on the contours of a bent ridge. 1: two dozen dots around a "
        "start on its left end. 2: the dots grow with their return. 3: the best "
        "quarter is kept, the others are grey. 4: an ellipse is fitted to them. 5: "
        "new dots are drawn from the ellipse, further along the ridge.",
        caption="The cross on the right is the top of the ridge.",
    )


def covariance_update(search: Search) -> str:
    """What a search does with its ellipse: "fit", "fixed", "cma", or its own update.

    "fit": fitted about the new mean; "cma": about the old mean; "fixed": it stays.
    """
    if isinstance(search, CrossEntropyMethod):
        return "fit"
    if isinstance(search, AugmentedRandomSearch):
        return "fixed"
    return str(getattr(search, "covariance_update", "cma, by small steps"))


def climb(make: Make, generations: int, colour: str, name: str) -> Picture:
    """The path of a search's mean on the ridge, and its population at the end.

    Args:
        make: makes the search anew.
        generations: how many are shown.
        colour: of the path.
        name: of the search and its setting, for the alt text.
    """
    search = make()
    run = islice(maximise(search, ridge, np.random.default_rng(1)), generations)
    path = np.array([search.mean, *(record.mean for record in run)])
    figure, axes = new_figure(height=3.6)
    _contours(axes)
    _ellipse(axes, search, colour)
    last = search.ask(np.random.default_rng(2))
    axes.plot(*last.T, ".", color=colour, markersize=3, alpha=0.6)
    axes.plot(*path.T, ".-", color=colour, linewidth=1, markersize=4)
    height = ridge(path[-1:])[0]
    update = covariance_update(search)
    axes.set_title(f"Σ {update}; {generations} generations: height {height:.1f} of 10")
    words = f"{name} on a bent ridge, the path of its mean: height {height:.1f} of 10."
    return Picture(figure, alt=words)


def cem_knobs(elite: float, noise: float, population: int) -> Picture:
    """The path of the cross-entropy method over 30 generations, for its knobs."""

    def make() -> Search:
        return CrossEntropyMethod(START, 0.5, population, elite, noise, diagonal=False)

    name = f"CEM, elite {elite:g}, noise {noise:g}, {population} candidates"
    return climb(make, 30, CEM, name)


def sharpness_knob(method: str, sharpness: float) -> Picture:
    """The path of PI² (h) or RWR (5 β) whose ellipse keeps its shape and fades."""

    def make() -> Search:
        if method == "PI²":
            return PI2(START, 0.5, 24, sharpness, "fixed", 0.9, diagonal=False)
        return RewardWeightedRegression(
            START, 0.5, 24, sharpness / 5, "fixed", 0.9, diagonal=False
        )

    return climb(make, 30, METHOD_COLOURS[method], f"{method}, sharpness {sharpness}")


def populations(searches: Mapping[str, Make], generations: int) -> Picture:
    """The ellipses of several searches after some generations.

    Args:
        searches: method → a function that makes the search anew.
        generations: how many have passed.
    """
    figure, axes = new_figure(height=3.6)
    _contours(axes)
    ends = []
    for name, make in searches.items():
        search = make()
        run = maximise(search, ridge, np.random.default_rng(1))
        list(islice(run, generations))
        label = f"{SHORT[name]}: {covariance_update(search)}"
        _ellipse(axes, search, METHOD_COLOURS[name], label=label)
        ends.append(f"{SHORT[name]} {ridge(search.mean[None])[0]:.1f}")
    axes.legend(loc="upper center", ncols=2)
    axes.set_title(f"{generations} generations")
    words = f"Ellipses of six populations after {generations} generations. Heights: "
    return Picture(
        figure,
        alt=f"{words}{', '.join(ends)}.",
        caption="Beside each name: the update of the ellipse Σ. fit: fitted about the "
        "new mean; cma: about the old mean; fixed: Σ stays.",
    )


def heights(make: Make, seeds: int = 20, generations: int = 30) -> list[float]:
    """Height of a search's mean after some generations, one number a seed."""
    ends = []
    for k in range(seeds):
        *_, last = islice(
            maximise(make(), ridge, np.random.default_rng(k)), generations
        )
        ends.append(float(ridge(last.mean[None])[0]))
    return ends


def heights_table(
    reached: Mapping[str, Sequence[float]], updates: Mapping[str, str]
) -> Table:
    """Height of each search after thirty generations, over all seeds.

    Args:
        reached: name of the search → height in the end, one number a seed.
        updates: name → update of the covariance, for `covariance_update`.
    """
    return Table(
        {
            name: {"height, of 10": list(ends), "Σ": updates[name]}
            for name, ends in reached.items()
        },
        caption="After 30 generations: median of 20 seeds, with the lowest and the "
        "highest. The two controls have the weights of their method and the other "
        "update of Σ.",
        digits=1,
        corner="method",
    )
