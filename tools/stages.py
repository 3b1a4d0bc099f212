"""What `make test` runs, stage by stage, and the commands of the stages."""

from tools.processes import PYTHON, REPORTS, SCRIPTS, Command, Stage

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


def pytest_stage(name: str, *arguments: str, **env: str) -> Stage:
    """A stage that runs pytest, with its counts in a report of its own."""
    report = REPORTS / f"{name.replace(' ', '_')}.xml"
    command: Command = [PYTHON, "-m", "pytest", *arguments, f"--junitxml={report}"]
    return Stage(name, (command,), env, report)


def all_stages() -> list[Stage]:
    """What `test` runs, in this order, once everything is installed."""
    nbval = (
        "-p",
        "tests.notebook_runs",  # it keeps the runs for the build that comes next
        "--nbval-lax",
        "--nbval-current-env",
        "--nbval-cell-timeout=120",
        "--dist=loadscope",  # one kernel a notebook
    )
    # Students run the assignments, and the grader's tests run the exercises.
    unsolved = ("--ignore=book/assignments", "--ignore=book/exercises")
    no_browser = ("-m", "not browser", "--ignore=tests/exercises")
    slowest = "--durations=5"
    return [
        Stage("lint", LINT),
        Stage("types", TYPES),
        pytest_stage("unit tests", "-n2", *no_browser, slowest, **ONE_THREAD),
        pytest_stage(
            "grader", "-n2", "--dist=loadfile", "tests/exercises", slowest, **ONE_THREAD
        ),
        pytest_stage(
            "notebooks", "-n2", *nbval, *unsolved, "book", **STATIC, **ONE_THREAD
        ),
        Stage("build", BUILD, STATIC),
        pytest_stage(
            "browser tests", "-n2", "--dist=worksteal", "-m", "browser", slowest
        ),
    ]
