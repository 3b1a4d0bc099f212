"""Architecture search with REINFORCE: a controller learns to write good networks.

Zoph & Le, "Neural Architecture Search with Reinforcement Learning" (2017),
arXiv:1611.01578, sections 3.1 and 3.2; REINFORCE is Williams (1992). The controller
writes a string, the string describes a network (the child), and the child's accuracy on
validation images makes the reward R. Nobody can differentiate R with respect to the
string, but one can differentiate the probability of the string:

    (1)  J(θ_c)   = E_P(a_1:T; θ_c)[R]
    (2)  ∇J(θ_c)  = Σ_t E_P(a_1:T; θ_c)[∇ log P(a_t | a_(t−1):1; θ_c) R]
    (3)           ≈ (1/m) Σ_k Σ_t ∇ log P(a_t | a_(t−1):1; θ_c) (R_k − b)
    (4)  b        = moving average of the rewards of earlier batches

Idea. A string that earned more than b becomes more likely, and a string that earned
less becomes less likely. The baseline b does not change the mean of (3) as long as it
does not depend on the string that it is subtracted for, and it makes the variance much
smaller. `reinforce_step` is one turn:

     1  the controller writes m strings
     2  m children are trained; their rewards are R_1 … R_m
     3  b is taken from the rewards of earlier batches            (4)
     4  the gradient is (3), plus w times that of the entropy
     5  Adam moves θ_c uphill
     6  the moving average learns R_1 … R_m

Read `reinforce_step`, then `reinforce_update`. The controllers are in
`string_controllers.py`; baselines other than (4), and which of them keep the mean of
(3), in `reward_baselines.py`.

Deviations from the paper: decay 0.95 is our choice, the paper's text gives none. Before
the first batch there is no average, and b = 0. The entropy bonus is ours, and it is
off by default. The bonus differentiates the softmaxes along the sampled strings, not
the probability of reaching them. One process; the paper's 800 are simulated in
`controller_replicas.py`.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from lecture_code.gradients.reward_baselines import (
    MovingAverage,
    baselines_of,
    checked_rewards,
    require_learning,
)
from lecture_code.gradients.string_controllers import (
    StringController,
    mean_entropies,
    sum_of_chosen,
)
from lecture_code.gradients.token_space import Strings

Floats = NDArray[np.float64]
Query = Callable[[Strings, np.random.Generator], Floats]
"""query(strings (N, T), rng) -> rewards (N,): trains N children."""


@dataclass(frozen=True)
class SearchSettings:
    """How a controller learns.

    Args:
        children: m, the strings of one batch.
        rate: of Adam.
        baseline: of `BASELINES`; "past" is the paper's.
        decay: β of the moving average.
        constant: b, if the baseline is "constant".
        entropy: w, the weight of the entropy bonus [reward per nat].

    Raises:
        ValueError: a number is out of range, or the baseline is unknown.
    """

    children: int = 8
    rate: float = 6e-4
    baseline: str = "past"
    decay: float = 0.95
    constant: float = 0.0
    entropy: float = 0.0

    def __post_init__(self) -> None:
        if not self.rate > 0:  # nan is refused, too
            raise ValueError(f"rate must be positive; got {self.rate}")
        require_learning(self.children, self.baseline, self.decay, self.entropy)


@dataclass(frozen=True, eq=False)
class SearchState:
    """Between two batches, with the record of the last batch. No step changes it.

    Args:
        controller: writes the strings.
        optimiser: Adam of the controller's parameters.
        average: of the rewards so far.
        queries: children trained so far.
        strings: of the last batch, (m, T).
        rewards: of the last batch, (m,).
        baselines: what was subtracted from them, (m,).
        entropy: of each token [nats] when the last batch was written, (T,).
    """

    controller: StringController
    optimiser: torch.optim.Optimizer
    average: MovingAverage
    queries: int
    strings: Strings
    rewards: Floats
    baselines: Floats
    entropy: Floats


def initial_search(
    controller: StringController, settings: SearchSettings
) -> SearchState:
    """Before the first batch; the controller is copied."""
    controller = copy.deepcopy(controller)
    optimiser = torch.optim.Adam(controller.parameters(), settings.rate)
    tokens = len(controller.space.tokens)
    return SearchState(
        controller,
        optimiser,
        MovingAverage(),
        queries=0,
        strings=np.empty((0, tokens), dtype=np.int64),
        rewards=np.empty(0),
        baselines=np.empty(0),
        entropy=np.full(tokens, np.nan),
    )


def reinforce(
    state: SearchState,
    query: Query,
    settings: SearchSettings,
    rng: np.random.Generator,
) -> Iterator[SearchState]:
    """The search, batch by batch, for ever: take as many batches as can be paid."""
    while True:
        state = reinforce_step(state, query, settings, rng)
        yield state


def reinforce_step(
    state: SearchState,
    query: Query,
    settings: SearchSettings,
    rng: np.random.Generator,
) -> SearchState:
    """One batch: lines 1 to 6.

    Args:
        state: so far.
        query: trains children, and gives their rewards.
        settings: how the controller learns.
        rng: draws the strings, and is handed to `query`.
    """
    strings, _ = state.controller.sample(settings.children, rng)  # line 1
    rewards = query(strings, rng)  # line 2
    return reinforce_update(state, strings, rewards, settings)


def reinforce_update(
    state: SearchState, strings: Strings, rewards: Floats, settings: SearchSettings
) -> SearchState:
    """What the controller learns from strings that it has just written: lines 3 to 6.

    Args:
        state: so far.
        strings: of this controller, (m, T).
        rewards: of their children, (m,).
        settings: how the controller learns.

    Raises:
        ValueError: not one finite reward for each string.
    """
    controller, optimiser = copy.deepcopy((state.controller, state.optimiser))
    state = replace(state, controller=controller, optimiser=optimiser)
    return updated_in_place(state, strings, rewards, settings)


def updated_in_place(
    state: SearchState, strings: Strings, rewards: Floats, settings: SearchSettings
) -> SearchState:
    """`reinforce_update` without a copy: it changes the controller of the old state."""
    rewards = checked_rewards(strings, rewards)
    b = baselines_of(
        settings.baseline, rewards, state.average, settings.decay, settings.constant
    )  # line 3
    gain, entropy = surrogate_gain(
        state.controller, strings, rewards - b, settings.entropy
    )
    state.optimiser.zero_grad()
    (-gain).backward()  # type: ignore[no-untyped-call]  # line 4; Adam minimises
    state.optimiser.step()  # line 5
    return replace(
        state,
        average=state.average.after(float(rewards.mean()), settings.decay),  # line 6
        queries=state.queries + len(rewards),
        strings=strings,
        rewards=rewards,
        baselines=b,
        entropy=entropy.detach().double().numpy(),
    )


def surrogate_gain(
    controller: StringController, strings: Strings, advantages: Floats, entropy: float
) -> tuple[Tensor, Tensor]:
    """A number whose gradient is (3), plus `entropy` times that of the entropy.

    Args:
        controller: wrote the strings.
        strings: (m, T).
        advantages: R_k − b, (m,).
        entropy: w.

    Returns:
        the number, and the entropy of each token [nats], (T,).
    """
    predictions = controller.predictions(strings)
    log_p = sum_of_chosen(predictions, strings)
    entropies = mean_entropies(predictions)
    A = torch.as_tensor(advantages, dtype=log_p.dtype)
    return (log_p * A).mean() + entropy * entropies.sum(), entropies  # eq. 3


class ReinforceSearch:
    """The same behind the seam of `string_search.py`: ask for strings, tell rewards.

    Args:
        controller: to begin with; it is copied.
        settings: how it learns.
    """

    def __init__(self, controller: StringController, settings: SearchSettings) -> None:
        self.settings = settings
        self.state: SearchState = initial_search(controller, settings)

    def ask(self, rng: np.random.Generator) -> Strings:
        """The next m strings, (m, T); the search does not change."""
        return self.state.controller.sample(self.settings.children, rng)[0]

    def tell(self, strings: Strings, rewards: Floats) -> None:
        """Learn from the strings that were asked for last, or from the first of them.

        Raises:
            ValueError: not one finite reward for each string.
        """
        self.state = updated_in_place(self.state, strings, rewards, self.settings)
