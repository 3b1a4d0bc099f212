"""The figures, tables and questions of the chapter *Estimate or propagate?*

`walks.py` draws learners of one bit and makes the two elements. `slopes.py` shows where
a propagated gradient asks for slopes. `measured.py` draws bias and variance of one bit,
and the noise of many bits; `chains.py` draws the learners of a chain. `questions.py`
holds what the page asks, and `numbers.py` what its text mentions.
"""

from lecture_code.figures.gradients.estimators.chains import (
    many_table,
    settings_table,
)
from lecture_code.figures.gradients.estimators.measured import (
    gradient_table,
    noise_of_bits,
    trade_off,
)
from lecture_code.figures.gradients.estimators.numbers import numbers
from lecture_code.figures.gradients.estimators.questions import (
    predict_cause,
    predict_chain,
    predict_race,
    predict_temperature,
    quiz_constant,
    quiz_cool,
    quiz_coupling,
    quiz_program,
)
from lecture_code.figures.gradients.estimators.slopes import (
    explore_weights,
    stops_table,
    two_questions,
    wrong_region,
)
from lecture_code.figures.gradients.estimators.walks import first_walks, wrong_way

__all__ = [
    "explore_weights",
    "first_walks",
    "gradient_table",
    "many_table",
    "noise_of_bits",
    "numbers",
    "predict_cause",
    "predict_chain",
    "predict_race",
    "predict_temperature",
    "quiz_constant",
    "quiz_cool",
    "quiz_coupling",
    "quiz_program",
    "settings_table",
    "stops_table",
    "trade_off",
    "two_questions",
    "wrong_region",
    "wrong_way",
]
