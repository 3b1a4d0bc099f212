"""What the text of the chapter *Online dynamics adaptation* says in numbers."""

from __future__ import annotations

from lecture_code.experiments.results import Result
from lecture_code.figures.dynamics.online_adaptation.results import FEW, rate


def numbers_of_comparison(tuned: Result, plain: Result) -> dict[str, str]:
    """Name in the text -> words.

    Args:
        tuned: `online_adaptation_tuned`.
        plain: `online_adaptation`.
    """
    settings = tuned.settings
    heavy = "payload 6"
    strong = "gain 2.2"
    rates = {
        "light_fixed": rate(tuned, "network alone", "payload 1"),
        "heavy_fixed": rate(tuned, "network alone", heavy),
        "heavy_adapting": rate(tuned, "network", heavy),
        "strong_offset": rate(tuned, "network + offset", strong),
        "strong_adapting": rate(tuned, "network", strong),
        "strong_frozen": rate(plain, "network, slopes frozen", strong),
        "jump_adapting": rate(tuned, "network", "payload jumps"),
        "few_network": rate(tuned, "network, few", FEW),
        "few_squares": rate(tuned, "least squares, few", FEW),
        "few_mixture": rate(tuned, "mixture, few", FEW),
        "equal_m": rate(plain, "m = 1, N = 1", heavy),
        "open_fixed": rate(plain, "network alone, open", "damping 15, no walls"),
        "walls_fixed": rate(plain, "network alone", "damping 15"),
        "long_fixed": rate(tuned, "network alone, long", heavy),
        "long_offset": rate(tuned, "network + offset, long", strong),
        "rule_probability": rate(plain, "rule log-probability", heavy),
        "rule_ratio": rate(plain, "rule ratio", heavy),
        "no_prior": rate(plain, "no prior", heavy),
    }
    return {name: f"{value:.0f}\u202f%" for name, value in rates.items()} | {
        "n_networks": f"{len(settings['seeds'])}",
        "n_each": f"{settings['attempts']}",
        "n_movements": f"{settings['movements']}",
        "n_few": f"{settings['few_movements']}",
    }
