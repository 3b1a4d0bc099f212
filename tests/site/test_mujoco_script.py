"""How the physics engine is packed for the page."""

import base64
import doctest
import gzip
import re

import pytest

from tools import assets, mujoco_script

PACKAGE = assets.MODULES / mujoco_script.PACKAGE
MOST = 1_500_000  # bytes, gzip


def section(kind, content):
    return bytes([kind, len(content)]) + content


CODE = section(10, b"what runs")
TYPES = section(1, b"types")
NAMES = section(0, b"\4namedebugging")


def test_documentation_of_the_packing_is_true():
    """The examples in the module's docstrings hold."""
    assert doctest.testmod(mujoco_script).failed == 0


def test_only_debugging_is_left_out():
    """Equation: custom sections go, wherever they stand, and everything else stays byte
    for byte and in order; doing it twice changes nothing.
    """
    wasm = mujoco_script.HEADER + NAMES + TYPES + NAMES + CODE + NAMES
    assert mujoco_script.without_debugging(wasm) == mujoco_script.HEADER + TYPES + CODE
    assert (
        mujoco_script.without_debugging(mujoco_script.without_debugging(wasm))
        == mujoco_script.HEADER + TYPES + CODE
    )


@pytest.mark.parametrize(
    ("wasm", "complaint"),
    [
        (b"<html>", "not a WebAssembly module"),
        (mujoco_script.HEADER + CODE[:-2], "the WebAssembly module is cut off"),
    ],
)
def test_what_is_no_module_is_refused(wasm, complaint):
    """Negative control: another file, and half a file, are refused."""
    with pytest.raises(ValueError, match=complaint):
        mujoco_script.without_debugging(wasm)


def test_a_changed_loader_is_noticed():
    """Negative control: where the loader no longer looks as expected, packing stops and
    names what is missing.
    """
    assert (
        mujoco_script.as_script("x = import.meta.url; export default loadMujoco;")
        == "x = document.baseURI; "
    )
    with pytest.raises(ValueError, match=r"'import\.meta\.url' is not in it"):
        mujoco_script.as_script("export default loadMujoco;")


def test_the_engine_is_one_light_classic_script():
    """Conformance: packed from the installed package it is a classic script of at most
    1.5 MB, its WebAssembly without debugging, the same every time.
    """
    if not PACKAGE.exists():
        pytest.fail("the npm packages are missing: run `make build` first")
    script = mujoco_script.pack(PACKAGE)
    assert script == mujoco_script.pack(PACKAGE)
    assert len(gzip.compress(script.encode(), 9)) <= MOST
    assert not re.search(
        r"^\s*(import|export)\b|\bimport\.meta\b", script, re.MULTILINE
    )
    wasm = gzip.decompress(base64.b64decode(re.search(r'wasm: "([^"]+)"', script)[1]))
    assert wasm.startswith(mujoco_script.HEADER)
    assert wasm == mujoco_script.without_debugging(wasm)
    assert (
        wasm in (PACKAGE / "mujoco.wasm").read_bytes()
        or len(wasm) < (PACKAGE / "mujoco.wasm").stat().st_size / 2
    )


def test_a_package_without_a_licence_is_not_passed_on(monkeypatch):
    """Negative control: what brings no licence text is refused."""
    monkeypatch.setattr(
        mujoco_script,
        "distribution",
        lambda name: type("D", (), {"files": []})(),
    )
    with pytest.raises(ValueError, match="mujoco brings no licence text"):
        mujoco_script.licence_of("mujoco")
