"""Where submissions run: as much of a wall as the system has to give, found out by
trying.

On Linux with `unshare` (package util-linux) a submission sees no network, no other
process, an empty folder of its own in memory, everything else read-only, and neither
the sheets' sources, nor the submissions of others, nor the gradebook, nor the history
of this project. Elsewhere it gets a temporary folder, a clean environment, the limits
that `runner.py` sets, and a process group that is killed at the end.
"""

import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

PASSED_ON = (
    "LANG",
    "LC_ALL",
    "LC_CTYPE",
    "TZ",
    *("SYSTEMROOT", "SYSTEMDRIVE", "WINDIR", "COMSPEC", "PATHEXT"),  # of Windows
    "LD_LIBRARY_PATH",
    "EXERCISES_QUICK",
)
ONE_THREAD = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMBA_NUM_THREADS",
)
# What programs take for a folder of their own.
WORK = (
    *("HOME", "USERPROFILE", "APPDATA", "LOCALAPPDATA", "TMPDIR", "TEMP", "TMP"),
    *("MPLCONFIGDIR", "IPYTHONDIR", "NUMBA_CACHE_DIR"),
)
FULL, NETWORK, NONE = "full", "network", "none"
LEVELS = {
    FULL: "no network, no other processes, the disk read-only, sources and other "
    "submissions out of sight",
    NETWORK: "no network; the disk as this account sees it",
    NONE: "a process and a folder of its own only: network and disk as this account "
    "sees them",
}
# Run inside the new namespaces: hide what must not be seen, lock the rest, make room to
# work in, and give up the right to undo it.
WALL = """
set -e
mount --make-rprivate /
for path in {hidden}; do
  if [ -d "$path" ]; then mount -t tmpfs -o ro,size=4k none "$path"
  elif [ -e "$path" ]; then mount --bind /dev/null "$path"; fi
done
while read -r _ point _ options _; do
  point=$(printf '%b' "$point")
  case $point in /proc|/proc/*|/dev/pts) continue ;; esac
  case $options in ro|ro,*) continue ;; esac
  kept=$(printf %s "$options" | tr , '\\n' |
    grep -E '^(nosuid|nodev|noexec|noatime|relatime)$' | paste -sd, -)
  mount -o "remount,bind,ro,$kept" "$point" 2>/dev/null || true
done < /proc/self/mounts
mount -t tmpfs -o size=64m none /dev/shm 2>/dev/null || true
if mkdir {work}/written 2>/dev/null; then rmdir {work}/written; exit 97; fi
mount -t tmpfs -o size=256m,mode=700 none {work}
cd {work}
exec setpriv --bounding-set=-all --inh-caps=-all --no-new-privs -- "$@"
"""


@dataclass(frozen=True)
class Jail:
    """A wall of one level, and the folders and files that nothing inside may see."""

    level: str
    hidden: tuple[Path, ...] = ()

    def command(self, program: Sequence[str | Path], work: Path) -> list[str]:
        """The command that runs a program behind the wall, in the folder `work`."""
        words = [str(word) for word in program]
        if self.level == NONE:
            return words
        as_root = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
        if self.level == NETWORK:
            return ["unshare", *as_root, "--net", "--", *words]
        hidden = (
            " ".join(shlex.quote(str(path)) for path in self.hidden if path.exists())
            or "''"
        )
        script = WALL.format(hidden=hidden, work=shlex.quote(str(work)))
        spaces = [
            "--net",
            "--ipc",
            "--mount",
            "--pid",
            "--fork",
            "--kill-child",
            "--mount-proc",
        ]
        return ["unshare", *as_root, *spaces, "--", "sh", "-c", script, "sh", *words]


def environment(student: str, work: Path) -> dict[str, str]:
    """What a submission learns of its surroundings: where programs are, its language,
    whose work it is, and nothing else.
    """
    bin_folder = Path(sys.executable).parent
    path = (
        os.pathsep.join([str(bin_folder), "/usr/local/bin", "/usr/bin", "/bin"])
        if os.name == "posix"
        else os.environ.get("PATH", "")
    )
    return {
        **{name: os.environ[name] for name in PASSED_ON if name in os.environ},
        **dict.fromkeys(ONE_THREAD, "1"),
        **dict.fromkeys(WORK, str(work)),
        "PATH": path,
        "PIP_RETRIES": "0",  # there is no network to wait for
        "PYTHONUTF8": "1",
        "PYTHONHASHSEED": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
        "MPLBACKEND": "Agg",
        "EXERCISES_STUDENT": student,
    }


def holds(level: str) -> bool:
    """Whether a program starts behind this wall, and the wall does what it says: tried
    once with a small program.
    """
    if level == NONE:
        return True
    if (
        os.name != "posix"
        or not shutil.which("unshare")
        or (level == FULL and not shutil.which("setpriv"))
    ):
        return False
    with tempfile.TemporaryDirectory() as folder:
        work, secret = Path(folder, "work"), Path(folder, "secret")
        work.mkdir()
        secret.mkdir()
        (secret / "x").touch()
        looks = f"import os; print(os.listdir({str(secret)!r}))"
        try:
            command = Jail(level, (secret,)).command(
                [sys.executable, "-I", "-c", looks], work
            )
            done = subprocess.run(
                command,
                capture_output=True,
                text=True,
                timeout=30,
                stdin=subprocess.DEVNULL,
                check=False,
            )
        except (OSError, subprocess.SubprocessError):
            return False
        return done.returncode == 0 and (
            level != FULL or done.stdout.strip().endswith("[]")
        )


@cache
def best_level() -> str:
    """The strongest wall that this system has."""
    return next(level for level in LEVELS if holds(level))


def best_jail(hidden: Iterable[Path]) -> Jail:
    """The strongest wall, with these things out of sight."""
    return Jail(best_level(), tuple(path.resolve() for path in hidden))
