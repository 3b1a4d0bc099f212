"""What the figures of Christiano et al. (2016) show, read off by eye: good to about
±0.03 in normalised return. The paper prints no table of returns.

`READ_OFF` has robot -> shift -> method -> level -> normalised return. The levels are
those at which somebody has read the figure; they are not always our levels.
"""

from __future__ import annotations

from collections.abc import Mapping

Curve = Mapping[float, float]
"""Level of the shift -> normalised return."""

READ_OFF: Mapping[str, Mapping[str, Mapping[str, Curve]]] = {
    "heavy_arm": {
        "gravity": {
            "expert": {0.0: 1.0, 0.3: 0.60, 0.6: 0.18, 0.85: 0.0},
            "k 1": {0.3: 0.95, 0.6: 0.95, 1.0: 0.95},
            "k 2": {0.3: 0.79, 0.6: 0.97, 1.0: 0.97},
            "output error control": {0.3: 0.97, 0.6: 0.97, 1.0: 0.97},
            "Gaussian adaptation": {0.0: 0.87, 0.6: 0.73, 1.0: 0.53},
        },
        "0": {"expert": {0.5: 0.60}, "k 2": {0.5: 0.35}},
        "1": {
            "expert": {0.3: 0.2, 0.6: 0.2},
            "k 2": {0.3: 0.28, 0.4: 0.92, 0.6: 0.9},
        },
    },
    "half_cheetah": {
        "0.9": {"expert": {0.5: 0.35}, "k 1": {0.5: 0.40}, "k 2": {0.5: 0.52}},
        "1": {
            "expert": {0.3: 0.62, 0.6: 0.14, 0.8: 0.0},
            "k 1": {0.3: 0.72, 0.6: 0.40},
            "k 2": {0.3: 0.90, 0.6: 0.56, 1.0: 0.28},
        },
    },
    "hopper": {
        "0": {"expert": {0.9: 0.0}, "k 2": {0.9: 0.45}},
        "0.9": {"expert": {0.5: 0.32}, "k 1": {0.5: 0.60}, "k 2": {0.5: 0.52}},
        "1": {"expert": {0.5: 0.0}, "k 1": {0.5: 0.78}, "k 2": {0.5: 0.78}},
    },
    "humanoid": {
        "0": {"expert": {0.4: 0.97, 0.7: 0.2}, "k 2": {0.4: 0.67, 0.7: 0.6}},
    },
}
"""Robot -> "gravity" or the correlation of the noise -> method -> curve."""

SAMPLES: Mapping[str, Mapping[str, str]] = {
    "Hopper, no noise": {
        "with history": "24",
        "no history": "31",
        "from nothing": "about 1,000",
    },
    "Hopper, constant noise, σ = 0.2": {"with history": "28", "no history": "77"},
    "Humanoid, no noise": {
        "with history": "16",
        "no history": "13",
        "from nothing": "about 70,000",
    },
    "Humanoid, constant noise, σ = 0.2": {"with history": "16", "no history": "16"},
}
"""The paper's table of samples, in thousands, until ¾ of the expert's reward."""


def read_off(robot: str, shift: str, method: str) -> Curve:
    """What the paper's figure shows; empty where nobody has read it."""
    return READ_OFF.get(robot, {}).get(shift, {}).get(method, {})
