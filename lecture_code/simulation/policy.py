"""Policies, as a rollout sees them.

A policy that forgets is any function `(observations (N, …), rng) -> actions (N, A)`.

A policy that remembers (a gait that knows its phase, a recurrent network) has a method
`start(n)` instead: it gives the function that acts in one rollout of n worlds. What is
remembered belongs to that function, so that each rollout begins with an empty memory,
and one policy may act in several rollouts at once:

    class Recurrent:
        def start(self, n: int) -> Act:
            hidden = np.zeros((n, self.width))

            def act(observations, rng):
                nonlocal hidden
                hidden = np.tanh(hidden @ self.W + observations @ self.U)
                return hidden @ self.V

            return act

`start` draws nothing: what a policy draws comes from the `rng` of its first step.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

Act = Callable[[NDArray[Any], np.random.Generator], NDArray[np.float64]]
"""Observations (N, …) and a generator -> actions (N, A)."""


@runtime_checkable
class Remembering(Protocol):
    """A policy whose actions depend on more than the latest observation."""

    def start(self, n: int) -> Act:
        """What acts in one rollout of n worlds, from its first step to its last."""


Policy = Act | Remembering


def started(policy: Policy, n: int) -> Act:
    """What acts in one rollout of n worlds: the policy itself if it forgets.

    Raises:
        ValueError: the policy's `start` gives nothing that can act.
    """
    if not isinstance(policy, Remembering):
        return policy
    act = policy.start(n)
    if not callable(act):
        raise ValueError(
            f"start({n}) of {type(policy).__name__} must give a function of "
            f"observations and rng; got {act!r}"
        )
    return act
