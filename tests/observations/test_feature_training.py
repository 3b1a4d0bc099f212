"""What must hold of the loop in which features are learnt."""

import numpy as np
import pytest
import torch
from small_domains import inputs, marked, small_network
from torch import nn

from lecture_code.observations.feature_training import initial_training, trained

pytestmark = pytest.mark.usefixtures("one_torch_thread")
RNG = np.random.default_rng
INPUTS = inputs(40, 0)


def two_losses(network, heads, rng):
    """A loss of the features, and a loss of the head, weighed three times."""
    rows = rng.integers(len(INPUTS), size=6)
    (f,) = network.batch_features(INPUTS[rows])
    told = heads["told"](f)[:, 0]
    return {
        "small": f.square().mean(),
        "told": 3 * (told - INPUTS[rows, 0]).square().mean(),
    }


def untrained():
    """Before the first batch."""
    network = small_network(standardised=False)
    return initial_training(network, {"told": nn.Linear(4, 1)}, 1e-2, RNG(1))


def everything(state):
    """A mark of all that a state holds."""
    return (
        marked(state.network),
        marked(state.heads),
        str(state.rng.bit_generator.state),
        str(state.optimiser.state_dict()["state"]),
        state.batches,
    )


def test_training_is_pure_and_repeats():
    """Determinism: a state is not changed, and goes on to the same bits."""
    state = trained(untrained(), two_losses, 2, 20)
    before = everything(state)
    first, second = (trained(state, two_losses, 3, 20) for _ in range(2))
    assert everything(state) == before
    assert everything(first) == everything(second) != before
    assert first.report == second.report


def test_a_training_may_be_cut():
    """Invariance: 3 and 7 batches are 10 batches, to the last bit."""
    whole = trained(untrained(), two_losses, 10, 20)
    parts = trained(trained(untrained(), two_losses, 3, 20), two_losses, 7, 20)
    assert everything(whole) == everything(parts)


def test_the_given_network_and_heads_are_copied():
    """Purity: what is given stays as it is, and both parts learn."""
    network = small_network(standardised=False)
    head = nn.Linear(4, 1)
    marks = marked(network), marked(head)
    state = initial_training(network, {"told": head}, 1e-2, RNG(1))
    after = trained(state, two_losses, 2, 20)
    assert (marked(network), marked(head)) == marks
    assert marked(after.network) != marks[0]
    assert marked(after.heads) != marked(state.heads)


def test_the_sum_of_the_losses_is_gone_down():
    """Oracle: one batch is one step of Adam down the sum of both losses, and the report
    holds them.
    """
    state = untrained()
    after = trained(state, two_losses, 1, 20)
    by_hand = untrained()
    losses = two_losses(by_hand.network, by_hand.heads, by_hand.rng)
    by_hand.optimiser.zero_grad()
    (losses["small"] + losses["told"]).backward()
    by_hand.optimiser.step()
    for left, right in ((after.network, by_hand.network), (after.heads, by_hand.heads)):
        for a, b in zip(left.parameters(), right.parameters(), strict=True):
            torch.testing.assert_close(a, b)
    assert after.report == pytest.approx({k: v.item() for k, v in losses.items()})


def test_losses_fall():
    """Learning with a negative control: the head learns the first input; with labels
    that are noise it learns less.
    """

    def noise(network, heads, rng):
        losses = two_losses(network, heads, rng)
        labels = torch.tensor(rng.standard_normal(6), dtype=torch.float32)
        (f,) = network.batch_features(INPUTS[rng.integers(len(INPUTS), size=6)])
        losses["told"] = 3 * (heads["told"](f)[:, 0] - labels).square().mean()
        return losses

    told = {}
    for loss in (two_losses, noise):
        state = trained(untrained(), loss, 200, 300)
        told[loss] = trained(state, loss, 100, 300).report["told"]
    assert told[two_losses] < 0.5 < 2 < told[noise]


def test_the_rate_falls_in_the_second_half_and_the_end_is_the_end():
    """Schedule: the rate is whole, then falls; the last call has fewer batches, and
    none comes after it.
    """
    state = untrained()
    rates = []
    while state.batches < 8:
        state = trained(state, two_losses, 3 if state.batches > 5 else 1, 8)
        rates.append(state.optimiser.param_groups[0]["lr"] / 1e-2)
    assert rates == pytest.approx([1, 1, 1, 1, 1, 0.75, 0.25])
    with pytest.raises(ValueError, match="the training of 8 batches is over"):
        trained(state, two_losses, 1, 8)
