"""Neural optimizer search: an update rule is a string, and all rules train at once.

Bello, Zoph, Vasudevan & Le, "Neural Optimizer Search with Reinforcement Learning"
(2017), arXiv:1709.07417. The same controller that writes networks writes the rule by
which a network learns. A rule combines a few operands, such as the gradient g and its
running averages m̂ and v̂, by unary and binary functions. The reward of a rule is the
validation accuracy of a small network that was trained with it for a short time.

    1  r_k = b_k(u_k(o_k), u'_k(o'_k))    block k; o may be an operand or r_1 … r_k−1
    2  Δw  = −rate · r_D                  the last block is the rule
    3  m_t = β₁ m_t−1 + (1 − β₁) g        m̂ = m_t / (1 − β₁^t)
    4  v_t = β₂ v_t−1 + (1 − β₂) g²       v̂ = v_t / (1 − β₂^t)

With one block there are 8² · 4² · 4 = 4,096 strings, few enough to train with every
one of them. PowerSign, e^(sign g · sign m̂) · g, needs two blocks and AddSign,
(1 + sign g · sign m̂) · g, needs three: `NAMED_RULES`.

Deviations from the paper: the lists of operands and functions are ours and shorter
(the paper reports about a second list with noise, decayed weights, Adam and others).
The rules have no decay f(t), which is 1 here. All rules of one length are trained side
by side by `torch.func.vmap`: no Python branch depends on a rule, because every function
is computed and the string selects. A training whose weights leave ±`LIMIT` has
diverged; its network is then all zeros, and its accuracy is chance.

Read `update_of` first, then `rule_step`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.func import vmap

from lecture_code.gradients.token_space import Choice, Strings, Token, TokenSpace

OPERANDS = ("g", "g²", "g³", "m̂", "v̂", "sign g", "sign m̂", "1")
UNARIES = ("x", "exp x", "log|x|", "√|x|")
_WRITTEN: dict[Choice, str] = {
    "x": "{}",
    "exp x": "exp({})",
    "log|x|": "log|{}|",
    "√|x|": "√|{}|",
}
BINARIES = ("left", "+", "×", "÷")
"""Of two values; "left" is the first value, whatever the second is."""
TOKENS = 5
"""Tokens of a block: o, o', u, u', b."""
BETA_1, BETA_2 = 0.9, 0.999
EPSILON = 1e-8
"""Keeps divisors and the arguments of logarithms away from 0."""
LIMIT = 1e3
"""A training whose weights are larger than this has diverged."""

Block = tuple[Choice, Choice, Choice, Choice, Choice]
SIGNS_AGREE: Block = ("sign g", "sign m̂", "x", "x", "×")
NAMED_RULES: dict[str, tuple[Block, ...]] = {
    "SGD": (("g", "g", "x", "x", "left"),),
    "momentum": (("m̂", "g", "x", "x", "left"),),
    "RMSProp": (("g", "v̂", "x", "√|x|", "÷"),),
    "Adam": (("m̂", "v̂", "x", "√|x|", "÷"),),
    "sign SGD": (("sign g", "g", "x", "x", "left"),),
    "PowerSign": (SIGNS_AGREE, ("r1", "g", "exp x", "x", "×")),
    "AddSign": (
        SIGNS_AGREE,
        ("1", "r1", "x", "x", "+"),
        ("r2", "g", "x", "x", "×"),
    ),
}
"""Rules that people or the paper have named -> their blocks."""


@cache
def rule_space(blocks: int = 1) -> TokenSpace:
    """All rules of so many blocks; "r1" is the result of the first block.

    Raises:
        ValueError: there is no block.
    """
    if blocks < 1:
        raise ValueError(f"a rule needs at least one block; got {blocks}")
    tokens = []
    for k in range(1, blocks + 1):
        known = OPERANDS + tuple(f"r{j}" for j in range(1, k))
        tokens += [Token(f"left_{k}", known), Token(f"right_{k}", known)]
        tokens += [Token(f"left_unary_{k}", UNARIES)]
        tokens += [Token(f"right_unary_{k}", UNARIES)]
        tokens += [Token(f"binary_{k}", BINARIES)]
    return TokenSpace(tuple(tokens))


def rule_of(blocks: Sequence[Block], length: int | None = None) -> Strings:
    """The string (5 · length,) of a rule; further blocks repeat its result.

    Args:
        blocks: the rule.
        length: number of blocks of the string; None for as many as the rule has.

    Raises:
        ValueError: the string is too short, or a block has an unknown word.
    """
    length = len(blocks) if length is None else length
    if length < len(blocks):
        raise ValueError(f"the rule has {len(blocks)} blocks, not {length}")
    more = range(len(blocks), length)
    repeats: list[Block] = [(f"r{k}", "g", "x", "x", "left") for k in more]
    space = rule_space(length)
    words = [word for block in (*blocks, *repeats) for word in block]
    names = [token.name for token in space.tokens]
    return space.string(**dict(zip(names, words, strict=True)))


def named_rule(name: str, length: int | None = None) -> Strings:
    """The string of a named rule, see `rule_of`.

    Raises:
        ValueError: the name is unknown; the message lists all names.
    """
    if name not in NAMED_RULES:
        raise ValueError(f"no rule {name!r}; there are: {', '.join(NAMED_RULES)}")
    return rule_of(NAMED_RULES[name], length)


def formula(rule: Strings) -> str:
    """A rule (5 · D,) in symbols: 'm̂ ÷ √|v̂|'."""
    words = list(rule_space(len(rule) // TOKENS).values(rule).values())
    texts: dict[Choice, str] = {operand: operand for operand in OPERANDS}
    for k in range(0, len(words), TOKENS):
        left, right, left_unary, right_unary, binary = words[k : k + TOKENS]
        sides = []
        for unary, operand in ((left_unary, left), (right_unary, right)):
            text = _WRITTEN[unary].format(texts[operand])
            bare = binary == "left" or unary != "x" or operand in OPERANDS
            sides.append(text if bare else f"({text})")
        text = sides[0] if binary == "left" else f" {binary} ".join(sides)
        texts[f"r{k // TOKENS + 1}"] = text
    return text


# --- one rule ---


def option(options: Tensor, which: Tensor) -> Tensor:
    """The option (P,) of this number, of options (K, P); which is ()."""
    return options.index_select(0, which[None])[0]


def unaries(x: Tensor) -> Tensor:
    """x (P,) by each of `UNARIES`, (4, P)."""
    size = x.abs()
    return torch.stack([x, x.exp(), (size + EPSILON).log(), size.sqrt()])


def binaries(x: Tensor, y: Tensor) -> Tensor:
    """x and y by each of `BINARIES`, (4, P); a divisor is moved away from 0."""
    divisor = y + torch.where(y < 0, -EPSILON, EPSILON)
    return torch.stack([x, x + y, x * y, x / divisor])


def update_of(rule: Tensor, g: Tensor, m: Tensor, v: Tensor) -> Tensor:
    """r_D, what a rule makes of a gradient: the weights change by −rate times this.

    Args:
        rule: (5 · D,).
        g: gradient, (P,).
        m, v: m̂ and v̂, (P,).
    """
    known = [g, g**2, g**3, m, v, g.sign(), m.sign(), torch.ones_like(g)]
    for block in rule.reshape(-1, TOKENS).unbind():
        o, o_, u, u_, b = block.unbind()
        values = torch.stack(known)
        left = option(unaries(option(values, o)), u)
        right = option(unaries(option(values, o_)), u_)
        known.append(option(binaries(left, right), b))  # line 1
    return known[-1]


# --- many trainings at once ---


@dataclass(frozen=True)
class RuleState:
    """R trainings, each with a rule of its own.

    Args:
        weights: of the networks, (R, P).
        m, v: running averages of the gradient and of its square, (R, P).
        alive: which trainings have not diverged, (R,).
        steps: how many were taken.
    """

    weights: Tensor
    m: Tensor
    v: Tensor
    alive: Tensor
    steps: int = 0

    @classmethod
    def initial(cls, weights: Tensor, trainings: int) -> RuleState:
        """Every training begins with the same weights (P,)."""
        start = weights.expand(trainings, -1).clone()
        alive = torch.ones(trainings, dtype=torch.bool)
        return cls(start, torch.zeros_like(start), torch.zeros_like(start), alive)


def rule_step(
    state: RuleState,
    rules: Tensor,
    rates: Tensor,
    gradient: Callable[[Tensor], Tensor],
) -> RuleState:
    """One step of every training.

    Args:
        state: so far.
        rules: one for each training, (R, 5 · D).
        rates: one for each training, (R,).
        gradient: weights (R, P) -> gradients (R, P).

    Raises:
        ValueError: there are not as many rules or rates as trainings.
    """
    if not len(rules) == len(rates) == len(state.weights):
        raise ValueError(
            f"{len(state.weights)} trainings need as many rules and rates; got "
            f"{len(rules)} and {len(rates)}"
        )
    t = state.steps + 1
    g = gradient(state.weights)
    m = BETA_1 * state.m + (1 - BETA_1) * g  # line 3
    v = BETA_2 * state.v + (1 - BETA_2) * g**2  # line 4
    r = vmap(update_of)(rules, g, m / (1 - BETA_1**t), v / (1 - BETA_2**t))
    weights = state.weights - rates[:, None] * r  # line 2
    alive = state.alive & (weights.abs().amax(dim=1) < LIMIT)  # false for NaN
    kept = [torch.where(alive[:, None], part, 0.0) for part in (weights, m, v)]
    return RuleState(kept[0], kept[1], kept[2], alive, t)


def same_rules(rules: Strings, rng: np.random.Generator) -> NDArray[np.int64]:
    """For each rule (N, 5 · D) the row of the first rule that does the same, (N,).

    Two rules do the same if their updates differ only by a positive factor, which the
    rate makes up for, as in m̂ and m̂ × exp(1). This is tried on 64 random values whose
    sizes lie between 0.0001 and 1. A factor below 0.000001 counts as 0.
    """
    sizes = torch.from_numpy(10.0 ** rng.uniform(-4.0, 0.0, size=(3, 64)))
    signs = torch.from_numpy(rng.choice([-1.0, 1.0], size=(2, 64)))
    points = [signs[0] * sizes[0], signs[1] * sizes[1], sizes[2] ** 2]
    r = vmap(update_of, in_dims=(0, None, None, None))(torch.from_numpy(rules), *points)
    largest = r.abs().amax(dim=1, keepdim=True)
    unit = torch.where(largest > 1e-6, r / largest, 0.0).numpy()
    rows = np.zeros(len(rules), dtype=np.int64)
    first: list[int] = []  # rows of the rules that differ from all before them
    for row, own in enumerate(unit):
        near = np.abs(unit[first] - own) <= 1e-4 * np.abs(own) + 1e-9
        alike = np.flatnonzero(near.all(axis=1))
        rows[row] = first[alike[0]] if len(alike) else row
        first += [] if len(alike) else [row]
    return rows
