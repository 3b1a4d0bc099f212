"""Random guesses of a policy: how slowly the best of them rises.

`guess` draws and tries them, the other functions show what came out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from lecture_code.dynamics.evolutionary_search import EpisodeReturn
from lecture_code.learning import LinearPolicy
from lecture_code.show import (
    GREY,
    METHOD_COLOURS,
    PALETTE,
    Picture,
    Replay,
    Table,
    film,
    new_figure,
)
from lecture_code.simulation import Policy, World, rollout

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Guesses:
    """Random policies that were tried.

    Args:
        returns: of all guesses, by the standard deviation of a guess.
        fresh: returns of the best guess of each width on fresh episodes.
        best: of these best guesses, the policy that earns most on fresh episodes.
    """

    returns: Mapping[float, Array]
    fresh: Mapping[float, Array]
    best: LinearPolicy


def guess(world: World, widths: Sequence[float], number: int) -> Guesses:
    """Try random linear policies, an episode of 1,000 steps each.

    Observations are normalised by what the guesses see in their first 50 steps, as
    augmented random search normalises by what it has seen.

    Args:
        world: where the robot lives.
        widths: standard deviations of a guess, all from the same draws.
        number: guesses of each width.
    """
    warm = EpisodeReturn(world, horizon=50)
    draws = np.random.default_rng(0).standard_normal((number, warm.size))
    thetas = np.concatenate([width * draws for width in widths])
    warm(thetas, np.random.default_rng(3))
    tried = warm.policy(thetas)
    batch = rollout([world] * len(thetas), tried, 1000, np.random.default_rng(1))
    returns = batch.returns.reshape(len(widths), number)
    winners = thetas[np.arange(len(widths)) * number + returns.argmax(axis=1)]
    again = rollout(
        [world] * (20 * len(widths)),
        tried.at(np.repeat(winners, 20, axis=0)),
        1000,
        np.random.default_rng(2),
    )
    fresh = again.returns.reshape(len(widths), 20)
    return Guesses(
        dict(zip(widths, returns, strict=True)),
        dict(zip(widths, fresh, strict=True)),
        tried.at(winners[fresh.mean(axis=1).argmax()]),
    )


def film_of(
    policies: Mapping[str, Policy], world: World, title: str, ghost: str = ""
) -> Replay:
    """Four seconds of several policies in the same world, from the same start.

    Args:
        policies: by the name that the key of colours shows.
        world: where the robot lives.
        title: visible above the film.
        ghost: name of the policy that is drawn in grey.
    """
    robots = [
        film(
            name,
            world,
            rollout([world], policy, round(4 / world.dt), np.random.default_rng(5)),
            ghost=name == ghost,
        )
        for name, policy in policies.items()
    ]
    return Replay(robots, title, dt=world.dt)


def _climbs(returns: Array, orders: int = 20) -> Array:
    """Best return so far, for several orders of the same guesses: (orders, guesses)."""
    shuffled = (np.random.default_rng(k).permutation(returns) for k in range(orders))
    return np.array([np.maximum.accumulate(order) for order in shuffled])


def _name_ends(axes: Axes, ends: Mapping[float, float], last: int) -> None:
    """The width of the guesses at the end of each line, lines that end close together
    with their names apart.

    Args:
        axes: holds a line for each width.
        ends: last value of each line, by the width.
        last: number of guesses, where the lines end.
    """
    lowest = -np.inf
    colours = dict(zip(ends, PALETTE, strict=False))
    for width, end in sorted(ends.items(), key=lambda pair: pair[1]):
        lowest = max(end, lowest + 290)
        words = f" width {width:g}"
        axes.text(last, lowest, words, color=colours[width], va="center")


def best_so_far(guesses: Guesses, experts: Sequence[float], standing: float) -> Picture:
    """Best return so far against policies tried, a line for each width of the guesses.

    Args:
        guesses: policies that were tried.
        experts: final returns of trained policies of the same size.
        standing: what a robot earns that stands still for a whole episode.
    """
    figure, axes = new_figure()
    ends = {}
    expert = float(np.median(experts))
    for (width, returns), colour in zip(guesses.returns.items(), PALETTE, strict=False):
        middle = np.median(_climbs(np.asarray(returns)), axis=0)
        tried = np.arange(1, len(middle) + 1)
        axes.plot(tried, middle, color=colour)
        ends[width] = middle[-1]
    _name_ends(axes, ends, len(middle))
    axes.plot([0.8, len(middle)], 2 * [standing], color=GREY, linestyle=":")
    axes.text(1.1, standing + 80, "standing still for the whole episode")
    axes.axhline(expert, color=METHOD_COLOURS["Hopper"])
    axes.text(1.1, expert + 80, "an expert, a matrix of the same size")
    axes.set(xscale="log", xlabel="policies tried", ylabel="return")
    axes.set(xlim=(0.8, 6 * len(middle)), ylim=(0, 3800), xticks=[1, 10, 100])
    words = ", ".join(f"{end:.0f} for width {width:g}" for width, end in ends.items())
    return Picture(
        figure,
        alt="Best return so far against policies tried, on a logarithmic axis. The "
        f"lines end at {words}. A robot that stands still earns {standing:.0f}, and "
        f"the expert earns {expert:.0f}.",
        caption="Medians over twenty orders of the same guesses.",
    )


def guess_table(guesses: Guesses) -> Table:
    """The best guess of each width, and the same policy on fresh episodes."""
    return Table(
        {
            f"{width:g}": {
                "median": float(np.median(returns)),
                "best": float(np.max(returns)),
                "best, fresh": float(np.mean(guesses.fresh[width])),
            }
            for width, returns in guesses.returns.items()
        },
        caption="Returns by the width of the guesses. Fresh: the best guess of this "
        "width again, mean of twenty fresh episodes.",
        corner="width",
        digits=0,
    )
