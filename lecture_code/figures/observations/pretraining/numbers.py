"""The numbers of the text of *Pretraining without labels*."""

from __future__ import annotations

import numpy as np

from lecture_code.experiments.results import Result
from lecture_code.experiments.summaries import mean_of_seeds
from lecture_code.figures.observations.pretraining.runs import (
    DIGITS,
    error_words,
    in_words,
    probe_errors,
    push_errors,
)

PROBES = {
    "inverse_place": ("inverse", "place"),
    "slow_angle": ("slowness", "angle"),
    "joint_angle": ("inverse + forward", "angle"),
    "autoencoder_angle": ("autoencoder", "angle"),
}
"""Name in the text -> arm and error, mean of the seeds."""
SINGLE = {
    "slow_place": ("slowness", "place"),
    "supervised_place": ("supervised", "place"),
    "pixel_pose": ("pixels", "pose"),
    "supervised_pose": ("supervised", "pose"),
    "few_alone": ("inverse (1000)", "place"),
    "few_joint": ("inverse + forward (1000)", "place"),
    "stays_pose": ("slowness, spot stays", "pose"),
    "first_place": ("first picture only", "place"),
    "quadratic_place": ("slow features, quadratic", "place"),
}
"""The same without an interval."""
FEW_JOINT = "inverse + forward (1000)"
LENGTHS = {"first_length": "first picture only", "both_length": "inverse"}
"""Name in the text -> arm whose loss of the length is told."""


def numbers(result: Result) -> dict[str, str]:
    """Name in the text -> words such as "3.0 [2.5, 3.5]", in cm or degrees.

    Also the loss of the length [nat] of an inverse model with the first picture only,
    'first_length', and with both, 'both_length'.

    Args:
        result: `pretraining`.
    """
    words = {name: error_words(result, *where) for name, where in PROBES.items()}
    for name, (arm, error) in SINGLE.items():
        mean = probe_errors(result, arm, error).mean()
        words[name] = f"{mean:.{DIGITS[error]}f}"
    gain = probe_errors(result, "inverse (1000)", "place") - probe_errors(
        result, "inverse + forward (1000)", "place"
    )
    words["few_gain"] = in_words(mean_of_seeds(gain), 1)
    for name, arm in LENGTHS.items():
        losses = np.array(result.curves[arm]["loss of the length"], dtype=float)
        words[name] = f"{losses.mean():.2f}"
    return words


def push_numbers(result: Result) -> dict[str, str]:
    """Name in the text -> mean error after the last poke, in cm or degrees; and
    'push_share', the inverse model's share of the random pusher's distance [%], and
    'start', the distance before the first poke [cm].

    Args:
        result: `pretraining_pushing`.
    """

    def last(pusher: str, goal: str, error: str) -> float:
        return float(push_errors(result, pusher, goal, error)[:, -1].mean())

    random = last("random", "three pokes", "pose")
    inverse = last("inverse", "three pokes", "pose")
    before = push_errors(result, "random", "three pokes", "pose")
    start = before[:, 0].mean()
    return {
        "random_end": f"{random:.0f}",
        "inverse_end": f"{inverse:.1f}",
        "blob_end": f"{last('blob', 'three pokes', 'pose'):.1f}",
        "push_share": f"{100 * inverse / random:.0f}",
        "inverse_push_place": f"{last('inverse', 'anywhere', 'place'):.1f}",
        "blob_push_place": f"{last('blob', 'anywhere', 'place'):.1f}",
        "few_push_alone": f"{last('inverse (1000)', 'three pokes', 'pose'):.1f}",
        "few_push_joint": f"{last(FEW_JOINT, 'three pokes', 'pose'):.1f}",
        "start": f"{start:.0f}",
    }
