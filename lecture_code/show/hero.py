"""`Hero`: the first picture of the book, the same policy in two worlds.

The element `<robot-hero>` plays at once, one world at a time; without JavaScript the
stills of both worlds stand one below the other.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .page import bundle
from .replay import Replay
from .sliders import BUTTONS, choice_buttons


class Hero:
    """A switch between recordings.

    Args:
        worlds: what the switch says → the recording of that world.
        label: what the switch chooses.
        start: position of the world to begin with.

    Raises:
        ValueError: fewer than two worlds, or more than the switch has room for.
    """

    def __init__(
        self, worlds: Mapping[str, Replay], *, label: str = "World", start: int = 0
    ) -> None:
        if not 2 <= len(worlds) <= BUTTONS or not 0 <= start < len(worlds):
            raise ValueError(
                f"a hero needs two or three worlds and a start among them; got "
                f"{list(worlds)} and start {start}"
            )
        self.worlds, self.label, self.start = dict(worlds), label, start
        self.alt = " ".join(replay.alt for replay in self.worlds.values())

    def html(self) -> str:
        """`<robot-hero>` with a replay for each world."""
        switch = choice_buttons(self.label, list(self.worlds), self.start)
        views = "".join(replay.html() for replay in self.worlds.values())
        return f'<robot-hero class="rg-shown">{switch}{views}</robot-hero>'

    def _repr_mimebundle_(
        self, include: Any = None, exclude: Any = None
    ) -> dict[str, Any]:
        return bundle(self)
