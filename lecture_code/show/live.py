"""The live face: ipywidgets, and one small widget of our own that shows HTML in which the book's elements work.

Imported only where there is a kernel to answer: see `page.static_page`.
"""

from __future__ import annotations

from typing import Any

import anywidget
import ipywidgets
import traitlets

from .page import SCRIPTS, STYLE_SHEET, web_source

_RENDER = """
export default {
  render({ model, el }) {
    const show = () => {
      const made = document.createElement("template");
      made.innerHTML = model.get("html");
      window.RealityGap.turn(el, ...document.importNode(made.content, true).childNodes);
    };
    model.on("change:html", show);
    show();
  },
};
"""


class Stage(anywidget.AnyWidget):
    """Shows `html`; replays in it carry on when it changes."""

    _esm = "\n".join([*map(web_source, SCRIPTS), _RENDER])
    _css = web_source(STYLE_SHEET)
    html = traitlets.Unicode("").tag(sync=True)


def views(widget: ipywidgets.DOMWidget) -> dict[str, Any]:
    """The mime bundle of a widget without its metadata."""
    made = widget._repr_mimebundle_()
    data: dict[str, Any] = made[0] if isinstance(made, tuple) else made  # anywidget gives (data, metadata)
    return {key: value for key, value in data.items() if key != "text/plain"}
