"""What must hold of the language model of characters: its text, sizes and training."""

import math
import pickle

import numpy as np
import pytest
import torch
from torch import nn

from lecture_code.learning.characters import (
    TORCH_LAYERS,
    CharacterModel,
    CharacterSettings,
    CharacterTraining,
    in_rows,
    number_of_weights,
    perplexity,
    torch_layer,
    width_of_equal,
)

pytestmark = pytest.mark.usefixtures("one_torch_thread")


def generator(seed=0):
    return torch.Generator().manual_seed(seed)


def model_of(name="LSTM", characters=5, width=8, seed=0):
    layer = torch_layer(name, 4, width, generator(seed))
    return CharacterModel(layer, characters, 4, width, generator=generator(seed + 1))


def cycle(length, characters=5):
    """A text in which each character follows from the one before."""
    return (np.arange(length) % characters).astype(np.uint8)


SETTINGS = CharacterSettings(
    steps=60, rate=3e-2, rows=4, truncation=8, embedding=4, clip=1.0
)


class Countdown(nn.Module):
    """A layer whose output is how many steps ago the first character came, in the form
    of a state that only it carries.
    """

    def forward(self, x, state=None):
        start = x.new_zeros(x.shape[1:]) if state is None else state
        steps = torch.arange(1, len(x) + 1)[:, None, None] + start
        return steps + 0 * x, steps[-1].expand_as(start)


# --- text ---


def test_rows_are_stretches_side_by_side():
    """Equation: row b holds the b-th stretch of the text, time first; the rest that
    does not fill the rows is left out.
    """
    rows = in_rows(np.arange(11, dtype=np.uint8), 2)
    assert rows.tolist() == [[0, 5], [1, 6], [2, 7], [3, 8], [4, 9]]


def test_a_training_reads_the_whole_text_in_order():
    """Invariance: the pieces of successive steps follow one another, and where the text
    is over both place and memory begin anew.
    """
    model = CharacterModel(Countdown(), 5, 4, 4, generator=generator())
    training = CharacterTraining(model, SETTINGS)
    text = in_rows(cycle(4 * 20), 4)
    seen = []
    for _ in range(4):
        training.advance(text)
        seen.append((training.place, training.state.max().item()))
    assert seen == [(8, 8), (16, 16), (8, 8), (16, 16)]


# --- perplexity ---


def test_a_model_that_knows_nothing_doubts_among_all_characters():
    """Equation: equal logits give the number of characters; logits of known frequencies
    give exp of the entropy.
    """
    model = model_of()
    text = in_rows(np.array([0, 1, 0, 0, 1, 0, 0, 0, 0], dtype=np.uint8), 1)
    with torch.no_grad():
        model.W_out.zero_()
        assert perplexity(model, text) == pytest.approx(5)
        shares = torch.tensor([0.75, 0.25, 1e-30, 1e-30, 1e-30])
        model.b_out.copy_(shares.log())
    entropy = -(0.75 * math.log(0.75) + 0.25 * math.log(0.25))
    assert perplexity(model, text) == pytest.approx(math.exp(entropy))


@pytest.mark.parametrize("name", TORCH_LAYERS)
def test_the_length_of_a_piece_does_not_matter(name):
    """Invariance: the state goes along, so the pieces in which a text is read do not
    change its perplexity.
    """
    model = model_of(name)
    text = in_rows(np.random.default_rng(0).integers(0, 5, 61).astype(np.uint8), 3)
    whole = perplexity(model, text, truncation=100)
    assert perplexity(model, text, truncation=7) == pytest.approx(whole, rel=1e-5)


def test_a_model_that_diverged_knows_nothing():
    """Limit: weights that are not finite count as perplexity 5 of 5 characters, as do
    weights that make it worse than that.
    """
    text = in_rows(cycle(40), 2)
    for value in (math.nan, math.inf, -1e4):
        model = model_of()
        with torch.no_grad():
            model.b_out[0] = value
        assert perplexity(model, text) == pytest.approx(5)


# --- training ---


def test_it_learns_what_follows():
    """Learning with a negative control: a text in which each character follows from the
    last is learnt to a perplexity near one; the same characters in random order are
    not.
    """
    shuffled = np.random.default_rng(0).permutation(cycle(4 * 120))

    def after(text):
        training = CharacterTraining(model_of(), SETTINGS)
        rows = in_rows(text, 4)
        while training.step < SETTINGS.steps:
            training.advance(rows)
        return perplexity(training.model, rows)

    assert after(cycle(4 * 120)) < 1.2
    assert after(shuffled) > 3.5


def test_the_state_goes_along_and_its_history_does_not():
    """Equation: the state after two steps of T characters counts 2 T characters, and it
    needs no gradient.
    """
    model = CharacterModel(Countdown(), 5, 4, 4, generator=generator())
    training = CharacterTraining(model, SETTINGS)
    text = in_rows(cycle(4 * 40), 4)
    training.advance(text)
    training.advance(text)
    assert (training.state == 16).all() and not training.state.requires_grad


def test_the_rate_falls_over_the_last_half():
    """Equation: constant up to the middle, then linear, and one step before the end
    nearly zero.
    """
    training = CharacterTraining(model_of(), SETTINGS)
    rates = {}
    for training.step in (0, 30, 45, 59):
        rates[training.step] = training.rate() / SETTINGS.rate
    assert rates == pytest.approx({0: 1, 30: 1, 45: 0.5, 59: 1 / 30})


def test_a_loss_that_is_not_finite_ends_the_learning():
    """Limit: once the loss is nan the weights stay as they are."""
    training = CharacterTraining(model_of(), SETTINGS)
    with torch.no_grad():
        training.model.b_out[0] = math.nan
    before = training.model.W_out.clone()
    assert math.isnan(training.advance(in_rows(cycle(80), 4))) and training.diverged
    assert torch.equal(training.model.W_out, before)


class Steep(nn.Module):
    """A layer whose outputs are zero, and whose gradient is not a number."""

    def forward(self, x, state=None):
        return torch.cat([(0 * x).sqrt(), (0 * x).sqrt()], dim=2), x[-1]


def test_a_gradient_that_is_not_finite_ends_the_learning():
    """Limit: the loss is finite and the gradient is not: the weights stay as they
    are.
    """
    model = CharacterModel(Steep(), 5, 4, 8, generator=generator())
    training = CharacterTraining(model, SETTINGS)
    before = model.embedding.clone()
    assert math.isfinite(training.advance(in_rows(cycle(80), 4)))
    assert training.diverged and torch.equal(model.embedding, before)


def test_it_goes_on_after_a_checkpoint():
    """Determinism: a training that is pickled after two steps goes on to the same bits,
    and another seed gives other losses.
    """

    def training(seed):
        return CharacterTraining(model_of(seed=seed), SETTINGS)

    text = in_rows(cycle(4 * 40), 4)
    straight, stopped, other = training(0), training(0), training(5)
    for _ in range(2):
        assert straight.advance(text) == stopped.advance(text) != other.advance(text)
    stopped = pickle.loads(pickle.dumps(stopped))
    for _ in range(3):
        assert straight.advance(text) == stopped.advance(text)


# --- sizes ---


@pytest.mark.parametrize("name", TORCH_LAYERS)
def test_equal_parameters(name):
    """Equation: the width is the one whose total is nearest to the number asked for:
    one more or one less is farther, and the total is that of a real model.
    """

    def make(inputs, width, generator):
        return torch_layer(name, inputs, width, generator)

    def total(width):
        return number_of_weights(model_of(name, width=width))

    width = width_of_equal(make, 3000, characters=5, embedding=4)
    off = [abs(total(width + by) - 3000) for by in (-1, 0, 1)]
    assert off[1] == min(off) and off[1] < 0.03 * 3000


def test_first_weights_come_from_the_generator():
    """Determinism: equal seeds give equal layers, and torch's own generator is left as
    it was.
    """
    before = torch.get_rng_state()
    first, same, other = (torch_layer("GRU", 3, 4, generator(s)) for s in (0, 0, 1))
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.equal(first.weight_hh_l0, same.weight_hh_l0)
    assert not torch.equal(first.weight_hh_l0, other.weight_hh_l0)
    assert first.weight_ih_l0.abs().max() <= 0.5


# --- errors ---


def test_bad_input_is_named():
    """Errors name the culprit and the alternatives."""
    with pytest.raises(ValueError, match="'vanilla'; there are: tanh RNN, GRU, LSTM"):
        torch_layer("vanilla", 3, 4, generator())
    with pytest.raises(ValueError, match="7 characters are too few for 4 rows"):
        in_rows(cycle(7), 4)
