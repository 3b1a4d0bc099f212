"""Pages of their own for what a test shows, and the switch between them and a live
notebook.
"""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from lecture_code.show.assets import SCRIPTS, STYLE_SHEET, WEB

ENGINE = WEB.parents[1] / "_build" / "assets" / "mujoco-engine.js"


@pytest.fixture
def building(monkeypatch: pytest.MonkeyPatch) -> None:
    """The book is being built."""
    monkeypatch.setenv("BOOK_BUILD", "1")


@pytest.fixture(autouse=True)
def _live(monkeypatch: pytest.MonkeyPatch) -> None:
    """Unless a test says otherwise, there is a kernel."""
    monkeypatch.delenv("BOOK_BUILD", raising=False)


@pytest.fixture
def write_page(tmp_path: Path) -> Callable[..., str]:
    """`write_page(shown, ...)` writes a page with scripts and style beside it, and
    returns its file:// address.
    """

    def write(*shown: Any) -> str:
        for name in (*SCRIPTS, STYLE_SHEET):
            shutil.copy(WEB / name, tmp_path / name)
        scripts = "".join(f'<script defer src="{name}"></script>' for name in SCRIPTS)
        if ENGINE.is_file():
            shutil.copy(ENGINE, tmp_path / ENGINE.name)
        head = (
            '<meta charset="utf-8"><title>page</title>'
            f'<link rel="stylesheet" href="{STYLE_SHEET}">{scripts}'
        )
        body = "\n".join(thing.html() for thing in shown)
        path = tmp_path / "page.html"
        path.write_text(
            f'<!doctype html><html lang="en"><head>{head}</head>'
            f"<body>{body}</body></html>",
            encoding="utf-8",
        )
        return path.as_uri()

    return write


@pytest.fixture
def tall_gap() -> SimpleNamespace:
    """What is written behind this on a page lies far below the first screen."""
    return SimpleNamespace(html=lambda: '<div style="height: 5000px"></div>')


@pytest.fixture
def visit(
    open_page: Callable[..., Any], write_page: Callable[..., str], building: None
) -> Iterator[Callable[..., Any]]:
    """`visit(shown, ...)` opens a page that holds what is shown, with the network
    blocked; whatever goes wrong on it fails the test.
    """
    visits = []

    def open_(*shown: Any, **options: Any) -> Any:
        visits.append(open_page(write_page(*shown), **options))
        return visits[-1].page

    yield open_
    assert [complaint for visit in visits for complaint in visit.complaints()] == []
