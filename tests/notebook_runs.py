"""One execution of each notebook that serves three checks: a plugin for pytest, on top
of nbval.

    BOOK_BUILD=1 pytest -p tests.notebook_runs --nbval-lax --nbval-current-env book

nbval executes every cell and compares what the checked cells print. The notebook's own
kernel then answers the last test, `sliders`: every slider of every picture is moved
over all its values, and whatever was shown is asked for its live face, the one that
JupyterLab would show. The pictures are drawn already, so this costs no second drawing.
A run that passed is kept in the cache of the build, with all its outputs as the kernel
sent them: the pages print the very numbers that were compared.

Without BOOK_BUILD nothing is kept, and the notebooks run as they do in JupyterLab.
"""

from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
from nbformat import v4
from nbval.plugin import IPyNbFile

from ext import timing
from lecture_code.show import static_page
from tools import execution

PARTS = ("dynamics", "observations", "gradients")  # folders of chapters
PUT_OUT = ("stream", "display_data", "execute_result", "error")
REFUSED = ("clear_output", "update_display_data")  # they change an earlier output

# Keep every object of the package that a cell shows; nothing is imported ahead of the
# notebook, so that the seconds of its first cell are true.
RECORD = """
def _record():
    from IPython import get_ipython
    shown, formatter = [], get_ipython().display_formatter
    format_ = formatter.format
    def formatted(thing, *args, **named):
        if type(thing).__module__.startswith("lecture_code."):
            shown.append(thing)
        return format_(thing, *args, **named)
    formatter.format = formatted
    return shown
_shown = _record()
"""

DRIVE = """
def _drive():
    import gc
    import os
    from lecture_code.show import Explore
    values, made = 0, [thing for thing in gc.get_objects() if type(thing) is Explore]
    for explore in made:
        *sliders, stage = explore.widget().children
        for name, slider in zip(explore.choices, sliders, strict=True):
            for position, value in enumerate(explore.choices[name]):
                slider.value = position
                wanted = explore.frame(**{**explore.start, name: value}).html()
                assert stage.html == wanted, f"{name} = {value!r} shows another frame"
                values += 1
            slider.value = explore.choices[name].index(explore.start[name])
    for thing in [shown for shown in _shown if hasattr(shown, "_repr_mimebundle_")]:
        static = thing._repr_mimebundle_()
        before = os.environ.pop("BOOK_BUILD", None)
        live = thing._repr_mimebundle_()
        if before is not None:
            os.environ["BOOK_BUILD"] = before
        assert live["text/plain"] == static["text/plain"], f"{type(thing)} lives apart"
    print(len(made), values)
_drive()
"""


class Run(IPyNbFile):
    """A notebook under nbval that keeps every message of its kernel, by the request
    which the message answers.
    """

    failed = False  # whether one of its tests has

    def setup(self) -> None:
        """Start the kernel, and let it remember what is made and shown."""
        super().setup()
        # A table has HTML on the page alone. Its plain text has the same numbers: this
        # is what a checked cell keeps and what is compared.
        self.skip_compare += ("text/html",)
        self.requests: list[str] = []
        self.messages: dict[str, list[Any]] = defaultdict(list)
        self.ask(RECORD)
        execute = self.kernel.execute_cell_input

        def asked(source: str, **options: Any) -> str:
            self.requests.append(execute(source, **options))
            return self.requests[-1]

        self.kernel.execute_cell_input = asked

    def get_kernel_message(self, timeout: float | None = None, stream: str = "iopub"):
        """The kernel's next message, noted."""
        message = super().get_kernel_message(timeout, stream)
        self.messages[message["parent_header"].get("msg_id")].append(message)
        return message

    def collect(self):
        """nbval's cells, and the sliders after them."""
        yield from super().collect()
        yield Sliders.from_parent(self, name="sliders")

    def ask(self, source: str) -> str:
        """What some code prints that is no cell of the notebook.

        Raises:
            AssertionError: the code raised; the message is its traceback.
        """
        request = self.kernel.kc.execute(source, store_history=False)
        printed = ""
        while True:
            message = self.kernel.get_message("iopub", timeout=300)
            content, kind = message["content"], message["msg_type"]
            if message["parent_header"].get("msg_id") != request:
                continue
            if kind == "error":
                raise AssertionError("\n".join(content["traceback"]))
            if kind == "stream" and content["name"] == "stdout":
                printed += content["text"]
            if kind == "status" and content["execution_state"] == "idle":
                return printed

    def executed(self) -> Any:
        """The notebook with the outputs of this run, and the seconds of its cells.

        Raises:
            AssertionError: not every cell was run, or a cell changes an output that was
                made before, which this record does not follow.
        """
        cells = [cell for cell in self.nb.cells if cell.cell_type == "code"]
        assert len(cells) == len(self.requests), "not every cell was run"
        seconds = []
        for count, (cell, request) in enumerate(
            zip(cells, self.requests, strict=True), start=1
        ):
            messages = self.messages[request]
            refused = {m["msg_type"] for m in messages} & set(REFUSED)
            assert not refused, f"cell {cell.id} sends {', '.join(refused)}"
            cell.execution_count = count
            cell.outputs = [
                v4.output_from_msg(message)
                for message in messages
                if message["msg_type"] in PUT_OUT
            ]
            for output in cell.outputs:
                if output.output_type == "execute_result":
                    output.execution_count = count
            states = [m for m in messages if m["msg_type"] == "status"]
            start, end = states[0]["header"]["date"], states[-1]["header"]["date"]
            seconds.append(round((end - start).total_seconds(), 3))
        self.nb.metadata[timing.KEY] = seconds
        return self.nb


class Sliders(pytest.Item):
    """The last test of a notebook: its sliders go everywhere, and its run is kept."""

    def runtest(self) -> None:
        """Drive the sliders, then keep the run if this is the run of the pages."""
        pictures, values = map(int, self.parent.ask(DRIVE).split())
        assert values >= 2 * pictures
        if self.path.parent.name in PARTS:
            assert pictures >= 1, "a chapter has a picture with a slider"
        if static_page() and not self.parent.failed:
            execution.keep(self.parent.executed(), self.path)

    def repr_failure(self, excinfo: Any) -> str:
        """The kernel's traceback, or our own."""
        if excinfo.errisinstance(AssertionError):
            return str(excinfo.value)
        return super().repr_failure(excinfo)

    def reportinfo(self) -> tuple[Path, int, str]:
        """Where the test stands, for the report."""
        return self.path, 0, f"{self.path.name}: sliders"


def pytest_runtest_makereport(item: pytest.Item, call: Any) -> None:
    """Note a failure: the run of that notebook is not kept."""
    if call.excinfo and isinstance(item.parent, Run):
        item.parent.failed = True


@pytest.hookimpl(wrapper=True)
def pytest_collect_file(file_path: Path, parent: Any):
    """nbval's collectors, with a record of the run."""
    collectors = yield
    return [
        Run.from_parent(parent, path=file_path) if isinstance(one, IPyNbFile) else one
        for one in collectors
    ]
