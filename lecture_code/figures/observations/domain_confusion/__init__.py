"""Figures, tables and questions of the chapter *Domain confusion*.

`runs.py` reads the committed results; `tables.py`, `comparisons.py` and `numbers.py`
show them. `scenes.py` draws the two worlds, `guesses.py` the first picture
of the chapter, `pairs.py` the pair viewer, and `features.py` what features hold.
`losses.py` has the gradients of four losses and the shift of labels, `digits.py` shows
digits and what a shift costs them, `plane.py` is a toy in the plane, and `questions.py`
holds the questions. `sweeps.py` shows why a network misses, and what other weights and
other distances of the worlds bring. `lengths.py` has a
training three times as long.
"""

from lecture_code.figures.observations.domain_confusion.comparisons import (
    all_runs,
    explained,
)
from lecture_code.figures.observations.domain_confusion.digits import (
    alike_numbers,
    change,
    digits_table,
    lead,
    live_digits,
    neighbour_numbers,
    shift_picture,
)
from lecture_code.figures.observations.domain_confusion.features import Features
from lecture_code.figures.observations.domain_confusion.guesses import (
    HookGuesses as Guesses,
)
from lecture_code.figures.observations.domain_confusion.guesses import (
    kept_numbers,
)
from lecture_code.figures.observations.domain_confusion.lengths import (
    length_numbers,
    lengths_table,
    on_the_way,
)
from lecture_code.figures.observations.domain_confusion.losses import (
    LabelShift,
    label_shift,
    three_gradients,
)
from lecture_code.figures.observations.domain_confusion.numbers import (
    autoencoder_numbers,
    cause_numbers,
    gap_numbers,
    numbers,
    random_numbers,
)
from lecture_code.figures.observations.domain_confusion.pairs import PAIRINGS, Pairs
from lecture_code.figures.observations.domain_confusion.plane import (
    Plane,
    plane_numbers,
)
from lecture_code.figures.observations.domain_confusion.questions import (
    first_guess,
    longer_training,
    which_parameters,
    which_part,
    why_shift,
    why_standardise,
    why_uniform,
)
from lecture_code.figures.observations.domain_confusion.runs import COLOURS, LECTURE
from lecture_code.figures.observations.domain_confusion.scenes import worlds
from lecture_code.figures.observations.domain_confusion.sweeps import (
    gap_curve,
    missed_causes,
    pair_weights,
    weight_grid,
)
from lecture_code.figures.observations.domain_confusion.tables import (
    evidence_numbers,
    lecture_evidence,
    table,
    what_was_learnt,
)

__all__ = [
    "COLOURS",
    "LECTURE",
    "PAIRINGS",
    "Features",
    "Guesses",
    "LabelShift",
    "Pairs",
    "Plane",
    "alike_numbers",
    "all_runs",
    "autoencoder_numbers",
    "cause_numbers",
    "change",
    "digits_table",
    "evidence_numbers",
    "explained",
    "first_guess",
    "gap_curve",
    "gap_numbers",
    "kept_numbers",
    "label_shift",
    "lead",
    "lecture_evidence",
    "length_numbers",
    "lengths_table",
    "live_digits",
    "longer_training",
    "missed_causes",
    "neighbour_numbers",
    "numbers",
    "on_the_way",
    "pair_weights",
    "plane_numbers",
    "random_numbers",
    "shift_picture",
    "table",
    "three_gradients",
    "weight_grid",
    "what_was_learnt",
    "which_parameters",
    "which_part",
    "why_shift",
    "why_standardise",
    "why_uniform",
    "worlds",
]
