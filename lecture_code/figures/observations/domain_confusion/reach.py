"""How far the result reaches: worlds that are farther away, other λ and ν."""

from __future__ import annotations

from collections.abc import Mapping

from lecture_code.experiments.results import Result
from lecture_code.figures.observations.domain_confusion.numbers import (
    gap_numbers,
    random_numbers,
)
from lecture_code.figures.observations.domain_confusion.sweeps import (
    gap_curve,
    pair_weights,
    weight_grid,
)
from lecture_code.show import Prose
from lecture_code.show.page import Shown

TOO_FAR = """
**Worlds that are too far apart.** All of this holds at gap 1. How far does it reach?
"""
AFTER_GAPS = """
Worlds that are near need little help. At gap 2 weak pairs still hit {far_weak} %, and
the simulation alone {far_alone} %. There weak pairs are ahead of confusion alone in
{far_ahead}; in between, the seeds leave open which is better.

Do the pairs get worse when looks move apart? A little: the hooks of a mined pair are
{far_pairs} cm apart in the farthest world, and {near_pairs} cm in the chapter’s. So it
is probably not the pairs that fail first.
"""
WEIGHTS = """
**Which λ and ν?** We chose λ, ν *and the length of the training* in a pilot, by “real”
labels. A robot without labels could not do so, and the length matters much. Here are
the weights around ours.
"""
AFTER_WEIGHTS = """
No cell is clearly better than our choice, and any small λ with any ν > 0 comes near to
it. So *mined* pairs do not need a careful choice of ν. With λ = 1 confusion is too
strong: success falls, and it depends on the seed again.
"""
AFTER_RANDOM = """
**Random pairs bear only a small weight.** With ν = {least} they reach {least_random} %,
as much as weak pairs. Mined pairs bear every ν that we tried. So with the right ν,
mining brings nothing that five seeds show; but ν need not be chosen with care.

Why do random pairs help at all? On average their loss is the two variances of the
features, plus the squared distance of the two means. So a small ν may pull the two
clouds together, and a large one makes all features alike.
"""


def reach(results: Mapping[str, Result]) -> tuple[Shown, ...]:
    """Other distances of the worlds, then other weights.

    Args:
        results: `domain_confusion` as "main", `_gaps` as "gaps", `_weights` as
            "weights", `_random_weights` as "random".
    """
    return (
        Prose(TOO_FAR),
        gap_curve(results["gaps"]),
        Prose(AFTER_GAPS.format(**gap_numbers(results["gaps"]))),
        Prose(WEIGHTS),
        weight_grid(results["weights"]),
        Prose(AFTER_WEIGHTS),
        pair_weights(results),
        Prose(AFTER_RANDOM.format(**random_numbers(results["random"]))),
    )
