"""Thirty trials from finished walks, longer trials, and a check of the walks.

`finished.py` compares the methods in ten trials. Its intervals are wide, so here are
twenty trials more, with nothing else changed.

Protocol, fixed before the runs.

`grounding_starts_more` searches twenty more first walks, as `starts.py` does. Each
search goes on for thirty generations after θ₀ is taken. Every test is on the same 40
starts, which the search never sees. Check: the mean gain from generation 100 to 110 and
to 130, with its 95 % bootstrap interval over the twenty walks. If an interval contains
zero, or lies below it, the page says that the search had nothing clear left to gain. If
an interval lies above zero, the page gives the gain.

`grounding_finished_more` has the trials 10 to 29 with the lecture's methods, GAT with
memory and the two rivals, with the settings of `grounding_finished` and
`grounding_rival`. The page joins all thirty trials, with paired intervals as in
`finished.py`. The first ten trials were seen before this protocol was written, and the
settings were not changed after that.

`grounding_finished_long` repeats the trials 0 to 9 with thirty generations instead of
ten. Question: does the order of the lecture's methods (no grounding, noise envelope,
both forms of GAT) change? It changes if a paired interval of GAT or GAT with memory
against no grounding or the noise envelope lies on another side of zero than after ten
generations in the same trials. The settings are those that were tuned for ten
generations.

Cut before these runs, for time: *parameters* and the positive control "robot" stay with
their ten trials of ten generations. The rivals have no longer run, since their budgets
are counted in walks.
"""

from __future__ import annotations

from dataclasses import replace

from lecture_code.experiments.dynamics.grounded_action_transformation.finished import (
    COMPARISON,
    METHODS,
    RIVAL,
    RIVAL_COMPARISON,
    smoke_trials,
    summarise,
)
from lecture_code.experiments.dynamics.grounded_action_transformation.starts import (
    SMOKE,
    STARTS,
)
from lecture_code.experiments.dynamics.grounded_action_transformation.starts import (
    runs as searches,
)
from lecture_code.experiments.dynamics.grounded_action_transformation.starts import (
    summarise as walks_and_tests,
)
from lecture_code.experiments.dynamics.grounded_action_transformation.trials import runs
from lecture_code.experiments.protocol import Experiment

NEW = tuple(range(10, 30))
"""The seeds of the trials that are added."""

MORE_STARTS = replace(STARTS, seeds=NEW, longer=NEW, most=130, episodes=40)
LECTURE = ("no grounding", "noise envelope", "GAT", "GAT with memory")
"""The methods of the lecture's table, and GAT with memory."""
MORE = replace(
    COMPARISON,
    seeds=NEW,
    methods={
        **{name: METHODS[name] for name in (*LECTURE, RIVAL)},
        **RIVAL_COMPARISON.methods,
    },
)
LONG = replace(
    COMPARISON, generations=30, methods={name: METHODS[name] for name in LECTURE}
)

EXPERIMENTS = (
    Experiment("grounding_starts_more", MORE_STARTS, SMOKE, searches, walks_and_tests),
    Experiment("grounding_finished_more", MORE, smoke_trials(MORE), runs, summarise),
    Experiment("grounding_finished_long", LONG, smoke_trials(LONG), runs, summarise),
)
