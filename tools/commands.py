"""The commands of run.py, and so of make: one function each, one table of them all."""

import os
import shutil
import signal
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tools.prepare import drop_stale_cache, install, make_assets, provide_browser
from tools.processes import (
    PYTHON,
    REPORTS,
    ROOT,
    SCRIPTS,
    Command,
    Stage,
    Trouble,
    environment,
    execute,
    require,
    run_stages,
    summarise,
)
from tools.serve import serve

SITE = ROOT / "_build" / "html"
PORT = 8000
ONE_THREAD = dict.fromkeys(
    ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1"
)  # two processes share two cores
STATIC = {"BOOK_BUILD": "1"}  # notebooks are executed for the pages
MADE = (
    "_build",
    "node_modules",
    ".pytest_cache",
    ".mypy_cache",
    ".ruff_cache",
    "build",
    "dist",
    "MUJOCO_LOG.TXT",
)

LINT: tuple[Command, ...] = (
    [PYTHON, "-m", "ruff", "check", "."],
    [PYTHON, "-m", "ruff", "format", "--check", "."],
)
TYPES: tuple[Command, ...] = ([PYTHON, "-m", "mypy"],)
BUILD: tuple[Command, ...] = (
    [SCRIPTS / "jupyter-book", "build", ".", "--all", "-W", "-n", "--keep-going"],
)


# What the commands for exercise sheets understand.
GRADING = (
    *("EXERCISES", "SUBMISSIONS", "SHEET", "OUT", "ROSTER"),
    *("WORKERS", "SECONDS", "BACKEND", "ADDRESS"),
)
PATHS = ("EXERCISES", "SUBMISSIONS", "OUT", "ROSTER")


@dataclass(frozen=True)
class Wishes:
    """What was said after the command: `NAME=hopper`, `PORT=9000`,
    `SUBMISSIONS=folder`, and words that are passed on as they are.
    """

    name: str | None
    port: int
    rest: tuple[str, ...]
    grading: tuple[str, ...] = ()


def pytest_stage(name: str, *arguments: str, **env: str) -> Stage:
    """A stage that runs pytest, with its counts in a report of its own."""
    report = REPORTS / f"{name.replace(' ', '_')}.xml"
    return Stage(
        name,
        ([PYTHON, "-m", "pytest", *arguments, f"--junitxml={report}"],),
        env,
        report,
    )


def test_stages() -> list[Stage]:
    """What `test` runs, in this order, once everything is installed."""
    nbval = (
        "-p",
        "tests.notebook_runs",  # it keeps the runs for the build that comes next
        "--nbval-lax",
        "--nbval-current-env",
        "--nbval-cell-timeout=120",
        "--dist=loadscope",  # one kernel a notebook
    )
    unsolved = (
        "--ignore=book/assignments",
        "--ignore=book/exercises",
    )  # students run the first, the grader's tests the second
    return [
        Stage("lint", LINT),
        Stage("types", TYPES),
        pytest_stage(
            "unit tests",
            "-n2",
            "-m",
            "not browser",
            "--ignore=tests/exercises",
            "--durations=5",
            **ONE_THREAD,
        ),
        pytest_stage(
            "grader",
            "-n2",
            "--dist=loadfile",
            "tests/exercises",
            "--durations=5",
            **ONE_THREAD,
        ),
        pytest_stage(
            "notebooks", "-n2", *nbval, *unsolved, "book", **STATIC, **ONE_THREAD
        ),
        Stage("build", BUILD, STATIC),
        pytest_stage(
            "browser tests", "-n2", "--dist=worksteal", "-m", "browser", "--durations=5"
        ),
    ]


def build(wishes: Wishes) -> int:
    """Install what is missing, execute the notebooks where something has changed, build
    the site; a warning is an error.
    """
    install("")
    make_assets()
    if drop_stale_cache():
        print(
            "Package, data or requirements have changed: every notebook is executed "
            "anew.",
            flush=True,
        )
    require(
        [PYTHON, "-m", "tools.execution"],
        "A notebook failed; its message is above.",
        env=environment(**STATIC, **ONE_THREAD),
    )
    for command in BUILD:
        require(
            command,
            "The book was not built; what Sphinx complains about is above.",
            env=environment(**STATIC),
        )
    print(
        f"\nThe book is in {SITE.relative_to(ROOT)}: open its index.html, or serve it "
        "with the command `book`."
    )
    return 0


def book(wishes: Wishes) -> int:
    """Build the site and serve it."""
    build(wishes)
    serve(SITE, wishes.port)
    return 0


def test(wishes: Wishes) -> int:
    """Run all stages up to the first that fails, and sum up."""
    install("dev")
    provide_browser()
    make_assets()
    drop_stale_cache()
    return summarise(run_stages(test_stages()))


def lint(wishes: Wishes) -> int:
    """Style and types."""
    install("dev")
    return summarise(run_stages([Stage("lint", LINT), Stage("types", TYPES)]))


def lab(wishes: Wishes) -> int:
    """JupyterLab on the folder of the notebooks; it looks for a free port by itself."""
    install("")
    make_assets()
    return execute(
        [PYTHON, "-m", "jupyterlab", f"--notebook-dir={ROOT / 'book'}", *wishes.rest],
        interactive=True,
    )


def outputs(wishes: Wishes) -> int:
    """Execute notebooks and keep the outputs that nbval compares."""
    install("dev")
    return execute([PYTHON, "-m", "tools.outputs", *wishes.rest])


def results(wishes: Wishes) -> int:
    """One full-scale experiment; without a name, the list of them."""
    install("")
    name = [wishes.name] if wishes.name else []
    return execute(
        [PYTHON, "-m", "lecture_code.experiments", *name, *wishes.rest],
        interactive=True,
    )


def bench(wishes: Wishes) -> int:
    """Every benchmark, or the one that was named."""
    install("bench")
    known = {path.stem: path for path in sorted((ROOT / "benchmarks").glob("[!_]*.py"))}
    if wishes.name is not None and wishes.name not in known:
        raise Trouble(
            f"There is no benchmark {wishes.name!r}; there is: "
            f"{', '.join(known) or 'none'}."
        )
    chosen = [known[wishes.name]] if wishes.name else list(known.values())
    return next(
        filter(
            None,
            (
                execute([PYTHON, path, *wishes.rest], interactive=True)
                for path in chosen
            ),
        ),
        0,
    )


def sheets(command: str) -> Callable[[Wishes], int]:
    """A command for exercise sheets: what it does is in `tools/grading`."""

    def run(wishes: Wishes) -> int:
        install("dev")
        return execute([PYTHON, "-m", "tools.grading", command, *wishes.grading])

    return run


def clean(wishes: Wishes) -> int:
    """Remove what was built; the environment stays."""
    bytecode = [
        path
        for folder in ("lecture_code", "tests", "tools", "ext", "benchmarks")
        for path in (ROOT / folder).rglob("__pycache__")
    ]
    for path in [ROOT / name for name in MADE] + bytecode:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    print(
        "Clean. The environment in .venv stays: delete the folder to start from "
        "nothing."
    )
    return 0


def show_help(wishes: Wishes) -> int:
    """The table of commands."""
    print(
        "Crossing the Reality Gap: the commands, each as `make COMMAND` or `python "
        "run.py COMMAND`\n"
    )
    print(
        "\n".join(f"  {name:<12}{summary}" for name, (_, summary) in COMMANDS.items())
    )
    return 0


COMMANDS: dict[str, tuple[Callable[[Wishes], int], str]] = {
    "book": (
        book,
        "install what is missing, build the book and serve it on this machine "
        f"(PORT={PORT})",
    ),
    "build": (build, "the same without serving: the site is in _build/html"),
    "test": (
        test,
        "everything that must hold: lint, types, unit tests, notebooks, the built "
        "site in a browser",
    ),
    "lab": (lab, "JupyterLab on the notebooks in book/"),
    "lint": (lint, "style and types only"),
    "outputs": (
        outputs,
        "execute the notebooks and keep the outputs that the tests compare (paths of "
        "some: ARGS=...)",
    ),
    "results": (
        results,
        "run a full-scale experiment, for instance NAME=hopper (more options: "
        "ARGS=...)",
    ),
    "bench": (
        bench,
        "simulation, searches, trainings and the mixture beside other ways, as ratios "
        "(NAME=... for one)",
    ),
    "assignments": (
        sheets("assignments"),
        "the exercise sheets as students get them, as notebooks, zips and pages of "
        "the book (EXERCISES=...)",
    ),
    "instructor": (
        sheets("instructor"),
        "the same with solutions, rubrics and the run-sheet, for teachers only",
    ),
    "samples": (
        sheets("samples"),
        "a folder of made-up submissions, to try the grader on",
    ),
    "grade": (
        sheets("grade"),
        "grade a folder of submissions: SUBMISSIONS=folder (SHEET=, ROSTER=, OUT=, "
        "WORKERS=, SECONDS=, BACKEND=, ADDRESS=)",
    ),
    "clean": (clean, "remove what was built; .venv stays"),
    "help": (show_help, "this list"),
}


def parse(words: Sequence[str]) -> Wishes:
    """Sort `NAME=…`, `PORT=…` and what the exercise sheets need from words that are
    passed on; paths are those of the folder one stands in.

    Raises:
        Trouble: the port is not a number between 1 and 65535.
    """
    pairs = [
        (name, value)
        for name, equals, value in (word.partition("=") for word in words)
        if equals
    ]
    said = {name: value for name, value in pairs if name in ("NAME", "PORT", *GRADING)}
    port = said.get("PORT", str(PORT))
    if not (port.isdecimal() and 0 < int(port) < 65536):
        raise Trouble(f"PORT must be a number from 1 to 65535; got {port!r}.")
    asked = {
        name: str(Path(said[name]).expanduser().absolute())
        if name in PATHS
        else said[name]
        for name in GRADING
        if said.get(name)
    }
    if "EXERCISES" in asked:
        os.environ["EXERCISES"] = asked[
            "EXERCISES"
        ]  # the tests, too, look for the sheets there
    rest = tuple(
        word for word in words if word.partition("=")[0] not in said or "=" not in word
    )
    return Wishes(
        said.get("NAME") or None,
        int(port),
        rest,
        tuple(f"{name}={value}" for name, value in asked.items()),
    )


def main(words: Sequence[str]) -> int:
    """Run the command that the first word names; the exit code is the command's."""
    name = words[0] if words else "help"
    if name not in COMMANDS:
        print(
            f"There is no command {name!r}; there is: {', '.join(COMMANDS)}.",
            file=sys.stderr,
        )
        return 2
    signal.signal(
        signal.SIGTERM, lambda *_: sys.exit(143)
    )  # so that what we started is ended, too
    try:
        return COMMANDS[name][0](parse(words[1:]))
    except Trouble as trouble:
        print(f"\n{trouble}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped.", file=sys.stderr)
        return 130
