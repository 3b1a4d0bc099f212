"""`estimators_latents_rates`: Gumbel-softmax at low temperatures and a small rate.

Protocol, written before the run, but after the main run (`latents.py`) and after a
trial of both arms with the same chains. The best setting of Gumbel-softmax is τ = 0.2
with a rate of 256. At τ = 0.2 a wrong sign is possible within 0.1 of ½, and targets
are within 0.2. So half of all bits can have one. Is the low temperature enough, or does
the large rate help, too? Two arms have the same chains, steps and measures as the main
run, and the rate 16 of its "small rate" arms:

    τ = 0.2    the temperature of the best setting
    τ = 0.05   a wrong sign is possible within 0.025 of ½, for an eighth of the targets

If the low temperature were enough, the gap with τ = 0.2 and the small rate would be
that of the best setting. Nothing is tuned here, and the main run stays as it is.

`estimators_latents_rates_long` has three times as many steps, all else equal. With
τ = 0.2 the gap still falls at the end of the shorter run, so more steps could be
enough. If the gap then is that of the best setting, the low temperature is enough, and
only slow. The protocol of this longer run was written after a trial of it by somebody
else, who told its mean gaps: 8 % and 1 %.

Read `RATES_OF_GUMBEL`.
"""

from __future__ import annotations

from dataclasses import replace

from lecture_code.experiments.gradients.estimators.latents import (
    DRAWS,
    LONG,
    MAIN,
    runs,
    short_settings,
    summarise,
)
from lecture_code.experiments.protocol import Experiment
from lecture_code.gradients.estimator_descent import DescentSettings

RATES_OF_GUMBEL = {
    f"Gumbel-softmax, τ = {tau:g}, small rate": DescentSettings(
        "Gumbel-softmax", 16.0, DRAWS, tau
    )
    for tau in (0.2, 0.05)
}
RATES = replace(MAIN, arms=RATES_OF_GUMBEL)
RATES_LONG = replace(RATES, steps=LONG.steps, every=LONG.every)
EXPERIMENTS = tuple(
    Experiment(name, settings, short_settings(settings), runs, summarise)
    for name, settings in {
        "estimators_latents_rates": RATES,
        "estimators_latents_rates_long": RATES_LONG,
    }.items()
)
