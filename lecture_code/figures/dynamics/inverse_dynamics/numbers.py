"""The numbers of the text of the chapter *Inverse-dynamics transfer*."""

from __future__ import annotations

from collections.abc import Mapping

from lecture_code.figures.dynamics.inverse_dynamics.scores import KNOWN, Scores


def mean(scores: Scores, shift: str, level: float, method: str) -> str:
    """'0.94', the mean score of a method under a condition."""
    return f"{scores.at(shift, level, method).mean:.2f}"


NAMES = {"expert": "expert", "k 1": "alone", "k 2": "history"}
"""Method of the result -> its name in the names of the numbers."""
KINDS = {"gravity": "gravity", "0": "independent", "0.9": "correlated", "1": "constant"}
"""Shift -> its name in the names of the numbers."""


def numbers(robots: Mapping[str, Scores]) -> dict[str, str]:
    """Name in the text -> words: 'heavy_arm_gravity_history' is the mean score of φ
    with history at the largest level. 'hopper_known' and 'hopper_weak_known' are scores
    of Hopper's expert that knows the noise, under constant noise of σ = 0.5 and 0.3.
    'half_cheetah_gap' is the lead of this expert over φ with history on HalfCheetah.
    """
    words = {}
    for robot, scores in robots.items():
        for shift, kind in KINDS.items():
            for level in scores.levels(shift)[-1:]:
                for method, name in NAMES.items():
                    words[f"{robot}_{kind}_{name}"] = mean(scores, shift, level, method)
    if "hopper" in robots:
        hopper = robots["hopper"]
        words["hopper_known"] = mean(hopper, "1", 0.5, KNOWN)
        words["hopper_weak_known"] = mean(hopper, "1", 0.3, KNOWN)
    if "half_cheetah" in robots:
        gap = robots["half_cheetah"].lead("1", 0.3, KNOWN, "k 2")
        words["half_cheetah_gap"] = f"{gap.mean:.2f}"
    arm = robots["heavy_arm"].result
    return words | {
        "n_seeds": f"{len(arm.seeds)}",
        "n_starts": f"{arm.settings['episodes']}",
    }
