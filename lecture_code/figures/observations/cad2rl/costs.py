"""What roll-outs bring where the picture is easy or hard, and which part of a "real"
picture is hard.
"""

from __future__ import annotations

from collections.abc import Sequence

from lecture_code.experiments.results import Result
from lecture_code.experiments.summaries import mean_of_seeds, paired_ratio
from lecture_code.figures.observations.cad2rl.flown import Flown, page_name
from lecture_code.show import Table

BASE = "clearance 2 m"  # the rule from which the exact roll-outs go on
PICTURES = (
    ("one texture, its own look", "one texture", "single"),
    ("CAD²RL, training looks", "CAD2RL", "training"),
    ("CAD²RL, “real” looks", "CAD2RL", "real"),
)
"""Name, arm and family of looks of each row."""


def cost_table(result: Result, lens: Result) -> Table:
    """The same two rounds of roll-outs with several pictures; and with the last of them
    after a training with random lenses.

    Args:
        result: `cad2rl`.
        lens: `cad2rl_lens`.
    """
    flown = Flown(result)
    clearance = flown.means(BASE)
    exact = flown.means("exact roll-outs")
    rows = {
        "no picture: the map itself": {
            "before": str(mean_of_seeds(clearance)),
            "after": str(mean_of_seeds(exact)),
            "ratio": str(paired_ratio(exact, clearance)),
        }
    }
    for name, arm, family in PICTURES:
        rows[name] = _before_and_after(flown, arm, family)
    rows["the same, random lenses"] = _before_and_after(
        Flown(lens), "CAD2RL, random lens", "real"
    )
    return Table(
        rows,
        caption="Mean metres *before* and *after* two rounds of roll-outs, and their "
        f"ratio, with 95 % intervals over {flown.seeds} seeds",
        units={"before": "m", "after": "m"},
        corner="what is seen",
    )


def _before_and_after(flown: Flown, arm: str, family: str) -> dict[str, str]:
    """Metres of the first and of the last test, and their ratio."""
    means = flown.tests(arm, family).mean(axis=2)  # (seeds, tests)
    return {
        "before": str(mean_of_seeds(means[:, 0])),
        "after": str(mean_of_seeds(means[:, -1])),
        "ratio": str(paired_ratio(means[:, -1], means[:, 0])),
    }


def looks_table(looks: Result, arms: Sequence[str] | None = None) -> Table:
    """Metres in looks that have one part of a "real" look.

    Args:
        looks: `cad2rl_looks`.
        arms: whose networks are shown; None: all.
    """
    shown = list(looks.curves) if arms is None else arms
    families = looks.settings["families"]
    rows = {
        family.replace("real", "“real”")
        + (" looks" if family in ("training", "real") else ""): {
            page_name(arm): str(mean_of_seeds(looks.curves[arm][family]))
            for arm in shown
        }
        for family in families
    }
    return Table(
        rows,
        caption="Mean metres in training looks, in training looks with one part of a "
        "“real” look, and in “real” looks, with a 95 % interval over "
        f"{len(looks.seeds)} sets of flights of one network of each method",
        units={page_name(arm): "m" for arm in shown},
        corner="look",
    )
