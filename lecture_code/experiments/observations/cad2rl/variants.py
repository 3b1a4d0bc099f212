"""What changes if the lens, the textures, or the distance of a label are others?

* `cad2rl_lens`: (CAD)²RL and pretraining whose training looks have random lenses.
* `cad2rl_textures`: pretraining with 1, 3, 10 and 50 textures. With all 200 it is the
  first test of pretraining in `cad2rl`.
* `cad2rl_tuning`: the distance that must be free for pretraining, and for the
  left-right-straight classifier.

Protocol. Maps, batches, flights and tests are those of `flights.py`. In `cad2rl_lens`
and `cad2rl_textures` the seeds are, too, so each seed is compared with the same seed of
`cad2rl`. In `cad2rl_lens` two rounds follow the first training; its ratios are
(CAD)²RL over pretraining, and over (CAD)²RL with one lens, both after two rounds, in
"real" looks. The other two experiments have no rounds: they compare first trainings.
`cad2rl_tuning` has other seeds and 100 flights a test. No arm of `cad2rl` is chosen by
it: it says whether a distance of `cad2rl` was an unlucky choice. The classifier's
1.5 m are there because its labels fly farthest with them (`steering.py`). All runs are
reported.

Known before these runs. `looks.py` had shown that the "real" lens makes flights short.
The ranges of random lenses were then written down, and they contain the "real" lens;
the "real" textures stay new. A pilot of `cad2rl_lens`, seeds 0 and 1, went from 27 to
38 m with one lens to 62 to 85 m in "real" looks.
"""

from __future__ import annotations

from lecture_code.experiments.observations.cad2rl.arms import FlightArm, FlightSettings
from lecture_code.experiments.observations.cad2rl.flights import (
    runs,
    small_flights,
    summarise,
)
from lecture_code.experiments.protocol import Experiment

LENS = {
    "CAD2RL, random lens": FlightArm("roll-outs", family="random lens"),
    "pretraining, random lens": FlightArm(family="random lens"),
}
TEXTURES = {f"{n} textures": FlightArm(textures=n) for n in (1, 3, 10, 50)}
TUNING = {f"pretraining {d:g} m": FlightArm(distance=d) for d in (0.5, 1, 2, 3)} | {
    f"left-right-straight {d:g} m": FlightArm("steering", distance=d)
    for d in (1, 1.5, 2, 3)
}
SETTINGS = {
    "cad2rl_lens": FlightSettings(LENS),
    "cad2rl_textures": FlightSettings(TEXTURES, rounds=0),
    "cad2rl_tuning": FlightSettings(
        TUNING, seeds=(10, 11, 12, 13, 14), rounds=0, flights=100
    ),
}

EXPERIMENTS = tuple(
    Experiment(name, settings, small_flights(settings), runs, summarise)
    for name, settings in SETTINGS.items()
)
