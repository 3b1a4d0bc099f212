"""MuJoCo for the page: the WebAssembly build from npm, packed with its loader into one
classic script.

A classic script that a page adds when it is needed works from any server, from a file
and inside JupyterLab alike; it needs no module, no header and no second request. Three
quarters of the shipped WebAssembly are debug sections and poorly packed code, so the
packing is worth it: 10 MB become 2, of which 1.3 MB travel. `pack` makes the script;
`without_debugging` is what it leaves out.

The script defines `window.RealityGap.packed = {version, wasm, load}`: base64 of the
gzipped WebAssembly, and the loader that takes it unpacked.
"""

from __future__ import annotations

import base64
import gzip
import json
from importlib.metadata import distribution
from pathlib import Path

PACKAGE = "@mujoco/mujoco"
HEADER = b"\0asm\x01\0\0\0"
CUSTOM = 0  # the kind of section that holds names and debugging, and nothing that runs
KIB = 1024

# How the module of npm differs from a classic script: what it exports, and that it
# knows its own address (asked for only where no binary is given).
AS_SCRIPT = (
    ("export default loadMujoco;", ""),
    ("import.meta.url", "document.baseURI"),
)
HEAD = (
    "/* MuJoCo {version}, WebAssembly build of the npm package {package}, without its "
    "debug sections. Copyright DeepMind Technologies Limited,\n"
    "   Apache License 2.0: see third-party-licences.txt beside this file. Packed by "
    "tools/mujoco_script.py. */\n"
)
BODY = """(window.RealityGap ||= {{}}).packed = (() => {{
{loader}
return {{ version: "{version}", load: loadMujoco, wasm: "{wasm}" }};
}})();
"""


def leb128(data: bytes, at: int) -> tuple[int, int]:
    """An unsigned number in WebAssembly's variable length, and where it ends.

    >>> leb128(bytes([0xE5, 0x8E, 0x26]), 0)
    (624485, 3)
    """
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        shift += 7
        at += 1
        if byte < 0x80:
            return value, at


def without_debugging(wasm: bytes) -> bytes:
    """The module with its custom sections left out; what runs is the same, byte for
    byte.

    Raises:
        ValueError: this is not WebAssembly, or it is cut off.
    """
    if not wasm.startswith(HEADER):
        raise ValueError(f"not a WebAssembly module: it begins with {wasm[:8]!r}")
    kept = [HEADER]
    at = len(HEADER)
    while at < len(wasm):
        size, begin = leb128(wasm, at + 1)
        if begin + size > len(wasm):
            raise ValueError(
                f"the WebAssembly module is cut off: a section of {size} bytes begins "
                f"at {begin}, and there are {len(wasm)}"
            )
        if wasm[at] != CUSTOM:
            kept.append(wasm[at : begin + size])
        at = begin + size
    return b"".join(kept)


def as_script(module: str) -> str:
    """The loader as part of a classic script.

    Raises:
        ValueError: it does not look as expected; the message names what is missing.
    """
    for old, new in AS_SCRIPT:
        if old not in module:
            raise ValueError(
                f"the loader of {PACKAGE} has changed: {old!r} is not in it, see "
                "AS_SCRIPT in tools/mujoco_script.py"
            )
        module = module.replace(old, new)
    return module


def pack(package: Path) -> str:
    """The script, from the folder of the installed npm package; the same text for the
    same version on every machine.
    """
    version = json.loads((package / "package.json").read_text(encoding="utf-8"))[
        "version"
    ]
    wasm = gzip.compress(
        without_debugging((package / "mujoco.wasm").read_bytes()), 9, mtime=0
    )
    loader = as_script((package / "mujoco.js").read_text(encoding="utf-8"))
    body = BODY.format(
        version=version, loader=loader, wasm=base64.b64encode(wasm).decode()
    )
    return HEAD.format(version=version, package=PACKAGE) + body


def licence_of(name: str) -> str:
    """The licence texts that came with an installed Python package.

    Raises:
        ValueError: it brought none.
    """
    installed = distribution(name)
    texts = [
        Path(str(file.locate())).read_text(encoding="utf-8")
        for file in installed.files or []
        if ".dist-info" in str(file) and file.name.startswith(("LICENSE", "LICENCE"))
    ]
    if not texts:
        raise ValueError(
            f"the installed package {name} brings no licence text, and what is made of "
            "it may not be passed on without"
        )
    return "\n".join(texts)


def notices(modules: Path, packages: tuple[str, ...]) -> str:
    """The licences of all third-party parts that the built site passes on.

    Of the npm packages, of MuJoCo, and of the robots' models.
    """
    holder = "Copyright DeepMind Technologies Limited. The licence of MuJoCo:\n\n"
    robots = "The models of Hopper, HalfCheetah and Walker2d (inside pages that "
    parts = {
        f"{PACKAGE} (mujoco-engine.js)": holder + licence_of("mujoco"),
        f"{robots}simulate them): Gymnasium": licence_of("gymnasium"),
    }
    for name in packages:
        licence = next((modules / name).glob("LICEN[SC]E*"))
        parts[name] = licence.read_text(encoding="utf-8")
    rule = "=" * 100
    entries = [
        f"{rule}\n{title}\n{rule}\n\n{text.strip()}" for title, text in parts.items()
    ]
    return "\n\n".join(entries) + "\n"
