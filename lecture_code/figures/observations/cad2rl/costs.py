"""What roll-outs bring where the picture is easy or hard, and which part of a "real"
picture is hard.
"""

from __future__ import annotations

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
"""Name, arm and family of looks of each row, the easiest picture first."""


def cost_table(result: Result, lens: Result) -> Table:
    """The same two rounds of roll-outs, from the easiest picture to the hardest; and
    the hardest after a training with random lenses.

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
        caption="Mean metres *before* and *after* learning from roll-outs, and their "
        f"ratio, with 95 % intervals over {flown.seeds} seeds. In the first row the "
        "clearance rule that counts ways up to 2 m, and exact roll-outs that go on by "
        "it; in the last row both trainings draw lenses, too",
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


def looks_table(looks: Result) -> Table:
    """Metres in looks that have one part of a "real" look.

    Args:
        looks: `cad2rl_looks`.
    """
    families = looks.settings["families"]
    rows = {
        family.replace("real", "“real”")
        + (" looks" if family in ("training", "real") else ""): {
            page_name(arm): str(mean_of_seeds(by_family[family]))
            for arm, by_family in looks.curves.items()
        }
        for family in families
    }
    return Table(
        rows,
        caption="Mean metres of two networks with a 95 % interval over "
        f"{len(looks.seeds)} sets of flights. The middle rows are training looks with "
        "one part of a “real” look",
        units={page_name(arm): "m" for arm in looks.curves},
        corner="look",
    )
