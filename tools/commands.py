"""The commands of run.py, and so of make: one function each, one table of them all."""

import shutil
import signal
import sys
from collections.abc import Callable, Sequence

from tools.arguments import PORT, Arguments, parse
from tools.prepare import drop_stale_cache, install, make_assets, provide_browser
from tools.processes import PYTHON, ROOT, Trouble, environment, execute, require
from tools.serve import serve
from tools.stage_runs import Stage, run_stages, summarise
from tools.stages import BUILD, LINT, ONE_THREAD, STATIC, TYPES, all_stages

SITE = ROOT / "_build" / "html"
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


def build(arguments: Arguments) -> int:
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


def book(arguments: Arguments) -> int:
    """Build the site and serve it."""
    build(arguments)
    serve(SITE, arguments.port)
    return 0


def test(arguments: Arguments) -> int:
    """Run all stages up to the first that fails, and sum up."""
    install("dev")
    provide_browser()
    make_assets()
    drop_stale_cache()
    return summarise(run_stages(all_stages()))


def lint(arguments: Arguments) -> int:
    """Style and types."""
    install("dev")
    return summarise(run_stages([Stage("lint", LINT), Stage("types", TYPES)]))


def lab(arguments: Arguments) -> int:
    """JupyterLab on the folder of the notebooks; it looks for a free port by itself."""
    install("")
    make_assets()
    folder = f"--notebook-dir={ROOT / 'book'}"
    words = ["-m", "jupyterlab", folder, *arguments.rest]
    return execute([PYTHON, *words], interactive=True)


def outputs(arguments: Arguments) -> int:
    """Execute notebooks and keep the outputs that nbval compares."""
    install("dev")
    return execute([PYTHON, "-m", "tools.outputs", *arguments.rest])


def results(arguments: Arguments) -> int:
    """One full-scale experiment; without a name, the list of them."""
    install("")
    name = [arguments.name] if arguments.name else []
    return execute(
        [PYTHON, "-m", "lecture_code.experiments", *name, *arguments.rest],
        interactive=True,
    )


def bench(arguments: Arguments) -> int:
    """Every benchmark, or the one that was named."""
    install("bench")
    known = {path.stem: path for path in sorted((ROOT / "benchmarks").glob("[!_]*.py"))}
    if arguments.name is not None and arguments.name not in known:
        raise Trouble(
            f"There is no benchmark {arguments.name!r}; there is: "
            f"{', '.join(known) or 'none'}."
        )
    chosen = [known[arguments.name]] if arguments.name else list(known.values())
    for path in chosen:
        code = execute([PYTHON, path, *arguments.rest], interactive=True)
        if code:
            return code
    return 0


def sheets(command: str) -> Callable[[Arguments], int]:
    """A command for exercise sheets: what it does is in `tools/grading`."""

    def run(arguments: Arguments) -> int:
        install("dev")
        return execute([PYTHON, "-m", "tools.grading", command, *arguments.grading])

    return run


def clean(arguments: Arguments) -> int:
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


def show_help(arguments: Arguments) -> int:
    """The table of commands."""
    print(
        "Crossing the Reality Gap: the commands, each as `make COMMAND` or `python "
        "run.py COMMAND`\n"
    )
    print(
        "\n".join(f"  {name:<12}{summary}" for name, (_, summary) in COMMANDS.items())
    )
    return 0


COMMANDS: dict[str, tuple[Callable[[Arguments], int], str]] = {
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


def main(words: Sequence[str]) -> int:
    """Run the command that the first word names; the exit code is the command's."""
    name = words[0] if words else "help"
    if name not in COMMANDS:
        print(
            f"There is no command {name!r}; there is: {', '.join(COMMANDS)}.",
            file=sys.stderr,
        )
        return 2
    # On SIGTERM, what we started is ended, too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        return COMMANDS[name][0](parse(words[1:]))
    except Trouble as trouble:
        print(f"\n{trouble}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped.", file=sys.stderr)
        return 130
