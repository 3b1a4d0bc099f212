"""The questions of the chapter *Pretraining without labels*."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from lecture_code.experiments.results import Result
from lecture_code.experiments.summaries import mean_of_seeds
from lecture_code.figures.observations.pretraining.numbers import (
    numbers,
    push_numbers,
)
from lecture_code.figures.observations.pretraining.pokes import (
    BOARDS,
    FOUR,
    LETTERS,
    TRUE,
    PokeViewer,
)
from lecture_code.figures.observations.pretraining.probes import control_table
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
AFTER_PUSHING = """
**The object reaches the place, but not the angle.** With goals anywhere, *inverse +
forward* ends {joint_push_place} cm from the place, and the blob pusher
{blob_push_place} cm. Both leave the angle as wrong as it was.

**Why not the angle?** It already fails with goals *one* poke away. Before the first
poke of *inverse + forward* the angle is {one_start}° off, and after it {one_first}°.

*Do the features lack the angle?* This is not the only cause. The model *told the pose*
gets the true poses instead of pictures. With goals one poke away, its angle is still
{told_first}° off after the first poke.

*Too little training?* No. After three times as much, the angle of *inverse + forward*
ends at {long_far}°.

*Are the bins too wide?* No. The true poke, rounded to its bins, leaves {rounded}°.

*Does the model never stop?* This is not the main cause. With goals one poke away, the
angle of *inverse + forward* ends at {one_no_rest_last}°, and at {one_rest_last}° with
a rule that stops it. The rule compares only the middles of the red pixels.

*Does the model predict poor pokes?* We could not exclude this cause. In new triples,
the place that *inverse + forward* predicts is {predicted} cm from the true one (median,
one seed).
Probably many pokes reach nearly the same place with other angles. We did not test this.

**We expected the opposite.** We thought that *inverse + forward* would end nearer to
the goal than the blob pusher. In the *pose*, the object starts {start} cm from goals
three pokes away. There *inverse + forward* ends {joint_end} cm off, and the blob pusher
{blob_end} cm. So *inverse + forward* is farther from the goal, in the place and in the
angle.

The random pusher ends {random_end} cm off in the pose.
"""
AFTER_PROBES = """
**The inverse model knows places.** Its place is {inverse_place} cm off.

With slowness the place is {slow_place} cm off, and with the supervised network
{supervised_place} cm.

In the place, *inverse + forward* is even better than the supervised network, by
{joint_lead} cm.

After three times as much training this lead is below a millimetre. The supervised
network must also learn the angle. We did not test whether this is the reason.

**It knows angles badly.** Its angle is {inverse_angle}° off. If a model knows the place
of the object before and after the poke, it can almost work out the poke. It needs the
angle only a little. We did not test this reason.

Slowness is better in the angle: {slow_angle}°. The board is the same in all pictures,
and the spot jumps. The pose changes little during a poke, and the kind of the object
not at all. Pose and kind differ between scenes. So slowness keeps them.

**Three heads do not beat the inverse model** in this short training. The pose of the
curious heads is {curious_pose} cm off, that of the inverse model {inverse_pose} cm. The
seeds leave open which is better.

In the place the inverse model is better, by {curious_gap} cm.

**Two things came out otherwise.** We expected the inverse model to beat slowness, and
the autoencoder to beat random features. Both do so in the place, not in the
angle. The angle of the autoencoder is nearly a guess, {autoencoder_angle}°.

**When does the forward model pay?** When data are few. With 1,000 triples the place is
{few_alone} cm off without it and {few_joint} cm with it.

The paired difference is {few_gain} cm. The forward model is a *regulariser*.

With all triples the difference is {all_gain} cm: the seeds leave open which is better.
"""
AFTER_CONTROLS = """
**A control may look good.** *First picture only* is an inverse model that never sees
the second picture. It cannot know how long the poke was: its loss of the length is
{first_length} nats, and guessing among six equal bins costs 1.79. With both pictures
the loss is {both_length}.

Yet a probe of its features is only {first_place} cm off the place. The second picture
gains {second_gain} cm. In the pose the seeds leave open which is better. The robot
pokes at the object, so the place of the poke alone teaches where objects are. *A good
probe does not show that the model has understood pushing.*
"""
LABEL_FREE = {
    "An autoencoder: paint the picture again": "autoencoder",
    "Slowness: neighbours in time are alike": "slowness",
    "An inverse model: predict the poke": "inverse",
}
"""Option of `place_guess` -> arm."""


def place_guess(result: Result, *then: Shown) -> Predict:
    """Which features without labels hold the place best?

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
    words = numbers(result)
    means = ", ".join(f"{arm} {runs[arm].mean():.1f} cm" for arm in order)
    sure = (
        "The seeds leave open which is best."
        if undecided
        else ("The interval of the winner's lead does not contain zero.")
    )
    return predict(
        "Three networks have learnt from the same 20,000 triples without labels. A "
        "linear probe with 100 labels then reads the *place* of the object from their "
        "features. Whose features are best?",
        [*LABEL_FREE, "The seeds leave open which of them"],
        answer=answer,
        because=f"Mean errors of the place: {means}. {sure}",
        then=[
            *then,
            Prose(AFTER_PROBES.format(**words)),
            control_table(result),
            Prose(AFTER_CONTROLS.format(**words)),
        ],
        folds=True,
    )


def poke_guess(viewer: PokeViewer) -> Predict:
    """Which of the four pokes was it on the first board?

    The picture of this board stands above the question. Its true poke, and the other
    boards, are seen after the commitment.
    """
    return predict(
        "Which of the four pokes was it?",
        list(LETTERS),
        answer=viewer.offered[0][1],
        because="The picture below shows it.",
        then=[
            viewer.draw(0, TRUE),
            Prose("Three more boards: choose a letter, then look at the true poke."),
            explore(
                viewer.draw,
                board=list(range(1, BOARDS)),
                shown=[FOUR, TRUE],
                start={"board": 1, "shown": FOUR},
            ),
            Prose(AFTER_POKE),
        ],
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
        told.append(f"the {error} is {runs[-1]:.0f}{unit} off")
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
        because=f"{' and '.join(told).capitalize()} at the end (means of the seeds).",
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


def what_is_forgotten() -> Predict:
    """Which features may lack what a task does not need?"""
    right = "Those of the inverse model."
    return shuffled_quiz(
        (1, 0, 2),
        "Objects now have a random colour. The colour changes from scene to scene, but "
        "never during a poke, and does not matter for how the object moves. Which "
        "features may forget it?",
        {
            right: "Yes. No colour is needed to predict the poke.",
            "Those of slowness.": "The colour never changes during a poke, and differs "
            "between scenes. Few things are as slow.",
            "Those of an autoencoder that paints in colour.": "It cannot paint the "
            "object without its colour.",
        },
        answer=right,
        hints=["What does each task ask of its features?"],
    )


def what_a_control_shows() -> Predict:
    """What follows if an untrained network is nearly as good?"""
    right = "The task has taught hardly anything about the place."
    return shuffled_quiz(
        (2, 0, 1),
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
            "Squared errors have no gradient there.": "They have one; it points in the "
            "wrong direction in some places.",
        },
        answer=right,
        hints=["How far apart are 1° and 359°?"],
    )
