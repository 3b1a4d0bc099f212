"""Which systems can install the book's packages, and why an installation failed.

`unsupported` runs before pip starts, `why_pip_failed` reads what pip wrote in its log.
Both return sentences for a person, or nothing.
"""

import os
import platform
import re
import sys
import sysconfig
from dataclasses import dataclass
from importlib import import_module
from typing import Any

NEWEST = (3, 14)  # the newest Python for which all pinned packages have wheels
WINDOWS_PATH = 259  # characters of a path, unless Windows allows long paths
LONGEST_FILE = 200  # of a file below .venv: a licence of PyTorch


@dataclass(frozen=True)
class System:
    """What decides whether there are wheels.

    Args:
        name: "Linux", "Darwin" or "Windows", as `platform.system` gives it.
        machine: the processor, such as "x86_64" or "arm64".
        python: major and minor version.
        bits: of this Python, 32 or 64.
        musl: whether the C library of a Linux is musl (Alpine).
    """

    name: str
    machine: str
    python: tuple[int, int]
    bits: int = 64
    musl: bool = False

    @classmethod
    def here(cls) -> "System":
        """The system that this Python runs on."""
        return cls(
            platform.system(),
            platform.machine(),
            sys.version_info[:2],
            64 if sys.maxsize > 2**32 else 32,
            "musl" in (sysconfig.get_config_var("HOST_GNU_TYPE") or ""),
        )


def unsupported(system: System) -> str | None:
    """Why the packages cannot be installed on a system, and what can be done instead;
    None where nothing is known to stand in the way.
    """
    machine = system.machine.lower()
    version = ".".join(map(str, system.python))
    if system.python > NEWEST:
        return (
            f"This is Python {version}, and some packages have no builds for it yet. "
            "Install Python 3.11 to 3.14 and call it by its name, for instance:  "
            "python3.12 run.py book"
        )
    if system.bits == 32:
        return (
            "This Python is a 32-bit program, and PyTorch and MuJoCo need a 64-bit "
            "one. Install a 64-bit Python from python.org."
        )
    if system.name == "Darwin" and machine == "x86_64":
        return (
            "This is a Mac with an Intel processor, or an Intel Python on Apple "
            "silicon. PyTorch has no builds for it any more. On Apple silicon, install "
            "an arm64 Python. On an Intel Mac, use a Linux machine or container, or "
            "read the published site."
        )
    if system.name == "Windows" and machine in ("arm64", "aarch64"):
        return (
            "This is Windows on ARM, for which some packages have no builds. Install "
            "the x86-64 Python from python.org, which Windows runs by emulation, or "
            "use Linux in WSL."
        )
    if system.musl:
        return (
            "The C library of this Linux is musl (Alpine, for instance), and PyTorch "
            "and MuJoCo have builds for glibc only. Use a distribution with glibc, "
            "such as Debian, Ubuntu or Fedora."
        )
    return None


def too_deep(folder: str, long_paths: bool) -> str | None:
    """Why a Windows cannot hold the environment in a project folder; None where it can.

    Args:
        folder: of the environment, as an absolute path.
        long_paths: whether Windows allows paths beyond 259 characters.
    """
    length = len(folder) + 1 + LONGEST_FILE
    if long_paths or length <= WINDOWS_PATH:
        return None
    return (
        f"The folder {folder} lies too deep: Windows allows {WINDOWS_PATH} characters "
        f"in a path, and the packages need up to {length} here. Move the project to a "
        f"shorter path, such as C:\\book, or let Windows use long paths "
        "(setting LongPathsEnabled)."
    )


def allows_long_paths() -> bool:
    """Whether this Windows allows paths beyond 259 characters; True elsewhere."""
    if os.name != "nt":
        return True
    winreg: Any = import_module("winreg")
    place = r"SYSTEM\CurrentControlSet\Control\FileSystem"
    try:
        with winreg.OpenKey(winreg.HKEY_LOCAL_MACHINE, place) as key:
            return bool(winreg.QueryValueEx(key, "LongPathsEnabled")[0])
    except OSError:
        return False


CAUSES = (
    (
        r"No space left on device|Errno 28|not enough space on the disk",
        "The disk is full. The environment needs about 3 GB; free some space, and run "
        "the same command again.",
    ),
    (
        r"CERTIFICATE_VERIFY_FAILED|SSLCertVerificationError|SSL: ",
        "The certificate of the package index was not accepted. Some networks inspect "
        "encrypted traffic with a certificate of their own. Ask for its file, and name "
        "it in the environment variable PIP_CERT.",
    ),
    (
        r"Can not perform a '--user' install|Can not combine '--user'|--user option",
        "A setting of pip (PIP_USER, or `user` in pip's configuration file) installs "
        "into the home directory. Switch it off: pip config unset global.user",
    ),
    (
        r"NewConnectionError|ConnectTimeout|ReadTimeoutError|Max retries exceeded|"
        r"Temporary failure in name resolution|getaddrinfo failed|ProxyError|"
        r"Network is unreachable|Connection refused",
        "The package index could not be reached. Is this machine online, and does it "
        "need a proxy (https_proxy)? Then run the same command again.",
    ),
    (
        r"Permission denied|Access is denied|Read-only file system",
        "pip may not write into .venv. Look at the owner and the permissions of the "
        "project's folder.",
    ),
)
"""What pip's log says, and the cause; the first that fits counts."""
NO_WHEEL = re.compile(r"No matching distribution found for ([^\s;(]+)")


def why_pip_failed(log: str) -> str:
    """The likely cause of a failed installation, from the text of pip's log."""
    for pattern, cause in CAUSES:
        if re.search(pattern, log):
            return cause
    missing = NO_WHEEL.search(log)
    if missing:
        here = System.here()
        return (
            f"There is no build of {missing[1]} for {here.name} on {here.machine} with "
            f"Python {'.'.join(map(str, here.python))}, or the package index does not "
            "have this version."
        )
    return "The cause is in pip's message above."
