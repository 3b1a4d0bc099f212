"""What must hold of update rules as strings: their language, and their trainings."""

import math
from itertools import pairwise

import numpy as np
import pytest
import torch

from lecture_code.gradients.optimizer_search import (
    BETA_1,
    BETA_2,
    EPSILON,
    LIMIT,
    NAMED_RULES,
    OPERANDS,
    TOKENS,
    RuleState,
    formula,
    named_rule,
    rule_of,
    rule_space,
    rule_step,
    same_rules,
    update_of,
)

pytestmark = pytest.mark.usefixtures("one_torch_thread")
SPACE = rule_space()
EVERY = SPACE.every_string()


def operand_values(n=5, seed=0):
    """g, m̂ and v̂ of n weights, double precision."""
    rng = np.random.default_rng(seed)
    g, m = rng.normal(size=(2, n))
    return g, m, rng.uniform(0.1, 2.0, size=n)


def by_hand(rule, g, m, v):
    """A rule with one block, in plain NumPy and with branches."""
    words = SPACE.values(rule)
    operands = dict(
        zip(
            OPERANDS,
            (g, g * g, g * g * g, m, v, np.sign(g), np.sign(m), np.ones_like(g)),
            strict=True,
        )
    )
    unary = {
        "x": lambda x: x,
        "exp x": np.exp,
        "log|x|": lambda x: np.log(np.abs(x) + EPSILON),
        "√|x|": lambda x: np.sqrt(np.abs(x)),
    }
    x = unary[words["left_unary_1"]](operands[words["left_1"]])
    y = unary[words["right_unary_1"]](operands[words["right_1"]])
    match words["binary_1"]:
        case "+":
            return x + y
        case "×":
            return x * y
        case "÷":
            return x / np.where(y < 0, y - EPSILON, y + EPSILON)
    return x


def slope(weights):
    """Gradient of a quartic with a minimum that is not at 0, for weights (R, P)."""
    size = torch.linspace(0.5, 3.0, weights.shape[1], dtype=weights.dtype)
    return size * (weights - 1) + 0.1 * (weights - 1) ** 3


def trained(name, rate, steps, *, length=None, start=None):
    """Weights after each step, (steps + 1, P)."""
    start = torch.linspace(-1, 2, 6, dtype=torch.float64) if start is None else start
    state = RuleState.initial(start, 1)
    rules = torch.from_numpy(named_rule(name, length)[None])
    path = [state.weights[0]]
    rates = torch.tensor([rate], dtype=torch.float64)
    for _ in range(steps):
        state = rule_step(state, rules, rates, slope)
        path.append(state.weights[0])
    return torch.stack(path)


def by_torch(make, steps, rate_at=None):
    """Weights after each step of an optimiser of torch, (steps + 1, P)."""
    w = torch.linspace(-1, 2, 6, dtype=torch.float64).requires_grad_()
    optimiser = make([w])
    path = [w.detach().clone()]
    for t in range(1, steps + 1):
        if rate_at is not None:
            optimiser.param_groups[0]["lr"] = rate_at(t)
        w.grad = slope(w.detach()[None])[0]
        optimiser.step()
        path.append(w.detach().clone())
    return torch.stack(path)


# --- the language ---


def test_every_rule_is_computed_as_by_hand():
    """Oracle: all 4,096 rules of one block, evaluated together, give what plain Python
    with a branch for each function gives.
    """
    assert SPACE.count == len(EVERY) == 8**2 * 4**2 * 4
    g, m, v = operand_values()
    update = torch.func.vmap(update_of, in_dims=(0, None, None, None))
    values = map(torch.from_numpy, (EVERY, g, m, v))
    together = update(*values).numpy()
    for rule, row in zip(EVERY, together, strict=True):
        np.testing.assert_allclose(row, by_hand(rule, g, m, v), rtol=1e-7)


@pytest.mark.parametrize("name", NAMED_RULES)
def test_a_named_rule_does_what_its_name_says(name):
    """Equation: each named rule against its formula written by hand, at its own length
    and at the length of the longest rule.
    """
    g, m, v = operand_values()
    agree = np.sign(g) * np.sign(m)
    expected = {
        "SGD": g,
        "momentum": m,
        "RMSProp": g / (np.sqrt(v) + EPSILON),
        "Adam": m / (np.sqrt(v) + EPSILON),
        "sign SGD": np.sign(g),
        "PowerSign": np.where(agree > 0, math.e, 1 / math.e) * g,
        "AddSign": np.where(agree > 0, 2.0, 0.0) * g,
    }
    for length in (None, 3):
        values = map(torch.from_numpy, (named_rule(name, length), g, m, v))
        np.testing.assert_allclose(update_of(*values), expected[name], rtol=1e-12)


def test_formulas():
    """Conformance: a string becomes its formula, with brackets where they matter."""
    words = {name: formula(named_rule(name)) for name in NAMED_RULES}
    assert words["SGD"] == "g"
    assert words["Adam"] == "m̂ ÷ √|v̂|"
    assert words["PowerSign"] == "exp(sign g × sign m̂) × g"
    assert words["AddSign"] == "(1 + (sign g × sign m̂)) × g"
    assert all(formula(named_rule(name, 3)) == words[name] for name in words)


def test_no_rule_of_one_block_is_a_rule_of_sign_agreement():
    """Oracle: PowerSign and AddSign differ from all 4,096 strings, up to a factor;
    SGD, momentum, Adam, RMSProp and sign SGD do not.
    """
    longer = rule_space(3)
    wide = np.array(
        [rule_of([tuple(SPACE.values(rule).values())], 3) for rule in EVERY[::7]]
    )
    assert wide.shape[1] == len(longer.tokens) == 3 * TOKENS
    named = np.array([named_rule(name, 3) for name in ("PowerSign", "AddSign")])
    rows = same_rules(np.concatenate([wide, named]), np.random.default_rng(0))
    assert rows[-2:].tolist() == [len(wide), len(wide) + 1]
    places = [
        SPACE.place(named_rule(name)[None])[0]
        for name, blocks in NAMED_RULES.items()
        if len(blocks) == 1
    ]
    assert len(set(places)) == 5


def test_rules_that_do_the_same_are_found():
    """Equation: a positive factor makes no other rule, a sign or a small divisor does;
    a factor of next to nothing counts as zero.
    """
    rules = np.array(
        [
            rule_of([("m̂", "g", "x", "x", "left")]),
            rule_of([("m̂", "1", "x", "exp x", "×")]),  # e m̂
            rule_of([("m̂", "1", "x", "x", "÷")]),
            rule_of([("sign m̂", "m̂", "x", "√|x|", "÷")]),
            rule_of([("g³", "g²", "x", "x", "÷")]),  # not g, where g is small
            rule_of([("g", "g", "x", "x", "left")]),
            rule_of([("g", "1", "x", "log|x|", "×")]),  # nothing
            rule_of([("v̂", "1", "exp x", "log|x|", "×")]),  # nothing
        ]
    )
    rows = same_rules(rules, np.random.default_rng(0))
    assert rows.tolist() == [0, 0, 0, 3, 4, 5, 6, 6]


def test_bad_words_are_named():
    """Conformance: an unknown rule, an unknown word, too short a string, no block."""
    with pytest.raises(ValueError, match="no rule 'Adan'; there are: SGD"):
        named_rule("Adan")
    with pytest.raises(ValueError, match="left_1 cannot be 'h'"):
        rule_of([("h", "g", "x", "x", "left")])
    with pytest.raises(ValueError, match="3 blocks, not 2"):
        named_rule("AddSign", 2)
    with pytest.raises(ValueError, match="at least one block"):
        rule_space(0)


# --- trainings ---


def test_sgd_is_torchs():
    """Oracle: the string of SGD takes the steps of torch.optim.SGD."""
    theirs = by_torch(lambda w: torch.optim.SGD(w, lr=0.1), 20)
    torch.testing.assert_close(trained("SGD", 0.1, 20), theirs, rtol=0, atol=1e-12)


def test_momentum_is_torchs_with_a_rate_that_falls():
    """Oracle: m̂ is torch's momentum times (1 − β₁) / (1 − β₁^t)."""
    theirs = by_torch(
        lambda w: torch.optim.SGD(w, lr=0.1, momentum=BETA_1),
        20,
        lambda t: 0.1 * (1 - BETA_1) / (1 - BETA_1**t),
    )
    torch.testing.assert_close(trained("momentum", 0.1, 20), theirs, rtol=0, atol=1e-9)


@pytest.mark.parametrize("length", [1, 3])
def test_adam_is_torchs(length):
    """Oracle: the string of Adam takes the steps of torch.optim.Adam, whether it is
    written with one block or with three.
    """
    betas = (BETA_1, BETA_2)
    theirs = by_torch(lambda w: torch.optim.Adam(w, 0.05, betas, EPSILON), 30)
    ours = trained("Adam", 0.05, 30, length=length)
    torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-6)
    assert (ours - trained("RMSProp", 0.05, 30)).abs().max() > 1e-2


def test_rules_do_not_see_each_other():
    """Invariance: a rule's training is the same alone and among others."""
    rules = torch.from_numpy(np.array([named_rule(n, 3) for n in NAMED_RULES]))
    rates = torch.full((len(rules),), 0.05, dtype=torch.float64)
    start = torch.linspace(-1, 2, 6, dtype=torch.float64)
    state = RuleState.initial(start, len(rules))
    for _ in range(10):
        state = rule_step(state, rules, rates, slope)
    for row, name in zip(state.weights, NAMED_RULES, strict=True):
        alone = trained(name, 0.05, 10, length=3)[-1]
        torch.testing.assert_close(row, alone, rtol=0, atol=1e-12)


def test_a_training_descends_and_its_opposite_does_not():
    """Learning with a negative control: every named rule comes nearer to the minimum;
    with a negative rate it goes away from it.
    """
    for name in NAMED_RULES:
        paths = {rate: trained(name, rate, 40) for rate in (0.05, -0.02)}
        far = {rate: (path - 1).abs().mean(dim=1) for rate, path in paths.items()}
        assert far[0.05][-1] < 0.7 * far[0.05][0], name
        assert far[-0.02][-1] > far[-0.02][0], name


def test_a_diverged_training_is_all_zeros_and_finite():
    """Limit: weights beyond the limit, or NaN, become zeros and stay so; the training
    beside them goes on.
    """
    start = torch.linspace(-1, 2, 6, dtype=torch.float64)
    cube = rule_of([("g³", "g³", "exp x", "exp x", "×")])
    rules = torch.from_numpy(np.array([named_rule("SGD"), cube, named_rule("SGD")]))
    rates = torch.tensor([0.1, 1.0, 10.0], dtype=torch.float64)
    state = RuleState.initial(start, 3)
    for _ in range(30):
        state = rule_step(state, rules, rates, slope)
        assert all(part.isfinite().all() for part in (state.weights, state.m, state.v))
    assert state.alive.tolist() == [True, False, False]
    assert (state.weights[1:] == 0).all()
    alone = trained("SGD", 0.1, 30)[-1]
    torch.testing.assert_close(state.weights[0], alone, rtol=0, atol=1e-12)
    assert state.steps == 30 and state.weights.abs().max() < LIMIT


def test_the_averages_forget_as_they_should():
    """Equation: m and v are exponential averages of g and g², divided by the sum of
    their weights; with a constant gradient m̂ = g and v̂ = g² from the first step on.
    """
    g = torch.tensor([[0.5, -2.0]]).double()
    rule = torch.from_numpy(named_rule("Adam")[None])
    state = RuleState.initial(torch.zeros(2).double(), 1)
    path = [state.weights]
    for _ in range(5):
        state = rule_step(state, rule, torch.ones(1).double(), lambda w: g)
        path.append(state.weights)
    for before, after in pairwise(path):
        torch.testing.assert_close(before - after, g.sign(), rtol=1e-6, atol=1e-6)
    torch.testing.assert_close(state.m, (1 - BETA_1**5) * g)
    torch.testing.assert_close(state.v, (1 - BETA_2**5) * g**2)


def test_trainings_need_a_rule_and_a_rate_each():
    """Conformance: another number of rules or of rates is refused."""
    state = RuleState.initial(torch.zeros(2), 2)
    rules = torch.from_numpy(named_rule("SGD")[None])
    with pytest.raises(ValueError, match="2 trainings need as many"):
        rule_step(state, rules, torch.ones(2), slope)
