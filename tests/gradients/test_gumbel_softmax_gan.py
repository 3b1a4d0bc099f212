"""What must hold of the GAN that writes strings, and of both ways to its gradient."""

import copy
import pickle
from dataclasses import replace
from itertools import product

import numpy as np
import pytest
import torch
from torch.nn.functional import one_hot

from lecture_code.data.arithmetic import SYMBOLS, draw_strings, parses
from lecture_code.gradients import gumbel_softmax_gan
from lecture_code.gradients.gumbel_softmax_gan import (
    GanSettings,
    descend_by,
    gan,
    gan_step,
    gan_step_in_place,
    generator_loss,
    initial_gan,
    reader_loss,
    real_inputs,
)
from lecture_code.gradients.relaxations import gumbel_noise
from lecture_code.gradients.symbol_networks import (
    SymbolReader,
    SymbolWriter,
    roll_out_rewards,
    softened_strings,
    symbol_of,
)

pytestmark = pytest.mark.usefixtures("one_torch_thread")
V, T, H = 3, 3, 4
ESTIMATE = GanSettings(estimator="reinforce", reals="hard")


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def small(seed=0, scale=3.0):
    """G and D in float64, with larger weights than at the start."""
    networks = SymbolWriter(V, H, generator(seed)), SymbolReader(V, H, generator(9))
    for network in networks:
        network.double()
        with torch.no_grad():
            for weights in network.parameters():
                weights.mul_(scale)
    return networks


def noises(writer, n, seed=1, length=T):
    """z and g of n strings in float64."""
    g = torch.empty(length, n, writer.symbols, dtype=torch.float64)
    return writer.noise(n, generator(seed)), gumbel_noise(g, generator(seed + 1))


def strings_of(n=1, length=T):
    """All strings of T symbols as one-hot vectors, each n times, (T, n Vᵀ, V)."""
    codes = torch.tensor(list(product(range(V), repeat=length)))
    codes = codes.repeat_interleave(n, 0)
    return one_hot(codes.T, V).double()


def exact_gradient(writer, reader, z):
    """∇ E[d] over all strings, for given first states z, a mean over z: flat."""
    n = len(z[0])
    symbols = strings_of(n)
    states = tuple(part.repeat(V**T, 1) for part in z)
    logits = writer.predictions(states, symbols)
    p = (logits.log_softmax(2) * symbols).sum(2).sum(0).exp()
    assert p.sum().item() == pytest.approx(n)
    J = (p * reader(symbols).detach()).sum() / n
    return flat(torch.autograd.grad(J, list(writer.parameters())))


def flat(gradients):
    return torch.cat([gradient.flatten() for gradient in gradients])


# --- G ---


def test_a_gradient_passes_the_relaxed_strings():
    """Equation: the derivative of G's loss by each of its parameters is that of finite
    differences, at three temperatures.
    """
    writer, reader = small()
    z, g = noises(writer, 4)

    def loss(tau):
        return generator_loss(reader, writer.write(z, g, tau), GanSettings())

    for tau in (0.3, 1.0, 5.0):
        found = torch.autograd.grad(loss(tau), list(writer.parameters()))
        assert flat(found).abs().max() > 1e-6
        for weights, gradient in zip(writer.parameters(), found, strict=True):
            at = int(gradient.abs().argmax())
            values = []
            for step in (1e-6, -2e-6):
                weights.data.view(-1)[at] += step
                values.append(loss(tau).item())
            weights.data.view(-1)[at] += 1e-6
            slope = (values[0] - values[1]) / 2e-6
            assert slope == pytest.approx(gradient.view(-1)[at].item(), rel=1e-5)


def test_straight_through_is_one_hot_with_the_relaxed_derivative():
    """Equation: forward exactly one-hot, at the largest entry of the relaxed symbol;
    the derivative by h is that of the relaxed symbol.
    """
    h = torch.randn(50, V, generator=generator(2), dtype=torch.float64)
    h.requires_grad_()
    g = gumbel_noise(h, generator(3))
    hard = symbol_of(h, g, 0.7, "straight_through")
    soft = symbol_of(h, g, 0.7, "gumbel")
    assert set(hard.detach().unique().tolist()) == {0.0, 1.0}
    assert torch.equal(hard.argmax(1), soft.argmax(1))
    assert (hard.sum(1) == 1).all()
    weights = torch.randn(50, V, generator=generator(4), dtype=torch.float64)
    both = [torch.autograd.grad((y * weights).sum(), h)[0] for y in (hard, soft)]
    assert torch.equal(*both) and both[0].abs().max() > 0
    assert not symbol_of(h, g, 0.7, "reinforce").requires_grad


def test_cold_strings_are_those_of_the_hard_choice():
    """Limit: for τ → 0 the relaxed strings are the hard strings of the same noise."""
    writer, _ = small()
    z, g = noises(writer, 200)
    soft = writer.write(z, g, 1e-4).symbols
    hard = writer.write(z, g, 1.0, "reinforce").symbols
    same = (soft - hard).abs().amax(dim=(0, 2)) < 1e-6
    assert same.double().mean() > 0.99  # not where two logits are nearly equal


def test_written_strings_have_the_probabilities_that_are_predicted():
    """Oracle: frequencies of all 27 hard strings agree with the probabilities of
    teacher forcing, within 4 standard errors; `nll` is their logarithm.
    """
    writer, _ = small()
    z = tuple(part.repeat(40_000, 1) for part in writer.noise(1, generator(5)))
    g = gumbel_noise(torch.empty(T, 40_000, V, dtype=torch.float64), generator(6))
    with torch.no_grad():
        codes = writer.write(z, g, 1.0, "reinforce").codes
        symbols = strings_of()
        first = tuple(part[: V**T] for part in z)
        log_p = (writer.predictions(first, symbols).log_softmax(2) * symbols).sum(2)
        places = codes @ torch.tensor([V**2, V, 1])
        shares = torch.bincount(places, minlength=V**T) / len(codes)
        p = log_p.sum(0).exp()
        assert ((shares - p).abs() < 4 * (p * (1 - p) / len(codes)).sqrt() + 1e-9).all()
        nll = writer.nll(first, symbols.argmax(2).T)
    assert nll.item() == pytest.approx(-log_p.mean().item())


# --- the losses ---


def test_the_losses_are_those_of_algorithm_1():
    """Equation: with D = sigmoid(d), the losses are those of lines 7 and 8, written
    out; that of line 8 is −mean d.
    """
    _, reader = small()
    real, fake = torch.rand(2, T, 6, V, generator=generator(1), dtype=torch.float64)
    D_real, D_fake = reader(real).sigmoid(), reader(fake).sigmoid()
    line_7 = -D_real.log().mean() - (1 - D_fake).log().mean()
    assert torch.allclose(reader_loss(reader, real, fake), line_7)
    writer, _ = small()
    written = replace(writer.write(*noises(writer, 6), 1.0), symbols=fake)
    line_8 = -(D_fake / (1 - D_fake)).log().mean()
    assert torch.allclose(generator_loss(reader, written, GanSettings()), line_8)


def test_softened_strings_have_the_papers_law():
    """Equation: the largest entry is the true symbol with probability 0.9 at every
    temperature, the others share the rest evenly, within 4 standard errors; at a given
    noise the mixture is softmax((log p + g) / τ).
    """
    codes = torch.arange(6).repeat(20_000, 2)
    n = codes.numel()
    for tau in (0.1, 1.0, 5.0):
        y = softened_strings(codes, 6, 0.9, tau, generator(1))
        assert torch.allclose(y.sum(2), torch.ones(1))
        away = (y.argmax(2).T - codes) % 6
        shares = torch.bincount(away.flatten(), minlength=6) / n
        p = torch.tensor([0.9, *(5 * [0.02])])
        assert ((shares - p).abs() < 4 * (p * (1 - p) / n).sqrt()).all()
    codes = codes[:2]
    g = gumbel_noise(torch.empty(12, 2, 6), generator(7))
    p = torch.full((12, 2, 6), 0.02).scatter(2, codes.T[:, :, None], 0.9)
    expected = ((p.log() + g) / 5.0).softmax(2)
    assert torch.allclose(softened_strings(codes, 6, 0.9, 5.0, generator(7)), expected)


def test_padding_looks_alike_in_real_and_written_strings():
    """Invariance: a written string and the same real string give the same input to D,
    blanks included: D has 12 symbols of both, and no length.
    """
    codes = torch.from_numpy(draw_strings(30, np.random.default_rng(0)))
    writer = SymbolWriter(6, 8, generator())
    real = real_inputs(codes, 6, ESTIMATE, 1.0, generator())
    z = writer.noise(30, generator())
    g = 1e4 * real  # noise that forces G to write these strings
    for kind in ("reinforce", "straight_through", "gumbel"):
        with torch.no_grad():
            written = writer.write(z, g, 1.0, kind)
        assert torch.equal(written.symbols, real) and written.symbols.shape[0] == 12
        assert torch.equal(written.codes, codes)
    blank = real[:, :, SYMBOLS.index(" ")]
    assert blank[-1].all() and set(real.sum(2).flatten().tolist()) == {1.0}


# --- the estimates ---


@pytest.mark.parametrize(
    ("roll_outs", "baseline"), [(0, "others"), (0, "none"), (1, "others"), (3, "none")]
)
def test_the_estimate_has_the_exact_gradient_as_its_mean(roll_outs, baseline):
    """Oracle: the mean of many score-function gradients is the gradient of E[d] over
    all 27 strings, within 4.5 standard errors in each direction that is looked at.
    """
    writer, reader = small()
    z = writer.noise(1, generator(5))
    exact = exact_gradient(writer, reader, z)
    n, repeats = 200, 150
    settings = replace(ESTIMATE, roll_outs=roll_outs, baseline=baseline)
    gen = generator(8)
    states = tuple(part.repeat(n, 1) for part in z)
    found = []
    for _ in range(repeats):
        g = gumbel_noise(torch.empty(T, n, V, dtype=torch.float64), gen)
        written = writer.write(states, g, 1.0, "reinforce")
        Q = roll_out_rewards(writer, reader, written, roll_outs, gen)
        loss = generator_loss(reader, written, settings, Q if roll_outs else None)
        gradient = torch.autograd.grad(-loss, list(writer.parameters()))
        found.append(flat(gradient))
    found = torch.stack(found)
    directions = torch.randn(len(exact), 8, generator=gen, dtype=torch.float64)
    directions = torch.cat([directions, exact[:, None]], dim=1)
    along = found @ directions
    error = along.std(0) / repeats**0.5
    assert ((along.mean(0) - exact @ directions).abs() < 4.5 * error).all()
    assert exact.norm() > 5 * found.std(0).norm() / repeats**0.5


def test_the_straight_through_gradient_is_biased():
    """Negative control: the same test refuses the gradient of straight-through."""
    writer, reader = small()
    z = writer.noise(1, generator(5))
    exact = exact_gradient(writer, reader, z)
    states = tuple(part.repeat(30_000, 1) for part in z)
    g = gumbel_noise(torch.empty(T, 30_000, V, dtype=torch.float64), generator(8))
    written = writer.write(states, g, 1.0, "straight_through")
    loss = generator_loss(reader, written, GanSettings("straight_through"))
    found = flat(torch.autograd.grad(-loss, list(writer.parameters())))
    assert (found - exact).norm() > 0.2 * exact.norm()


def test_roll_outs_keep_their_prefixes():
    """Conformance: roll-outs of the first t symbols begin with these, y_t included; the
    rest is drawn anew; Q_T is d of the string itself.
    """
    writer, reader = small(scale=1.0)
    with torch.no_grad():
        written = writer.write(*noises(writer, 50), 1.0, "reinforce")
        finished = writer.completions(written, 4, generator(3)).view(T, T - 1, 4, 50, V)
        Q = roll_out_rewards(writer, reader, written, 4, generator(3))
    for t in range(1, T):
        kept = finished[:t, t - 1]
        assert torch.equal(kept, written.symbols[:t, None].expand_as(kept))
        anew = finished[t:, t - 1] != written.symbols[t:, None]
        assert anew.any()
    assert set(finished.unique().tolist()) == {0.0, 1.0}
    assert torch.equal(Q[-1], reader(written.symbols).detach())


@pytest.mark.parametrize("which", [0, 1])
def test_roll_outs_have_the_law_of_the_generator(which):
    """Oracle: with many roll-outs of two strings, Q_t of each is the mean d of all
    strings with this prefix and this first state, weighted with their probabilities,
    within 4.5 standard errors.
    """
    writer, reader = small()
    N, length = 20_000, 4
    with torch.no_grad():
        z, g = noises(writer, 2, length=length)
        written = writer.write(z, g, 1.0, "reinforce")
        finished = writer.completions(written, N, generator(3))
        finished = finished.view(length, length - 1, N, 2, V)[:, :, :, which]
        own = written.symbols[:, which : which + 1]
        symbols = strings_of(length=length)
        states = tuple(part[which : which + 1].repeat(V**length, 1) for part in z)
        log_p = (writer.predictions(states, symbols).log_softmax(2) * symbols).sum(2)
        d = reader(symbols)
        for t in range(1, length):
            same = (symbols[:t] == own[:t]).all(dim=2).all(dim=0)
            p = log_p[t:].sum(0).exp() * same
            rewards = reader(finished[:, t - 1])
            error = rewards.std() / N**0.5
            assert p.sum().item() == pytest.approx(1)
            assert (rewards.mean() - (p * d).sum()).abs() < 4.5 * error


def test_a_string_is_compared_with_the_others_only():
    """Equation: with three strings, b of each is the mean reward of the other two."""
    writer, reader = small()
    written = writer.write(*noises(writer, 3), 1.0, "reinforce")
    Q = torch.randn(T, 3, generator=generator(4), dtype=torch.float64)
    log_p = (written.logits.log_softmax(2) * written.symbols).sum(2)
    others = torch.stack([Q[:, [1, 2]], Q[:, [0, 2]], Q[:, [0, 1]]], dim=1).mean(2)
    expected = -(log_p * (Q - others)).sum() / 3
    assert torch.allclose(generator_loss(reader, written, ESTIMATE, Q), expected)


# --- the loop ---

DATA = torch.from_numpy(draw_strings(500, np.random.default_rng(0)))


def weights_of(state):
    networks = state.writer, state.reader
    return flat([w.detach() for part in networks for w in part.parameters()])


@pytest.mark.parametrize(
    "settings",
    [
        GanSettings(),
        GanSettings("straight_through", reals="hard"),
        ESTIMATE,
        replace(ESTIMATE, roll_outs=2),
        GanSettings("likelihood"),
    ],
    ids=lambda settings: f"{settings.estimator}-{settings.roll_outs}",
)
def test_training_is_repeated_bit_by_bit(settings):
    """Determinism: three steps give the same networks again, also after pickling and in
    place; a step does not change the old state.
    """
    gen = generator(1)
    first = initial_gan(6, 8, settings, gen)
    before = weights_of(first)
    kept = gen.get_state()
    steps = gan(first, DATA, settings, gen)
    state = [next(steps) for _ in range(3)][-1]
    assert torch.equal(weights_of(first), before) and state.steps == 3
    again, gen = pickle.loads(pickle.dumps((first, gen)))
    gen.set_state(kept)
    for _ in range(3):
        again = gan_step_in_place(again, DATA, settings, gen)
    assert torch.equal(weights_of(again), weights_of(state))
    assert not torch.equal(weights_of(state), before)
    assert again.writer_loss == state.writer_loss


def test_each_network_follows_its_own_loss():
    """Conformance: one step changes D by the gradient of line 7 and G by that of line 8
    alone; without a rate for D, D stays.
    """
    settings = GanSettings(batch=8)
    state = initial_gan(6, 8, settings, generator(1))
    frozen = copy.deepcopy(state)
    frozen.reader_optimiser.param_groups[0]["lr"] = 0.0
    after = gan_step(frozen, DATA, settings, generator(2))
    pairs = zip(after.reader.parameters(), state.reader.parameters(), strict=True)
    assert all(torch.equal(a, b) for a, b in pairs)
    pairs = zip(after.writer.parameters(), state.writer.parameters(), strict=True)
    assert not any(torch.equal(a, b) for a, b in pairs)


def test_each_step_takes_other_real_strings(monkeypatch):
    """Invariance: line 5 draws real strings anew in each step."""
    seen = []

    def noted(reader, real, fake):
        seen.append(real)
        return reader_loss(reader, real, fake)

    monkeypatch.setattr(gumbel_softmax_gan, "reader_loss", noted)
    settings = GanSettings(batch=8, reals="hard")
    state = initial_gan(6, 8, settings, generator(1))
    noise = generator(2)
    for _ in range(2):
        state = gan_step(state, DATA, settings, noise)
    assert not torch.equal(*seen)


@pytest.mark.parametrize("confidence", [0.9, 0.99])
def test_real_strings_are_softened_as_the_settings_say(confidence):
    """Equation: the largest entry is the true symbol with this probability, within four
    standard errors.
    """
    settings = GanSettings(confidence=confidence)
    soft = real_inputs(DATA, 6, settings, 1.0, generator(3))
    right = (soft.argmax(2) == DATA.T).float()
    error = (confidence * (1 - confidence) / right.numel()) ** 0.5
    assert abs(right.mean().item() - confidence) < 4 * error


def test_g_follows_the_d_of_the_same_step(monkeypatch):
    """Conformance: line 8 asks the D that line 7 has changed."""
    seen = []

    def noted(reader, *others):
        seen.append(copy.deepcopy(reader))
        return generator_loss(reader, *others)

    monkeypatch.setattr(gumbel_softmax_gan, "generator_loss", noted)
    settings = GanSettings(batch=8)
    state = initial_gan(6, 8, settings, generator(1))
    after = gan_step(state, DATA, settings, generator(2))
    for asked, before, later in zip(
        *(network.parameters() for network in (seen[0], state.reader, after.reader)),
        strict=True,
    ):
        assert torch.equal(asked, later)
        assert not torch.equal(asked, before)


def test_real_strings_are_as_soft_as_written_ones(monkeypatch):
    """Conformance: D's real strings have the τ of the step, which is not the last τ."""
    seen = []

    def noted(reader, real, fake):
        seen.append(real)
        return reader_loss(reader, real, fake)

    monkeypatch.setattr(gumbel_softmax_gan, "reader_loss", noted)
    settings = GanSettings(batch=500)
    gan_step(initial_gan(6, 8, settings, generator(1)), DATA, settings, generator(2))
    largest = {
        tau: softened_strings(DATA, 6, 0.9, tau, generator(3)).amax(2).mean().item()
        for tau in (settings.hottest, settings.coldest)
    }
    found = seen[0].amax(2).mean().item()
    assert found == pytest.approx(largest[settings.hottest], abs=0.02)
    assert found < largest[settings.coldest] - 0.1


def test_the_temperature_falls_and_stays():
    """Equation: τ is 5 at the first step, 3 after a quarter of the steps, 1 from the
    half on; with equal ends it is fixed.
    """
    settings = GanSettings(steps=1000)
    taus = [settings.temperature(step) for step in (0, 250, 500, 900, 5000)]
    assert taus == [5, 3, 1, 1, 1]
    fixed = replace(settings, hottest=0.1, coldest=0.1)
    assert {fixed.temperature(step) for step in (0, 300, 999)} == {0.1}
    assert replace(settings, annealing=0.0).temperature(0) == 1


def parse_rate(state):
    g = gumbel_noise(torch.empty(12, 400, 6), generator(5))
    with torch.no_grad():
        z = state.writer.noise(400, generator(6))
        return parses(state.writer.write(z, g, 1.0, "reinforce").codes.numpy()).mean()


class Likes(torch.nn.Module):
    """A D that knows how near a string is to "x", times a factor."""

    def __init__(self, factor):
        super().__init__()
        wanted = one_hot(torch.tensor([0, *(11 * [5])]), 6).float()
        self.wanted = factor * wanted[:, None]

    def forward(self, symbols):
        return (symbols * self.wanted).sum(dim=(0, 2))


@pytest.mark.parametrize("estimator", ["gumbel", "straight_through", "reinforce"])
def test_every_estimator_learns_from_a_reader_that_knows_something(estimator):
    """Learning with a negative control: D is fixed and likes the string "x". G
    learns to write it; it does not from a D that answers the same to all strings.
    """
    rates = []
    for factor in (1.0, 0.0):
        settings = GanSettings(estimator, hottest=1.0, writer_rate=2e-2)
        state = initial_gan(6, 16, settings, generator(1))
        gen = generator(2)
        for _ in range(250):
            g = gumbel_noise(torch.empty(12, 64, 6), gen)
            written = state.writer.write(state.writer.noise(64, gen), g, 1.0, estimator)
            loss = generator_loss(Likes(factor), written, settings)
            loss = loss + 0 * written.logits.sum()  # a graph, also without derivatives
            descend_by(state.writer_optimiser, loss)
        rates.append(parse_rate(state))
    assert rates[0] > 0.9 and rates[1] < 0.05


def test_maximum_likelihood_learns_in_the_same_loop():
    """Learning with a negative control: 120 steps of maximum likelihood write strings
    of the grammar; on data whose symbols are shuffled they do not.
    """
    settings = GanSettings("likelihood", batch=64, writer_rate=2e-2)
    shuffled = DATA.flatten()[torch.randperm(DATA.numel(), generator=generator())]
    rates = []
    for data in (DATA, shuffled.view(DATA.shape)):
        gen = generator(3)
        state = initial_gan(6, 16, settings, gen)
        for _ in range(120):
            state = gan_step_in_place(state, data, settings, gen)
        rates.append(parse_rate(state))
    assert rates[0] > 0.5 and rates[1] < 0.05


@pytest.mark.parametrize(
    ("entry", "value", "culprit"),
    [
        ("estimator", "gumble", "estimator must be one of gumbel, straight_through"),
        ("reals", "soft", "reals must be one of softened, hard; got 'soft'"),
        ("baseline", "mean", "baseline must be one of others, none; got 'mean'"),
        ("hottest", 0.0, "hottest must be positive; got 0.0"),
        ("coldest", float("nan"), "coldest must be positive; got nan"),
        ("annealing", 1.5, "annealing must be in"),
        ("confidence", 1.0, "confidence must be between 0 and 1; got 1.0"),
        ("roll_outs", -1, "roll_outs must not be negative; got -1"),
        ("steps", 0, "steps must be positive; got 0"),
        ("batch", 0, "batch must be positive"),
        ("writer_rate", 0.0, "writer_rate must be positive"),
        ("reader_rate", -1.0, "reader_rate must be positive"),
    ],
)
def test_bad_settings_are_named(entry, value, culprit):
    """Bad input is refused, and the message names the culprit."""
    with pytest.raises(ValueError, match=culprit):
        replace(GanSettings(), **{entry: value})


def test_bad_calls_are_named():
    """A single string has no others to be compared with; networks need sizes; a kind of
    symbol must be known.
    """
    with pytest.raises(ValueError, match="batch of 2 or more"):
        replace(ESTIMATE, batch=1)
    with pytest.raises(ValueError, match="symbols must be 2 or more; got 1"):
        SymbolWriter(1, 8, generator())
    with pytest.raises(ValueError, match="hidden must be 1 or more; got 0"):
        SymbolReader(6, 0, generator())
    with pytest.raises(ValueError, match="kind must be one of gumbel"):
        symbol_of(torch.zeros(2), torch.zeros(2), 1.0, "soft")
    with pytest.raises(ValueError, match="roll_outs are for the estimator"):
        replace(GanSettings(), roll_outs=2)
