"""What must hold of systems that are not ours: they are refused in words, failures are
told apart, and settings of other projects stay outside.
"""

import json
import re
import shutil
import subprocess
import sys

import pytest

from tools.processes import FOREIGN, environment
from tools.systems import System, too_deep, unsupported, why_pip_failed

CERTIFICATE = """\
-----BEGIN CERTIFICATE-----
MIIBozCCAUmgAwIBAgIUPoKuwJ4ZvzbcM0ewNIdsTmuGihwwCgYIKoZIzj0EAwIw
JjEkMCIGA1UEAwwbQSBuZXR3b3JrIHRoYXQgbG9va3MgaW5zaWRlMCAXDTI2MTEy
OTA5NDcwOVoYDzIxMjYxMTA1MDk0NzA5WjAmMSQwIgYDVQQDDBtBIG5ldHdvcmsg
dGhhdCBsb29rcyBpbnNpZGUwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAATyrGMC
aq/dGRYjC3nu8SzrVppt0R1WFgw49Ilkz7OqjUvkO0/Len4a2MIED1/W8nCYvxJe
rdknqHtc3asfRzlZo1MwUTAdBgNVHQ4EFgQUFX9NEJiBvLs74OIz4nfpMjMY3tEw
HwYDVR0jBBgwFoAUFX9NEJiBvLs74OIz4nfpMjMY3tEwDwYDVR0TAQH/BAUwAwEB
/zAKBggqhkjOPQQDAgNIADBFAiAKaW3fYMNRjRE00aW1DNpV8uOp9vuxDntHVz93
3dm1TAIhALnePyQNcOi396Kg65ngxYXh3ecfJHYprPKkc2uJuAyV
-----END CERTIFICATE-----
"""
"""Of a network that looks into encrypted traffic; its key is lost."""
LINUX = System("Linux", "x86_64", (3, 12))


@pytest.mark.parametrize(
    ("system", "advice"),
    [
        (System("Darwin", "x86_64", (3, 12)), "Intel.*Linux machine or container"),
        (System("Windows", "ARM64", (3, 12)), "x86-64 Python"),
        (System("Linux", "x86_64", (3, 15)), r"Python 3\.15.*Python 3\.11 to 3\.14"),
        (System("Windows", "AMD64", (3, 12), bits=32), "64-bit Python"),
        (System("Linux", "x86_64", (3, 12), musl=True), "Debian"),
    ],
    ids=lambda value: getattr(value, "name", None),
)
def test_a_system_without_wheels_is_refused_with_a_way_out(system, advice):
    """Conformance: every system without wheels gets the reason and an alternative."""
    assert re.search(advice, unsupported(system))


@pytest.mark.parametrize(
    "system",
    [
        LINUX,
        System("Linux", "aarch64", (3, 11)),
        System("Darwin", "arm64", (3, 14)),
        System("Windows", "AMD64", (3, 13)),
        System.here(),
    ],
    ids=str,
)
def test_a_system_with_wheels_is_not_refused(system):
    """Negative control: where the packages have wheels, nothing is said."""
    assert unsupported(system) is None


def test_a_deep_folder_on_windows_is_refused_unless_long_paths_are_allowed():
    """Limit: at 259 characters of a path a folder is accepted, one more is too deep."""
    fits = "C:\\" + "x" * (259 - 3 - 1 - 200)
    assert too_deep(fits, long_paths=False) is None
    assert "shorter path" in too_deep(fits + "x", long_paths=False)
    assert too_deep(fits + "x", long_paths=True) is None


@pytest.mark.parametrize(
    ("log", "cause"),
    [
        ("OSError: [Errno 28] No space left on device", "disk is full"),
        ("SSLError(SSLCertVerificationError(1, '[SSL: CERTIFICATE_VERI", "PIP_CERT"),
        ("ERROR: Can not perform a '--user' install.", "pip config unset"),
        (
            "NewConnectionError('<…>: Failed to establish')\n"
            "ERROR: No matching distribution found for numpy==2.4.6",
            "online",
        ),
        ("ERROR: No matching distribution found for torch==2.13.0", "build of torch=="),
        ("PermissionError: [Errno 13] Permission denied: 'x'", "permissions"),
        ("something else", "message above"),
    ],
)
def test_failures_of_pip_are_told_apart(log, cause):
    """Conformance: each kind of failure has a sentence of its own; a missing network
    is not taken for a missing build.
    """
    assert cause in why_pip_failed(log)


NAMED = {"PYTHONPATH", "PIP_USER", "PIP_TARGET", "PYTEST_ADDOPTS", "MYPYPATH"}


@pytest.mark.parametrize("name", sorted(FOREIGN | NAMED))
def test_settings_of_other_projects_stay_outside(name, monkeypatch):
    """Conformance: no variable that leads to other code reaches what we start."""
    monkeypatch.setenv(name, "elsewhere")
    assert environment().get(name) != "elsewhere"


def test_a_foreign_pythonpath_leads_to_no_foreign_module(tmp_path, monkeypatch):
    """Oracle: a program that we start does not find a module on a PYTHONPATH that a
    robot's middleware has set, and a program started as it is does.
    """
    (tmp_path / "middleware.py").write_text("")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setenv("PIP_INDEX_URL", "an index of this machine")
    program = [sys.executable, "-c", "import middleware"]
    assert subprocess.run(program, check=False).returncode == 0
    ours = subprocess.run(program, env=environment(), capture_output=True, check=False)
    assert ours.returncode == 1
    assert environment()["PIP_INDEX_URL"] == "an index of this machine"


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a store has the file")
def test_node_takes_the_certificates_of_the_system(tmp_path, monkeypatch):
    """Conformance with a negative control: npm's Node.js accepts a certificate that
    this machine accepts, and without our setting it does not.
    """
    (tmp_path / "own.pem").write_text(CERTIFICATE, encoding="ascii")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "own.pem"))
    node = shutil.which("node", path=environment()["PATH"])
    asks = "console.log(JSON.stringify(require('tls').getCACertificates('default')))"

    def accepts(env):
        done = subprocess.run([node, "-e", asks], env=env, capture_output=True)
        return CERTIFICATE.strip() in map(str.strip, json.loads(done.stdout))

    assert accepts(environment())
    assert not accepts(environment(NODE_USE_SYSTEM_CA="0"))
