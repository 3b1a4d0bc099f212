"""The live face: ipywidgets, and one small widget of our own that shows HTML in which
the book's elements work.

Imported only where there is a kernel to answer: see `page.static_page`.
"""

from __future__ import annotations

from typing import Any

import anywidget
import ipywidgets
import traitlets

from .assets import SCRIPTS, STYLE_SHEET, engine_source, web_source

_RENDER = """
export default {
  render({ model, el }) {
    window.RealityGap.fetchEngine = () => new Promise((done, failed) => { // here no server has it: the kernel does
      const answer = (message, buffers) => {
        model.off("msg:custom", answer);
        if (message.error) failed(new Error(message.error));
        else window.RealityGap.loadScript(URL.createObjectURL(new Blob(buffers, { type: "text/javascript" }))).then(done, failed);
      };
      model.on("msg:custom", answer);
      model.send({ kind: "engine" });
    });
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

    def __init__(self, **traits: Any) -> None:
        super().__init__(**traits)
        self.on_msg(_answer)


def _answer(stage: Stage, message: Any, buffers: Any) -> None:
    """Hand out the physics engine to a page that asks for it; it is sent once, when it
    is needed, and kept in no notebook.
    """
    if message.get("kind") != "engine":
        return
    try:
        stage.send({"kind": "engine"}, buffers=[engine_source()])
    except FileNotFoundError as missing:
        stage.send({"kind": "engine", "error": str(missing)})


def views(widget: ipywidgets.DOMWidget) -> dict[str, Any]:
    """The mime bundle of a widget without its metadata."""
    made = widget._repr_mimebundle_()
    data: dict[str, Any] = (
        made[0] if isinstance(made, tuple) else made
    )  # anywidget gives (data, metadata)
    return {key: value for key, value in data.items() if key != "text/plain"}
