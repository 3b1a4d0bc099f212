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
"""Number of significant digits to which floats in a result are rounded."""


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file so that a reader sees the old or the new content, never a part."""
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
    """A value as JSON has it: arrays and tuples become lists, floats are rounded.

    Args:
        value: the value.
        digits: significant digits of floats; None to keep all.
        at: where the value stands, for messages.

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
    """JSON with a line for each entry of the outermost `depth` dictionaries.

    The values inside them are written compactly.
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
    """Where two JSON values differ, a line each.

    A line is, for instance, "  settings.step: 0.02 in a, 0.05 in b".
    """
    if not isinstance(a, dict) or not isinstance(b, dict):
        return [] if a == b else [f"  {at}: {a} in {name_a}, {b} in {name_b}"]
    changes = []
    for key in sorted({*a, *b}):
        where = f"{at}.{key}" if at else str(key)
        if key not in a:
            changes.append(f"  {where}: only in {name_b} ({b[key]})")
        elif key not in b:
            changes.append(f"  {where}: only in {name_a} ({a[key]})")
        else:
            changes += differences(a[key], b[key], name_a, name_b, where)
    return changes
