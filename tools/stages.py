"""What `make test` runs, stage by stage, and the commands of the stages.

Two cores are kept busy: what runs in a single process (types, the build) runs beside
tests that need nothing of it.
"""

from collections.abc import Mapping, Sequence

from tools.processes import PYTHON, REPORTS, SCRIPTS, Command
from tools.stage_runs import Stage

# Two processes share two cores.
POOLS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
ONE_THREAD = dict.fromkeys(POOLS, "1")
STATIC = {"BOOK_BUILD": "1"}  # notebooks are executed for the pages

LINT: tuple[Command, ...] = (
    [PYTHON, "-m", "ruff", "check", "."],
    [PYTHON, "-m", "ruff", "format", "--check", "."],
)
TYPES: tuple[Command, ...] = ([PYTHON, "-m", "mypy"],)
BUILD: tuple[Command, ...] = (
    [SCRIPTS / "jupyter-book", "build", ".", "--all", "-W", "-n", "--keep-going"],
)


# Students run the assignments, and the grader's tests run the exercises.
UNSOLVED = ("--ignore=book/assignments", "--ignore=book/exercises")
NBVAL = (
    "-p",
    "tests.notebook_runs",  # it keeps the runs for the build that comes next
    "--nbval-lax",
    "--nbval-current-env",
    "--nbval-cell-timeout=120",
    "--dist=loadscope",  # one kernel a notebook
)
# Importing these plugins takes seconds in each process.
LIGHT = ("-p", "no:nbval", "-p", "no:anyio")
SLOWEST = "--durations=5"


def pytest_stage(
    name: str,
    *arguments: str,
    env: Mapping[str, str] = ONE_THREAD,
    beside: Sequence[Stage] = (),
) -> Stage:
    """A stage that runs pytest, with its counts in a report of its own."""
    report = REPORTS / f"{name.replace(' ', '_')}.xml"
    command: Command = [PYTHON, "-m", "pytest", *arguments, f"--junitxml={report}"]
    return Stage(name, (command,), env, report, beside)


def all_stages() -> list[Stage]:
    """What `test` runs, in this order, once everything is installed."""
    no_browser = ("-m", "not browser", "--ignore=tests/exercises")
    browser = ("-m", "browser", "tests/show", "tests/site")
    return [
        Stage("lint", LINT),
        pytest_stage(
            "notebooks",
            *("-n2", *NBVAL, *UNSOLVED, "book"),
            env=STATIC | ONE_THREAD,
            beside=[Stage("types", TYPES)],
        ),
        pytest_stage(
            "unit tests",
            *("-n2", *LIGHT, *no_browser, SLOWEST),
            beside=[Stage("build", BUILD, STATIC | ONE_THREAD)],
        ),
        pytest_stage(
            "grader", "-n2", *LIGHT, "--dist=loadfile", "tests/exercises", SLOWEST
        ),
        pytest_stage(
            "browser tests",
            *("-n2", *LIGHT, "--dist=worksteal", *browser, SLOWEST),
            env={},
        ),
    ]
