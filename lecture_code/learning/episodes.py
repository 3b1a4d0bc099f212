"""Episodes that run side by side, and a network that acts in them.

N episodes are a value, `RunningEpisodes`: the state of the environment, what is
observed, what the network remembers. `run_segment` takes them through T control steps
with a given network, and returns the graph of every decision:

     1  draw actions, ~ π(· | o, memory), and make a control step
     2  where time runs out, V of the last state stands for what would follow
     3  an episode that ended makes room for a new one, with an empty memory

A network is a `torch.nn.Module` with (observations (N, …), memory (N, M)) ->
`Decision`. M is its `memory_size`, 0 for a network that forgets. Its parameters are
passed beside it, as `theta`, so that no function changes a network.

Read `run_segment`.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.func import functional_call

Array = NDArray[np.float64]
Bools = NDArray[np.bool_]
Theta = dict[str, Tensor]  # name of a parameter -> its value


class Decision(NamedTuple):
    """What a network says about N observations."""

    logits: Tensor  # of every choice of every part of the action, (N, A, C)
    values: Tensor  # V, (N,)
    memory: Tensor  # for the next step, (N, M)


class Environment(Protocol):
    """N episodes side by side. States are values: no method changes its arguments."""

    def start(self, n: int, rng: np.random.Generator, *, staggered: bool) -> Any:
        """State of n new episodes; `staggered` ones are at different moments."""

    def observe(self, state: Any, rng: np.random.Generator) -> NDArray[Any]:
        """Observations (N, …)."""

    def step(
        self, state: Any, actions: NDArray[np.int64], rng: np.random.Generator
    ) -> tuple[Any, Array]:
        """State after actions (N, A), and rewards (N,)."""

    def over(self, state: Any) -> tuple[Bools, Bools]:
        """Which episodes failed, and whose time ran out, (N,) each."""

    def renew(self, state: Any, which: Bools, rng: np.random.Generator) -> Any:
        """The state with new episodes in place of these, (N,)."""


@dataclass(frozen=True, eq=False)
class RunningEpisodes:
    """N episodes in the middle of their time.

    Args:
        state: of the environment.
        observations: of this state, (N, …).
        memory: of the network, (N, M).
        returns: of every episode so far, (N,).
        frames: number of control steps so far, over all episodes.
        finished: returns of the episodes that ended in the last segment.
    """

    state: Any
    observations: NDArray[Any]
    memory: Tensor
    returns: Array
    frames: int = 0
    finished: tuple[float, ...] = ()

    @classmethod
    def initial(
        cls,
        network: nn.Module,
        environment: Environment,
        n: int,
        rng: np.random.Generator,
    ) -> RunningEpisodes:
        """n new episodes at different moments of their time, with empty memories."""
        state = environment.start(n, rng, staggered=True)
        observations = environment.observe(state, rng)
        memory = torch.zeros(n, memory_size(network))
        return cls(state, observations, memory, np.zeros(n))


def learnt_parameters(network: nn.Module) -> Theta:
    """Copies of the parameters that learn; a frozen column's are not among them.

    Raises:
        ValueError: every parameter is frozen.
    """
    theta = {
        name: value.detach().clone()
        for name, value in network.named_parameters()
        if value.requires_grad
    }
    if not theta:
        raise ValueError(f"no parameter of this {type(network).__name__} learns")
    return theta


def with_parameters(network: nn.Module, theta: Theta) -> nn.Module:
    """A copy of the network in which these parameters have these values."""
    copy = deepcopy(network)
    parameters = dict(copy.named_parameters())
    with torch.no_grad():
        for name, value in theta.items():
            parameters[name].copy_(value)
    return copy


def frozen(network: nn.Module, but: Sequence[str] = ()) -> nn.Module:
    """A copy of the network that does not learn, except for the parameters `but`.

    Raises:
        ValueError: the network has no parameter of a name in `but`; lists its names.
    """
    copy = deepcopy(network)
    parameters = dict(copy.named_parameters())
    for name in but:
        if name not in parameters:
            known = ", ".join(parameters)
            raise ValueError(f"there is no parameter {name!r}; there are: {known}")
    for name, value in parameters.items():
        value.requires_grad_(name in but)
    return copy


def memory_size(network: nn.Module) -> int:
    """M, how many numbers a network keeps of an episode."""
    return int(getattr(network, "memory_size", 0))


def draw_actions(logits: Tensor, rng: np.random.Generator) -> NDArray[np.int64]:
    """Actions (N, A), ~ softmax of the logits (N, A, C)."""
    probabilities = logits.detach().double().softmax(-1).numpy()
    below = probabilities.cumsum(-1)[..., :-1]  # (N, A, C − 1)
    return np.asarray((rng.random((*below.shape[:2], 1)) > below).sum(-1))


class Segment(NamedTuple):
    """T steps of N episodes, with the graph of every decision; (N, T) each."""

    log_probs: Tensor
    entropies: Tensor
    values: Tensor
    rewards: Array
    following: Array  # V of the state after the step, without its graph
    ended: Bools


def run_segment(
    episodes: RunningEpisodes,
    network: nn.Module,
    theta: Theta,
    environment: Environment,
    steps: int,
    rng: np.random.Generator,
) -> tuple[RunningEpisodes, Segment]:
    """The episodes after T = `steps` control steps, and what happened in them."""
    state = episodes.state
    returns = episodes.returns.copy()
    finished: list[float] = []
    rows = []
    decision = decide(network, theta, episodes.observations, episodes.memory)
    for _ in range(steps):
        now = decision
        actions = draw_actions(now.logits, rng)
        state, rewards = environment.step(state, actions, rng)
        returns += rewards
        failed, timed_out = environment.over(state)
        ended = failed | timed_out
        observations = environment.observe(state, rng)
        last = value_of(network, theta, observations, now.memory, timed_out & ~failed)
        if ended.any():
            finished += returns[ended].tolist()
            returns[ended] = 0.0
            state = environment.renew(state, ended, rng)
            fresh = environment.observe(state, rng)
            observations = np.where(along(ended, observations), fresh, observations)
        memory = now.memory * torch.from_numpy(~ended)[:, None]  # empty in a new one
        decision = decide(network, theta, observations, memory)
        following = np.where(ended, last, as_array(decision.values))
        judged = judge(now.logits, actions)
        rows.append(Segment(*judged, now.values, rewards, following, ended))
    frames = episodes.frames + steps * len(returns)
    after = (state, observations, memory.detach(), returns, frames, tuple(finished))
    return RunningEpisodes(*after), as_segment(rows)


def as_segment(rows: Sequence[Segment]) -> Segment:
    """One segment (N, T) of T segments of one step each, (N,)."""
    graphs = [torch.stack(part, 1) for part in zip(*(r[:3] for r in rows), strict=True)]
    facts = [np.stack(part, 1) for part in zip(*(r[3:] for r in rows), strict=True)]
    return Segment(graphs[0], graphs[1], graphs[2], facts[0], facts[1], facts[2])


def decide(
    network: nn.Module, theta: Theta, observations: NDArray[Any], memory: Tensor
) -> Decision:
    """What the network with these parameters says."""
    seen = torch.from_numpy(observations)
    decision: Decision = functional_call(network, theta, (seen, memory))
    return decision


def value_of(
    network: nn.Module,
    theta: Theta,
    observations: NDArray[Any],
    memory: Tensor,
    which: Bools,
) -> Array:
    """V of these observations, (N,); zero for all others."""
    values = np.zeros(len(which))
    if which.any():
        with torch.no_grad():
            rows = torch.from_numpy(which)
            decision = decide(network, theta, observations[which], memory[rows])
        values[which] = as_array(decision.values)
    return values


def judge(logits: Tensor, actions: NDArray[np.int64]) -> tuple[Tensor, Tensor]:
    """log π(a | o) and H, (N,) each, of logits (N, A, C) and actions (N, A)."""
    logs = logits.log_softmax(-1)
    chosen = logs.gather(-1, torch.from_numpy(actions)[..., None])[..., 0]
    return chosen.sum(1), -(logs.exp() * logs).sum((1, 2))


def along(rows: Bools, values: NDArray[Any]) -> Bools:
    """Rows (N,) in the shape (N, 1, …) of values (N, …)."""
    return rows.reshape(len(rows), *[1] * (values.ndim - 1))


def as_array(values: Tensor) -> Array:
    """Values without their graph."""
    return np.asarray(values.detach().double().numpy())
