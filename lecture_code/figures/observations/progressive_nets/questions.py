"""The questions of the chapter *Progressive nets*."""

from __future__ import annotations

from functools import partial

import numpy as np

from lecture_code.figures.observations.progressive_nets.laterals import (
    Laterals,
    lesions_table,
)
from lecture_code.figures.observations.progressive_nets.numbers import longer_numbers
from lecture_code.figures.observations.progressive_nets.rates import both_returns
from lecture_code.figures.observations.progressive_nets.runs import ROBOTS, Grid
from lecture_code.show import Picture, Predict, Prose, explore, predict, quiz

AFTER_FORGETTING = """
*Head only* trains only the last layer.

Move the learning rate. Fine-tuning forgets at every rate, and at the largest rate it
forgets everything, on the robot too. The progressive net cannot forget: its first
column is frozen, so its return in the simulation stays, to the last digit.
"""

AFTER_LESION = """
The switches turn laterals off. Switch off the lateral into the output, and the net
earns nothing. Switch off the other two, and the progressive net loses nothing. So its
gain is in the output lateral: it gives new weights to the frozen features.

With a *frozen copy* the new column must carry the gain, and its hidden laterals are
used.
"""

AFTER_SIZES = """
The lecture says that the robot’s column may be much smaller than the simulation’s. Here
a very small one earns what one of the first column’s size earns. The progressive net
hardly uses its new column. After three times as many control steps the gain is {gain}.

Its own output carries {carried} of it.
"""


def what_is_forgotten(grid: Grid) -> Predict:
    """What does a fine-tuned network still earn in the simulation?

    Args:
        grid: all runs; the answer follows from them.
    """
    rate = 1e-3
    where = grid.rates.index(rate)
    before = grid.all("source", "B", "copied head")[where].mean()
    after = grid.all("source", "B", "fine-tuning")[where].mean()
    shares = after / before
    return predict(
        "We fine-tune the whole network on robot B, at a learning rate of 0.001. Then "
        f"it goes back into the simulation, where it earned {before:.0f}. What does it "
        "earn there now?",
        ["As much as before", "A part of it is lost", "Less than half is left"],
        answer=0 if shares > 0.98 else 1 if shares > 0.5 else 2,
        because=f"It earns {after:.0f}. Fine-tuning moves all weights.",
        then=[
            explore(
                partial(both_returns, grid),
                domain=list(ROBOTS),
                rate=grid.rates,
                start={"domain": "B", "rate": rate},
                labels={"domain": "robot", "rate": "learning rate"},
            ),
            Prose(AFTER_FORGETTING),
        ],
    )


def who_carries_the_gain(
    grid: Grid, laterals: Laterals, sizes: Picture, longer: Grid
) -> Predict:
    """What is lost without the new column's own output?

    Args:
        grid: all runs; the answer follows from them.
        laterals: returns with laterals switched off.
        sizes: returns with new columns of several sizes.
        longer: `progressive_nets_longer`.
    """
    before, after, without = (
        float(np.median(grid.at_best(entry, "B", "copied head")))
        for entry in ("before", "after", "without own output")
    )
    left = (without - before) / (after - before)
    switch = ["on", "off"]
    return predict(
        "A progressive net has learned on robot B. Then we set its own output to zero. "
        "Now the head reads only the frozen features. How much of the gain is left?",
        ["Nothing", "About half", "Almost all"],
        answer=0 if left < 0.25 else 1 if left < 0.75 else 2,
        because=f"Before learning the median net earned {before:.1f}, and after it "
        f"{after:.1f}. Without its own output it earns {without:.1f}.",
        then=[
            lesions_table(laterals.parts, laterals.domain),
            explore(
                laterals.draw,
                head=["copied head", "frozen copy"],
                convolution=switch,
                dense=switch,
                output=switch,
                start=dict.fromkeys(("convolution", "dense", "output"), "on")
                | {"head": "copied head"},
                names={"head": ["progressive", "frozen copy"]},
                labels={
                    "head": "net",
                    "convolution": "into convolution 2",
                    "dense": "into dense",
                    "output": "into output",
                },
            ),
            Prose(AFTER_LESION),
            sizes,
            Prose(AFTER_SIZES.format(**longer_numbers(longer))),
        ],
        folds=True,
    )


def which_gradients() -> Predict:
    """Which weights cannot learn in the first step after a head copy?"""
    right = "All weights of the new column below its head."
    return quiz(
        "The head is a copy: its lateral U is the old output, and its own weights W "
        "are zero. Which gradients are exactly zero in the first step?",
        {
            "All gradients of the new column.": "The own head W can learn: its "
            "gradient is the error times the activations below it.",
            right: "Yes. Their gradient passes through W, and W is zero.",
            "None.": "What does the chain rule multiply on the way from the head to "
            "the dense layer?",
        },
        answer=right,
        hints=["Write ∂L/∂h for the layer below the head. Which matrix is in it?"],
    )


def why_exactly_zero() -> Predict:
    """Why is the loss of the old task exactly zero?"""
    right = "Nothing that the old policy reads has changed."
    return quiz(
        "Why does the first column keep its return in the simulation to the last "
        "digit?",
        {
            "The learning rate is small.": "A small rate forgets less, but not "
            "nothing.",
            right: "Yes. Laterals lead only from old columns into new ones.",
            "The new column also learns in the simulation.": "It sees only the robot.",
        },
        answer=right,
    )


def how_many_laterals() -> Predict:
    """How does the number of laterals grow with the number of columns?"""
    right = "Ten, for each layer"
    return quiz(
        "A net has five columns. Every new column has laterals from all old columns. "
        "How many pairs of columns are connected in each layer?",
        {
            "Four, for each layer": "This would be so if only neighbours were "
            "connected.",
            right: "Yes. The second column has one old neighbour, and the fifth has "
            "four. The number grows with the square of the number of columns.",
            "Five, for each layer": "The first column has no laterals, and the last "
            "has four.",
        },
        answer=right,
    )


def best_or_median() -> Predict:
    """Which number should somebody look at who has one robot?"""
    right = "The median, and the share of dead runs."
    return quiz(
        "You have one robot and time for one training. You cannot try many learning "
        "rates. Which numbers of the sorted runs matter to you?",
        {
            "The best run.": "You will get it only if you happen to choose its "
            "settings.",
            right: "Yes. They say what a single run with a guessed setting brings.",
            "The mean of the best tenth.": "This is for those who can train ten times.",
        },
        answer=right,
    )
