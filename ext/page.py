"""What a page carries and what it does not: scripts deferred and few, no third party's
address, a description, the version and the date.

The templates beside this file (`templates/`) replace those parts of the theme that
cannot be configured.
"""

import os
import re
from importlib.metadata import version
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config

# Scripts that no page uses: live code (Thebe, which would come from another server),
# widget managers, switches of the theme that are off.
UNUSED = (
    "thebe",
    "THEBE",
    "widget-state",
    "unpkg.com",
    "jsdelivr.net",
    "cdnjs.cloudflare.com",
    "DOCUMENTATION_OPTIONS.",
)
# Scripts and style sheets that a page carries only if its text holds one of these
# words.
NEEDED_FOR = {
    "clipboard.min.js": ("<pre",),
    "copybutton": ("<pre",),
    "mystnb.": ("cell",),
    "pygments.css": ("highlight",),
    "katex": ('class="math',),
    "togglebutton": ("dropdown", "toggle"),
    "toggleHint": ("dropdown", "toggle"),
    "toggleOpenOnPrint": ("dropdown", "toggle"),
    "sphinx-design": ('"sd-',),
    "design-tabs.js": ("sd-tab",),
    "proof.css": ('class="proof',),
    "exercise.css": ("exercise", "solution"),
    "player.js": (
        "<robot-replay",
        "<tetris-board",
        "<mujoco-playground",
        "<corridor-flight",
    ),
    "robot-replay.js": ("<robot-replay", "<mujoco-playground"),
    "tetris-board.js": ("<tetris-board",),
    "mujoco-robots.js": ("<mujoco-playground",),
    "mujoco-playground.js": ("<mujoco-playground",),
    "raycaster.js": ("<corridor-flight",),
    "corridor-robot.js": ("<corridor-flight",),
    "corridor-views.js": ("<corridor-flight",),
    "corridor-flight.js": ("<corridor-flight",),
    "grammar-sampler.js": ("<grammar-sampler",),
    "roll-out-viewer.js": ("<roll-out-viewer",),
    "seeded-plot.js": (
        "<architecture-search",
        "<choice-simplex",
        "<estimator-race",
    ),
    "architecture-table.js": ("<architecture-search", "<architecture-game"),
    "architecture-plots.js": ("<architecture-search", "<architecture-game"),
    "architecture-search.js": ("<architecture-search",),
    "architecture-game.js": ("<architecture-game",),
    "discrete-estimators.js": ("<choice-simplex", "<estimator-race"),
    "estimator-plots.js": ("<choice-simplex", "<estimator-race"),
    "choice-simplex.js": ("<choice-simplex",),
    "estimator-race.js": ("<estimator-race",),
    "result-table.js": ("<result-table",),
    "flip-book.js": ("<flip-book",),
    "predict-then-reveal.js": ("<predict-then-reveal",),
    "robot-hero.js": ("<robot-hero",),
}
STYLES = re.compile(r"<style>.*?</style>", re.DOTALL)  # name elements, but hold none
CORRECTIONS = {  # what assistive technology trips over
    'role="doc-biblioentry"': 'role="listitem"',  # withdrawn from the standard
    ' aria-label="Toggle hidden content"': "",  # hides the words that the element shows
}
DESCRIPTION = (
    "An interactive book on transfer from simulation to reality, and on gradients "
    "through discrete choices."
)


def set_release(app: Sphinx, config: Config) -> None:
    """The version of the book is that of its package; BOOK_URL, where set, is the
    address at which this copy will be published.
    """
    config.release = config.version = version("crossing-the-reality-gap")
    if address := os.environ.get("BOOK_URL", ""):
        config.html_baseurl = config.ogp_site_url = address.rstrip("/") + "/"


def wanted(asset: Any, body: str) -> bool:
    """Whether a page with this body has a use for a script or a style sheet."""
    text = f"{asset.filename or ''} {asset.attributes.get('body') or ''}"
    if any(word in text for word in UNUSED):
        return False
    return all(
        any(word in body for word in words)
        for name, words in NEEDED_FOR.items()
        if name in text
    )


def tidy(
    app: Sphinx,
    pagename: str,
    templatename: str,
    context: dict[str, Any],
    doctree: nodes.document | None,
) -> None:
    """Leave only what the page uses; scripts load without holding up the text, in the
    same order.
    """
    body = context.get("body", "")
    elements = STYLES.sub("", body)
    for kind in ("script_files", "css_files"):
        context[kind] = [asset for asset in context[kind] if wanted(asset, elements)]
    for script in context["script_files"]:
        if script.filename:
            script.attributes.pop("async", None)
            script.attributes["defer"] = "defer"
    for mistake, correction in CORRECTIONS.items():
        body = body.replace(mistake, correction)
    if body:
        context["body"] = body


def drop_live_code(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Take out the settings that Thebe leaves at the end of every page."""
    for raw in list(doctree.findall(nodes.raw)):
        if "text/x-thebe-config" in raw.astext() or "kernelName =" in raw.astext():
            raw.parent.remove(raw)


def describe(
    app: Sphinx,
    pagename: str,
    templatename: str,
    context: dict[str, Any],
    doctree: nodes.document | None,
) -> None:
    """Pages without text of their own (search, index) get the book's description."""
    if 'name="description"' not in context.get("metatags", ""):
        context["metatags"] = (
            context.get("metatags", "")
            + f'\n<meta name="description" content="{DESCRIPTION}" />'
        )


def setup(app: Sphinx) -> dict[str, Any]:
    """Register with Sphinx."""
    app.connect("config-inited", set_release)
    app.connect("doctree-resolved", drop_live_code, priority=900)
    app.connect("html-page-context", tidy, priority=900)
    app.connect("html-page-context", describe, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
