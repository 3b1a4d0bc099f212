"""What the chapter *Grounded action transformation* draws.

`drawings`: the live run, the linear plant and the cliff walk. `results`: how close
grounded simulators come. `trials`: the comparison of whole methods. `finished`: how
the trials with a finished first walk were made. `longer`: longer trials, and a policy
that looks at its robot. `questions`: what the reader is asked. `exercises`: hints.
"""

from lecture_code.figures.dynamics.grounded_action_transformation.drawings import (
    chain,
    cliff,
    cliff_table,
    live_table,
    projection,
    search_and_robot,
    slip_that_turns,
    three_worlds,
    two_worlds,
    what_is_left,
)
from lecture_code.figures.dynamics.grounded_action_transformation.exercises import (
    exercise_hints,
)
from lecture_code.figures.dynamics.grounded_action_transformation.finished import (
    budgets,
    finished_protocol,
    finished_tuning,
    joined,
    numbers_of_finished,
    numbers_of_starts,
    numbers_of_thirty,
    starts_table,
    with_rival,
)
from lecture_code.figures.dynamics.grounded_action_transformation.longer import (
    against_generation,
    drift_table,
    drifts,
    feedback_table,
    longer_table,
    numbers_of_longer,
    short_and_long,
    tuning_table,
)
from lecture_code.figures.dynamics.grounded_action_transformation.questions import (
    heavier_trunk,
    no_exploration,
    smooth_noise,
    swapped_models,
    who_imitates_lateness,
)
from lecture_code.figures.dynamics.grounded_action_transformation.results import (
    by_alpha,
    by_recordings,
    misses_table,
    numbers_of_models,
)
from lecture_code.figures.dynamics.grounded_action_transformation.trials import (
    error_table,
    gains,
    lecture_table,
    numbers_of_trials,
    paired_table,
    protocol,
)

__all__ = [
    "against_generation",
    "budgets",
    "by_alpha",
    "by_recordings",
    "chain",
    "cliff",
    "cliff_table",
    "drift_table",
    "drifts",
    "error_table",
    "exercise_hints",
    "feedback_table",
    "finished_protocol",
    "finished_tuning",
    "gains",
    "heavier_trunk",
    "joined",
    "lecture_table",
    "live_table",
    "longer_table",
    "misses_table",
    "no_exploration",
    "numbers_of_finished",
    "numbers_of_longer",
    "numbers_of_models",
    "numbers_of_starts",
    "numbers_of_thirty",
    "numbers_of_trials",
    "paired_table",
    "projection",
    "protocol",
    "search_and_robot",
    "short_and_long",
    "slip_that_turns",
    "smooth_noise",
    "starts_table",
    "swapped_models",
    "three_worlds",
    "tuning_table",
    "two_worlds",
    "what_is_left",
    "who_imitates_lateness",
    "with_rival",
]
