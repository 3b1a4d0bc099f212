"""What changes if training draws lenses, too, or fewer textures?

* `cad2rl_lens`: (CAD)²RL and pretraining whose training looks have random lenses.
* `cad2rl_textures`: pretraining with 1, 3, 10 and 50 textures. With all 200 it is the
  first test of pretraining in `cad2rl`.

Protocol. Maps, batches, flights, tests and seeds are those of `flights.py`, so each
seed is compared with the same seed of `cad2rl`. In `cad2rl_lens` two rounds follow the
first training; its ratios are (CAD)²RL over pretraining, and over (CAD)²RL with one
lens, both after two rounds, in "real" looks. `cad2rl_textures` has no rounds: it
compares first trainings. All runs are reported.

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
SETTINGS = {
    "cad2rl_lens": FlightSettings(LENS),
    "cad2rl_textures": FlightSettings(TEXTURES, rounds=0),
}

EXPERIMENTS = tuple(
    Experiment(name, settings, small_flights(settings), runs, summarise)
    for name, settings in SETTINGS.items()
)
