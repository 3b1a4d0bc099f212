"""The questions of the chapter *Pretraining without labels*."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from lecture_code.experiments.results import Result
from lecture_code.experiments.summaries import mean_of_seeds
from lecture_code.figures.observations.pretraining.numbers import numbers, push_numbers
from lecture_code.figures.observations.pretraining.runs import (
    probe_errors,
    push_errors,
)
from lecture_code.show import Predict, Prose, predict, quiz
from lecture_code.show.page import Shown

AFTER_PUSHING = """
**The place comes out right, the angle does not.** With goals anywhere, the inverse
model ends {inverse_push_place} cm from the place, and the blob pusher
{blob_push_place} cm. Both leave the angle as wrong as it was.

Why? The inverse model has only seen *one* poke between two pictures. A poke that turns
an object also moves it. No single poke leads from the board to the goal, so the model
answers the nearest thing that it knows: push towards the goal. It plans no second poke.

**We expected less distance than the blob pusher's, and this did not come out.** With
goals three pokes away the inverse model ends at {push_share} % of the random pusher's
distance. So it has learnt to push.

The random pusher ends {random_end} cm away, and it started at {start} cm. Random pokes
push the object off, so this baseline is weak.

But the blob pusher is nearer: {blob_end} cm against {inverse_end} cm. It rests when it
has arrived. The inverse model never rests, and each further poke turns the object.
"""
AFTER_PROBES = """
**The inverse model knows places.** Its place is {inverse_place} cm off.

With slowness it is {slow_place} cm. The supervised network has {supervised_place} cm:
it had to learn the angle, too.

**It knows angles badly.** A poke can be told from where the object was and where it
went. Its angle is hardly needed. With the forward model the angle is {joint_angle}°
off.

Slowness is ahead there: {slow_angle}°. All that stays nearly the same during a poke is
the object, so slowness keeps its whole pose.

**Two things did not come out as we expected.** We expected slowness behind the inverse
model in everything. And we expected the autoencoder to be better than random features.
It is so for the place only; its angle is a guess, {autoencoder_angle}°.

*How sure is this?* In one seed that was trained three times as long, the inverse model
with the forward model caught up with slowness in the pose. So the order of these two
depends on the length of the training. The rates of the autoencoder and the weights of
the curious heads were not tuned.
"""
LABEL_FREE = {
    "An autoencoder: paint the picture again": "autoencoder",
    "Slowness: neighbours in time are alike": "slowness",
    "An inverse model: which poke was it?": "inverse",
}
"""Option of `place_guess` -> arm."""


def place_guess(result: Result, *then: Shown) -> Predict:
    """Which features without labels tell the place best?

    The answer is the arm with the least error, unless Student's interval of its paired
    lead over the second one contains 0.

    Args:
        result: `pretraining`; the answer follows from it.
        then: what opens.
    """
    arms = list(LABEL_FREE.values())
    runs = {arm: probe_errors(result, arm, "place") for arm in arms}
    order = sorted(arms, key=lambda arm: float(runs[arm].mean()))
    lead = mean_of_seeds(runs[order[1]] - runs[order[0]])
    undecided = lead.low <= 0
    answer = len(arms) if undecided else arms.index(order[0])
    means = ", ".join(f"{arm} {runs[arm].mean():.1f} cm" for arm in order)
    sure = (
        "The seeds leave open which is best."
        if undecided
        else ("The winner leads in a 95 % interval.")
    )
    return predict(
        "Three networks have learnt from the same 20,000 triples without labels. A "
        "linear probe with 100 labels then reads the *place* of the object from their "
        "features. Whose features are best?",
        [*LABEL_FREE, "The seeds leave open which of them"],
        answer=answer,
        because=f"Mean errors of the place: {means}. {sure}",
        then=[*then, Prose(AFTER_PROBES.format(**numbers(result)))],
        folds=True,
    )


def push_guess(result: Result, *then: Shown) -> Predict:
    """What is right after 15 greedy pokes towards a goal picture?

    Right is what ends below half of what it was at the start.

    Args:
        result: `pretraining_pushing`; the answer follows from it.
        then: what opens.
    """
    halved, told = [], []
    for error, unit in (("place", " cm"), ("angle", "°")):
        runs = push_errors(result, "inverse + forward", "anywhere", error).mean(axis=0)
        halved.append(bool(runs[-1] < runs[0] / 2))
        told.append(f"the {error} from {runs[0]:.0f} to {runs[-1]:.0f}{unit}")
    options = {
        (True, True): "The place and the angle",
        (True, False): "The place, but not the angle",
        (False, True): "The angle, but not the place",
        (False, False): "Neither",
    }
    return predict(
        "The goal picture shows the object at any place and any angle. The inverse "
        "model sees the board and the goal picture, says a poke, and the robot pokes. "
        "After 15 such pokes, what has come at least half of the way to the goal?",
        list(options.values()),
        answer=list(options).index((halved[0], halved[1])),
        because=f"{' and '.join(told).capitalize()}, in the mean of "
        f"{len(result.seeds)} seeds with 200 tasks each.",
        then=[*then, Prose(AFTER_PUSHING.format(**push_numbers(result)))],
        folds=True,
    )


def shuffled_quiz(
    order: Sequence[int],
    question: str,
    options: Mapping[str, str],
    answer: str,
    hints: Sequence[str],
) -> Predict:
    """A quiz with its options in this order, so that the right one is anywhere."""
    names = list(options)
    ordered = {names[k]: options[names[k]] for k in order}
    return quiz(question, ordered, answer=answer, hints=hints)


def why_detached() -> Predict:
    """Why does no gradient flow into the target of the forward model?"""
    right = "Features that are all the same would make the forward loss zero."
    return shuffled_quiz(
        (1, 0, 2),
        "Why does no gradient of the forward loss flow into the features of the "
        "*second* picture?",
        {
            right: "Yes. With this gradient the features move towards each other, and "
            "whatever is constant is easy to predict.",
            "The second picture is not known when the robot pokes.": "In training it "
            "is known, and the inverse model looks at it.",
            "It would take twice as long.": "The inverse loss sends a gradient through "
            "both pictures anyway.",
        },
        answer=right,
        hints=["What are the features that are easiest to predict?"],
    )


def why_variance() -> Predict:
    """What is the slowest feature without conditions?"""
    right = "A constant."
    return shuffled_quiz(
        (2, 1, 0),
        "Leave out all conditions of slow feature analysis, and only make the change "
        "small. What is the slowest feature?",
        {
            right: "Yes. It does not change at all, and says nothing. The conditions, "
            "or the second term of the contrastive loss, forbid it.",
            "The place of the object.": "It changes with each poke. Something changes "
            "less.",
            "The mean of all pixels.": "The noise and the spot of light change it.",
        },
        answer=right,
        hints=["What does not change at all?"],
    )


def why_circular() -> Predict:
    """Which bins of an angle are neighbours?"""
    right = "The first bin is a neighbour of the last one."
    return shuffled_quiz(
        (1, 0, 2),
        "The angle of a poke is put into 24 bins of the full turn. A colleague "
        "replaces the cross-entropy by the squared difference of bin numbers. What "
        "has she forgotten?",
        {
            right: "Yes. An error of one bin across zero would count as 23 bins.",
            "There are too few bins for a squared error.": "The number of bins is not "
            "what is wrong.",
            "Squared errors have no gradient there.": "They have one; it points in the "
            "wrong direction in some places.",
        },
        answer=right,
        hints=["How far apart are 1° and 359°?"],
    )
