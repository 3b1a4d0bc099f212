"""The numbers of the text of the chapter *Inverse-dynamics transfer*."""

from __future__ import annotations

from collections.abc import Mapping

from lecture_code.figures.dynamics.inverse_dynamics.scores import Scores


def mean(scores: Scores, shift: str, level: float, method: str) -> str:
    """'0.94', the mean score of a method under a condition."""
    return f"{scores.at(shift, level, method).mean:.2f}"


def numbers(robots: Mapping[str, Scores]) -> dict[str, str]:
    """Name in the text -> words."""
    arm, cheetah, hopper = (
        robots[name] for name in ("heavy_arm", "half_cheetah", "hopper")
    )
    return {
        "arm_expert": mean(arm, "gravity", 1.0, "expert"),
        "arm_adapted": mean(arm, "gravity", 1.0, "k 2"),
        "arm_alone": mean(arm, "gravity", 1.0, "k 1"),
        "arm_constant_expert": mean(arm, "1", 0.6, "expert"),
        "arm_constant": mean(arm, "1", 0.6, "k 2"),
        "arm_constant_alone": mean(arm, "1", 0.6, "k 1"),
        "arm_white_expert": mean(arm, "0", 0.6, "expert"),
        "arm_white": mean(arm, "0", 0.6, "k 2"),
        "cheetah_constant_expert": mean(cheetah, "1", 0.6, "expert"),
        "cheetah_constant": mean(cheetah, "1", 0.6, "k 2"),
        "hopper_constant_expert": mean(hopper, "1", 0.6, "expert"),
        "hopper_constant": mean(hopper, "1", 0.6, "k 2"),
        "n_seeds": f"{len(arm.result.seeds)}",
        "n_starts": f"{arm.result.settings['episodes']}",
    }
