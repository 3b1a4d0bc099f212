"""Small environments and networks for the tests of learning from episodes."""

from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import nn

from lecture_code.learning.episodes import Decision


@dataclass(frozen=True)
class Walk:
    """Where N walks down a binary tree are, and how often they turned."""

    nodes: np.ndarray  # (N,), 1 at the root
    clock: np.ndarray  # (N,)


class Tree:
    """Three binary choices in a row. A node's children are 2 n and 2 n + 1; the reward
    of arriving at a node is in `rewards`. The walk fails after `depth` steps, or its
    time runs out, as `fails` says.
    """

    def __init__(self, rewards, depth=3, fails=True):
        self.rewards = np.asarray(rewards, float)
        self.depth = depth
        self.fails = fails

    def start(self, n, rng, *, staggered):
        return Walk(np.ones(n, int), np.zeros(n, int))

    def observe(self, state, rng):
        return np.eye(16, dtype=np.float32)[state.nodes]

    def step(self, state, actions, rng):
        nodes = 2 * state.nodes + actions[:, 0]
        return Walk(nodes, state.clock + 1), self.rewards[nodes]

    def over(self, state):
        ended = state.clock >= self.depth
        never = np.zeros_like(ended)
        return (ended, never) if self.fails else (never, ended)

    def renew(self, state, which, rng):
        return Walk(np.where(which, 1, state.nodes), np.where(which, 0, state.clock))


class TreeTable(nn.Module):
    """A table: two logits and a value for each node."""

    memory_size = 0

    def __init__(self, rng):
        super().__init__()
        table = rng.standard_normal((16, 3))
        self.table = nn.Parameter(torch.tensor(table, dtype=torch.float32))

    def forward(self, observations, memory):
        row = observations @ self.table
        return Decision(row[:, None, :2], row[:, 2], memory)


class CountingTable(nn.Module):
    """Remembers how many steps it has acted, times `gain`; its value is this number."""

    memory_size = 1

    def __init__(self):
        super().__init__()
        self.logits = nn.Parameter(torch.zeros(1, 2))
        self.gain = nn.Parameter(torch.ones(1))

    def forward(self, observations, memory):
        n = len(observations)
        return Decision(self.logits.expand(n, 1, 2), memory[:, 0], memory + self.gain)


@dataclass(frozen=True)
class Signs:
    """The sign that N episodes show, and their clock."""

    shown: np.ndarray  # (N,), 0 or 1
    clock: np.ndarray


class RepeatTheSign:
    """Ten steps; each rewards the action that repeats the sign, if it is `visible`."""

    def __init__(self, visible=True):
        self.visible = visible

    def start(self, n, rng, *, staggered):
        clock = rng.integers(10, size=n) if staggered else np.zeros(n, int)
        return Signs(rng.integers(2, size=n), clock)

    def observe(self, state, rng):
        signs = np.eye(2, dtype=np.float32)[state.shown]
        return signs if self.visible else np.ones_like(signs)

    def step(self, state, actions, rng):
        right = (actions[:, 0] == state.shown).astype(float)
        return Signs(rng.integers(2, size=len(right)), state.clock + 1), right

    def over(self, state):
        return np.zeros(len(state.clock), bool), state.clock >= 10

    def renew(self, state, which, rng):
        return replace(state, clock=np.where(which, 0, state.clock))


class RememberTheSign:
    """Three steps: the first shows a sign, and the last rewards its repetition."""

    def start(self, n, rng, *, staggered):
        clock = rng.integers(3, size=n) if staggered else np.zeros(n, int)
        return Signs(rng.integers(2, size=n), clock)

    def observe(self, state, rng):
        signs = np.eye(2, dtype=np.float32)[state.shown]
        return np.where(state.clock[:, None] == 0, signs, np.float32(0))

    def step(self, state, actions, rng):
        right = (actions[:, 0] == state.shown) & (state.clock == 2)
        return replace(state, clock=state.clock + 1), right.astype(float)

    def over(self, state):
        return state.clock >= 3, np.zeros(len(state.clock), bool)

    def renew(self, state, which, rng):
        shown = np.where(which, rng.integers(2, size=len(which)), state.shown)
        return Signs(shown, np.where(which, 0, state.clock))


class RecurrentNetwork(nn.Module):
    """m ← tanh(W [o, m]), or tanh(W [o, 0]) for one that forgets; linear in m."""

    def __init__(self, rng, remembers=True):
        super().__init__()
        self.memory_size = 6
        self.remembers = remembers
        weights = rng.standard_normal((8, 6)), 0.1 * rng.standard_normal((6, 3))
        W, head = (torch.tensor(part, dtype=torch.float32) for part in weights)
        self.W, self.head = nn.Parameter(W), nn.Parameter(head)

    def forward(self, observations, memory):
        kept = memory * self.remembers
        after = torch.tanh(torch.cat([observations, kept], 1) @ self.W)
        row = after @ self.head
        return Decision(row[:, None, :2], row[:, 2], after)


class SignNetwork(nn.Module):
    """Linear in two numbers: logits and value."""

    memory_size = 0

    def __init__(self):
        super().__init__()
        self.W = nn.Parameter(torch.zeros(2, 3))

    def forward(self, observations, memory):
        row = observations @ self.W
        return Decision(row[:, None, :2], row[:, 2], memory)


class Scripted:
    """In place of a generator: uniform numbers that choose these actions (N, T) of two
    equally named choices, whatever their probabilities.
    """

    def __init__(self, actions):
        self.columns = iter(np.asarray(actions).T)

    def random(self, shape):
        return next(self.columns).reshape(shape).astype(float)
