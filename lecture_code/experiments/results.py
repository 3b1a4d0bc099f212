"""Committed results: their schema, writer and loader, and the replay of their runs.

`book/results/<name>.json` holds

    name, settings, seeds       what was run
    curves                      the results of all seeds
    first_records               {run: the records of its first steps}, for `replay`
    versions                    of Python and the libraries
    machine                     CPU model, cores, workers, backend
    wall_time                   [s], summed over interruptions
    command, schema, significant_digits

and `book/results/<name>.npz` beside it the arrays (policies), where there are any. A
result never holds a host name or a path.
"""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, get_origin, get_type_hints

import numpy as np

from lecture_code.experiments.files import (
    SIGNIFICANT_DIGITS,
    differences,
    jsonable,
    lines,
    write_atomically,
)
from lecture_code.experiments.protocol import (
    Experiment,
    ExperimentError,
    as_mapping,
    find_experiment,
)
from lecture_code.experiments.provenance import command

RESULTS = Path(__file__).parents[2] / "book" / "results"
SCHEMA = 1
FIRST_RECORDS = 3
"""Number of records of each run that are kept in its result."""
MOST_BYTES = 500_000
"""Largest size of a result file [B]."""


@dataclass(frozen=True, eq=False)
class Result:
    """The result of an experiment and how it was made, with the fields of its file."""

    name: str
    settings: dict[str, Any]
    seeds: list[int]
    curves: dict[str, Any]
    first_records: dict[str, list[dict[str, Any]]]
    versions: dict[str, str]
    machine: dict[str, Any]
    wall_time: float
    command: str
    schema: int = SCHEMA
    significant_digits: int = SIGNIFICANT_DIGITS


# --- reading ---


def load_result(name: str, folder: Path | str = RESULTS, check: bool = True) -> Result:
    """The result of this name.

    Args:
        name: the experiment's name.
        folder: where the file lies.
        check: refuse a result whose settings are not those of its experiment, see
            `check_settings`.

    Raises:
        ExperimentError: there is no such result (the message lists all results), it
            does not follow the schema, or its settings are not its experiment's.
    """
    text = _existing(name, folder, ".json").read_text(encoding="utf-8")
    try:
        content = json.loads(text)
    except json.JSONDecodeError as error:
        raise ExperimentError(
            f"{name}.json is not JSON ({error}); make it anew: {command(name)}"
        ) from error
    result = _checked(name, content)
    if check:
        check_settings(result)
    return result


def _checked(name: str, content: Any) -> Result:
    """The content of a file as a result, if it follows the schema."""
    hints: dict[str, Any] = get_type_hints(Result)
    kinds = {entry: get_origin(kind) or kind for entry, kind in hints.items()}
    kinds |= {entry: (int, float) for entry in kinds if kinds[entry] is float}
    entries = content if isinstance(content, dict) else {}
    missing = [entry for entry in kinds if entry not in entries]
    unknown = [entry for entry in entries if entry not in kinds]
    known = [entry for entry in kinds if entry in entries]
    wrong = [entry for entry in known if not isinstance(entries[entry], kinds[entry])]
    if missing or unknown or wrong:
        raise ExperimentError(
            f"{name}.json does not follow the schema: missing {missing}, unknown "
            f"{unknown}, of a wrong kind {wrong}"
        )
    if entries["schema"] != SCHEMA:
        raise ExperimentError(
            f"{name}.json follows schema {entries['schema']}, this is schema {SCHEMA}; "
            f"make it anew: {command(name)}"
        )
    if entries["name"] != name:
        raise ExperimentError(f"{name}.json holds the result of {entries['name']!r}")
    return Result(**entries)


def load_arrays(name: str, folder: Path | str = RESULTS) -> dict[str, np.ndarray]:
    """The arrays that lie beside a result.

    Raises:
        ExperimentError: there is no such file; the message lists all names.
    """
    with np.load(_existing(name, folder, ".npz"), allow_pickle=False) as archive:
        return {key: archive[key] for key in archive.files}


def check_settings(result: Result, experiment: Experiment | str | None = None) -> None:
    """Refuse a result whose settings are not those of its experiment.

    Raises:
        ExperimentError: shows each setting that differs, and the command that makes the
            result anew.
    """
    experiment = find_experiment(result.name if experiment is None else experiment)
    settings = jsonable(as_mapping(experiment.settings), digits=None)
    changes = differences(result.settings, settings, "the result", "the experiment")
    if changes:
        shown = "\n".join(changes)
        raise ExperimentError(
            f"the result {result.name!r} belongs to other settings than its "
            f"experiment's:\n{shown}\n"
            f"Make it anew: {command(experiment.name)}"
        )


def replay(
    experiment: Experiment | str,
    records: int = FIRST_RECORDS,
    *,
    run: str | None = None,
    rtol: float = 1e-5,
    folder: Path | str = RESULTS,
) -> int:
    """Run the first steps of one run again, and compare them with the result's records.

    Args:
        experiment: an experiment, or its name.
        records: number of steps, at most `FIRST_RECORDS`.
        run: the name of the run; None for the first run.
        rtol: the relative difference that is allowed; a result holds 7 significant
            digits, and other machines round differently.
        folder: where the result lies.

    Returns:
        How many numbers were compared.

    Raises:
        ExperimentError: a record differs (the message tells which), or the settings are
            not the experiment's.
    """
    experiment = find_experiment(experiment)
    result = load_result(experiment.name, folder, check=False)
    check_settings(result, experiment)
    runs = experiment.runs(experiment.settings)
    name = next(iter(runs)) if run is None else run
    if name not in runs or name not in result.first_records:
        raise ExperimentError(
            f"{experiment.name!r} has no run {name!r}; there are {', '.join(runs)}"
        )
    compared = 0
    for step, record in enumerate(result.first_records[name][:records]):
        where = f"{experiment.name}, run {name!r}, step {step}"
        compared += _compare(record, jsonable(runs[name].advance()), rtol, where)
    return compared


def _compare(
    before: dict[str, Any], now: dict[str, Any], rtol: float, where: str
) -> int:
    """Number of numbers in two records, which must agree."""
    if set(before) != set(now):
        raise ExperimentError(
            f"{where}: the result recorded {sorted(before)}, the code now gives "
            f"{sorted(now)}"
        )
    compared = 0
    for entry, value in before.items():
        old = np.asarray(value, dtype=float)
        new = np.asarray(now[entry], dtype=float)
        if old.shape != new.shape or not _near(old, new, rtol):
            raise ExperimentError(
                f"{where}: {entry} was {value} and is now {now[entry]}; if the change "
                "is meant, make the result anew"
            )
        compared += old.size
    return compared


def _near(old: np.ndarray, new: np.ndarray, rtol: float) -> bool:
    return np.allclose(old, new, rtol=rtol, atol=1e-12, equal_nan=True)


def _existing(name: str, folder: Path | str, suffix: str) -> Path:
    """The file of this name, or an error that lists the files that exist."""
    path = Path(folder) / f"{name}{suffix}"
    if not path.exists():
        known = sorted(file.stem for file in Path(folder).glob(f"*{suffix}"))
        raise ExperimentError(
            f"there is no {name}{suffix}; there are: {', '.join(known) or 'none'}. A "
            f"result is made by: {command(name)}"
        )
    return path


# --- writing ---


def write_result(result: Result, arrays: Mapping[str, np.ndarray], path: Path) -> None:
    """Write a result to `path`, and its arrays, if any, beside it.

    Each file is written atomically, in a fixed order.

    Raises:
        ExperimentError: a file would be larger than `MOST_BYTES`, or an array holds
            objects; nothing is written then.
    """
    content = {field.name: getattr(result, field.name) for field in fields(Result)}
    # one line per entry of the outermost levels: readable in a diff, and small
    text = lines(content, depth=2) + "\n"
    plain = {key: np.asarray(arrays[key]) for key in sorted(arrays)}
    objects = [key for key, array in plain.items() if array.dtype == object]
    if objects:
        raise ExperimentError(
            f"arrays must hold numbers; {', '.join(objects)} of {result.name!r} do not"
        )
    buffer = io.BytesIO()
    np.savez(buffer, **plain)  # type: ignore[arg-type]
    sizes = {".json": len(text.encode())}
    if arrays:
        sizes[".npz"] = len(buffer.getvalue())
    for suffix, size in sizes.items():
        if size > MOST_BYTES:
            allowed = f"allowed are {MOST_BYTES / 1000:.0f}: keep fewer points"
            raise ExperimentError(
                f"{path.stem}{suffix} would have {size / 1000:.0f} kB, {allowed}"
            )
    if arrays:
        write_atomically(path.with_suffix(".npz"), buffer.getvalue())
    write_atomically(path, text.encode())
