"""Figures, tables and questions of the chapter *Domain confusion*.

`runs.py` reads the committed results; `tables.py`, `comparisons.py`, `weights.py` and
`numbers.py` show them. `scenes.py` draws the two worlds, `guesses.py` the first picture
of the chapter, `pairs.py` the pair viewer, and `features.py` what features hold.
`losses.py` has the gradients of four losses and the shift of labels, and
`questions.py` holds the questions.
"""

from lecture_code.figures.observations.domain_confusion.comparisons import (
    all_runs,
    explained,
    gap_curve,
)
from lecture_code.figures.observations.domain_confusion.features import Features
from lecture_code.figures.observations.domain_confusion.guesses import (
    HookGuesses as Guesses,
)
from lecture_code.figures.observations.domain_confusion.losses import (
    LabelShift,
    label_shift,
    three_gradients,
)
from lecture_code.figures.observations.domain_confusion.numbers import numbers
from lecture_code.figures.observations.domain_confusion.pairs import PAIRINGS, Pairs
from lecture_code.figures.observations.domain_confusion.questions import (
    first_guess,
    which_parameters,
    why_shift,
    why_standardise,
    why_uniform,
)
from lecture_code.figures.observations.domain_confusion.runs import COLOURS, LECTURE
from lecture_code.figures.observations.domain_confusion.scenes import worlds
from lecture_code.figures.observations.domain_confusion.tables import (
    lecture_evidence,
    table,
)
from lecture_code.figures.observations.domain_confusion.weights import (
    WeightGrid as Grid,
)

__all__ = [
    "COLOURS",
    "LECTURE",
    "PAIRINGS",
    "Features",
    "Grid",
    "Guesses",
    "LabelShift",
    "Pairs",
    "all_runs",
    "explained",
    "first_guess",
    "gap_curve",
    "label_shift",
    "lecture_evidence",
    "numbers",
    "table",
    "three_gradients",
    "which_parameters",
    "why_shift",
    "why_standardise",
    "why_uniform",
    "worlds",
]
