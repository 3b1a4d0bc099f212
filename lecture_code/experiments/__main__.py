"""Compute an experiment, or go on where a killed computation stopped."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from lecture_code.experiments.backends import PACKAGES
from lecture_code.experiments.protocol import ExperimentError, known_experiments
from lecture_code.experiments.runner import run_experiment


def main(arguments: list[str] | None = None) -> int:
    """Run the experiment of the command line, and say where its result is.

    Returns 0, or 2 for input that cannot be used, or 130 after an interruption.
    """
    options = parser().parse_args(arguments)
    if options.experiment is None:
        print("\n".join(known_experiments()))
        return 0
    try:
        result, path = run_experiment(**vars(options))
    except ExperimentError as error:
        print(error, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(
            "interrupted: the same command goes on from the last checkpoint",
            file=sys.stderr,
        )
        return 130
    print(
        f"{result.name}: {len(result.first_records)} runs, {result.wall_time:.0f} s, "
        f"written to {path}"
    )
    return 0


OPTIONS: dict[str, dict[str, Any]] = {
    "--smoke": {
        "action": "store_true",
        "help": "the whole path in seconds; writes to a temporary folder unless --out "
        "is given",
    },
    "--workers": {
        "type": int,
        "help": "how many runs at once (default: one on each core, or all that the "
        "workers of a cluster can do)",
    },
    "--backend": {
        "default": "loky",
        "help": f"what carries the runs: {', '.join(PACKAGES)} (default: loky)",
    },
    "--address": {
        "help": "the scheduler of a cluster (default: the address in "
        "$DASK_SCHEDULER_ADDRESS or $RAY_ADDRESS, or workers on this machine)",
    },
    "--out": {
        "help": "the result's file (.json) or its folder (default: book/results)",
    },
    "--restart": {
        "action": "store_true",
        "help": "drop the checkpoints of an interrupted run and begin anew",
    },
    "--keep": {
        "action": "store_true",
        "help": "go on from the checkpoints although the code or the libraries have "
        "changed since",
    },
}


def parser() -> argparse.ArgumentParser:
    """What the command line understands."""
    description = (__doc__ or "").strip()
    program = "python -m lecture_code.experiments"
    reader = argparse.ArgumentParser(prog=program, description=description)
    reader.add_argument(
        "experiment",
        metavar="NAME",
        nargs="?",
        help="the experiment; without it, the known ones are listed",
    )
    for name, option in OPTIONS.items():
        reader.add_argument(name, **option)
    return reader


if __name__ == "__main__":
    sys.exit(main())
