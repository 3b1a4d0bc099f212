"""Six methods on the HalfCheetah, drawn from the committed results.

Start with `comparison`, the learning curves; `comparison_table` is the final test.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from lecture_code.experiments import Result, load_arrays
from lecture_code.figures.dynamics.evolutionary_search.weighing import SHORT
from lecture_code.learning import LinearPolicy, Standardiser
from lecture_code.show import GREY, METHOD_COLOURS, Picture, Table, band, new_figure

SETTING = {
    "sigma": "σ",
    "population": "N",
    "elite": "ρ",
    "noise": "noise",
    "beta": "β",
    "reuse": "memory",
    "h": "h",
    "covariance_update": "covariance",
    "decay": "decay",
    "step": "step",
    "directions": "directions",
    "top": "top",
}  # an option of a search, and how the page calls it
COUNTS = {4: "four", 20: "twenty"}  # numbers of episodes in words


def curves_of(result: Result, method: str, setting: int = 0) -> dict[str, Any]:
    """Curves and final returns of a method, all seeds, by the name of the curve."""
    curves: dict[str, Any] = result.curves[method][setting]
    return curves


def comparison(result: Result) -> Picture:
    """Return of the mean policy against evaluations: a panel for each method.

    Args:
        result: the committed result `evolutionary_search`.
    """
    figure, panels = new_figure(3, 2, height=7.4, sharex=True, sharey=True)
    medians = {
        name: np.median(curves_of(result, name)["returns"], axis=0) for name in SHORT
    }
    for axes, name in zip(panels.flat, SHORT, strict=True):
        curves = curves_of(result, name)
        colour = METHOD_COLOURS[name]
        for other in SHORT:
            x = curves_of(result, other)["evaluations"][0]
            axes.plot(x, medians[other], color=GREY, linewidth=0.7, alpha=0.6)
        band(axes, curves["evaluations"][0], curves["returns"], name)
        final = curves["final"]
        axes.plot([2150] * len(final), final, "o", color=colour, markersize=4)
        axes.set(title=SHORT[name], ylim=(-500, 4200), xticks=[0, 1000, 2000])
    for axes in panels[:, 0]:
        axes.set_ylabel("return")
    for axes in panels[2]:
        axes.set_xlabel("evaluations")
    half = len(medians["CMA-ES"]) // 2
    words = [
        f"{SHORT[name]} {line[half]:.0f} halfway and {line[-1]:.0f} at the end"
        for name, line in medians.items()
    ]
    return Picture(
        figure,
        alt="Six panels, a panel for each method, return against evaluations. Medians: "
        f"{'; '.join(words)}.",
        caption="The mean policy, tried in "
        f"{COUNTS[result.settings['tests']]} episodes of 1,000 steps. Lines: median of "
        "five seeds, bands: best and worst. In grey the medians of the others. Dots on "
        f"the right: the final test of each seed, {COUNTS[result.settings['final']]} "
        "episodes with other starts.",
    )


def comparison_table(result: Result) -> Table:
    """Final return of each method over the searched length of an episode, and over a
    whole episode: median, lowest and highest seed.
    """
    short = f"first {result.settings['horizon']} steps"
    whole = "all 1,000 steps"
    return Table(
        {
            name: {
                short: list(curves_of(result, name)["final_short"]),
                whole: list(curves_of(result, name)["final"]),
            }
            for name in SHORT
        },
        caption=f"Final test: median of {len(result.seeds)} seeds, with the lowest and "
        "the highest. The searches saw episodes of the first length only. "
        f"{_order(result)}",
        digits=0,
        corner="method",
    )


def overlapping(result: Result, test: str) -> list[str]:
    """The methods whose range of seeds overlaps with that of the best median.

    Args:
        result: the committed result `evolutionary_search`.
        test: "final" or "final_short".
    """
    ends = {name: np.array(curves_of(result, name)[test]) for name in SHORT}
    best = max(ends.values(), key=lambda end: float(np.median(end)))
    return [n for n, end in ends.items() if end.max() >= best.min()]


def _order(result: Result) -> str:
    """What the ranges tell of the order."""
    near = [set(overlapping(result, test)) for test in ("final", "final_short")]
    if near[0] == near[1] == set(SHORT):
        return "All ranges overlap with the best, so no row is marked as best."
    names = ", ".join(SHORT[name] for name in SHORT if name in near[0] & near[1])
    return f"The ranges of these overlap with the best in both columns: {names}."


def widths_table(result: Result) -> Table:
    """Width of each population at the end as a share of its first width, the return
    halfway and at the end, and how much the return changes from look to look.
    """
    rows = {}
    for name in SHORT:
        curves = curves_of(result, name)
        width, line = (np.median(curves[key], axis=0) for key in ("width", "returns"))
        rows[SHORT[name]] = {
            "width": float(100 * width[-1] / width[0]),
            "change": change(result, name),
            "half": float(line[len(line) // 2]),
            "end": float(line[-1]),
        }
    return Table(
        rows,
        caption="Width of the population at the end, in % of the first. Return: its "
        "change from one test of the mean policy to the next in the second half, up or "
        "down, and its value halfway and at the end. A test has "
        f"{COUNTS[result.settings['tests']]} episodes. Medians of {len(result.seeds)} "
        "seeds.",
        digits=0,
        corner="method",
    )


def change(result: Result, method: str) -> float:
    """Median change of the mean policy's return between two looks, in size, over all
    seeds and the second half of the looks.
    """
    returns = np.array(curves_of(result, method)["returns"])
    half = returns.shape[1] // 2
    return float(np.median(np.abs(np.diff(returns[:, half:], axis=1))))


def _words(options: dict[str, Any]) -> str:
    """A setting in words: "σ 0.1, N 40, ρ 0.25"."""
    named = {"population": {None: "17, the default"}, "reuse": {None: "all"}}
    shown = [
        f"{SETTING[key]} {named.get(key, {}).get(value, value)}"
        for key, value in options.items()
    ]
    return ", ".join(shown)


def tuning_table(result: Result, tuning: Result) -> Table:
    """The setting that won each method's tuning, and what it earned there.

    Args:
        result: the committed result `evolutionary_search`.
        tuning: the committed result `evolutionary_search_tuning`.
    """
    rows = {}
    for name in SHORT:
        (options,) = result.settings["methods"][name]
        index = tuning.settings["methods"][name].index(options)
        rows[name] = {
            "setting": _words(options),
            "return": list(curves_of(tuning, name, index)["final"]),
        }
    return Table(
        rows,
        caption=f"The winners of the tuning: median of {len(tuning.seeds)} other seeds "
        f"after {tuning.settings['evaluations']} evaluations.",
        digits=0,
        corner="method",
    )


def edge_table(tuning: Result, edges: Result) -> Table:
    """What was earned at the largest value of the tuning, and beyond it.

    Args:
        tuning: the committed result `evolutionary_search_tuning`.
        edges: the committed result `evolutionary_search_edges`.
    """
    rows = {}
    for name, (beyond,) in edges.settings["methods"].items():
        tried = tuning.settings["methods"][name]
        medians = [np.median(entry["final"]) for entry in tuning.curves[name]]
        place = int(np.argmax(medians))
        (knob,) = (key for key in beyond if beyond[key] != tried[place][key])
        rows[name] = {
            "at the edge": list(curves_of(tuning, name, place)["final"]),
            "beyond": list(curves_of(edges, name)["final"]),
            "setting": f"{SETTING[knob]} {tried[place][knob]} → {beyond[knob]}",
        }
    return Table(
        rows,
        caption="Beyond the edge of the tuning: return after "
        f"{edges.settings['evaluations']} evaluations, the same seeds.",
        digits=0,
        corner="method",
    )


def wins(result: Result, method: str, other: str) -> str:
    """How many of all pairs of a run of one method and a run of another it wins.

    Returns:
        Words for the text: "17 of 25".
    """
    first, second = (
        np.array(curves_of(result, name)["final"]) for name in (method, other)
    )
    return f"{np.sum(first[:, None] > second)} of {first.size * second.size}"


def sharpest_fall(result: Result) -> tuple[str, float, float]:
    """The largest drop between two looks at a mean policy, over all methods and seeds.

    Returns:
        The method's short name, and the returns before and after.
    """
    falls = []
    for name in SHORT:
        for line in np.array(curves_of(result, name)["returns"]):
            at = int(np.argmin(np.diff(line)))
            falls.append((line[at + 1] - line[at], SHORT[name], line[at], line[at + 1]))
    _, name, before, after = min(falls)
    return name, float(before), float(after)


def too_narrow(tuning: Result, width: float = 0.01) -> float:
    """Highest final return of any run whose candidates lie only `width` apart."""
    returns = [
        np.max(curves["final"])
        for name, tried in tuning.curves.items()
        for curves, options in zip(tried, tuning.settings["methods"][name], strict=True)
        if options.get("sigma", options.get("noise")) == width
    ]
    return float(max(returns))


def education_table(education: Result) -> Table:
    """Return of five trainings of a Hopper, generation by generation.

    Args:
        education: the committed result `hopper_education`.
    """
    returns = np.array(education.curves["returns"])
    return Table(
        {
            f"generation {generation}": {"return": column.tolist()}
            for generation, column in zip(
                education.settings["stored_generations"], returns.T, strict=True
            )
        },
        caption="Five trainings: median, with the lowest and the highest.",
        digits=0,
    )


def kept_policies(education: Result, seed: int) -> dict[int, LinearPolicy]:
    """The policies of one training that the result keeps, by generation.

    Args:
        education: the committed result `hopper_education`.
        seed: of the training.
    """
    arrays = load_arrays(education.name)
    row = education.seeds.index(seed)
    theta, mean, std = (arrays[name][row] for name in ("theta", "mean", "std"))
    return {
        generation: LinearPolicy(theta[i], Standardiser(mean[i], std[i]))
        for i, generation in enumerate(education.settings["stored_generations"])
    }
