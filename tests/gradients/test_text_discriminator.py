"""What must hold of the discriminator of sequences."""

import copy

import pytest
import torch
from torch.nn.functional import binary_cross_entropy_with_logits

from lecture_code.gradients.text_discriminator import (
    TextDiscriminator,
    TextDiscriminatorSettings,
    discriminator_epoch,
    discriminator_optimiser,
    discriminator_step,
)

pytestmark = pytest.mark.usefixtures("one_torch_thread")

SMALL = TextDiscriminatorSettings(
    embedding=6, widths=(1, 2, 3), filters=5, batch=50, rate=5e-3
)


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def network_of(settings=SMALL, vocabulary=5, seed=0):
    return TextDiscriminator(vocabulary, settings, generator(seed))


def uniform(n, T=8, vocabulary=5, seed=1):
    return torch.randint(vocabulary, (n, T), generator=generator(seed))


def trained(real, written, settings=SMALL, epochs=15):
    network = network_of(settings)
    optimiser = discriminator_optimiser(network)
    for epoch in range(epochs):
        discriminator_epoch(network, optimiser, real, written, generator(epoch))
    return network


def rising(n, seed):
    """Sequences in which each token is the one before it plus 1, modulo 5."""
    first = torch.randint(5, (n, 1), generator=generator(seed))
    return (first + torch.arange(8)) % 5


def counted_alike(n, seed):
    """The same tokens as `rising`, in any order."""
    rows = rising(n, seed)
    order = torch.rand(n, 8, generator=generator(seed + 1)).argsort(dim=1)
    return rows.gather(1, order)


def padded(n, lengths, seed):
    """Sequences of random tokens 0 to 3 of these lengths; the rest is the blank 4."""
    rows = torch.randint(4, (n, 8), generator=generator(seed))
    length = lengths[torch.randint(len(lengths), (n,), generator=generator(seed + 1))]
    return torch.where(torch.arange(8) < length[:, None], rows, 4)


@pytest.mark.parametrize("highway", [True, False])
def test_logits_by_hand(highway):
    """Oracle: loops over windows, filters and features give the same logits."""
    settings = TextDiscriminatorSettings(
        embedding=3, widths=(1, 2), filters=2, highway=highway
    )
    network = network_of(settings)
    tokens = uniform(4, T=5)
    logits = network(tokens)
    for row, logit in zip(tokens, logits, strict=True):
        x = network.embedding[row]  # (T, E)
        c = []
        for w, kernel in zip(settings.widths, network.kernels, strict=True):
            for f in range(2):
                answers = [
                    (kernel[f].T * x[t : t + w]).sum().clamp(min=0)
                    for t in range(5 - w + 1)
                ]
                c.append(max(answers))
        c = torch.stack(c)
        if highway:
            gate = 1 / (1 + torch.exp(-(c @ network.W_T + network.b_T)))
            c = gate * (c @ network.W_H).clamp(min=0) + (1 - gate) * c
        expected = (c * network.w_out).sum() + network.b_out
        torch.testing.assert_close(logit, expected, rtol=1e-4, atol=1e-5)


def test_probability_is_the_logistic_of_the_logit():
    """Equation: D(Y) = σ(logit), between 0 and 1, without a gradient and dropout."""
    network = network_of()
    tokens = uniform(10)
    D = network.probability(tokens)
    torch.testing.assert_close(D, 1 / (1 + torch.exp(-network(tokens))))
    assert not D.requires_grad


def test_the_loss_is_cross_entropy():
    """Oracle: torch's binary cross-entropy, real sequences labelled 1."""
    network = network_of(TextDiscriminatorSettings(dropout=0.0))
    real, written = uniform(6), uniform(6, seed=2)
    labels = torch.cat([torch.ones(6), torch.zeros(6)])
    logits = network(torch.cat([real, written]))
    expected = 2 * binary_cross_entropy_with_logits(logits, labels)
    optimiser = discriminator_optimiser(network)
    loss = discriminator_step(network, optimiser, real, written, generator())
    assert loss == pytest.approx(expected.item(), rel=1e-5)


def test_the_penalty_pulls_the_last_layer_to_zero():
    """Equation: with equal real and written sequences, a large penalty shrinks the last
    layer, and without a penalty it does not shrink as much.
    """
    sizes = []
    for penalty in (0.0, 1.0):
        settings = TextDiscriminatorSettings(dropout=0.0, penalty=penalty, rate=1e-2)
        network = network_of(settings)
        optimiser = discriminator_optimiser(network)
        for seed in range(20):
            rows = uniform(20, seed=seed)
            discriminator_step(network, optimiser, rows, rows, generator())
        sizes.append(network.w_out.norm().item())
    assert sizes[1] < 0.7 * sizes[0]


def test_dropout_ignores_its_share_and_keeps_the_mean():
    """Equation: with a generator, logits vary, and their mean is the logit without."""
    network = network_of(TextDiscriminatorSettings(embedding=6, dropout=0.5))
    tokens = uniform(1).repeat(5_000, 1)
    logits = network(tokens, generator(3))
    plain = network(tokens[:1])
    error = logits.std() / 5_000**0.5
    assert logits.std() > 0
    assert (logits.mean() - plain[0]).abs() < 4 * error


def test_dropout_needs_a_generator():
    """Limit: without a generator nothing is ignored."""
    tokens = uniform(10)
    assert torch.equal(network_of()(tokens), network_of()(tokens))


def test_it_learns_the_order_of_tokens():
    """Learning with a negative control: D tells rising sequences from the same tokens
    in another order; filters of width 1 see no order and stay near chance.
    """
    real, written = rising(400, 1), counted_alike(400, 3)
    test = rising(500, 11), counted_alike(500, 13)
    narrow = TextDiscriminatorSettings(
        embedding=6, widths=(1,), filters=15, batch=50, rate=5e-3
    )
    assert trained(real, written).accuracy(*test) > 0.95
    assert trained(real, written, narrow).accuracy(*test) < 0.6


def test_lengths_alone_leave_it_at_chance():
    """Learning with a negative control: padding is the same for both kinds, so D learns
    nothing from it if both have the same lengths; if lengths differ, it does.
    """
    some, others = torch.tensor([4, 5, 6]), torch.tensor([5, 6, 7])
    test = padded(1000, some, 21), padded(1000, some, 31)
    alike = trained(padded(400, some, 1), padded(400, some, 3))
    assert abs(alike.accuracy(*test) - 0.5) < 0.06
    unlike = trained(padded(400, some, 1), padded(400, others, 3))
    assert unlike.accuracy(test[0], padded(1000, others, 41)) > 0.6


def test_it_does_not_matter_where_a_gram_stands():
    """Invariance: the largest answer is the same if a sequence is turned, as long as no
    window is torn: filters of width 1 do not see the turn.
    """
    network = network_of(TextDiscriminatorSettings(widths=(1,), dropout=0.0))
    rows = uniform(10)
    torch.testing.assert_close(network(rows), network(rows.roll(3, dims=1)))


def test_accuracy_is_the_mean_of_both_shares():
    """Equation: 2 of 2 real right and 1 of 4 written right gives 0.625."""
    network = network_of()

    class Fixed(TextDiscriminator):
        def forward(self, tokens, generator=None):
            return tokens[:, 0].float() - 2

    network.__class__ = Fixed
    real = torch.tensor([[3], [4]])
    written = torch.tensor([[3], [4], [3], [0]])
    assert network.accuracy(real, written) == pytest.approx(0.625)


def test_an_epoch_uses_each_sequence_once():
    """Equation: an epoch on 120 sequences in batches of 50 makes 3 steps."""
    network = network_of()
    optimiser = discriminator_optimiser(network)
    discriminator_epoch(network, optimiser, uniform(120), uniform(120, 8), generator())
    assert optimiser.state[network.w_out]["step"] == 3


def test_training_is_the_same_for_the_same_seed():
    """Determinism: bitwise; another seed gives other weights."""
    real, written = rising(100, 1), counted_alike(100, 3)
    one, two = (trained(real, written, epochs=2) for _ in "ab")
    for first, second in zip(one.parameters(), two.parameters(), strict=True):
        assert torch.equal(first, second)
    other = copy.deepcopy(network_of(seed=1))
    assert not torch.equal(other.w_out, network_of().w_out)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"embedding": 0}, "embedding must be positive; got 0"),
        ({"filters": 0}, "filters must be positive"),
        ({"rate": -1.0}, "rate must be positive"),
        ({"batch": 0}, "batch must be positive"),
        ({"widths": ()}, "widths must be 1 or more"),
        ({"widths": (0, 2)}, "widths must be 1 or more"),
        ({"dropout": 1.0}, "dropout must be at least 0 and below 1; got 1.0"),
        ({"penalty": -1.0}, "penalty must not be negative"),
    ],
)
def test_bad_settings_are_named(wrong, message):
    """Conformance: the message names the setting and its value."""
    with pytest.raises(ValueError, match=message):
        TextDiscriminatorSettings(**wrong)


def test_bad_sequences_are_named():
    """Conformance: sequences too short for a filter, and kinds of unequal number."""
    network = network_of()
    with pytest.raises(ValueError, match="2 tokens are too short for filters of width"):
        network(uniform(3, T=2))
    optimiser = discriminator_optimiser(network)
    with pytest.raises(ValueError, match="must have one shape"):
        discriminator_epoch(network, optimiser, uniform(4), uniform(5), generator())
