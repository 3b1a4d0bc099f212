"""`python -m lecture_code.experiments NAME`: compute an experiment, or go on where a
killed computation stopped.
"""

from __future__ import annotations

import argparse
import sys

from lecture_code.experiments.protocol import ExperimentError, known_experiments
from lecture_code.experiments.runner import PACKAGES, run_experiment


def main(arguments: list[str] | None = None) -> int:
    """Parse the command line, run the experiment, and say where the result is; 2 is
    returned for input that cannot be used.
    """
    parser = argparse.ArgumentParser(
        prog="python -m lecture_code.experiments", description=__doc__
    )
    add = parser.add_argument
    add(
        "experiment",
        metavar="NAME",
        nargs="?",
        help="the experiment; without it, the known ones are listed",
    )
    add(
        "--smoke",
        action="store_true",
        help="the whole path in seconds; writes to a temporary folder unless --out is given",
    )
    add("--workers", type=int, help="how many runs at once (default: one on each core)")
    add(
        "--backend",
        default="loky",
        help=f"what carries the runs: {', '.join(PACKAGES)} (default: loky)",
    )
    add("--out", help="the result's file (.json) or its folder (default: book/results)")
    add(
        "--restart",
        action="store_true",
        help="drop the checkpoints of an interrupted run and begin anew",
    )
    add(
        "--keep",
        action="store_true",
        help="go on from them although the code or the libraries have changed since",
    )
    given = parser.parse_args(arguments)
    if given.experiment is None:
        print("\n".join(known_experiments()))
        return 0
    try:
        result, path = run_experiment(**vars(given))
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


if __name__ == "__main__":
    sys.exit(main())
