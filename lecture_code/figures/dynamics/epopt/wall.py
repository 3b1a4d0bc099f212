"""What the chapter on EPOpt shows of the driver who brakes at a wall."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from lecture_code.dynamics.braking import Braking
from lecture_code.figures.dynamics.epopt.ensembles import COLOURS
from lecture_code.show import GREY, Picture, Table, band, new_figure

Array = NDArray[np.float64]

DRIVERS = {
    "ε = 1": COLOURS["EPOpt(1)"],
    "ε = 0.1": COLOURS["EPOpt(0.1)"],
    "ε = 0.1, the tail's mean": GREY,
}
"""Driver -> colour; the third subtracts another baseline than the VaR."""


def drive(toy: Braking, epsilon: float) -> Picture:
    """The driver's mean return and its CVaR against the distance, with the best of
    each.
    """
    distance = np.linspace(5.5, 11.5, 241)
    best, careless = toy.best(epsilon), toy.best(1.0)
    figure, axes = new_figure()
    lines = {
        "on average": (1.0, careless, GREY),
        f"CVaR, ε = {epsilon:g}": (epsilon, best, COLOURS["EPOpt(0.1)"]),
    }
    for label, (share, theta, colour) in lines.items():
        returns = [toy.cvar(d, share) for d in distance]
        axes.plot(distance, returns, color=colour, label=label)
        axes.plot(theta, toy.cvar(theta, share), "o", color=colour)
    axes.set(xlabel="how far to go, θ [m]", ylabel="return", ylim=(-11, 12))
    axes.legend(loc="upper right")
    return Picture(
        figure,
        alt=f"Return against distance. With ε = {epsilon:g} it is best to stop after "
        f"{best:.2f} m, which earns {toy.cvar(best, 1.0):.2f} on average. On average "
        f"it is best to stop after {careless:.2f} m.",
    )


def price_table(toy: Braking, shares: Sequence[float]) -> Table:
    """What caution costs: the best distance for several ε, and what it earns."""
    rows = {}
    for epsilon in shares:
        theta = toy.best(epsilon)
        rows[f"{epsilon:g}"] = {
            "stops after": theta,
            "average return": toy.cvar(theta, 1.0),
            "CVaR, ε = 0.1": toy.cvar(theta, 0.1),
        }
    return Table(rows, corner="ε", digits=2, units={"stops after": "m"})


def exact_cvar(toy: Braking, mean: float, std: float, epsilon: float) -> float:
    """CVaR of a driver who goes θ ~ N(mean, std²), by a sum over a fine grid of θ."""
    theta = mean + std * np.linspace(-6, 6, 4001)
    density = np.exp(-0.5 * np.square((theta - mean) / std))
    stops = density / density.sum() * (1 - ndtr((theta - toy.mean) / toy.std))
    crashes = 1 - stops.sum()
    if crashes >= epsilon:
        return -toy.crash
    tail = np.minimum(np.cumsum(stops), epsilon - crashes)  # from the shortest
    earned = np.diff(tail, prepend=0) @ theta - crashes * toy.crash
    return float(earned / epsilon)


def best_mean(toy: Braking, std: float, epsilon: float) -> float:
    """The mean distance with the highest CVaR for a driver of this std, to 1 cm."""
    goals = np.arange(6, 8.5, 0.01)
    values = [exact_cvar(toy, mean, std, epsilon) for mean in goals]
    return float(goals[np.argmax(values)])


def baseline_table(toy: Braking, mean: float, std: float, epsilon: float) -> Table:
    """The slope of CVaR, and its estimates with two baselines: 200 estimates from
    10,000 walls each.
    """
    h = 0.01
    up, down = (exact_cvar(toy, mean + d, std, epsilon) for d in (h, -h))
    rows = {"the slope of CVaR itself": {"slope": f"{(up - down) / (2 * h):.2f}"}}
    for baseline, name in (("VaR", "the VaR"), ("mean", "the tail's mean")):
        slopes = [
            toy.score_gradient(
                mean, std, epsilon, 10_000, np.random.default_rng(k), baseline
            )
            for k in range(200)
        ]
        error = np.std(slopes) / np.sqrt(len(slopes))
        words = f"{np.mean(slopes):.2f} ± {error:.2f}"
        rows[f"estimate, subtracting {name}"] = {"slope": words}
    return Table(
        {
            row: {"slope": cells["slope"].replace("-", "−")}
            for row, cells in rows.items()
        },
        caption=f"A driver who goes {mean:g} ± {std:g} m, ε = {epsilon:g}",
    )


def drivers(toy: Braking, paths: Mapping[str, Array], std: float) -> Picture:
    """Mean distance of the three drivers against iterations.

    Args:
        toy: the world.
        paths: driver -> mean distance, (seeds, iterations).
        std: of their distances.
    """
    figure, axes = new_figure()
    words = []
    for name, path in paths.items():
        axes_x = np.arange(1, path.shape[1] + 1)
        band(axes, axes_x, path, name, DRIVERS[name])
        words.append(f"{name}: {np.median(path[:, -50:]):.1f} m")
    for epsilon in (1.0, 0.1):
        label = "best for ε = 1 and 0.1" if epsilon == 1 else None
        goal = best_mean(toy, std, epsilon)
        axes.axhline(goal, color=GREY, linestyle=":", label=label)
    axes.set(xlabel="iteration", ylabel="mean distance m [m]", ylim=(2.6, 8.8))
    axes.legend(loc="lower right")
    return Picture(
        figure,
        alt="Mean distance against iterations. Over the last fifty iterations the "
        f"drivers go: {'; '.join(words)}.",
        caption=f"{len(path)} drivers of each kind: median, lowest and highest. "
        "Dotted: the best means, by summation.",
    )


def drivers_table(toy: Braking, paths: Mapping[str, Array], std: float) -> Table:
    """Where the drivers are in the last fifty iterations, and what they earn."""
    rows = {}
    for name, path in paths.items():
        last = float(np.mean(path[:, -50:]))
        rows[name] = {
            "goes": last,
            "best": best_mean(toy, std, 1.0 if name == "ε = 1" else 0.1),
            "mean": toy.cvar(last, 1.0),
            "CVaR": toy.cvar(last, 0.1),
        }
    return Table(
        rows,
        corner="driver",
        digits=1,
        units={"goes": "m", "best": "m"},
        caption="Where the drivers go, the best distance for their ε, the mean return, "
        "and the CVaR with ε = 0.1",
    )


def noise_of(toy: Braking, epsilon: float) -> tuple[float, float]:
    """Mean and standard deviation of 500 estimates of the slope of CVaR, from 120 walls
    each, for a driver who goes 6 ± 0.3 m.
    """
    estimates = [
        toy.score_gradient(6.0, 0.3, epsilon, 120, np.random.default_rng(k))
        for k in range(500)
    ]
    return float(np.mean(estimates)), float(np.std(estimates))


def noise_table(toy: Braking, shares: Sequence[float]) -> Table:
    """How noisy the tail's gradient is for several ε."""
    rows = {}
    for epsilon in shares:
        slope, noise = noise_of(toy, epsilon)
        rows[f"{epsilon:g}"] = {"mean estimate": slope, "std of an estimate": noise}
    return Table(
        rows,
        corner="ε",
        digits=1,
        caption="The slope of CVaR: mean and standard deviation of 500 estimates",
    )
