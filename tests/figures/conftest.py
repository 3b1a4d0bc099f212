"""Pictures whose matplotlib figures the tests can still look at."""

import sys
from collections.abc import Callable
from typing import Any

import pytest
from matplotlib.figure import Figure

from lecture_code.show import Picture


class Kept:
    """In place of a `Picture`: its figure, undrawn, and its words."""

    def __init__(self, figure: Figure, alt: str, **words: Any) -> None:
        self.figure = figure
        self.alt = alt
        self.caption = words.get("caption", "")

    def html(self) -> str:
        return "<figure></figure>"


def in_place_of_pictures(
    monkeypatch: pytest.MonkeyPatch, make: Callable[..., Any]
) -> None:
    """Every chapter's figures call `make` where they would make a `Picture`."""
    changed = 0
    for name, module in list(sys.modules.items()):
        ours = name.startswith("lecture_code.figures.")
        if ours and vars(module).get("Picture") is Picture:
            monkeypatch.setattr(module, "Picture", make)
            changed += 1
    assert changed


@pytest.fixture
def kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pictures keep their figures and are not drawn."""
    in_place_of_pictures(monkeypatch, Kept)


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[Figure]:
    """The matplotlib figures that are shown during a test, in order; the letters of
    each are at least 11 px high on a phone.
    """
    shown: list[Figure] = []

    def keep(figure: Figure, alt: str, **words: Any) -> Picture:
        shown.append(figure)
        picture = Picture(figure, alt, **words)
        assert picture.text_on_phone >= 11
        return picture

    in_place_of_pictures(monkeypatch, keep)
    return shown
