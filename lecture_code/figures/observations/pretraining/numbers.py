"""The numbers of the text of *Pretraining without labels*."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lecture_code.experiments.observations.pretraining.probes import (
    pose_errors,
    pose_probe,
)
from lecture_code.experiments.observations.pretraining.pushing import (
    BRIEFLY_TOLD,
    LONG,
    TOLD,
    load_poke_network,
)
from lecture_code.experiments.results import Result
from lecture_code.experiments.summaries import mean_of_seeds
from lecture_code.figures.observations.pretraining.runs import (
    DIGITS,
    SCALES,
    error_words,
    in_words,
    probe_errors,
    push_errors,
)
from lecture_code.observations.inverse_models import PokeBins, best_pokes
from lecture_code.observations.pusher_scenes import picture_inputs, poke_triples
from lecture_code.observations.pushing import Objects, drawn_pokes, pushed

Array = NDArray[np.float64]
PROBES = {
    "autoencoder_angle": ("autoencoder", "angle"),
}
"""Name in the text -> arm and error, mean of the seeds."""
SINGLE = {
    "inverse_place": ("inverse", "place"),
    "slow_angle": ("slowness", "angle"),
    "inverse_angle": ("inverse", "angle"),
    "slow_place": ("slowness", "place"),
    "supervised_place": ("supervised", "place"),
    "pixel_place": ("pixels, colour", "place"),
    "many_place": ("pixels, colour, 1000 labels", "place"),
    "many_angle": ("pixels, colour, 1000 labels", "angle"),
    "grey_place": ("pixels", "place"),
    "supervised_pose": ("supervised", "pose"),
    "inverse_pose": ("inverse", "pose"),
    "curious_pose": ("curious heads", "pose"),
    "few_alone": ("inverse (1000)", "place"),
    "few_joint": ("inverse + forward (1000)", "place"),
    "stays_pose": ("slowness, spot stays", "pose"),
    "first_place": ("first picture only", "place"),
    "linear_place": ("slow features, linear, colour", "place"),
    "grey_linear_place": ("slow features, linear", "place"),
}
"""The same without an interval."""
FEW_ALONE = "inverse (1000)"
FEW_JOINT = "inverse + forward (1000)"
PLACE_LOSSES = {"few_loss": FEW_ALONE, "few_joint_loss": FEW_JOINT}
"""Name in the text -> arm whose loss of the place in new triples is told."""
FEW_PUSHES = {
    "few_push_place": (FEW_ALONE, "anywhere", "place"),
    "few_joint_push_place": (FEW_JOINT, "anywhere", "place"),
    "few_push_angle": (FEW_ALONE, "three pokes", "angle"),
    "few_joint_push_angle": (FEW_JOINT, "three pokes", "angle"),
}
"""Name in the text -> pusher, goal and error after the last poke."""
LEADS = {
    "few_gain": (FEW_JOINT, FEW_ALONE, "place", 1),
    "all_gain": ("inverse + forward", "inverse", "place", 2),
    "joint_gain": ("inverse + forward", "inverse", "angle", 0),
    "curious_gap": ("inverse", "curious heads", "place", 2),
    "joint_lead": ("inverse + forward", "supervised", "place", 1),
}
"""Name in the text -> better arm, worse arm, error, digits of the paired difference."""
LONGER_LEADS = {
    "longer_lead": ("slowness", "inverse + forward", "pose", 1),
    "longer_angle": ("slowness", "inverse + forward", "angle", 0),
    "longer_place": ("inverse", "slowness", "place", 1),
    "longer_gain": ("inverse + forward", "inverse", "place", 2),
}
"""The same after a training that is three times as long."""
LONGER_PLACES = {"longer_slow": "slowness", "longer_auto_place": "autoencoder"}
RESTING = "inverse + forward, rests"
JOINT = "inverse + forward"
ONE_POKE = (JOINT, RESTING, TOLD)
ROUNDED_SEED, ROUNDED_TASKS = 930, 400  # pokes that are rounded to bins
UNSEEN_SEED, UNSEEN = 940, 400  # pokes that are predicted
GUESS_SEED, GUESS_LABELS, GUESS_TESTS = 931, 100, 2000  # of the mean pose of labels


def numbers(result: Result) -> dict[str, str]:
    """Name in the text -> words such as "3.0 [2.5, 3.5]", in cm or degrees.

    Args:
        result: `pretraining`.
    """
    words = {name: error_words(result, *where) for name, where in PROBES.items()}
    for name, (arm, error) in SINGLE.items():
        mean = probe_errors(result, arm, error).mean()
        words[name] = f"{mean:.{DIGITS[error]}f}"
    words["guess_pose"] = guessed_pose()
    words |= {name: lead_words(result, *lead) for name, lead in LEADS.items()}
    second = probe_errors(result, "first picture only", "place")
    second = second - probe_errors(result, "inverse", "place")
    words["second_gain"] = f"{second.mean():.1f}"
    for name, arm in PLACE_LOSSES.items():
        words[name] = f"{np.mean(result.curves[arm]['loss of the place']):.1f}"
    words["guess_loss"] = f"{np.log(PokeBins().sizes[0]):.1f}"
    return words


def passes(result: Result) -> dict[str, str]:
    """How often an inverse model sees each triple: all of them, or the 1,000.

    Args:
        result: `pretraining`.
    """
    words = {}
    for name, arm in (("all_passes", "inverse"), ("few_passes", "inverse (1000)")):
        made = result.settings["arms"][arm]
        seen = result.settings["batches"] * made["inverse"]["batch"] / made["triples"]
        words[name] = f"{seen:.2g}"
    return words


def longer_numbers(longer: Result) -> dict[str, str]:
    """Leads after a training that is three times as long, with the interval of the
    paired difference [cm or degree], and the angle of the autoencoder.

    Args:
        longer: `pretraining_longer`.
    """
    words = {name: lead_words(longer, *lead) for name, lead in LONGER_LEADS.items()}
    for name, arm in LONGER_PLACES.items():
        words[name] = f"{probe_errors(longer, arm, 'place').mean():.1f}"
    words["longer_autoencoder"] = error_words(longer, "autoencoder", "angle")
    return words


def lead_words(result: Result, better: str, worse: str, error: str, digits: int) -> str:
    """How far features are ahead of others: the paired difference of the seeds."""
    ahead = probe_errors(result, worse, error) - probe_errors(result, better, error)
    return in_words(mean_of_seeds(ahead), digits)


def guessed_pose() -> str:
    """How far the pose is off if one always predicts the mean pose of 100 labels [cm].

    A probe of a feature that is always zero predicts this mean.
    """
    rng = np.random.default_rng(GUESS_SEED)
    learnt, tested = (
        (np.zeros((count, 1)), Objects.drawn(count, rng))
        for count in (GUESS_LABELS, GUESS_TESTS)
    )
    return f"{SCALES['pose'] * pose_probe(learnt, tested, GUESS_LABELS)['pose']:.1f}"


def rounded_angle() -> str:
    """How far the angle is off after the true poke, rounded to its bins [degree]."""
    rng = np.random.default_rng(ROUNDED_SEED)
    start = Objects.drawn(ROUNDED_TASKS, rng)
    pokes = drawn_pokes(start, rng)
    goal, _ = pushed(start, pokes)
    bins = PokeBins()
    end, _ = pushed(start, bins.pokes(bins.indices(pokes)))
    return f"{pose_errors(end, goal)['angle']:.0f}"


def predicted_places() -> str:
    """How far the place of a poke that the kept inverse + forward model predicts is
    from the true one, on pokes that nothing was learnt from (median) [cm].
    """
    triples = poke_triples(UNSEEN, np.random.default_rng(UNSEEN_SEED))
    network, heads = load_poke_network("inverse + forward")
    before, after = picture_inputs(triples.before), picture_inputs(triples.after)
    predicted = best_pokes(network, heads, before, after)
    off = np.linalg.norm(predicted.places - triples.pokes.places, axis=1)
    return f"{SCALES['place'] * np.median(off):.0f}"


def few_pushes(result: Result) -> dict[str, str]:
    """How pushers end that learnt from 1,000 triples, with and without the forward
    model, and where the angle starts.

    Args:
        result: `pretraining_pushing`.
    """
    words = {
        name: f"{push_errors(result, *which)[:, -1].mean():.{DIGITS[which[2]]}f}"
        for name, which in FEW_PUSHES.items()
    }
    start = push_errors(result, FEW_ALONE, "three pokes", "angle")[:, 0].mean()
    return words | {"few_start_angle": f"{start:.0f}"}


def push_numbers(result: Result) -> dict[str, str]:
    """Name in the text -> mean error after the last poke, in cm or degrees.

    'start' is before the first poke. 'one_start' and '..._first' are the angle with
    goals one poke away, before and after the first poke; 'one_..._last' after the last.
    'joint_...' and 'one_first' are of *inverse + forward*.

    Args:
        result: `pretraining_pushing`.
    """

    def mean(pusher: str, goal: str, error: str) -> Array:
        return np.asarray(push_errors(result, pusher, goal, error).mean(axis=0))

    def last(pusher: str, goal: str, error: str) -> float:
        return float(mean(pusher, goal, error)[-1])

    random = last("random", "three pokes", "pose")
    joint = last(JOINT, "three pokes", "pose")
    one = {name: mean(name, "one poke", "angle") for name in ONE_POKE}
    path = mean(JOINT, "three pokes", "pose")
    far = {
        pusher: push_errors(result, pusher, "anywhere", "angle")[:, -1]
        for pusher in (LONG, TOLD, BRIEFLY_TOLD)
    }
    behind = push_errors(result, TOLD, "anywhere", "place")
    behind = behind - push_errors(result, JOINT, "anywhere", "place")
    return few_pushes(result) | {
        "told_far": in_words(mean_of_seeds(far[TOLD]), 0),
        "brief_far": in_words(mean_of_seeds(far[BRIEFLY_TOLD]), 0),
        "long_far": in_words(mean_of_seeds(far[LONG]), 0),
        "long_end": f"{last(LONG, 'three pokes', 'pose'):.1f}",
        "random_end": f"{random:.0f}",
        "joint_end": f"{joint:.1f}",
        "blob_end": f"{last('blob', 'three pokes', 'pose'):.1f}",
        "one_rest_last": f"{one[RESTING][-1]:.1f}",
        "one_no_rest_last": f"{one[JOINT][-1]:.1f}",
        "one_start": f"{one[JOINT][0]:.1f}",
        "one_first": f"{one[JOINT][1]:.1f}",
        "told_first": f"{one[TOLD][1]:.1f}",
        "rounded": rounded_angle(),
        "predicted": predicted_places(),
        "told_place": f"{last(TOLD, 'anywhere', 'place'):.1f}",
        "told_behind": in_words(mean_of_seeds(behind[:, -1]), 1),
        "joint_push_place": f"{last(JOINT, 'anywhere', 'place'):.1f}",
        "blob_push_place": f"{last('blob', 'anywhere', 'place'):.1f}",
        "start": f"{path[0]:.0f}",
    }
