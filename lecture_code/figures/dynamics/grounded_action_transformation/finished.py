"""What the chapter *Grounded action transformation* tells of the trials with a finished
first walk (`grounding_finished`): how they were made, how their settings were chosen
(`grounding_finished_tuning`, `grounding_finished_edges`), and whether the search for
the first walks has ended (`grounding_starts_more`). `trials.py` draws the trials.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lecture_code.experiments.results import Result
from lecture_code.figures.dynamics.grounded_action_transformation.results import (
    of_method,
)
from lecture_code.figures.dynamics.grounded_action_transformation.trials import (
    best_generation,
    interval,
    paired,
    with_interval,
)
from lecture_code.show import Table
from lecture_code.simulation import make_world

Array = NDArray[np.float64]

TUNED = {
    "no grounding": ("width", "width"),
    "noise envelope": ("std", "std"),
    "GAT": ("alpha", "α"),
    "GAT with memory": ("alpha", "α"),
    "robot, 24 walks": ("width", "width"),
    "robot, 48 walks": ("width", "width"),
}
"""Method -> its tuned option, and the option's name on the page."""


def with_rival(trials: Result, rival: Result) -> Result:
    """The trials, with the methods of `grounding_rival` before the positive control.

    Raises:
        ValueError: the two results have other first walks.
    """
    methods = dict(trials.settings["methods"])
    control = methods.pop("robot")
    methods |= {**rival.settings["methods"], "robot": control}
    curves = {}
    for robot, of_robot in trials.curves.items():
        if of_robot["start"] != rival.curves[robot]["start"]:
            raise ValueError(f"the trials on {robot!r} start from other walks")
        curves[robot] = {**of_robot, **rival.curves[robot]}
    settings = {**trials.settings, "methods": methods}
    return replace(trials, settings=settings, curves=curves)


def budgets(trials: Result, *tunings: Result) -> Table:
    """What each method used on each robot: walks and minutes on the robot, minutes in
    the simulator, and how many settings were tried for it.

    The test is not counted, and neither are θ₀, which all methods share, and the
    replays by which *parameters* are identified.
    """
    settings = trials.settings
    recorded = {
        "parameters": settings["identification_trajectories"],
        "GAT": settings["grounding"]["trajectories"],
        "GAT with memory": settings["grounding"]["trajectories"],
    }
    minutes = settings["horizon"] * make_world("half_cheetah").dt / 60  # of a walk
    rows: dict[str, dict[str, Any]] = {}
    for method, options in trials.settings["methods"].items():
        generations = options.get("generations", settings["generations"])
        searched = generations * settings["population"]
        on_robot = options["kind"] == "robot"
        walks = searched if on_robot else recorded.get(method, 0)
        looks = generations * settings["evaluation_episodes"]
        simulated = 0 if on_robot else searched
        if options["kind"] == "actions":
            simulated += recorded[method]
        rows[method] = {
            "walks": f"{walks} + {looks}",
            "robot": (walks + looks) * minutes,
            "sim.": simulated * minutes,
            "tried": len(tried(method, *tunings)) if method in TUNED else 1,
        }
    return Table(
        rows,
        corner="method",
        digits=0,
        caption="What each method used in a trial, without the test. *Walks*: on the "
        "robot, recorded or searched, plus looks. *Robot* and *sim.*: minutes on the "
        "robot and in the simulator. *Tried*: settings in the tuning on other robots",
    )


def finished_protocol(trials: Result, joined_trials: Result) -> Table:
    """How the trials were made.

    Args:
        trials: the trials that have all methods.
        joined_trials: these trials with those that were added, which have fewer
            methods.
    """
    settings = trials.settings
    methods = settings["methods"]
    walks = settings["grounding"]["trajectories"]
    rival, longer = (methods[f"robot, {number} walks"] for number in (24, 48))
    rows = {
        "trials on each robot": f"{len(joined_trials.seeds)}, each with a θ₀ of its "
        f"own; {len(trials.seeds)} for *parameters* and *robot*",
        "θ₀": "the last walk of 100 generations in the simulator",
        "search": f"CMA-ES, {settings['generations']} generations of "
        f"{settings['population']} walks, the same draws for every method, "
        f"width {methods['GAT']['width']:g}",
        "looks at the robot": f"{settings['evaluation_episodes']} walks after each "
        "generation; the best generation is kept",
        "test on the robot": f"{settings['test_episodes']} walks from other starts",
        "failure": "the test earns no more than θ₀",
        "noise envelope": "Gaussian noise on the actions in the simulator, std "
        f"{methods['noise envelope']['std']:g}",
        "parameters": "grounding by identified mass and damping, from "
        f"{settings['identification_trajectories']} recorded walks",
        "GAT": f"α = {methods['GAT']['alpha']:g}, {walks} recorded walks",
        "GAT with memory": f"α = {methods['GAT with memory']['alpha']:g}, "
        f"{walks} recorded walks, two earlier actions",
        "robot, 24 walks": f"{rival['generations']} generations of "
        f"{settings['population']} walks on the robot itself, width "
        f"{rival['width']:g}",
        "robot, 48 walks": f"{longer['generations']} generations, width "
        f"{longer['width']:g}; added after the comparison",
        "robot": "the whole search runs on the robot itself: the positive control",
    }
    return Table({label: {"here": words} for label, words in rows.items()})


def tried(method: str, *tunings: Result) -> dict[float, float]:
    """Every setting that was tried for a method -> its mean final return."""
    key, _ = TUNED[method]
    means = {}
    for tuning in tunings:
        for name, options in tuning.settings["methods"].items():
            if name.rsplit("/", 1)[0] == method:
                robots = tuning.settings["real"]
                finals = [of_method(tuning, robot, name) for robot in robots]
                means[options[key]] = float(np.mean(finals))
    return dict(sorted(means.items()))


def finished_tuning(trials: Result, *tunings: Result) -> Table:
    """What was tried for each method, and the setting that won."""
    rows: dict[str, dict[str, Any]] = {}
    for method, (key, symbol) in TUNED.items():
        means = tried(method, *tunings)
        chosen = trials.settings["methods"][method][key]
        rows[method] = {
            "chosen": f"{symbol} {chosen:g}",
            "return": means[chosen],
            "tried": ", ".join(f"{value:g}" for value in means),
        }
    return Table(
        rows,
        digits=0,
        corner="method",
        caption="The chosen setting (*width*: of the search), and its mean return on "
        f"the two robots of the tuning, {len(tunings[0].seeds)} trials each",
    )


def joined(first: Result, second: Result) -> Result:
    """The trials of two results as one result, with the methods that both have.

    Raises:
        ValueError: the second result has other robots or settings than the first, or
            methods of its own, or a seed of the first.
    """
    if common := set(first.seeds) & set(second.seeds):
        raise ValueError(f"both results have the seeds {sorted(common)}")
    methods = {
        name: how
        for name, how in first.settings["methods"].items()
        if name in second.settings["methods"]
    }
    seeds = [*first.seeds, *second.seeds]
    settings = {**first.settings, "methods": methods, "seeds": seeds}
    if settings != {**second.settings, "seeds": seeds}:
        raise ValueError("the two results have other settings; they cannot be joined")
    curves: dict[str, Any] = {}
    for robot, others in second.curves.items():
        ours = first.curves[robot]
        curves[robot] = {"start": [*ours["start"], *others["start"]]}
        for method in methods:
            curves[robot][method] = {
                curve: [*ours[method][curve], *values]
                for curve, values in others[method].items()
            }
    return replace(first, seeds=seeds, settings=settings, curves=curves)


def numbers_of_finished(trials: Result) -> dict[str, str]:
    """What the text says of the trials from finished walks."""
    wrong, late = trials.settings["real"]
    methods = {"gat": "GAT", "memory": "GAT with memory"}
    others = {
        "plain": "no grounding",
        "noise": "noise envelope",
        "rival": "robot, 24 walks",
        "longer": "robot, 48 walks",
        "knobs": "parameters",
    }
    words = {}
    for name, robot in {"late": late, "wrong": wrong}.items():
        pairs = product(methods.items(), others.items())
        for (short, method), (than, other) in pairs:
            if other not in trials.settings["methods"]:
                continue
            mean, low, high = paired(trials, robot, method, other)
            words[f"{name}_{short}_{than}"] = f"{mean:.0f}"
            words[f"{name}_{short}_{than}_interval"] = interval(low, high)
    words["late_memory_best"] = (
        f"{best_generation(trials, late, 'GAT with memory'):.1f}"
    )
    return words | {"n_finished": str(len(trials.seeds))}


def growth_of_walks(starts: Result, until: int) -> Array:
    """Return in the simulator that each search gained after θ₀ was taken, (walks,).

    Args:
        starts: a result whose searches all go on after θ₀ is taken.
        until: the generation of the later test.
    """
    every = starts.settings["every"]
    taken = starts.settings["generations"]
    curves = [starts.curves[str(seed)] for seed in starts.seeds]
    gained = [curve[until // every - 1] - curve[taken // every - 1] for curve in curves]
    return np.array(gained)


def starts_table(starts: Result) -> Table:
    """What more search in the simulator gains over θ₀, with intervals over the
    walks.
    """
    taken, most, every = (
        starts.settings[name] for name in ("generations", "most", "every")
    )
    rows = {}
    for until in (taken + every, most):
        mean, low, high = with_interval(growth_of_walks(starts, until))
        words = f"{mean:.0f} ({interval(low, high)})".replace("-", "−")
        rows[f"{until - taken} more"] = {"gain over θ₀": words}
    return Table(
        rows,
        corner="generations",
        caption=f"The search of {len(starts.seeds)} walks goes on in the simulator. "
        f"Gain of the return there, on {starts.settings['episodes']} starts that the "
        "search does not see: mean, with the 95 % bootstrap interval",
    )


def numbers_of_starts(starts: Result) -> dict[str, str]:
    """What the text says of the search for θ₀."""
    taken, every = (starts.settings[name] for name in ("generations", "every"))
    mean, low, high = with_interval(growth_of_walks(starts, taken + every))
    return {
        "start_gain": f"{mean:.0f}",
        "start_gain_interval": interval(low, high),
        "n_starts": str(len(starts.seeds)),
    }


def numbers_of_thirty(trials: Result) -> dict[str, str]:
    """What the text says of the trials with thirty generations."""
    wrong, _ = trials.settings["real"]
    mean, low, high = paired(trials, wrong, "GAT with memory", "no grounding")
    return {"wrong_slow": f"{mean:.0f}", "wrong_slow_interval": interval(low, high)}
