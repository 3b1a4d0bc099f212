"""The numbers that the text of *Evolutionary search* quotes from its results."""

import numpy as np

from lecture_code.experiments import Result
from lecture_code.figures.dynamics.evolutionary_search.comparison import (
    sharpest_fall,
    too_narrow,
    wins,
)


def numbers_of_the_race(race: Result, tuning: Result) -> dict[str, object]:
    """What the text says of the comparison on the robot, by the name in the text.

    Args:
        race: the committed result `evolutionary_search`.
        tuning: the committed result `evolutionary_search_tuning`.

    Raises:
        ValueError: candidates of the narrowest width earned something; the text says
            that they learn nothing.
    """
    narrow = too_narrow(tuning)
    if narrow >= 10:
        raise ValueError(f"the narrowest width earns {narrow:.0f}; the text says < 10")
    fallen, before, after = sharpest_fall(race)
    return {
        "evaluations": f"{race.settings['evaluations']:,}",
        "horizon": race.settings["horizon"],
        "n_tried": len(tuning.settings["methods"]["RWR"]),
        "ars_cem": wins(race, "augmented random search", "cross-entropy method"),
        "jump_name": fallen,
        "jump_from": f"{before:,.0f}",
        "jump_to": f"{after:,.0f}",
        "too_narrow": f"{np.ceil(narrow):.0f}",
        "lead": f"{np.log(10) / race.settings['methods']['RWR'][0]['beta']:.0f}",
    }
