"""`hints`: help in steps. The second hint opens inside the first, and the explanation
inside the last, so a reader meets them in their order; no script is needed.

    hints("Which quantity does the simulator not know?", "Look at the delay.",
          explanation="The delay: the command arrives three steps late.")
"""

from __future__ import annotations

from typing import Any

from .page import prose

MOST = 3  # hints before the explanation


class Hints:
    """What `hints` returns; the arguments are explained there."""

    def __init__(self, steps: tuple[str, ...], explanation: str) -> None:
        if not 1 <= len(steps) <= MOST or not all(step.strip() for step in steps):
            raise ValueError(
                f"give one to {MOST} hints, each with words; got {list(steps)}"
            )
        self.steps = steps
        self.explanation = explanation
        self.alt = f"{len(steps)} hints" + (
            ", then the explanation." * bool(explanation)
        )

    def html(self) -> str:
        """Nested `<details>`."""
        names = [
            f"Hint {n} of {len(self.steps)}" for n in range(1, len(self.steps) + 1)
        ]
        names = ["Hint"] if len(names) == 1 else names
        parts = [*zip(names, self.steps, strict=True)]
        parts += [("Explanation", self.explanation)] if self.explanation else []
        inner = ""
        for name, words in reversed(parts):
            step = f"<summary>{name}</summary><p>{prose(words)}</p>"
            inner = f"<details>{step}{inner}</details>"
        return f'<div class="rg-hints rg-shown">{inner}</div>'

    def _repr_mimebundle_(
        self, include: Any = None, exclude: Any = None
    ) -> dict[str, Any]:
        return {"text/html": self.html(), "text/plain": self.alt}


def hints(*steps: str, explanation: str = "") -> Hints:
    """Help in steps.

    Args:
        steps: one to three hints, from a nudge to nearly the answer; `code` and
            *emphasis* are marked up.
        explanation: opens after the last hint.

    Raises:
        ValueError: no hint, too many, or one without words.
    """
    return Hints(steps, explanation)
