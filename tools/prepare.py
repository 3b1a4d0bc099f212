"""Make the machine ready: the virtual environment, the page's assets, a browser, a
notebook cache that tells the truth.

Every step leaves a stamp with the hash of what it depends on, so that a second run has
nothing to do.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from tools.processes import (
    PYTHON,
    ROOT,
    VENV,
    Command,
    Trouble,
    environment,
    execute,
    require,
)
from tools.systems import (
    System,
    allows_long_paths,
    too_deep,
    unsupported,
    why_pip_failed,
)

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
RUNTIME = ("requirements.txt", "constraints.txt", "pyproject.toml")
CODE_AND_DATA = (
    "lecture_code/**/*.py",
    "book/**/*.yml",
    "book/results/**/*",
    "book/web/**/*",
    "requirements*.txt",
    "constraints.txt",
)


def files(root: Path, patterns: Iterable[str]) -> Iterator[Path]:
    """The files under `root` that match one of the patterns, each once and in a fixed
    order; what Python caches is left out.
    """
    found = {
        path
        for pattern in patterns
        for path in root.glob(pattern)
        if path.is_file() and "__pycache__" not in path.parts
    }
    yield from sorted(found, key=lambda path: path.relative_to(root).as_posix())


def fingerprint(root: Path, patterns: Iterable[str], *extra: str) -> str:
    """A hash of the names and contents of all files under `root` that match, and of
    `extra`.
    """
    digest = hashlib.sha256(os.fsencode("\0".join(extra)))
    for path in files(root, patterns):
        digest.update(
            f"\0{path.relative_to(root).as_posix()}\0".encode()
            + hashlib.sha256(path.read_bytes()).digest()
        )
    return digest.hexdigest()


def is_current(stamp: Path, value: str) -> bool:
    """Whether the stamp holds exactly this value."""
    return stamp.is_file() and stamp.read_bytes() == os.fsencode(value)


def write_stamp(stamp: Path, value: str) -> None:
    """Set a stamp, after the work it stands for is done."""
    stamp.parent.mkdir(parents=True, exist_ok=True)
    stamp.write_bytes(os.fsencode(value))  # a path may hold what no encoding decodes


def works(python: Path) -> bool:
    """Whether this is a Python that starts and is new enough."""
    question = "import sys; sys.exit(sys.version_info < (3, 11))"
    with suppress(OSError):
        return (
            subprocess.run([python, "-c", question], capture_output=True).returncode
            == 0
        )
    return False


def make_venv() -> None:
    """Create `.venv`, unless a working environment is there.

    An environment that was moved, or that has lost its Python, is made anew.

    Raises:
        Trouble: this system cannot hold the packages, or this Python cannot make
            virtual environments.
    """
    home = VENV / ".made-for"
    moved = home.is_file() and not is_current(home, str(VENV))
    if works(PYTHON) and not moved:
        write_stamp(home, str(VENV))
        return
    problem = unsupported(System.here()) or too_deep(str(VENV), allows_long_paths())
    if problem:
        raise Trouble(problem)
    if VENV.exists():
        print(
            "The environment in .venv was moved or is broken: making a new one.",
            flush=True,
        )
        shutil.rmtree(VENV)
    print(f"Creating .venv with Python {sys.version.split()[0]}", flush=True)
    require(
        [sys.executable, "-m", "venv", VENV],
        "The virtual environment could not be created. On Debian and Ubuntu, install "
        "the package python3-venv (or python3-full) first.",
        env=dict(os.environ),
    )
    write_stamp(home, str(VENV))


def install(name: str) -> None:
    """Install `requirements.txt`, or with a name `requirements-NAME.txt` as well,
    unless nothing has changed since it was last done.

    Raises:
        Trouble: pip failed.
    """
    make_venv()
    requirements = f"requirements-{name}.txt" if name else "requirements.txt"
    stamp = VENV / f".installed-{name or 'runtime'}"
    value = fingerprint(ROOT, {*RUNTIME, requirements}, str(VENV))
    if is_current(stamp, value):
        return
    log = VENV / "pip.log"
    log.unlink(missing_ok=True)
    print(f"Installing {requirements} (the first time takes some minutes)", flush=True)
    quiet = [] if sys.stdout.isatty() else ["--quiet"]
    command: Command = [
        PYTHON,
        "-m",
        "pip",
        "install",
        "--no-input",
        "--disable-pip-version-check",
        "--no-user",
        f"--log={log}",
        *quiet,
        "-r",
        requirements,
    ]
    if execute(command) != 0:
        said = log.read_text(encoding="utf-8", errors="replace") if log.exists() else ""
        cause = why_pip_failed(said)
        raise Trouble(f"pip could not install {requirements}. {cause}")
    write_stamp(stamp, value)


def make_assets() -> None:
    """Fetch the packages behind the page's assets, where their lock has changed, and
    lay them out for the build.

    Raises:
        Trouble: npm or the layout failed.
    """
    require(
        [PYTHON, "-m", "tools.assets"],
        "The page's assets could not be made ready; the message is above.",
    )


def drop_stale_cache(root: Path = ROOT) -> bool:
    """Forget all executed notebooks if the package, its data or the requirements have
    changed; whether that was so.

    The cache itself looks at a notebook's own cells only: after a change in
    `lecture_code` it would go on showing the old numbers.
    """
    stamp = root / "_build" / ".notebooks-executed-with"
    value = fingerprint(root, CODE_AND_DATA)
    if is_current(stamp, value):
        return False
    shutil.rmtree(root / "_build" / ".jupyter_cache", ignore_errors=True)
    write_stamp(stamp, value)
    return True


def has_browser() -> bool:
    """Whether the browser tests will find a Chromium: on the path, or the one that
    Playwright has installed.
    """
    if any(map(shutil.which, BROWSERS)):
        return True
    question = (
        "import os, sys; from playwright.sync_api import sync_playwright\n"
        "with sync_playwright() as driver: sys.exit(not "
        "os.path.exists(driver.chromium.executable_path))"
    )
    return (
        subprocess.run(
            [PYTHON, "-c", question],
            env=environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
        ).returncode
        == 0
    )


def provide_browser() -> None:
    """See to it that there is a Chromium: Debian's package where we may install it,
    Playwright's own elsewhere.

    Raises:
        Trouble: neither is to be had.
    """
    if has_browser():
        return
    print("Installing a browser for the tests", flush=True)
    if shutil.which("apt-get") and hasattr(os, "geteuid") and os.geteuid() == 0:
        quietly = environment(DEBIAN_FRONTEND="noninteractive")
        execute(["apt-get", "update", "-qq"], env=quietly)
        execute(
            ["apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium"],
            env=quietly,
        )
    if not has_browser():
        execute([PYTHON, "-m", "playwright", "install", "chromium"])
    if not has_browser():
        raise Trouble(
            "No browser could be had for the browser tests. Install Chromium or Google "
            "Chrome, so that one of these is on the path, "
            f"and run the tests again: {', '.join(BROWSERS)}."
        )
