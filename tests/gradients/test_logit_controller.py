"""What must hold of REINFORCE in closed form."""

from itertools import pairwise

import numpy as np
import pytest
import torch

from lecture_code.gradients.architecture_search import surrogate_gain
from lecture_code.gradients.architecture_table import ArchitectureTable, reward
from lecture_code.gradients.logit_controller import (
    LogitSettings,
    entropy_of,
    initial_logits,
    logit_step,
    logit_strings,
    logit_update,
    softmax_of,
)
from lecture_code.gradients.reward_baselines import BASELINES
from lecture_code.gradients.string_controllers import LogitController
from lecture_code.gradients.token_space import Token, TokenSpace

pytestmark = pytest.mark.usefixtures("one_torch_thread")

SPACE = TokenSpace(
    (Token("filters", (4, 8, 16)), Token("kernel", (1, 3)), Token("skip", (0, 1, 2)))
)


def table():
    return ArchitectureTable.synthetic(SPACE, np.random.default_rng(1))


def query(strings, rng):
    return reward(table().query(strings, rng))


def moved(seed=0):
    """A state away from its beginning, after one batch."""
    rng = np.random.default_rng(seed)
    return logit_step(initial_logits(SPACE), query, LogitSettings(rate=3.0), rng)


def as_module(state):
    controller = LogitController(SPACE).double()
    with torch.no_grad():
        for p, z in zip(controller.logits, state.logits, strict=True):
            p.copy_(torch.from_numpy(z))
    return controller


@pytest.mark.parametrize("name", BASELINES)
def test_a_step_is_the_gradient_of_automatic_derivatives(name):
    """Oracle: the logits move by the rate times the gradient that torch computes from
    the same strings, rewards and baseline, with the entropy bonus.
    """
    state = moved()
    settings = LogitSettings(rate=0.7, baseline=name, constant=0.4, entropy=0.2)
    after = logit_step(state, query, settings, np.random.default_rng(2))
    controller = as_module(state)
    gain, entropies = surrogate_gain(
        controller, after.strings, after.rewards - after.baselines, settings.entropy
    )
    gain.backward()
    for z, before, p in zip(after.logits, state.logits, controller.logits, strict=True):
        assert np.allclose(z, before + 0.7 * p.grad.numpy(), atol=1e-12)
    assert np.allclose(after.entropy, entropies.detach().numpy())
    assert np.abs(after.rewards - after.baselines).max() > 0.01


def test_the_gradient_of_the_entropy_by_finite_differences():
    """Equation 4: with rewards that equal the baseline only the entropy moves z."""
    state = moved()
    settings = LogitSettings(rate=1.0, baseline="constant", constant=0.5, entropy=1.0)
    after = logit_update(state, SPACE.every_string()[:4], np.full(4, 0.5), settings)
    for before, z in zip(state.logits, after.logits, strict=True):
        for i in range(len(z)):
            h = 1e-6 * np.eye(len(z))[i]
            slope = entropy_of(softmax_of(before + h)) - entropy_of(
                softmax_of(before - h)
            )
            assert z[i] - before[i] == pytest.approx(slope / 2e-6, abs=1e-8)


def test_strings_by_hand():
    """Equation: p = (1/2, 1/4, 1/4) has borders 0.5 and 0.75; a draw on a border
    belongs to the choice above it.
    """
    z = np.log(np.array([2.0, 1.0, 1.0]))
    u = np.array([[0.0], [0.49], [0.5], [0.74], [0.75], [0.999999]])
    assert logit_strings((z,), u)[:, 0].tolist() == [0, 0, 1, 1, 2, 2]


def test_a_step_by_hand():
    """Equation 5: two strings of two tokens, with numbers that a reader, or another
    language, can check.
    """
    space = TokenSpace((Token("skip", (0, 1)), Token("kernel", (1, 3, 5))))
    state = initial_logits(space)
    strings = logit_strings(state.logits, np.array([[0.2, 0.5], [0.7, 0.9]]))
    assert strings.tolist() == [[0, 1], [1, 2]]
    rewards = np.array([0.5, 0.25])
    after = logit_update(state, strings, rewards, LogitSettings(rate=2.0))
    assert np.allclose(after.logits[0], [0.125, -0.125])
    assert np.allclose(after.logits[1], [-0.25, 0.25, 0])
    assert after.average.value == pytest.approx(0.375)
    again = logit_update(after, strings, rewards, LogitSettings(rate=2.0))
    assert np.allclose(again.baselines, 0.375)


def test_the_module_writes_the_same_strings():
    """Oracle: the same draws give the same strings as `LogitController.sample`."""
    state = moved()
    strings, _ = as_module(state).sample(300, np.random.default_rng(3))
    u = np.random.default_rng(3).random((300, 3))
    assert np.array_equal(logit_strings(state.logits, u), strings)


def test_a_shift_of_the_logits_changes_nothing():
    """Invariance: probabilities, and the step, are the same if a number is added to all
    logits of a token; very large logits stay finite.
    """
    z = np.array([0.3, -1.0, 2.0])
    assert np.allclose(softmax_of(z), softmax_of(z + 5))
    certain = softmax_of(np.array([0.0, 2000.0]))
    assert certain.tolist() == [0, 1] and entropy_of(certain) == 0


def test_it_repeats_bitwise_and_changes_no_argument():
    """Determinism: equal seeds give equal logits; the state given stays as it was."""
    state = moved()
    before = [z.copy() for z in state.logits]
    a, b = (
        logit_step(state, query, LogitSettings(), np.random.default_rng(4))
        for _ in range(2)
    )
    for x, y, z, old in zip(a.logits, b.logits, state.logits, before, strict=True):
        assert np.array_equal(x, y) and np.array_equal(z, old)
        assert not np.array_equal(x, z)
    assert a.queries == state.queries + 10


def test_it_learns_and_with_foreign_rewards_it_does_not():
    """Learning with a negative control: the mean value of the sampled strings rises by
    more than half of what can be gained; with rewards of random strings it does not.
    """
    values = table().values

    def foreign(strings, rng):
        return query(SPACE.uniform(len(strings), rng), rng)

    gains = []
    for rewards in (query, foreign):
        rng = np.random.default_rng(5)
        settings = LogitSettings(rate=5.0)
        states = [initial_logits(SPACE)]
        for _ in range(60):
            states.append(logit_step(states[-1], rewards, settings, rng))
        late = np.mean([values[SPACE.place(s.strings)] for s in states[-10:]])
        gains.append((late - values.mean()) / (values.max() - values.mean()))
        assert all(s.queries + 10 == t.queries for s, t in pairwise(states))
    assert gains[0] > 0.5 and gains[1] < 0.25


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"children": 0}, "children must be 1 or more"),
        ({"rate": -1.0}, "rate must not be negative"),
        ({"entropy": float("nan")}, "entropy must not be negative"),
        ({"decay": 1.0}, "decay must be at least 0"),
        ({"baseline": "mean"}, "baseline must be one of none"),
    ],
)
def test_settings_out_of_range_are_named(wrong, words):
    """Bad input: the message names the setting; rewards that do not fit are named."""
    with pytest.raises(ValueError, match=words):
        LogitSettings(**wrong)
    with pytest.raises(ValueError, match="rewards must have shape"):
        logit_update(moved(), SPACE.every_string()[:2], np.zeros(3), LogitSettings())
