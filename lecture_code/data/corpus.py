"""Text that is on every machine: the documentation and the code of SciPy, and sums.

The book ships no text and fetches none. SciPy is pinned in `requirements.txt`, and the
files of a release are the same everywhere, so its Python files are a corpus of two
million characters that nobody has to download. (The standard library's manual,
`pydoc_data.topics`, is not: it differs between the Pythons that the book runs on.)
Another release of SciPy has other files: the fingerprint then differs, and
`load_corpus` says so instead of training on something else.

Three domains, in equal shares: *prose* (docstrings), *code* (the same files without
them), *sums* ("17 + 25 = 42").
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

DOMAINS = ("prose", "code", "sums")
PACKAGES = ("signal", "ndimage", "linalg", "interpolate", "spatial", "cluster", "fft")
FINGERPRINT = "9e95a5faa6b3b2d5"
"""Fingerprint of the corpus that the committed results were made with, SciPy 1.17.1's.
"""
CHARACTERS = 97
"""Number of characters: 95 that can be printed, the end of a line, and a last number
for all others.
"""
SHARE = 900_000
"""Characters of each domain."""


@dataclass(frozen=True, eq=False)
class Corpus:
    """Characters as numbers below `CHARACTERS`.

    Args:
        domains: one array for each of `DOMAINS`, (SHARE,).
        fingerprint: sixteen hexadecimal digits that are the same for the same text.
    """

    domains: tuple[NDArray[np.uint8], ...]
    fingerprint: str


@cache
def load_corpus(fingerprint: str = FINGERPRINT) -> Corpus:
    """The corpus, read once in a process.

    Raises:
        ValueError: the text does not have this fingerprint.
    """
    files = (path.read_text(encoding="utf-8") for path in _files())
    prose, code = zip(*map(_separate, files), strict=True)
    pairs = np.random.default_rng(0).integers(0, 1000, (SHARE // 12, 2)).tolist()
    sums = (f"{a} + {b} = {a + b}" for a, b in pairs)
    texts = ["\n".join(lines) for lines in (prose, code, sums)]
    domains = tuple(encode_text(text)[:SHARE] for text in texts)
    bits = b"".join(domain.tobytes() for domain in domains)
    own = hashlib.sha256(bits).hexdigest()[:16]
    if own != fingerprint:
        raise ValueError(
            "the corpus is made of SciPy's files, and this machine's files are not "
            "the files of the committed results "
            f"(fingerprint {own}, not {fingerprint}): "
            "install the SciPy that requirements.txt pins, or change FINGERPRINT in "
            f"the file {Path(__file__).name} to {own!r} and make the results anew"
        )
    return Corpus(domains, own)


def encode_text(text: str) -> NDArray[np.uint8]:
    """Characters as numbers: a printable one by its place in ASCII, the end of a line
    as 95, a tab as 96; beyond ASCII, all are question marks.
    """
    ascii_text = text.encode("ascii", "replace").replace(b"\r", b"")
    codes = np.frombuffer(ascii_text, dtype=np.uint8)
    printable = (codes >= 32) & (codes < 127)
    numbers = np.where(codes == 10, 95, np.where(printable, codes - 32, 96))
    return numbers.astype(np.uint8)


def _files() -> Iterator[Path]:
    """The files that the corpus is made of, in a fixed order."""
    spec = find_spec("scipy")
    assert spec is not None and spec.origin is not None
    for package in PACKAGES:
        yield from sorted((Path(spec.origin).parent / package).glob("*.py"))


def _separate(source: str) -> tuple[str, str]:
    """The docstrings of a file without their indentation, and the file without them;
    neither with empty lines.
    """
    lines = source.splitlines()
    prose = list[str]()
    inside = set[int]()
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
            continue
        if ast.get_docstring(node, clean=False):
            first = node.body[0]
            assert isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
            prose += [line.strip() for line in str(first.value.value).splitlines()]
            inside.update(range(first.lineno - 1, first.end_lineno or first.lineno))
    code = [line for number, line in enumerate(lines) if number not in inside]
    full_code = [line for line in code if line.strip()]
    return "\n".join(filter(None, prose)), "\n".join(full_code)
