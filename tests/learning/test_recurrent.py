"""What must hold of the language model that writes sequences."""

import copy
from dataclasses import fields
from itertools import islice

import numpy as np
import pytest
import torch
from scipy.stats import chisquare

from lecture_code.learning.recurrent import (
    LanguageFitSettings,
    LanguageModel,
    clipped_step,
    drawn_tokens,
    fit_epoch,
    fit_language,
    initial_fit,
    mle_step,
)

pytestmark = pytest.mark.usefixtures("one_torch_thread")

V, T = 4, 3


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def model_of(seed=0, vocabulary=V, hidden=6, deviation=1.0):
    return LanguageModel(vocabulary, 5, hidden, generator(seed), deviation).double()


def sequences(vocabulary=V, length=T):
    tokens = torch.arange(vocabulary)
    return torch.cartesian_prod(*[tokens] * length)


def state_of(n, hidden=6, seed=5):
    h, c = torch.randn(2, n, hidden, generator=generator(seed), dtype=torch.float64)
    return h.tanh(), c


# --- probabilities ---


def test_probabilities_of_all_sequences_sum_to_one():
    """Equation: the exact probabilities of all 64 sequences sum to 1."""
    total = model_of().log_probs(sequences()).sum(1).exp().sum()
    assert total.item() == pytest.approx(1, abs=1e-12)


def test_an_lstm_by_hand_says_the_same():
    """Oracle: a loop over tokens with the LSTM's equations written out gives the same
    log-probabilities, and its first input is the start token.
    """
    model = model_of()
    W_x, W_h, b_x, b_h = model.layer.all_weights[0]
    tokens = sequences()[[7, 30, 63]]
    inputs = [model.start, *range(V)]
    assert model.start not in range(V)
    for row, expected in zip(tokens, model.log_probs(tokens), strict=True):
        h = c = torch.zeros(6, dtype=torch.float64)
        x = inputs[0]
        for t, y in enumerate(row.tolist()):
            gates = W_x @ model.embedding[x] + b_x + W_h @ h + b_h
            i, f, g, o = gates.split(6)
            c = f.sigmoid() * c + i.sigmoid() * g.tanh()
            h = o.sigmoid() * c.tanh()
            log_p = (h @ model.W_out + model.b_out).log_softmax(0)
            assert log_p[y].item() == pytest.approx(expected[t].item(), abs=1e-12)
            x = y


def test_nll_is_the_mean_per_token():
    """Equation: NLL counts tokens, not sequences: it does not grow with their length,
    and a model without preference has log V.
    """
    model = model_of(deviation=0.0)
    for length in (1, 3, 20):
        tokens = torch.zeros(2, length, dtype=torch.int64)
        assert model.nll(tokens).item() == pytest.approx(np.log(V))
    tokens = sequences()
    model = model_of()
    mean = model.log_probs(tokens).sum().item() / (64 * T)
    assert model.nll(tokens).item() == pytest.approx(-mean)


def test_temperature_divides_the_logits():
    """Equation: at τ the first token has probabilities softmax(logits / τ); τ → 0
    leaves the most likely token, and τ → ∞ leaves no preference.
    """
    model = model_of()
    firsts = torch.arange(V)[:, None]
    logits, _ = model(torch.tensor([[model.start]]))
    for tau in (0.5, 1.0, 2.0):
        expected = (logits[0, 0] / tau).log_softmax(0)
        found = model.log_probs(firsts, temperature=tau)[:, 0]
        torch.testing.assert_close(found, expected)
    cold = model.sample(50, T, generator(), temperature=1e-6)
    assert (cold == cold[0]).all()
    hot = model.log_probs(firsts, temperature=1e9)
    torch.testing.assert_close(hot, torch.full_like(hot, -np.log(V)))


# --- samples ---


@pytest.mark.parametrize("temperature", [0.7, 1.0])
def test_samples_follow_the_exact_probabilities(temperature):
    """Oracle: frequencies of the 64 sequences among 20,000 samples agree with their
    exact probabilities (χ²).
    """
    model = model_of(seed=1)
    tokens = model.sample(20_000, T, generator(2), temperature)
    codes = (tokens * torch.tensor([16, 4, 1])).sum(1)
    found = torch.bincount(codes, minlength=64).numpy()
    p = model.log_probs(sequences(), temperature=temperature).sum(1).exp()
    expected = p.detach().numpy() * 20_000
    rare = expected < 5
    found = np.append(found[~rare], found[rare].sum())
    expected = np.append(expected[~rare], expected[rare].sum())
    keep = expected > 0
    assert keep.sum() > 10
    assert chisquare(found[keep], expected[keep]).pvalue > 1e-3


def test_a_prefix_is_kept_and_the_rest_is_conditioned_on_it():
    """Oracle: all tokens of a prefix stay, and the next token has its exact conditional
    probability.
    """
    model = model_of(seed=3)
    prefix = torch.tensor([[2, 1]]).expand(20_000, 2)
    tokens = model.sample(20_000, T, generator(), prefix=prefix)
    assert (tokens[:, :2] == prefix).all()
    ways = torch.cat([prefix[:V], torch.arange(V)[:, None]], dim=1)
    p = model.log_probs(ways)[:, 2].exp().detach().numpy()
    found = np.bincount(tokens[:, 2].numpy(), minlength=V)
    assert chisquare(found, p * 20_000).pvalue > 1e-3
    whole = model.sample(64, T, generator(), prefix=sequences())
    assert torch.equal(whole, sequences())


def test_a_state_is_read_by_all_three():
    """Invariance: the state after some inputs, given as `state`, leads to the same
    probabilities as the cell by hand, and samples follow them.
    """
    model = model_of(seed=4)
    h, c = state_of(1)
    first = model.log_probs(
        torch.arange(V)[:, None], (h.expand(V, -1), c.expand(V, -1))
    )
    assert not torch.allclose(first, model.log_probs(torch.arange(V)[:, None]))
    many = (h.expand(20_000, -1), c.expand(20_000, -1))
    tokens = model.sample(20_000, 1, generator(), state=many)
    found = np.bincount(tokens[:, 0].numpy(), minlength=V)
    expected = first[:, 0].exp().detach().numpy() * 20_000
    assert chisquare(found, expected).pvalue > 1e-3
    nll = model.nll(tokens[:9], (many[0][:9], many[1][:9]))
    assert nll.item() == pytest.approx(-first[tokens[:9, 0], 0].mean().item())


def test_the_state_carries_on():
    """Invariance: a sequence read in two pieces has the logits of the whole."""
    model = model_of()
    inputs = torch.tensor([[model.start, 2, 0, 1]])
    whole, end = model(inputs)
    first, between = model(inputs[:, :2])
    second, other_end = model(inputs[:, 2:], between)
    torch.testing.assert_close(torch.cat([first, second], dim=1), whole)
    torch.testing.assert_close(other_end, end)


def test_a_draw_counts_borders():
    """Equation: token i is drawn for u between p_0 + … + p_(i−1) and p_0 + … + p_i, and
    a token without probability never.
    """
    p = torch.tensor([0.25, 0.0, 0.5, 0.25], dtype=torch.float64)
    u = torch.tensor([0.0, 0.2499, 0.25, 0.7499, 0.75, 0.9999], dtype=torch.float64)
    tokens = drawn_tokens(p.log().expand(6, -1), u)
    assert tokens.tolist() == [0, 0, 2, 2, 3, 3]


def test_samples_are_deterministic():
    """Determinism: the same seed writes the same sequences, another seed does not."""
    model = model_of()
    one, two, other = (model.sample(20, 8, generator(s)) for s in (1, 1, 2))
    assert torch.equal(one, two)
    assert not torch.equal(one, other)


def test_torch_s_own_generator_is_left_alone():
    """Determinism: a model draws nothing from torch's global generator."""
    before = torch.get_rng_state()
    model_of().sample(3, 3, generator())
    assert torch.equal(torch.get_rng_state(), before)


# --- learning ---


def test_the_gradient_is_that_of_finite_differences():
    """Equation: the gradient of the NLL by finite differences."""
    model = model_of()
    tokens = sequences()[::5]
    model.nll(tokens).backward()
    eps = 1e-6
    for weights in model.parameters():
        with torch.no_grad():
            flat = weights.view(-1)
            flat[3] += eps
            up = model.nll(tokens).item()
            flat[3] -= 2 * eps
            down = model.nll(tokens).item()
            flat[3] += eps
        expected = (up - down) / (2 * eps)
        assert weights.grad.view(-1)[3].item() == pytest.approx(expected, abs=1e-7)


def test_a_fit_learns_and_a_fit_to_noise_does_not():
    """Learning with a negative control: fitted to sequences in which each token follows
    from the one before, held-out NLL falls far below log V; fitted to random tokens it
    does not.
    """
    starts = torch.randint(8, (300, 1), generator=generator(1))
    ordered = (starts + torch.arange(6)) % 8
    noise = torch.randint(8, (300, 6), generator=generator(2))
    settings = LanguageFitSettings(rate=2e-2, batch=50)
    nll = {}
    for name, tokens in (("ordered", ordered), ("noise", noise)):
        model = LanguageModel(8, 8, 8, generator(), 0.1)
        fits = fit_language(
            initial_fit(model, settings), tokens[:200], settings, generator(3)
        )
        learnt = list(islice(fits, 12))[-1]
        assert learnt.epochs == 12
        nll[name] = learnt.model.nll(tokens[200:]).item()
    assert nll["ordered"] < 0.75 * np.log(8)
    assert nll["noise"] > 0.98 * np.log(8)


def test_an_epoch_changes_no_state_and_is_deterministic():
    """Determinism: an epoch from the same state and seed gives the same model bitwise,
    and the state before it stays as it was.
    """
    settings = LanguageFitSettings(batch=10)
    tokens = sequences()
    state = fit_epoch(initial_fit(model_of(), settings), tokens, settings, generator(1))
    before = copy.deepcopy(state.model.state_dict())
    one = fit_epoch(state, tokens, settings, generator(2))
    two = fit_epoch(state, tokens, settings, generator(2))
    for name, weights in state.model.state_dict().items():
        assert torch.equal(weights, before[name])
        assert torch.equal(one.model.state_dict()[name], two.model.state_dict()[name])
    assert one.nll == two.nll
    assert {f.name for f in fields(one)} == {"model", "optimiser", "epochs", "nll"}


def test_one_step_is_one_step_of_adam():
    """Limit: `mle_step` returns the NLL before its step, and moves each weight by the
    rate, as Adam's first step does.
    """
    model = model_of()
    before = model.W_out.detach().clone()
    optimiser = torch.optim.Adam(model.parameters(), 1e-3)
    loss = model.nll(sequences()[:10]).item()
    assert mle_step(model, optimiser, sequences()[:10]) == loss
    moved = (model.W_out - before).abs()
    assert moved.max().item() == pytest.approx(1e-3, rel=1e-3)
    assert model.nll(sequences()[:10]).item() < loss


def test_a_long_gradient_is_shortened():
    """Equation: plain descent with rate 1 moves by the gradient, but never further than
    `clip`, over all weights together.
    """
    x = torch.nn.Parameter(torch.tensor([3.0, 4.0]))
    clipped_step((x**2).sum() / 2, torch.optim.SGD([x], 1.0), clip=1.0)
    torch.testing.assert_close(x.detach(), torch.tensor([2.4, 3.2]), rtol=1e-5, atol=0)
    clipped_step((x**2).sum() / 2, torch.optim.SGD([x], 1.0), clip=100.0)
    torch.testing.assert_close(x.detach(), torch.zeros(2))


# --- bad input ---


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda m: m.sample(2, 3, generator(), temperature=0.0), "temperature"),
        (lambda m: m.sample(2, 3, generator(), prefix=sequences()), "prefix"),
        (lambda m: m.sample(1, 2, generator(), prefix=sequences()[:1]), "prefix"),
        (
            lambda m: m.log_probs(torch.tensor([[0, 4]])),
            "tokens must lie between 0 and 3",
        ),
        (lambda m: m.log_probs(torch.tensor([[0.5]])), "tokens must be int64"),
        (lambda m: m.nll(torch.tensor([0, 1])), "tokens must be int64 of shape"),
        (lambda m: LanguageModel(0, 1, 1, generator(), 1.0), "vocabulary"),
        (lambda m: LanguageModel(1, 1, 1, generator(), -1.0), "deviation"),
        (lambda m: LanguageFitSettings(batch=0), "batch must be positive"),
    ],
)
def test_bad_input_is_named(call, words):
    """An error names what is wrong."""
    with pytest.raises(ValueError, match=words):
        call(model_of())
