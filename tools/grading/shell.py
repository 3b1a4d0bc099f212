"""IPython's own shell without a terminal: what runs in a cell of Jupyter runs here.
That includes magics, `display` and top-level `await`.

It runs the student's cells only. A sheet's own cells, tests among them, are plain
Python and run beside it (`bench.py`), because the student's code can reach the shell.
"""

import subprocess
import sys
from typing import Any, cast

from IPython.core.compilerop import CachingCompiler
from IPython.core.displayhook import DisplayHook
from IPython.core.inputtransformer2 import TransformerManager
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

SETTINGS = {
    "HistoryManager": {"enabled": False, "hist_file": ":memory:"},
    "DisplayFormatter": {"active_types": ["text/plain"]},
}


class Value(DisplayHook):
    """Keeps the text of a cell's last value instead of printing it."""

    def write_output_prompt(self) -> None:
        """No `Out[1]:`."""

    def write_format_data(
        self, format_dict: dict[str, Any], md_dict: Any = None
    ) -> None:
        """Keep the text."""
        shell: Any = self.shell
        shell.shown = format_dict.get("text/plain")


class NamedCells(CachingCompiler):
    """Names the code of a cell by the cell, so that an error can be led back to it."""

    name = "cell"

    def get_code_name(self, *_: Any) -> str:
        """The file name that stands in tracebacks."""
        return f"<{self.name}>"


class Shell(InteractiveShell):
    """The shell of one submission.

    Args:
        commands: whether `!command` and `%%bash` may run programs of the system.
    """

    shown: str | None = None
    caught: BaseException | None = None
    commands = False

    @classmethod
    def anew(cls, *, commands: bool) -> "Shell":
        """A shell without any name or history of an earlier one."""
        cls.clear_instance()
        shell: Shell = cls.instance(
            config=Config(SETTINGS), displayhook_class=Value, compiler_class=NamedCells
        )
        shell.commands = commands
        return shell

    def run(self, name: str, source: str) -> tuple[str | None, BaseException | None]:
        """Run a cell: the text of its last value, and the error that ended it."""
        compiler, run_cell = cast(NamedCells, self.compile), cast(Any, self.run_cell)
        compiler.name = name
        self.shown = self.caught = None
        result = run_cell(source, store_history=True)
        error = result.error_before_exec or result.error_in_exec or self.caught
        return self.shown, error

    def showtraceback(self, exc_tuple: Any = None, *_: Any, **__: Any) -> None:
        """Keep an error that a magic shows instead of raising it."""
        self.caught = (exc_tuple or sys.exc_info())[1]

    def showsyntaxerror(self, *_: Any, **__: Any) -> None:
        """Keep a mistake in the source of a magic."""
        self.showtraceback()

    def showindentationerror(self) -> None:
        """Keep a wrong indentation."""
        self.showtraceback()

    def init_ipython_dir(self, ipython_dir: Any) -> None:
        """No folder: what is in it would be somebody's settings."""

    def init_profile_dir(self, profile_dir: Any) -> None:
        """No folder."""

    def init_virtualenv(self) -> None:
        """The environment is the grader's."""

    def enable_gui(self, gui: Any = None) -> None:
        """There is no window to open."""

    def enable_matplotlib(self, gui: Any = None) -> tuple[None, str]:
        """`%matplotlib`: figures are drawn, and nobody sees them."""
        return None, "agg"

    def ask_exit(self) -> None:
        """`exit` ends the cell, as `sys.exit()` does."""
        raise SystemExit

    def system(self, cmd: str) -> None:
        """`!command`: run it, and print what it says."""
        print(self.output_of(cmd), end="")

    system_piped = system_raw = system

    def getoutput(self, cmd: str, split: bool = True, depth: int = 0) -> Any:
        """`lines = !command`: what a command says."""
        from IPython.utils.text import LSString, SList

        said = self.output_of(cmd, depth + 1)
        return SList(said.splitlines()) if split else LSString(said)

    def output_of(self, cmd: str, depth: int = 1) -> str:
        """What a command of the system prints; nothing where commands may not run."""
        if not self.commands:
            print("Commands of the system are not run here.")
            return ""
        done = subprocess.run(
            cast(Any, self.var_expand)(cmd, depth + 1),
            shell=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        self.user_ns["_exit_code"] = done.returncode
        return str(done.stdout)


def plain_python(source: str) -> str:
    """The source with Jupyter's magics turned into calls, as the notebook does it."""
    magics: Any = TransformerManager()  # type: ignore[no-untyped-call, unused-ignore]
    return str(magics.transform_cell(source))
