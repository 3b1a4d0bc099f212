"""The figures, tables and questions of the chapter on sequence generation.

`dialogue.py` draws dull answers and the adversarial loop, `choices.py` one choice and
its gradients, `rollouts.py` roll-outs and a live SeqGAN; `oracle.py` compares SeqGAN
with a temperature, `causes.py` removes causes of its failure, `grammar.py` and
`families.py` compare both families on the grammar; `verdicts.py` and `quizzes.py` hold
the questions.
"""

from lecture_code.figures.gradients.sequence_generation.choices import explore_choice
from lecture_code.figures.gradients.sequence_generation.dialogue import dull_answers
from lecture_code.figures.gradients.sequence_generation.numbers import numbers
from lecture_code.figures.gradients.sequence_generation.quizzes import (
    predict_families,
    predict_gradients,
    predict_perfect,
    quiz_flat,
    quiz_parse,
    quiz_rollout,
    quiz_temperature,
)
from lecture_code.figures.gradients.sequence_generation.rollouts import (
    examined,
    rounds_picture,
    seeded,
    viewer,
)
from lecture_code.figures.gradients.sequence_generation.verdicts import (
    predict_cause,
    predict_teacher,
    predict_temperature,
    predict_value,
)

__all__ = [
    "dull_answers",
    "examined",
    "explore_choice",
    "numbers",
    "predict_cause",
    "predict_families",
    "predict_gradients",
    "predict_perfect",
    "predict_teacher",
    "predict_temperature",
    "predict_value",
    "quiz_flat",
    "quiz_parse",
    "quiz_rollout",
    "quiz_temperature",
    "rounds_picture",
    "seeded",
    "viewer",
]
