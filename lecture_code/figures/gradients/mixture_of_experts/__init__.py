"""The figures, tables and questions of the chapter on mixtures of experts.

`balance.py`, `capacity.py` and `lengths.py` draw from committed results, which
`runs.py` reads;
`gate.py` and `training.py` draw from layers that the page asks or trains itself;
`questions.py` holds the questions and the figures with sliders.
"""

from lecture_code.figures.gradients.mixture_of_experts.balance import (
    ablation_table,
    idle_experts,
)
from lecture_code.figures.gradients.mixture_of_experts.capacity import (
    balance_curves,
    capacity_curves,
    capacity_table,
    information_curves,
    little_data_table,
)
from lecture_code.figures.gradients.mixture_of_experts.gate import (
    gradient_path,
    pull_and_slope,
)
from lecture_code.figures.gradients.mixture_of_experts.lengths import (
    experts_over_steps,
    lengths_table,
    longer_table,
    weights_over_steps,
)
from lecture_code.figures.gradients.mixture_of_experts.questions import (
    explore_passage,
    explore_price,
    predict_close_race,
    predict_much_balance,
    predict_return,
    quiz_gradient,
    quiz_load,
    quiz_one,
    quiz_sum,
)
from lecture_code.figures.gradients.mixture_of_experts.runs import (
    numbers,
    seeded,
)
from lecture_code.figures.gradients.mixture_of_experts.training import (
    load_before_and_after,
    milliseconds_of_a_step,
    step_times,
    trained_table,
)

__all__ = [
    "ablation_table",
    "balance_curves",
    "capacity_curves",
    "capacity_table",
    "experts_over_steps",
    "explore_passage",
    "explore_price",
    "gradient_path",
    "idle_experts",
    "information_curves",
    "lengths_table",
    "little_data_table",
    "load_before_and_after",
    "longer_table",
    "milliseconds_of_a_step",
    "numbers",
    "predict_close_race",
    "predict_much_balance",
    "predict_return",
    "pull_and_slope",
    "quiz_gradient",
    "quiz_load",
    "quiz_one",
    "quiz_sum",
    "seeded",
    "step_times",
    "trained_table",
    "weights_over_steps",
]
