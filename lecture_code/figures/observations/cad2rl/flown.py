"""How far robots flew, read from the committed result, and the colours of methods."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from lecture_code.experiments.results import Result
from lecture_code.observations.corridor_flight import STEP
from lecture_code.show import GREY, METHOD_COLOURS
from lecture_code.show.figures import BLUE, ORANGE, PURPLE, SKY, VERMILLION

Array = NDArray[np.float64]

RESULTS = (
    "cad2rl",
    "cad2rl_classifier",
    "cad2rl_lens",
    "cad2rl_longer",
    "cad2rl_looks",
    "cad2rl_steering",
    "cad2rl_steering_far",
    "cad2rl_textures",
)
"""Names of the results that the chapter shows."""
METHODS = {
    "random": "random",
    "straight": "straight on",
    "one texture": "one texture",
    "left-right-straight": "left-right-straight",
    "pretraining": "pretraining",
    "CAD2RL": "CAD²RL",
    "clearance": "clearance rule",
    "exact roll-outs": "exact roll-outs",
}
"""Method of the results -> its name on the page."""
COLOURS = {
    "random": GREY,
    "straight": SKY,
    "one texture": VERMILLION,
    "left-right-straight": PURPLE,
    "pretraining": ORANGE,
    "CAD2RL": METHOD_COLOURS["CAD2RL"],
    "clearance": GREY,
    "exact roll-outs": BLUE,
}
FAMILIES = {"training": "training looks", "real": "“real” looks"}
"""Family of looks -> its name on the page."""


def classifier_name(distance: float) -> str:
    """The name of the classifier in tables.

    Args:
        distance: that must be free for *straight* [m].
    """
    return f"{METHODS['left-right-straight']} ({distance:g} m)"


def page_name(method: str) -> str:
    """The name of a method on the page; a name of the page stays as it is.

    Raises:
        KeyError: there is no such method; the message lists them.
    """
    if method not in METHODS and method not in METHODS.values():
        raise KeyError(f"no method {method!r}; there are {', '.join(METHODS)}")
    return METHODS.get(method, method)


class Flown:
    """The metres of all flights.

    Args:
        result: `cad2rl`, or one of its variants.
    """

    def __init__(self, result: Result) -> None:
        self.result = result
        self.seeds = len(result.seeds)
        self.flights = int(result.settings["flights"])
        self.longest = float(result.settings["steps"]) * STEP  # of a flight [m]

    def tests(self, arm: str, family: str) -> Array:
        """Metres of a trained arm, (seeds, tests, flights); the last test counts.

        Raises:
            KeyError: the result has no such arm, or has not tested it in this family;
                the message lists what there is.
        """
        curves = self.result.curves
        if arm not in curves or "metres" not in curves[arm]:
            known = ", ".join(name for name in curves if "metres" in curves[name])
            raise KeyError(f"no arm {arm!r}; there are {known}")
        families = curves[arm]["metres"]
        if family not in families:
            known = ", ".join(families)
            raise KeyError(f"{arm} has no flights in {family!r}; there are {known}")
        return np.array(families[family], dtype=float)

    def last(self, method: str, family: str = "real") -> Array:
        """Metres of the last test of an arm, or of a rule, (seeds, flights).

        Args:
            method: of `METHODS`; "clearance" is the rule with the best distance.
            family: of looks; rules see no picture, so theirs does not matter.
        """
        rules = self.result.curves.get("rules", {})
        name = self.best_clearance() if method == "clearance" else method
        if name in rules:
            return np.array(rules[name], dtype=float)
        return np.asarray(self.tests(method, family)[:, -1])

    def means(self, method: str, family: str = "real") -> Array:
        """Mean metres of each seed, (seeds,)."""
        return np.asarray(self.last(method, family).mean(axis=1))

    def best_clearance(self) -> str:
        """The clearance rule that flies farthest: "clearance 2 m"."""
        rules = self.result.curves["rules"]
        clearance = [str(name) for name in rules if name.startswith("clearance")]
        return max(clearance, key=lambda name: float(np.mean(rules[name])))

    def still_flying(
        self, method: str, family: str = "real", after: float | None = None
    ) -> float:
        """Share of the flights that are at least so long.

        Args:
            method: of `last`.
            family: of looks.
            after: so many metres; None: until the test ends.
        """
        way = self.longest if after is None else after
        # metres are rounded to 0.1 m
        return float((self.last(method, family) > way - 0.05).mean())

    def is_rule(self, method: str) -> bool:
        """Whether the method has learnt nothing, and sees no picture."""
        return method == "clearance" or method in self.result.curves.get("rules", {})


def classifiers(result: Result, classifier: Result) -> dict[float, Flown]:
    """Distance that must be free for *straight* [m] -> flights of the classifier that
    asks for this distance, under its name; the smallest distance first.

    Args:
        result: `cad2rl`, with one distance.
        classifier: `cad2rl_classifier`, with the others.
    """
    name = "left-right-straight"
    arms = {name: result} | dict.fromkeys(classifier.curves, classifier)
    found = {
        float(source.settings["arms"][arm]["distance"]): Flown(
            replace(source, curves={name: source.curves[arm]})
        )
        for arm, source in arms.items()
    }
    return dict(sorted(found.items()))


def tuned_distance(result: Result, classifier: Result) -> float:
    """The distance at which the classifier flies farthest in looks of the training
    family [m]. A robot that has seen no "real" image can choose it there.

    Args:
        result: `cad2rl`.
        classifier: `cad2rl_classifier`.
    """
    flown = classifiers(result, classifier)
    return max(
        flown, key=lambda d: flown[d].means("left-right-straight", "training").mean()
    )


def with_tuned_classifier(result: Result, classifier: Result) -> Result:
    """The comparison, in which the classifier asks for its best distance.

    Args:
        result: `cad2rl`.
        classifier: `cad2rl_classifier`.
    """
    name = "left-right-straight"
    distance = tuned_distance(result, classifier)
    tuned = classifiers(result, classifier)[distance]
    arm = result.settings["arms"][name] | {"distance": distance}
    settings = result.settings | {"arms": result.settings["arms"] | {name: arm}}
    return replace(
        result, settings=settings, curves=result.curves | tuned.result.curves
    )


def far_flights(far: Result) -> Flown:
    """The flights of the rules in the longer test, as those of `cad2rl`.

    Args:
        far: `cad2rl_steering_far`.
    """
    return Flown(replace(far, curves={"rules": far.curves}))


def best_labels(steering: Result) -> float:
    """The distance at which the right answers of the classifier fly farthest [m].

    Args:
        steering: `cad2rl_steering`.
    """
    distances: list[float] = steering.settings["distances"]
    rules = steering.curves
    return max(distances, key=lambda d: float(np.mean(rules[f"labels {d:g} m"])))
