"""Figures, tables and questions of the chapter *Pretraining without labels*.

`runs.py` reads the committed results; `probes.py`, `pushes.py` and `numbers.py` show
them. `boards.py` draws boards, `guesses.py` the first picture of the chapter,
`network.py` the network and its heads, `pokes.py` the poke viewer, `slow.py` the slow
features of a signal, `limits.py` a spot that stays and a symmetric object, and
`questions.py` holds the questions.
"""

from lecture_code.figures.observations.pretraining.boards import triples_picture
from lecture_code.figures.observations.pretraining.guesses import (
    PoseGuesses,
    known_features,
)
from lecture_code.figures.observations.pretraining.limits import (
    spot_picture,
    spot_table,
    symmetric_table,
)
from lecture_code.figures.observations.pretraining.network import shared_network
from lecture_code.figures.observations.pretraining.numbers import (
    longer_numbers,
    numbers,
    passes,
    push_numbers,
)
from lecture_code.figures.observations.pretraining.pokes import PokeViewer
from lecture_code.figures.observations.pretraining.probes import (
    collapse_table,
    control_table,
    lambda_table,
    live_probes,
    longer_table,
    probe_dots,
    probe_table,
    size_curves,
)
from lecture_code.figures.observations.pretraining.pushes import PushFilm, push_curves
from lecture_code.figures.observations.pretraining.questions import (
    place_guess,
    poke_guess,
    push_guess,
    what_a_control_shows,
    what_is_forgotten,
    why_circular,
)
from lecture_code.figures.observations.pretraining.slow import delta_table, slow_signal

__all__ = [
    "PokeViewer",
    "PoseGuesses",
    "PushFilm",
    "collapse_table",
    "control_table",
    "delta_table",
    "known_features",
    "lambda_table",
    "live_probes",
    "longer_numbers",
    "longer_table",
    "numbers",
    "passes",
    "place_guess",
    "poke_guess",
    "probe_dots",
    "probe_table",
    "push_curves",
    "push_guess",
    "push_numbers",
    "shared_network",
    "size_curves",
    "slow_signal",
    "spot_picture",
    "spot_table",
    "symmetric_table",
    "triples_picture",
    "what_a_control_shows",
    "what_is_forgotten",
    "why_circular",
]
