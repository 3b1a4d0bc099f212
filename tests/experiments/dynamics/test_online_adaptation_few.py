"""The committed result on short practices supports what the chapter says of it."""

import numpy as np
import pytest

from lecture_code.experiments import load_result
from lecture_code.experiments.dynamics.online_adaptation.few import (
    GRID,
    LONG,
    MIXED,
    REPORT,
    SHORT,
    TUNING,
)

RIVALS = "mixture", "least squares"


@pytest.fixture(scope="module")
def tuning():
    return load_result("online_adaptation_few_tuning").curves


@pytest.fixture(scope="module")
def few():
    return load_result("online_adaptation_few").curves


def test_the_reported_weights_are_those_that_won_on_other_recordings(tuning):
    """Conformance: after every practice each prior has the weights that won the tuning,
    and no set of recordings is both tuned and reported on.
    """
    assert not set(TUNING.seeds) & set(REPORT.seeds)
    for practice, methods in REPORT.methods.items():
        for prior, name in tuning["best"][practice].items():
            assert methods[prior] == GRID[name]


def test_no_choice_at_an_edge_would_change_by_a_larger_grid(tuning):
    """Claim: where a winner stands at an edge of the grid, the next value inside is
    less than five points behind.
    """
    cells = tuning["cells"]
    for practice, best in tuning["best"].items():
        for prior, name in best.items():
            _, m, w = name.split(", ")
            success = {n: np.mean(c["success"]) for n, c in cells[practice].items()}
            if m == "m = 0.001":
                assert success[name] - success[f"{prior}, m = 0.01, {w}"] < 0.05
            if w == "β = 0.4":
                assert success[name] - success[f"{prior}, {m}, β = 0.2"] < 0.05
            assert m != "m = 1" and w != "β = 0.02"


def test_after_a_short_practice_the_network_is_ahead(few):
    """Claim: after 8 movements near the task the intervals of the network's lead over
    both other priors lie above zero.
    """
    for rival in RIVALS:
        lead, low, high = few["ahead"][SHORT][rival]
        assert 0 < low < lead < high


def test_after_more_practice_the_lead_is_gone(few):
    """Claim, the cause removed: after 60 movements of either kind every prior succeeds
    nearly always and the intervals reach zero, and the lead is smaller than after 8.
    """
    for rival in RIVALS:
        for practice in (LONG, MIXED):
            assert np.mean(few["cells"][practice][rival]["success"]) > 0.95
            _, low, high = few["ahead"][practice][rival]
            assert low <= 0 <= high
        assert few["less"][rival][1] > 0
