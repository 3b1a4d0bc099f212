"""The sources of the page's elements: scripts and style sheets of `book/web`, and the
engine that `make build` lays beside them.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import lecture_code

WEB = Path(lecture_code.__file__).resolve().parents[1] / "book" / "web"
SCRIPTS = (
    "base.js",
    "player.js",
    "robot-replay.js",
    "tetris-board.js",
    "result-table.js",
    "flip-book.js",
    "predict-then-reveal.js",
    "robot-hero.js",
    "reading-progress.js",
    "mujoco-robots.js",
    "mujoco-playground.js",
    "raycaster.js",
    "corridor-robot.js",
    "corridor-views.js",
    "corridor-flight.js",
    "grammar-sampler.js",
    "roll-out-viewer.js",
    "seeded-plot.js",
    "architecture-table.js",
    "architecture-plots.js",
    "architecture-search.js",
    "architecture-game.js",
    "discrete-estimators.js",
    "estimator-plots.js",
    "choice-simplex.js",
    "estimator-race.js",
)
STYLE_SHEET = "elements.css"


@cache
def web_source(name: str) -> str:
    """The text of one of the page's own scripts or style sheets, from `book/web`.

    Raises:
        FileNotFoundError: `book/web` is not beside the package, so this is not an
            editable install of the repository.
    """
    path = WEB / name
    if not path.is_file():
        known = sorted(p.name for p in WEB.glob("*.*s")) if WEB.is_dir() else []
        missing = (
            "that folder is missing: install the book from its repository with "
            "`pip install -e .`"
        )
        beside = f"it has {known}" if known else missing
        raise FileNotFoundError(f"no page asset {name!r} in {WEB}; {beside}")
    return path.read_text(encoding="utf-8")


def engine_source() -> bytes:
    """The script of the physics engine for the page.

    Raises:
        FileNotFoundError: it has not been made yet; the message says how it is.
    """
    path = WEB.parents[1] / "_build" / "assets" / "mujoco-engine.js"
    if not path.is_file():
        raise FileNotFoundError(
            "the engine has not been made yet: run `make build`, or start JupyterLab "
            "with `make lab`"
        )
    return path.read_bytes()


def engine_version() -> str:
    """Version of MuJoCo that the page loads, as package.json pins it."""
    package = json.loads((WEB.parents[1] / "package.json").read_text(encoding="utf-8"))
    return str(package["dependencies"]["@mujoco/mujoco"])
