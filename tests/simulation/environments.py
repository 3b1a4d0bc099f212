"""Gymnasium's environments, as the oracle of our legged robots."""

from functools import partial

import gymnasium

GYMNASIUM = {
    "hopper": partial(gymnasium.make, "Hopper-v5"),
    "half_cheetah": partial(gymnasium.make, "HalfCheetah-v5"),
    "walker2d": partial(gymnasium.make, "Walker2d-v5"),
    "humanoid": partial(
        gymnasium.make,
        "Humanoid-v5",
        contact_cost_weight=0,
        include_cinert_in_observation=False,
        include_cvel_in_observation=False,
        include_qfrc_actuator_in_observation=False,
        include_cfrc_ext_in_observation=False,
    ),
}
