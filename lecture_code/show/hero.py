"""`Hero`: the first picture of the book, the same policy in the simulator and on a
"real" robot, side by side.

The element `<robot-hero>` plays both at once, and its buttons choose the "real" robot;
without JavaScript the stills of all worlds are on the page.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .page import bundle, prose
from .replay import Replay
from .sliders import BUTTONS, choice_buttons


class Hero:
    """Two replays side by side, with buttons that choose the second.

    Args:
        simulator: stands on the left, above the other where the screen is narrow.
        worlds: what a button says → the replay that it shows on the right.
        label: what the buttons choose.
        start: position of the world to begin with.
        caption: a sentence below both recordings.

    Raises:
        ValueError: fewer than two worlds to choose from, or more than three, or a start
            that is not among them.
    """

    def __init__(
        self,
        simulator: Replay,
        worlds: Mapping[str, Replay],
        *,
        label: str = "World",
        start: int = 0,
        caption: str = "",
    ) -> None:
        if not 2 <= len(worlds) <= BUTTONS or not 0 <= start < len(worlds):
            raise ValueError(
                "a hero needs two or three worlds to choose from and a start among "
                f"them; got {list(worlds)} and start {start}"
            )
        self.simulator = simulator
        self.worlds = dict(worlds)
        self.label = label
        self.start = start
        self.caption = caption
        replays = [simulator, *self.worlds.values()]
        self.alt = " ".join(replay.alt for replay in replays)

    def html(self) -> str:
        """`<robot-hero>` with its buttons and a replay for each world."""
        buttons = choice_buttons(self.label, list(self.worlds), self.start)
        real = "".join(
            f'<div class="rg-world"{" data-start" * (at == self.start)}>'
            f"{replay.html()}</div>"
            for at, replay in enumerate(self.worlds.values())
        )
        note = f'<p class="rg-note">{prose(self.caption)}</p>' if self.caption else ""
        return (
            f'<robot-hero class="rg-shown">{buttons}<div class="rg-pair">'
            f"<div>{self.simulator.html()}</div><div>{real}</div></div>{note}"
            "</robot-hero>"
        )

    def _repr_mimebundle_(
        self, include: Any = None, exclude: Any = None
    ) -> dict[str, Any]:
        return bundle(self)
