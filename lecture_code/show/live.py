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

_BEFORE = "(window.RealityGap ||= {}).inNotebook = true;"
_RENDER = """
const PATIENCE = 60000;

/** Ask this view's own kernel for the engine, once: no server has it here. */
function ask(model, pending) {
  return new Promise((done, failed) => {
    const stop = () => {
      model.off("msg:custom", answer);
      clearTimeout(clock);
      pending.delete(stop);
    };
    const answer = (message, buffers) => {
      if (message.kind !== "engine") return;
      stop();
      if (message.error) return failed(new Error(message.error));
      const script = new Blob(buffers, { type: "text/javascript" });
      window.RealityGap.loadScript(URL.createObjectURL(script)).then(done, failed);
    };
    const late = () => {
      stop();
      failed(new Error("the kernel did not answer; is it running? Run the cell again"));
    };
    const clock = setTimeout(late, window.RealityGap.patience || PATIENCE);
    pending.add(stop);
    model.on("msg:custom", answer);
    model.send({ kind: "engine" });
  });
}

export default {
  render({ model, el }) {
    const pending = new Set();
    el.fetchEngine = () => ask(model, pending);
    const show = () => {
      const made = document.createElement("template");
      made.innerHTML = model.get("html");
      const parts = document.importNode(made.content, true).childNodes;
      window.RealityGap.turn(el, ...parts);
    };
    model.on("change:html", show);
    show();
    return () => {
      model.off("change:html", show);
      for (const stop of [...pending]) stop();
      el.replaceChildren();
    };
  },
};
"""


class HtmlWidget(anywidget.AnyWidget):
    """Shows `html`; replays in it carry on when it changes."""

    _esm = "\n".join([_BEFORE, *map(web_source, SCRIPTS), _RENDER])
    _css = web_source(STYLE_SHEET)
    html = traitlets.Unicode("").tag(sync=True)

    def __init__(self, **traits: Any) -> None:
        super().__init__(**traits)
        self.on_msg(_answer)


def _answer(widget: HtmlWidget, message: Any, buffers: Any) -> None:
    """Hand out the physics engine to a page that asks for it; it is sent once, when it
    is needed, and kept in no notebook.
    """
    if message.get("kind") != "engine":
        return
    try:
        widget.send({"kind": "engine"}, buffers=[engine_source()])
    except FileNotFoundError as missing:
        widget.send({"kind": "engine", "error": str(missing)})


def views(widget: ipywidgets.DOMWidget) -> dict[str, Any]:
    """The mime bundle of a widget without its metadata."""
    bundle = widget._repr_mimebundle_()
    # anywidget gives (data, metadata)
    data: dict[str, Any] = bundle[0] if isinstance(bundle, tuple) else bundle
    return {key: value for key, value in data.items() if key != "text/plain"}
