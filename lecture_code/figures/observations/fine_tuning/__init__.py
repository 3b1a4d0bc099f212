"""Figures, tables and questions of the chapter *Fine-tuning*.

`runs.py` reads the committed results. `answers.py` draws the first picture of the
chapter, `grids.py` layers, batches and labels, `layers.py` what is lost over the
layers, `forgetting.py` what helps, `far.py` scans that are far from print, and
`cuts.py` where a network is cut. `numbers.py` holds the numbers of the text,
`questions.py` the questions.
"""

from lecture_code.figures.observations.fine_tuning.answers import DigitAnswers
from lecture_code.figures.observations.fine_tuning.cuts import cut_curves
from lecture_code.figures.observations.fine_tuning.far import near_and_far
from lecture_code.figures.observations.fine_tuning.forgetting import (
    PENALTIES,
    CureCurves,
    cures_by_seed,
    cures_table,
    tolerance_table,
)
from lecture_code.figures.observations.fine_tuning.grids import (
    LayerGrid,
    duration,
    labels_table,
    leads_table,
    other_grid_table,
)
from lecture_code.figures.observations.fine_tuning.layers import (
    layers_table,
    print_against_scans,
)
from lecture_code.figures.observations.fine_tuning.numbers import (
    answer_numbers,
    cure_numbers,
    cut_numbers,
    far_numbers,
    grid_numbers,
    text_numbers,
    way_numbers,
)
from lecture_code.figures.observations.fine_tuning.questions import (
    what_probe_keeps,
    which_cure,
    why_discriminative,
    why_fisher_labels,
    why_no_pull,
)
from lecture_code.figures.observations.fine_tuning.runs import joined

__all__ = [
    "PENALTIES",
    "CureCurves",
    "DigitAnswers",
    "LayerGrid",
    "answer_numbers",
    "cure_numbers",
    "cures_by_seed",
    "cures_table",
    "cut_curves",
    "cut_numbers",
    "duration",
    "far_numbers",
    "grid_numbers",
    "joined",
    "labels_table",
    "layers_table",
    "leads_table",
    "near_and_far",
    "other_grid_table",
    "print_against_scans",
    "text_numbers",
    "tolerance_table",
    "way_numbers",
    "what_probe_keeps",
    "which_cure",
    "why_discriminative",
    "why_fisher_labels",
    "why_no_pull",
]
