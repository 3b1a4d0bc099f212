"""The questions of the chapter *Fine-tuning*."""

from __future__ import annotations

from lecture_code.experiments.observations.fine_tuning.cures import FREE
from lecture_code.experiments.results import Result
from lecture_code.experiments.summaries import mean_of_seeds
from lecture_code.figures.observations.fine_tuning.forgetting import (
    LOWER,
    NO_EXAMPLES,
)
from lecture_code.figures.observations.fine_tuning.grids import SHOWN_LABELS
from lecture_code.figures.observations.fine_tuning.numbers import (
    answer_numbers,
    cure_numbers,
)
from lecture_code.figures.observations.fine_tuning.runs import (
    alike_on_scans,
    at_end,
    forgetting,
    matched_trials,
)
from lecture_code.show import Predict, Prose, predict, quiz
from lecture_code.show.page import Shown

AFTER_LAYERS = """
**We expected the opposite.** Before the runs we wrote: the more layers learn, the more
is forgotten. At one rate this holds from k = 1 to k = 2, and not further.

**A likely reason.** The probe changes only the head. To read the scans, the head must
change much, and print uses the same head. We have not tested whether the rate matters,
or how far the weights move.

**The order does not depend on the edge.** The probe’s best rate is the highest that we
tried, and there it keeps {probe}\N{NO-BREAK SPACE}% of print. In the question
it has the rate {slower_rate}, and keeps {slower}\N{NO-BREAK SPACE}%.

With {slowest_rate} it reads {slowest_scans}\N{NO-BREAK SPACE}% of the scans and keeps
{slowest}\N{NO-BREAK SPACE}% of print. All layers are still ahead on both.

**Frozen features do not protect the answers.** When the head moves, the answers to
print change. With a head of its own for each domain, a probe would forget nothing.
"""
AFTER_CURES = """
**A low rate has the same two effects as a large λ.**

**Rehearsal forgets almost nothing.** But it needs examples of the source, and often
nobody has kept any.

**L2-SP and EWC do not clearly beat a lower rate.** Without a penalty, the network with
the best rate for scans loses {fast} points of print. With the lower rate {rate} it
loses {slow}. In the first table, L2-SP and EWC are less than a point ahead of it, and
the intervals contain zero.

(This best rate, {fast_rate}, was not in the first grid of the chapter.)

**Are the scans too near to print?** Then a small step is enough to read them, and every
cure only makes the step small. So we turned the scans by a quarter. Now the network
must change much: even with the lower rate it loses {turned_slow} points.

Here, too, L2-SP and EWC forget as much as a lower rate, within half a point.

**A coarse grid would have misled us.** At first, "no penalty" had only three rates on
the turned scans. Then L2-SP seemed to save {coarse} points. Three more rates took this
lead away.

**Does the verdict hold for other tolerances?** In the last table two of eight gaps are
clear. On upright scans L2-SP forgets {one_and_half} points less than a lower rate, if
1.5 points behind are allowed.

On turned scans EWC forgets {two_points} points less, if two points behind are allowed.

We doubt both. L2-SP once had another clear lead: upright, with two points allowed,
{coarse_upright} points. Then we tried four more rates without a penalty, and the lead
shrank to {upright_two}. We have not tested still finer rates.

**Some choices stand at an edge.** Upright, L2-SP and EWC have the smallest λ that we
tried, and rehearsal has the highest rate. A smaller λ would be nearly no penalty.

**EWC is not ahead of L2-SP.** We expected a lead, because EWC knows which parameters
matter. In both tables the two forget about the same. We have not tested why.
"""


def what_probe_keeps(result: Result, *then: Shown) -> Predict:
    """Does the linear probe keep more of the source than all layers, at about the same
    accuracy on scans?

    "More" or "less" needs a paired difference whose Student's interval is on one side
    of 0.

    Args:
        result: `fine_tuning`; the answer follows from it.
        then: what opens.
    """
    trials = alike_on_scans(result, SHOWN_LABELS).values()
    probe, free = (at_end(result, trial, "source") for trial in trials)
    scans = [at_end(result, trial, "target").mean() for trial in trials]
    more = mean_of_seeds(probe - free)
    return predict(
        "In the grid above all have the same rate. Now the linear probe and all layers "
        f"each get a rate with which they read {min(scans):.0f} to "
        f"{max(scans):.0f}\N{NO-BREAK SPACE}% of the scans, after 200 batches "
        f"with {SHOWN_LABELS} labels. Which of the two keeps more of print?",
        [
            "The linear probe: its features are frozen, and only the head learns",
            "All layers",
            "About the same",
        ],
        answer=0 if more.low > 0 else 1 if more.high < 0 else 2,
        because=f"Right on print afterwards, in the mean: linear probe "
        f"{probe.mean():.0f}\N{NO-BREAK SPACE}%, all layers "
        f"{free.mean():.0f}\N{NO-BREAK SPACE}%.",
        then=[
            Prose(
                "All layers minus linear probe, paired over the seeds: "
                f"{mean_of_seeds(free - probe)} points."
            ),
            *then,
            Prose(AFTER_LAYERS.format(**answer_numbers(result))),
        ],
    )


def which_cure(result: Result, turned: Result, *then: Shown) -> Predict:
    """Which method without examples of the source forgets least, at the same accuracy
    on scans?

    One method is the answer if it forgets less than the next one, and if Student's
    interval of this paired difference is on one side of 0. Else the seeds leave it
    open.

    Args:
        result: `fine_tuning_cures` with its further rates; the answer follows from it.
        turned: `fine_tuning_cures_turned` with its further rates, for the text below.
        then: what opens.
    """
    trials = matched_trials(result)
    methods = (FREE, *NO_EXAMPLES)
    runs = {name: forgetting(result, trials[name]) for name in methods}
    order = sorted(methods, key=lambda name: float(runs[name].mean()))
    gap = mean_of_seeds(runs[order[1]] - runs[order[0]])
    answer = len(methods) if gap.low <= 0 else methods.index(order[0])
    lost = ", ".join(
        f"{LOWER if name == FREE else name} {runs[name].mean():.1f}" for name in order
    )
    return predict(
        "Rehearsal needs examples of print. Suppose that nobody has kept any. The "
        "other three methods are set so that they are nearly as good on scans as the "
        "best rate. Which of them forgets least of print?",
        [
            "A lower rate, with no penalty: every step is smaller",
            "L2-SP: every parameter is pulled back alike",
            "EWC: parameters that matter for print are pulled back more",
            "The five seeds leave it open",
        ],
        answer=answer,
        because=f"Points lost on print, in the mean: {lost}.",
        then=[*then, Prose(AFTER_CURES.format(**cure_numbers(result, turned)))],
    )


def why_fisher_labels() -> Predict:
    """Why are the labels of F drawn from the network?"""
    right = "With true labels, F is far too small for a network that knows the source."
    return quiz(
        "EWC's F squares the slopes of log p(y | x). Why is y drawn from the network, "
        "and not the true label?",
        {
            "The true labels of the source are secret.": "They were there when the "
            "source was learnt. F can be computed then.",
            "A drawn label is quicker.": "Both need one slope for each example.",
            right: "Yes. A network that is right and sure has slopes near 0 at true "
            "labels. Rare other labels have large slopes, and they count in F.",
        },
        answer=right,
        hints=["How large is the slope of log p where p is nearly 1?"],
    )


def why_discriminative() -> Predict:
    """What is the rate of the lowest layer?"""
    right = "η ρ⁴"
    return quiz(
        "Five layers learn with discriminative rates: η is the rate of the head, and "
        "ρ < 1. What is the rate of the layer next to the inputs?",
        {
            "η ρ⁵": "Then the head itself, with l = L, would have η ρ, not η.",
            right: "Yes. It is four layers below the head, L − l = 5 − 1 = 4.",
            "0": "Only layers with l ≤ L − k are frozen, and here k = 5.",
        },
        answer=right,
        hints=["Put l = 1 and L = 5 into the first equation."],
    )


def why_no_pull() -> Predict:
    """What does EWC's penalty do in the first step?"""
    right = "Nothing: its gradient is 0 at θ₀."
    return quiz(
        "Fine-tuning starts at θ₀, with a huge λ. What does EWC do to the very first "
        "gradient?",
        {
            "It makes the gradient zero.": "The loss of the target has a slope at θ₀, "
            "and nothing cancels it yet.",
            right: "Yes. The penalty is a square around θ₀, with the slope 0 there. It "
            "pulls only after a parameter has moved.",
            "It turns the gradient towards the source.": "The penalty knows no "
            "examples of the source, only θ₀ and F.",
        },
        answer=right,
        hints=["Differentiate the penalty, and put θ = θ₀."],
    )
