"""The three predictions of the chapter *(CAD)²RL*, and what each of them holds back."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from lecture_code.experiments.results import Result
from lecture_code.experiments.summaries import mean_of_seeds, paired_ratio
from lecture_code.figures.observations.cad2rl.corners import (
    LOOKS,
    corner,
    corner_numbers,
)
from lecture_code.figures.observations.cad2rl.costs import looks_table
from lecture_code.figures.observations.cad2rl.flown import (
    Flown,
    classifiers,
    tuned_distance,
    with_tuned_classifier,
)
from lecture_code.figures.observations.cad2rl.numbers import numbers, steering_numbers
from lecture_code.figures.observations.cad2rl.variants import (
    classifier_table,
    lens_table,
    steering_table,
)
from lecture_code.observations.collision_net import CollisionNet
from lecture_code.show import Predict, Prose, predict
from lecture_code.show.page import Shown

OURS = ("CAD2RL",)
NUMBERS = ("no", "one", "two", "three", "four", "five", "six")

AFTER_FLIGHTS = """Each row has {seeds} seeds with {flights} flights each. In its own \
look, *one texture* flies {own} m.

Rules see no picture. The table shows the best of several clearance rules. It counts \
ways up to {distance}.

**Random looks matter most.** After two rounds, the network of one texture flies very \
far in its own look. No other network flies as far in training looks. But in “real” \
looks it crashes soon: (CAD)²RL flies {single_ratio} times as far. Both networks \
learned in the same maps, by roll-outs, with the same number of batches."""

AFTER_LOOKS = """The new textures matter little, and the wider view does not shorten \
the flights. **The lens makes flights short.** Training drew textures, colours and \
light at random, but never the lens. So blur and dark corners are new to the network.

This table has one network of each method. The next table has five seeds.

**Training must draw what the robot will meet.** So the network learned again, with a \
random lens for each image:"""

AFTER_LENS = """Now (CAD)²RL flies as far in “real” looks as in training looks. This \
is {lens_gain} times as far as with one lens.

This was not a blind test. We knew which part makes flights short, and we chose ranges \
that contain the “real” lens. Only the textures and the wider view stayed new."""

AFTER_QUESTIONS = """We trained the classifier for {distances} distances. {asked} m is \
best in both looks, and it is best for the right answers, too. The distance can be \
chosen in training looks, without a “real” image. So this classifier stands in all \
our comparisons.

Now the same three directions with roll-outs. In the next table all rows but the first \
see the map. After its first step, a roll-out follows the right answers for {base} m. \
In the last row it follows the clearance rule. The longer test has {flights} flights \
in each seed."""

AFTER_STEERING = """**The classifier’s question is short-sighted.** It asks what is \
free now, and not what happens next. With roll-outs, three directions are enough to \
fly more than three times as far as the best right answers.

Most flights with roll-outs fly until the test ends, even in the longer test. There \
all directions fly {far_ratio} times as far as three. This interval contains one, so \
it stays open how much more directions add.

**Does (CAD)²RL fly farther than the classifier?** In training looks it flies \
{lrs_ratio_training} times as far.

In “real” looks, with one lens and after two rounds, the ratio is {lrs_ratio}. This \
interval contains one, so five seeds do not decide it.

With random lenses (CAD)²RL flies {lens_flown} m in “real” looks. We trained no \
classifier with random lenses. But its right answers, which no picture can disturb, \
fly only half as far.

**With roll-outs, the map is better than any picture.** Alone, even the best clearance \
rule flies only {clearance} m. With roll-outs, the last row of the table, it flies \
much farther than (CAD)²RL. The rule sees the map, and it computes its roll-outs \
instead of learning them. So the gap has at least two causes: the picture, and \
learning that is not finished. We did not separate them.

**An answer may come too late.** One place before a corner, seen in {looks} “real” \
looks:"""

AFTER_CORNER = """The classifier often says *straight*, because the way ahead is \
free. A moment later the corner is too near for its turn. (CAD)²RL keeps away from \
the near corner first, and turns when there is room: {around} of {looks} flights get \
around, {around_classifier} of the classifier. This is one place and one network."""


def first_guess(result: Result, *then: Shown) -> Predict:
    """Trained as long, which flies farther in "real" looks?

    It is *about the same* if the interval of the ratio contains 1.

    Args:
        result: `cad2rl_longer`; the answer follows from it.
        then: what opens.
    """
    flown = Flown(result)
    metres = [flown.tests(arm, "real") for arm in ("CAD2RL", "pretraining")]
    early, ratio = (
        paired_ratio(*(tests[:, at].mean(axis=1) for tests in metres)) for at in (2, -1)
    )
    in_words = NUMBERS[metres[0].shape[1] - 1]
    answer = 2 if ratio.value <= 3 else 3
    if ratio.low <= 1:
        answer = 1 if ratio.high >= 1 else 0
    because = f"CAD²RL flies {ratio} times as far after {in_words} rounds."
    if early.low <= 1 <= early.high:
        because += " After two rounds the seeds leave it open."
    return predict(
        "Both networks are trained as long. *Pretraining* learns only whether the next "
        "metre is free. *CAD²RL* then learns from its own roll-outs. Which flies "
        f"farther in “real” looks after {in_words} rounds?",
        [
            "Pretraining",
            "Both about the same",
            "CAD²RL, at most three times as far",
            "CAD²RL, more than three times as far",
        ],
        answer=answer,
        because=because,
        then=list(then),
        folds=True,
    )


def flights_in_words(result: Result) -> Prose:
    """What the table of all methods shows.

    Args:
        result: `cad2rl`.
    """
    flown = Flown(result)
    own = flown.means("one texture", "single").mean()
    return Prose(
        AFTER_FLIGHTS.format(
            seeds=flown.seeds,
            flights=flown.flights,
            own=f"{own:.0f}",
            distance=flown.best_clearance().removeprefix("clearance "),
            single_ratio=numbers(result)["single_ratio"],
        )
    )


def lens_guess(looks: Result, result: Result, lens: Result) -> Predict:
    """Which part of a "real" look shortens the flights of (CAD)²RL more?

    The answer is the part that costs more metres, if Student's interval of the
    difference does not contain 0; it is *neither* if no part costs any.

    Args:
        looks: `cad2rl_looks`; the answer follows from it.
        result: `cad2rl`.
        lens: `cad2rl_lens`.
    """
    flown = {name: np.array(m) for name, m in looks.curves["CAD2RL"].items()}
    training, textures = flown["training"], flown["real textures"]
    lenses = flown["real lens"]
    lead = mean_of_seeds(textures - lenses)
    answer = 2
    if max(mean_of_seeds(training - part).low for part in (textures, lenses)) <= 0:
        answer = 3
    elif lead.low > 0 or lead.high < 0:
        answer = 1 if lead.low > 0 else 0
    shares = [100 * paired_ratio(part, training).value for part in (lenses, textures)]
    told = numbers(result, lens=lens)
    return predict(
        "The textures and the lens of “real” looks are both new to the networks. Which "
        "of them shortens the flights of CAD²RL more?",
        ["The textures", "The lens", "Both about the same", "Neither shortens them"],
        answer=answer,
        because=f"With the “real” lens alone, CAD²RL flies {shares[0]:.0f} % of its "
        "way in training looks. With the “real” textures alone it flies "
        f"{shares[1]:.0f} %.",
        then=[
            looks_table(looks, OURS),
            Prose(AFTER_LOOKS),
            lens_table(result, lens, OURS),
            Prose(AFTER_LENS.format(**told)),
        ],
        folds=True,
    )


def directions_guess(
    results: Mapping[str, Result], networks: Mapping[str, CollisionNet]
) -> Predict:
    """How far do three directions fly with roll-outs, compared with right answers?

    The answer follows from the ratio to the best distance of the right answers.

    Args:
        results: `cad2rl`, `cad2rl_classifier`, `cad2rl_lens`, `cad2rl_steering` and
            `cad2rl_steering_far`, by name.
        networks: with "left-right-straight" and "CAD2RL".
    """
    first, classifier = results["cad2rl"], results["cad2rl_classifier"]
    steering, far = results["cad2rl_steering"], results["cad2rl_steering_far"]
    tuned = with_tuned_classifier(first, classifier)
    told = steering_numbers(steering, far)
    ratio = told["three_ratio"]
    answer = 1 if ratio.value <= 2 else 2
    if ratio.low <= 1:
        answer = 0
    words = numbers(tuned, lens=results["cad2rl_lens"]) | told
    words |= corner_numbers(networks) | {"looks": LOOKS}
    words["asked"] = f"{tuned_distance(first, classifier):g}"
    words["distances"] = NUMBERS[len(classifiers(first, classifier))]
    parts: list[Shown] = [
        classifier_table(first, classifier, steering),
        Prose(AFTER_QUESTIONS.format(**words)),
        steering_table(tuned, steering, far),
        Prose(AFTER_STEERING.format(**words)),
        corner(networks),
        Prose(AFTER_CORNER.format(**words)),
    ]
    return predict(
        "Both rules have three directions. How far does the rule with roll-outs fly, "
        "compared with the right answers?",
        ["Not farther", "Up to twice as far", "More than twice as far"],
        answer=answer,
        because=f"It flies {ratio} times as far, even if the right answers have their "
        "best distance.",
        then=parts,
        folds=True,
    )
