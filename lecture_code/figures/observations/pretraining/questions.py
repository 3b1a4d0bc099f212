"""The questions of the chapter *Pretraining without labels*."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from lecture_code.experiments.results import Result
from lecture_code.experiments.summaries import mean_of_seeds
from lecture_code.figures.observations.pretraining.numbers import (
    longer_numbers,
    numbers,
    push_numbers,
)
from lecture_code.figures.observations.pretraining.probes import control_table
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

**Why not the angle?** It already fails with goals *one* poke away. There the angle is
{one_start}° off before the first poke of the inverse model, and {one_first}° after it.

*Features without the angle?* Not alone. *Told the pose* is an inverse model
that is told the true poses in the place of pictures. It does no better there:
{told_first}° after the first poke.

With goals anywhere its angle ends at {told_far}°, after ten times as much training.

After as much training as the others, it ends at {brief_far}°: a guess.

*Too little training?* No. After three times as much, the angle of *inverse + forward*
ends at {long_far}°.

*Bins that are too wide?* No. The true poke, rounded to its bins, leaves {rounded}°.

*Does the model never stop?* With a rule that stops it at the goal, it ends {rest_end}
cm away, and without it {no_rest_end} cm.

So the model tells poor pokes. Probably many pokes move the object to nearly the same
place and turn it differently. We did not test this.

**We expected the inverse model to end nearer to the goal than the blob pusher. It did
not.** With goals three pokes away, which is {start} cm, it ends {inverse_end} cm away,
and the blob pusher {blob_end} cm.

Trained three times as long, *inverse + forward* ends {long_end} cm away.

Random pokes push the object away and end {random_end} cm from the goal. To beat them is
easy.
"""
AFTER_PROBES = """
**The inverse model knows places.** Its place is {inverse_place} cm off.

With slowness it is {slow_place} cm, with the supervised network {supervised_place} cm.

**It knows angles badly.** Its angle is {inverse_angle}° off. The two places of the
object almost give the poke. The angle of the object adds little. We did not test this
reason.

With the forward model the angle is better by {joint_gain}°: the seeds do not tell the
two apart.

Slowness is ahead there: {slow_angle}°. The board is the same in all pictures, and the
spot jumps. The pose changes little during a poke, and the kind of the object not at
all. Both differ between scenes. So slowness keeps them.

**Three heads do not beat the inverse model** in this short training. The pose of the
curious heads is {curious_pose} cm off, that of the inverse model {inverse_pose} cm, and
the seeds do not tell them apart.

**Two things came out otherwise.** We expected the inverse model to beat slowness
everywhere; slowness tells the angle better. We expected the autoencoder to beat random
features; it does so in the place, not in the angle. Its angle is nearly a guess,
{autoencoder_angle}°.

*Three times as long* we trained all but the curious heads. All are then better in the
pose, but for the autoencoder. Its angle is still nearly a guess, {longer_autoencoder}°.

Slowness stays ahead of the inverse model with the forward model in the angle, by
{longer_angle}°.

In the pose slowness then leads by {longer_lead} cm. Five seeds leave open which is
better.

In the place the inverse model stays ahead of slowness, by {longer_place} cm.

**When does the forward model pay?** When data are few. With 1,000 triples the place is
{few_alone} cm off without it and {few_joint} cm with it.

The paired difference is {few_gain} cm. The forward model is a *regulariser*.

With all triples the two differ by {all_gain} cm: the seeds do not tell them apart.

Trained three times as long, the forward model gains {longer_gain} cm, less than a
millimetre.
"""
AFTER_CONTROLS = """
**A control may look good.** *First picture only* is an inverse model that never sees
the second picture. It cannot know how long the poke was: its loss of the length is
{first_length} nats, and guessing among six equal bins costs 1.79. With both pictures it
is {both_length}.

Yet its features tell the place within {first_place} cm; the second picture gains
{second_gain} cm. In the pose the seeds do not tell the two apart. The robot pokes at
the object, so the place of the poke alone teaches where objects are. *A good probe does
not show that the model has understood pushing.*
"""
LABEL_FREE = {
    "An autoencoder: paint the picture again": "autoencoder",
    "Slowness: neighbours in time are alike": "slowness",
    "An inverse model: tell the poke": "inverse",
}
"""Option of `place_guess` -> arm."""


def place_guess(result: Result, longer: Result, *then: Shown) -> Predict:
    """Which features without labels tell the place best?

    The answer is the arm with the least error, unless Student's interval of its paired
    lead over the second one contains 0.

    Args:
        result: `pretraining`; the answer follows from it.
        longer: `pretraining_longer`.
        then: what opens.
    """
    arms = list(LABEL_FREE.values())
    runs = {arm: probe_errors(result, arm, "place") for arm in arms}
    order = sorted(arms, key=lambda arm: float(runs[arm].mean()))
    lead = mean_of_seeds(runs[order[1]] - runs[order[0]])
    undecided = lead.low <= 0
    answer = len(arms) if undecided else arms.index(order[0])
    words = {**numbers(result), **longer_numbers(longer)}
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
        "model sees the board and the goal picture, says a poke, and the robot pokes. "
        "After 15 such pokes, what has come at least half of the way to the goal?",
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


def why_no_collapse() -> Predict:
    """What keeps the features of a forward model from becoming all the same?"""
    right = "The inverse loss."
    return shuffled_quiz(
        (1, 0, 2),
        "The forward loss alone is least if all features are the same. What keeps the "
        "features of the poking robot from this?",
        {
            right: "Yes. Equal features do not tell a poke, so the inverse loss would "
            "be high.",
            "The target, into which no gradient flows.": "It weakens the pull towards "
            "equal features. The features before the poke still get the gradient.",
            "The many pokes.": "Equal features have no forward loss for any poke.",
        },
        answer=right,
        hints=["Which loss is high if all features are the same?"],
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
