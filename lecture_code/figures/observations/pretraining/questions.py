"""The questions of the chapter *Pretraining without labels*."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from lecture_code.experiments.results import Result
from lecture_code.experiments.summaries import mean_of_seeds
from lecture_code.figures.observations.pretraining.numbers import numbers, push_numbers
from lecture_code.figures.observations.pretraining.pokes import (
    BOARDS,
    FOUR,
    LETTERS,
    TRUE,
    PokeViewer,
)
from lecture_code.figures.observations.pretraining.probes import (
    control_table,
    probe_dots,
    size_curves,
)
from lecture_code.figures.observations.pretraining.runs import (
    probe_errors,
    push_errors,
)
from lecture_code.show import Predict, Prose, explore, predict, quiz
from lecture_code.show.page import Shown

AFTER_POKE = """
On each board the model finds many places likely (orange), and the true place is among
them.
"""
PUSHED_PLACES = """
**The object reaches the place, but not the angle.** With goals anywhere, *inverse +
forward* ends {joint_push_place} cm from the place, and its angle stays as wrong as a
guess. Step through the pokes and compare the object with the dashed outline:
"""
PUSHED_BLOBS = """
**A pusher that has learnt nothing comes nearer.** The blob pusher ends
{blob_push_place} cm from the place. To bring an object to a place, it is enough to know
the middle of its red pixels. We expected the opposite.
"""
PUSHED_ONCE = """
**The angle fails even when one poke would be enough.** Choose the goal *one poke* in
the picture above. Before the first poke of *inverse + forward* the angle is
{one_start}° off, and after it {one_first}°.

Missing angles in the features cannot be the whole reason: the model *told the pose*
gets the true poses instead of pictures, and its angle is still {told_first}° off after
the first poke.
"""
PROBED_PARTS = """
**Among the three, the inverse model knows the place best, and slowness knows the angle
best.** The place is {inverse_place} cm off with the inverse model and {slow_place} cm
with slowness.

The angle is {inverse_angle}° off with the inverse model and {slow_angle}° with
slowness.
"""
PROBED_WHY = """
If a model knows the place of the object before and after the poke, it can almost work
out the poke. It needs the angle only a little. The pose changes little during a poke
and differs between scenes, so slowness keeps it. We did not test these reasons.

Choose features and a board, and see what the probe predicts:
"""
PROBED_SIZES = """
**The forward model helps when there are few triples.** With 1,000 triples the place is
{few_alone} cm off without the forward model and {few_joint} cm with it. With all
triples the seeds leave open which is better.

Without the forward model the network learns the few pokes by heart: in new triples its
loss of the place is {few_loss}. A guess has the loss {guess_loss}. With the forward
model the loss is {few_joint_loss}. An extra loss that helps when data are few is called
a *regulariser*.
"""
PROBED_CONTROL = """
**A good probe does not show that the model has understood pushing.** *First picture
only* is an inverse model that never sees the second picture, so it cannot know how long
the poke was. Its place is still only {first_place} cm off. The robot pokes *at the
object*, so the place of the poke alone teaches where objects are.
"""
PROBED_LENGTH = """
How can we see what it does not know? Look at the last term of its loss, for the length.
A guess among six equal bins has the loss log 6, which is 1.79. The loss of *first
picture only* is as high as this. With both pictures the loss is lower.
"""
LABEL_FREE = {
    "An autoencoder: paint the picture again": "autoencoder",
    "Slowness: neighbours in time are alike": "slowness",
    "An inverse model: predict the poke": "inverse",
}
"""Option of `place_guess` -> arm."""
BEHIND = {
    "autoencoder": "An autoencoder must also keep the spot of light, because it must "
    "paint the spot.",
    "slowness": "Slowness only asks that features of other moments differ. The angle "
    "and the kind of the object differ, too, so not all features need hold the place.",
    "inverse": "An inverse model must know only what the poke changes.",
}
"""Arm -> why its features need not hold the place best."""


def place_guess(result: Result, boards: Shown) -> Predict:
    """Which features without labels hold the place best?

    The answer is the arm with the least error, unless Student's interval of its paired
    lead over the second one contains 0.

    Args:
        result: `pretraining`; the answer follows from it.
        boards: what the probes say on single boards.
    """
    arms = list(LABEL_FREE.values())
    runs = {arm: probe_errors(result, arm, "place") for arm in arms}
    order = sorted(arms, key=lambda arm: float(runs[arm].mean()))
    lead = mean_of_seeds(runs[order[1]] - runs[order[0]])
    undecided = lead.low <= 0
    answer = len(arms) if undecided else arms.index(order[0])
    words = numbers(result)
    why = " ".join(BEHIND[arm] for arm in (order if undecided else order[1:]))
    means = ", ".join(f"{arm} {runs[arm].mean():.1f} cm" for arm in order)
    sure = "The interval of the winner's lead does not contain zero."
    if undecided:
        sure = "The seeds leave open which is best."
    return predict(
        "Three networks have learnt from the same 20,000 triples without labels. A "
        "linear probe with 100 labels then reads the *place* of the object from their "
        "features. Whose features are best?",
        [*LABEL_FREE, "The seeds leave open which are best"],
        answer=answer,
        because=f"The mean errors of the place are: {means}. {sure} {why}",
        then=[
            Prose(PROBED_PARTS.format(**words)),
            probe_dots(result),
            Prose(PROBED_WHY),
            boards,
            Prose(PROBED_SIZES.format(**words)),
            size_curves(result),
            Prose(PROBED_CONTROL.format(**words)),
            control_table(result),
            Prose(PROBED_LENGTH),
        ],
        folds=True,
    )


def poke_guess(viewer: PokeViewer) -> Predict:
    """Which of the four pokes was it on the first board?

    The picture of this board stands above the question. Its true poke, and the other
    boards, are seen after the commitment. The answer tells where each wrong poke would
    have left the object.
    """
    right = viewer.offered[0][1]
    left = [
        f"{100 * way:.0f} cm with {letter}"
        for row, (letter, way) in enumerate(zip(LETTERS, viewer.misses(0), strict=True))
        if row != right
    ]
    return predict(
        "Which of the four pokes was it?",
        list(LETTERS),
        answer=right,
        because="This poke leaves the object where *after* shows it. "
        f"The other pokes would leave it elsewhere: {', '.join(left[:-1])} and "
        f"{left[-1]} from there.",
        then=[
            viewer.draw(0, TRUE),
            Prose(
                "Here are three more boards. Choose a letter, then look at the true "
                "poke."
            ),
            explore(
                viewer.draw,
                board=list(range(1, BOARDS)),
                shown=[FOUR, TRUE],
                start={"board": 1, "shown": FOUR},
            ),
            Prose(AFTER_POKE),
        ],
    )


def push_guess(result: Result, film: Shown, curves: Shown) -> Predict:
    """What is right after 15 greedy pokes towards a goal picture?

    Right is what ends below half of what it was at the start.

    Args:
        result: `pretraining_pushing`; the answer follows from it.
        film: recorded pokes.
        curves: the errors over the pokes.
    """
    words = push_numbers(result)
    halved, told = [], []
    for error, unit in (("place", " cm"), ("angle", "°")):
        runs = push_errors(result, "inverse + forward", "anywhere", error).mean(axis=0)
        halved.append(bool(runs[-1] < runs[0] / 2))
        less = "less" if halved[-1] else "not less"
        told.append(
            f"The {error} ends {runs[-1]:.0f}{unit} off, which is {less} than half of "
            "its error at the start."
        )
    options = {
        (True, True): "The place and the angle",
        (True, False): "The place, but not the angle",
        (False, True): "The angle, but not the place",
        (False, False): "Neither",
    }
    return predict(
        "The goal picture shows the object at any place and any angle. The inverse "
        "model sees the board and the goal picture and predicts a poke. The robot "
        "pokes. After 15 such pokes, what has come at least half of the way to the "
        "goal?",
        list(options.values()),
        answer=list(options).index((halved[0], halved[1])),
        because=f"{' '.join(told)} These are means of the seeds.",
        then=[
            Prose(PUSHED_PLACES.format(**words)),
            film,
            Prose(PUSHED_BLOBS.format(**words)),
            curves,
            Prose(PUSHED_ONCE.format(**words)),
        ],
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


def what_is_forgotten() -> Predict:
    """Which features may lack what a task does not need?"""
    right = "The features of the inverse model."
    return shuffled_quiz(
        (1, 2, 0),
        "Objects now have a random colour. The colour changes from scene to scene, but "
        "never during a poke, and does not matter for how the object moves. Which "
        "features may forget it?",
        {
            right: "Yes. A model can predict the poke without the colour.",
            "The features of slowness.": "The colour never changes during a "
            "poke, and differs between scenes. Few things are as slow.",
            "The features of an autoencoder that paints in colour.": "It cannot "
            "paint the object without its colour.",
        },
        answer=right,
        hints=["What does each task ask of its features?"],
    )


def what_a_control_shows() -> Predict:
    """What follows if an untrained network is nearly as good?"""
    right = "The task has taught hardly anything about the place."
    return shuffled_quiz(
        (0, 2, 1),
        "A colleague invents a task and trains a network with it. A probe of its "
        "features is 3.0 cm off the place of an object. A probe of the untrained "
        "network is 3.1 cm off; its seeds differ by 0.3 cm. What follows?",
        {
            right: "Yes. The control without the task is as good within the seeds.",
            "The task has taught the place.": "Which number would you see without the "
            "task?",
            "The probe needs more labels.": "Both probes have the same labels. Their "
            "difference says what the task adds.",
        },
        answer=right,
        hints=["Compare the two numbers with how much the seeds differ."],
    )


def why_circular() -> Predict:
    """Which bins of an angle are neighbours?"""
    right = "The first bin is a neighbour of the last one."
    return shuffled_quiz(
        (0, 2, 1),
        "The angle of a poke is put into 24 bins of the full turn. A colleague "
        "replaces the cross-entropy by the squared difference of bin numbers. What "
        "has she forgotten?",
        {
            right: "Yes. An error of one bin across zero would count as 23 bins.",
            "There are too few bins for a squared error.": "The number of bins is not "
            "what is wrong.",
            "Squared errors have no gradient there.": "They have a gradient. It "
            "points in the wrong direction in some places.",
        },
        answer=right,
        hints=["How far apart are 1° and 359°?"],
    )
