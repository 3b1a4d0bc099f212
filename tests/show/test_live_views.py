"""What must hold of the views of notebooks that share a tab: each asks its own kernel,
and leaves nothing behind.
"""

import pytest

from lecture_code.learning import LinearPolicy
from lecture_code.show import playground
from lecture_code.show.assets import engine_source
from lecture_code.show.live import HtmlWidget
from lecture_code.simulation import make_world

pytestmark = pytest.mark.browser

# A model as a notebook gives one to a view: it counts its listeners and what it was
# asked, and answers like a kernel that runs, one that has an error, or one that died.
PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>views</title>
<body>
<script type="module">
  import view from "./stage.js";
  window.answers = {};
  window.model = (html, answer) => {
    const listeners = [];
    return {
      listeners, sent: [],
      get: () => html,
      on: (name, call) => listeners.push([name, call]),
      off: (name, call) => {
        const at = listeners.findIndex((one) => one[0] === name && one[1] === call);
        if (at >= 0) listeners.splice(at, 1);
      },
      send(message) {
        this.sent.push(message);
        const told = answer();
        if (told) queueMicrotask(() => this.tell(...told));
      },
      tell(message, buffers) {
        for (const [name, call] of [...listeners])
          if (name === "msg:custom") call(message, buffers);
      },
    };
  };
  window.open_ = (model) => {
    const el = document.createElement("div");
    document.body.append(el);
    const close = view.render({ model, el });
    return { el, close: () => (close(), el.remove()) };
  };
  window.loaded = true;
</script></body></html>"""


@pytest.fixture
def views(open_page, serve, tmp_path, monkeypatch):
    """A page with the script of the live view, and the markup of a playground."""
    monkeypatch.setenv("BOOK_BUILD", "1")
    made = playground(
        make_world("hopper"),
        LinearPolicy.initial(11, 3),
        {"gravity": (-16, -4)},
        title="Live",
        seconds=0.1,
    )
    (tmp_path / "stage.js").write_text(str(HtmlWidget._esm), encoding="utf-8")
    (tmp_path / "engine.js").write_bytes(engine_source())
    (tmp_path / "page.html").write_text(PAGE, encoding="utf-8")
    page = open_page(f"{serve(tmp_path)}page.html").page
    page.wait_for_function("window.loaded")
    page.evaluate("(html) => { window.html = html; }", made.html())
    return page


def test_each_view_asks_its_own_kernel(views):
    """With a kernel that is dead in one notebook, the robot of the other one comes
    alive, by the answer of its own kernel; the first tells in words that none came.
    """
    found = views.evaluate(
        """async () => {
          RealityGap.patience = 50;
          const engine = await (await fetch("engine.js")).arrayBuffer();
          const dead = model(html, () => null);
          const alive = model(html, () => [{ kind: "engine" }, [engine]]);
          const [one, other] = [open_(dead), open_(alive)];
          const robots = [one, other].map(({ el }) => el.firstElementChild);
          const first = robots[0].prepare(), second = await robots[1].prepare();
          return {
            second, first: await first, words: robots[0].status.textContent,
            sent: [dead.sent.length, alive.sent.length],
            listeners: [dead, alive].map(({ listeners }) => listeners.length),
          };
        }"""
    )
    assert found["second"] is True and found["first"] is False
    assert "the kernel did not answer" in found["words"]
    assert found["sent"] == [1, 1] and found["listeners"] == [1, 1]


def test_an_error_of_the_kernel_is_told(views):
    """What the kernel says of a missing engine stands in the status line, and Play may
    ask again.
    """
    found = views.evaluate(
        """async () => {
          const mine = model(html, () => [{ kind: "engine", error: "run make build" }]);
          const { el } = open_(mine), robot = el.firstElementChild;
          const ready = [await robot.prepare(), await robot.prepare()];
          return { ready, words: robot.status.textContent, sent: mine.sent.length };
        }"""
    )
    assert found["ready"] == [False, False] and found["sent"] == 2
    assert "run make build" in found["words"]


def test_removed_views_leave_no_listener(views):
    """Twenty views that were made, asked and removed leave nothing on their model."""
    left = views.evaluate(
        """() => {
          const mine = model(html, () => null);
          for (let n = 0; n < 20; n++) {
            const { el, close } = open_(mine);
            void el.firstElementChild.prepare();
            close();
          }
          return [mine.sent.length, mine.listeners.length];
        }"""
    )
    assert left == [20, 0]
