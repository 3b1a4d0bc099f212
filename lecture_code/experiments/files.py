"""Atomic files, and values as JSON has them."""

from __future__ import annotations

import json
import math
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from lecture_code.experiments.protocol import ExperimentError

SIGNIFICANT_DIGITS = 7
"""Floats in a result are rounded to as many."""


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file such that a reader, whenever it looks, sees the old content or the
    new and never half of it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(
        dir=path.parent, prefix=f"{path.name}.", suffix=".tmp"
    )
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).chmod(0o644)  # mkstemp gives 0600
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def jsonable(value: Any, digits: int | None = SIGNIFICANT_DIGITS, at: str = "") -> Any:
    """A value as JSON has it: arrays and tuples become lists, floats are rounded to
    `digits` significant digits (None: not at all).

    Raises:
        ExperimentError: something is not finite or has no JSON form; the message tells
            where it is.
    """
    if isinstance(value, np.ndarray | np.generic):
        value = value.tolist()
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ExperimentError(
                f"{at or 'the value'} is {value}; a result holds finite numbers (None "
                "where there is no value)"
            )
        return value if digits is None else float(f"{value:.{digits}g}")
    if isinstance(value, Mapping):
        return {
            str(key): jsonable(entry, digits, f"{at}.{key}" if at else str(key))
            for key, entry in value.items()
        }
    if isinstance(value, list | tuple):
        return [jsonable(entry, digits, f"{at}[{i}]") for i, entry in enumerate(value)]
    raise ExperimentError(
        f"{at or 'the value'} is a {type(value).__name__}; a result holds numbers, "
        "strings, and lists, dictionaries or arrays of them"
    )


def lines(value: Any, depth: int, indent: str = "") -> str:
    """JSON with a line for each entry of the outermost `depth` dictionaries, and
    everything inside them compact.
    """
    if depth == 0 or not isinstance(value, dict) or not value:
        return json.dumps(value, ensure_ascii=False, allow_nan=False)
    inner = indent + " "
    entries = [
        f"{inner}{json.dumps(key)}: {lines(entry, depth - 1, inner)}"
        for key, entry in value.items()
    ]
    return "{\n" + ",\n".join(entries) + f"\n{indent}}}"


def differences(a: Any, b: Any, name_a: str, name_b: str, at: str = "") -> list[str]:
    """Where two JSON values differ, a line each: "  settings.step: 0.02 in a, 0.05 in
    b".
    """
    if isinstance(a, dict) and isinstance(b, dict):
        missing = object()
        pairs = [
            (key, a.get(key, missing), b.get(key, missing)) for key in sorted({*a, *b})
        ]
        found = []
        for key, left, right in pairs:
            where = f"{at}.{key}" if at else str(key)
            if left is missing or right is missing:
                found.append(
                    f"  {where}: only in {name_b if left is missing else name_a} "
                    f"({right if left is missing else left})"
                )
            else:
                found += differences(left, right, name_a, name_b, where)
        return found
    return [] if a == b else [f"  {at}: {a} in {name_a}, {b} in {name_b}"]
