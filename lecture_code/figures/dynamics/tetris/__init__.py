"""The figures, tables and questions of the chapter on Tetris.

`searches.py` and `tables.py` show the committed searches, `luck.py` the games that the
page plays, and `ruins.py` boards that are half full; `populations.py` compares three
sizes of a population, `long_searches.py` the kinds of noise in long searches, and
`questions.py` asks.
"""

from lecture_code.figures.dynamics.tetris.long_searches import (
    lead_table,
    long_run,
)
from lecture_code.figures.dynamics.tetris.luck import (
    distance_from_coin,
    game_lengths,
    luck_table,
)
from lecture_code.figures.dynamics.tetris.populations import (
    measured_ratio,
    population_table,
    predicted_ratio,
    three_populations,
)
from lecture_code.figures.dynamics.tetris.questions import (
    predict_best,
    predict_ruins,
    quiz_best,
    quiz_scale,
    quiz_width,
)
from lecture_code.figures.dynamics.tetris.ruins import (
    lost_game,
    middle_search,
    share_of_cleared_ruins,
)
from lecture_code.figures.dynamics.tetris.searches import (
    ARMS,
    all_searches,
    lecture_scores,
    stalled_search,
    width_and_travel,
)
from lecture_code.figures.dynamics.tetris.tables import (
    last_tests_table,
    numbers,
    relative_table,
    scores_table,
    small_table,
    stalled_table,
    width_table,
)

__all__ = [
    "ARMS",
    "all_searches",
    "distance_from_coin",
    "game_lengths",
    "last_tests_table",
    "lead_table",
    "lecture_scores",
    "long_run",
    "lost_game",
    "luck_table",
    "measured_ratio",
    "middle_search",
    "numbers",
    "population_table",
    "predict_best",
    "predict_ruins",
    "predicted_ratio",
    "quiz_best",
    "quiz_scale",
    "quiz_width",
    "relative_table",
    "scores_table",
    "share_of_cleared_ruins",
    "small_table",
    "stalled_search",
    "stalled_table",
    "three_populations",
    "width_and_travel",
    "width_table",
]
