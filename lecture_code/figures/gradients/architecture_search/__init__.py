"""The figures, tables and questions of the chapter on architecture search.

`space.py` draws the committed table, `controller.py` the controller and its noise;
`searches.py` what the searchers found; `play.py` holds what the reader plays;
`cells.py`, `optimizers.py` and `replicas.py` draw cells, update rules and the cluster;
`quizzes.py` holds the last questions.
"""

from lecture_code.figures.gradients.architecture_search.cells import (
    searchers_table,
    sums_table,
)
from lecture_code.figures.gradients.architecture_search.controller import (
    controller_writes,
    gradient_noise,
)
from lecture_code.figures.gradients.architecture_search.numbers import (
    flat_gradient,
    numbers,
)
from lecture_code.figures.gradients.architecture_search.optimizers import (
    best_rules_table,
    transfer_table,
)
from lecture_code.figures.gradients.architecture_search.play import (
    choice_labels,
    explore_cells,
    game,
    in_words,
    predict_no_baseline,
    predict_winner,
    token_table,
)
from lecture_code.figures.gradients.architecture_search.quizzes import (
    predict_cells,
    predict_rules,
    quiz_baseline,
    quiz_cube,
    quiz_differentiable,
    quiz_winner,
)
from lecture_code.figures.gradients.architecture_search.replicas import (
    explore_replicas,
    progress_curves,
    replica_table,
)
from lecture_code.figures.gradients.architecture_search.searches import (
    lead_in_words,
    longer_table,
    policy_map,
)
from lecture_code.figures.gradients.architecture_search.space import (
    choice_effects,
    every_design,
    too_good,
)

__all__ = [
    "best_rules_table",
    "choice_effects",
    "choice_labels",
    "controller_writes",
    "every_design",
    "explore_cells",
    "explore_replicas",
    "flat_gradient",
    "game",
    "gradient_noise",
    "in_words",
    "lead_in_words",
    "longer_table",
    "numbers",
    "policy_map",
    "predict_cells",
    "predict_no_baseline",
    "predict_rules",
    "predict_winner",
    "progress_curves",
    "quiz_baseline",
    "quiz_cube",
    "quiz_differentiable",
    "quiz_winner",
    "replica_table",
    "searchers_table",
    "sums_table",
    "token_table",
    "too_good",
    "transfer_table",
]
