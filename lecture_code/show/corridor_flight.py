"""`corridor_flight`: a robot in corridors, flown in the page by what a network says of
each picture.

    corridor_flight(stack, {"CAD²RL": parameters, "straight ahead": None}, title="Fly")

The raycaster, the networks and the flights are computed in the reader's browser: no
kernel and no request. Pictures there have no pixel noise; else they are those of
`vision.see`. A few looks of each family travel with the page, with their textures.

Read `corridor_flight` for what can be asked for, then `CorridorFlight`. `_encode` is
the format that corridor-flight.js reads.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from lecture_code.vision import Looks, MapStack, draw_looks
from lecture_code.vision.lenses import lens_of

from .flight_setup import (
    RADIUS,
    check_goals,
    check_starts,
    draw_starts,
    encode_looks,
)
from .flight_still import map_svg, picture_img
from .packed_networks import PackedLayer, Parameters, as_base64, encode, packed
from .page import Rendered, fingerprint, prose, require_alt
from .sliders import choice_buttons, range_slider

LOOKS = 3  # of each random family
BETAS = (0.0, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 1.0)
HORIZONS = range(1, 11)
FAMILIES = {"real": "“real”", "training": "training", "single": "one texture"}
MAX_BYTES = 330_000


class CorridorFlight(Rendered):
    """Corridors to fly through on a page: `<corridor-flight>`.

    Args:
        stack: the maps.
        policies: by name, in the order of the buttons; the first is chosen. Weight and
            bias of each layer of a network, or None: straight ahead.
        names: of the maps.
        starts: x, y and heading in each map, (M, 3) [m, m, rad].
        looks: some of each family, by the name of the family; the first is chosen.
        goals: x and y in some maps, by the number of the map [m]; the reader may choose
            others.
        title: visible above the map.

    Raises:
        ValueError: there is no policy, a network, a start or a goal does not fit, a
            robot starts in a wall, or the element is too heavy.
    """

    def __init__(
        self,
        stack: MapStack,
        policies: Mapping[str, Parameters | None],
        names: Sequence[str],
        starts: ArrayLike,
        looks: Mapping[str, Looks],
        goals: Mapping[int, tuple[float, float]],
        title: str,
    ) -> None:
        if not policies:
            raise ValueError("give at least one policy, by its name")
        self.starts = check_starts(stack, starts)
        self.goals = check_goals(stack, goals)
        if len(names) != len(stack):
            raise ValueError(f"there are {len(stack)} maps, and {len(names)} names")
        self.stack = stack
        self.names = list(names)
        self.looks = dict(looks)
        self.title = title
        for family in looks:
            lens_of(family)
        self.networks = {
            name: None if parameters is None else pack_policy(name, parameters)
            for name, parameters in policies.items()
        }
        self.alt = require_alt(
            f"A map of walls from above, {names[0]}, with a robot that looks along a "
            "corridor; beside it the small picture that the robot sees, and a bar of Q "
            "for each of the 15 directions in which it can fly."
        )
        super().__init__(self._render(), self.alt)

    def _name(self) -> str:
        """Of this element in links: another name as soon as what can be chosen
        changes.
        """
        return fingerprint(self.title, *self.names, *self.networks, *self.looks)

    def _render(self) -> str:
        data = json.dumps(
            self._encode(), ensure_ascii=False, allow_nan=False, separators=(",", ":")
        ).replace("</", "<\\/")
        html = (
            f'<corridor-flight class="rg-shown" data-link="{self._name()}">'
            f'<p class="rg-title">{prose(self.title)}</p>{self._inside()}'
            f'<script type="application/json">{data}</script></corridor-flight>'
        )
        if len(html.encode()) > MAX_BYTES:
            raise ValueError(
                f"the flight is {len(html.encode()) // 1000} kB, and the page allows "
                f"{MAX_BYTES // 1000} kB: give fewer networks or looks"
            )
        return html

    def _inside(self) -> str:
        """Still pictures, status and controls."""
        look = next(iter(self.looks.values()))[:1]
        first = self.starts[:1]
        still = map_svg(self.stack, first[0], look, RADIUS, self.goals.get(0))
        return (
            '<div class="rg-flight"><div class="rg-map">'
            f'<div class="rg-stage" role="img" aria-label="{escape(self.alt)}">'
            f'{still}</div><div class="rg-room"></div>'
            '<p class="rg-status" role="status">The flight needs JavaScript; the '
            'picture shows where it begins.</p></div><div class="rg-sight">'
            '<div class="rg-view" role="img" aria-label="The picture that the robot '
            f'sees">{picture_img(self.stack, first, look)}</div>'
            '<canvas class="rg-bars" role="img" aria-label="Q of each aim"></canvas>'
            f'<p class="rg-told"></p>{_sliders()}</div></div>{self._choices()}'
            '<p class="rg-note">The robot decides every 0.8 m, by one picture. Pictures'
            " in this page have no pixel noise. With the exact roll-outs on, and once "
            "all of them are done, a line across each bar is the label of its aim: the "
            "share of H steps that it survives.</p>"
        )

    def _choices(self) -> str:
        """Buttons for the policy and for the family of looks, and which corridor."""
        families = [FAMILIES[family] for family in self.looks]
        owner = self._name()
        policies = choice_buttons(
            "policy", list(self.networks), 0, owner=owner, knob="policy"
        )
        looks = choice_buttons("appearance", families, 0, owner=owner, knob="family")
        options = "".join(
            f'<option value="{n}">{escape(name)}</option>'
            for n, name in enumerate(self.names)
        )
        return (
            f'<div class="rg-choices">{policies}{looks}</div><div class="rg-extras">'
            '<label class="rg-menu"><span>corridor</span><select class="rg-speed" '
            f'data-knob="map" data-start="0" disabled>{options}</select></label>'
            '<button type="button" class="rg-button rg-another" disabled>Another look'
            "</button></div>"
        )

    def _encode(self) -> dict[str, Any]:
        """The JSON that corridor-flight.js reads: walls as bits, row by row; textures
        as 16 bits between their lowest and highest value; all base64.
        """
        rows, columns = self.stack.walls.shape[1:]
        textures, families = encode_looks(self.looks)
        networks = [network for network in self.networks.values() if network]
        return {
            "alt": self.alt,
            "rows": rows,
            "columns": columns,
            "cell": self.stack.cell,
            "maps": [
                {
                    "walls": as_base64(np.packbits(walls)),
                    "start": self.starts[m].tolist(),
                    "goal": self.goals.get(m),
                }
                for m, walls in enumerate(self.stack.walls)
            ],
            "textures": textures,
            "families": families,
            "betas": BETAS,
            "networks": encode(networks),
            "policies": [
                {"network": None if network is None else networks.index(network)}
                for network in self.networks.values()
            ],
        }


def pack_policy(name: str, parameters: Parameters) -> list[PackedLayer]:
    """A packed network.

    Raises:
        ValueError: the page has no such network; the message names the policy.
    """
    try:
        return packed(parameters)
    except ValueError as error:
        raise ValueError(f"{name!r}: {error}") from error


def _sliders() -> str:
    """Roll-outs and the goal."""
    betas = [f"{beta:g}" for beta in BETAS]
    steps = [f"{H} step{'s' * (H > 1)}" for H in HORIZONS]
    return (
        '<div class="rg-sliders">'
        + range_slider("β, weight of the goal", betas, 0, knob="beta")
        + range_slider("H, length of the roll-outs", steps, 4, knob="horizon")
        + '</div><label class="rg-check"><input type="checkbox" data-knob="fan" '
        "disabled>exact roll-outs of every aim</label>"
    )


def corridor_flight(
    stack: MapStack,
    policies: Mapping[str, Parameters | None],
    *,
    title: str,
    names: Sequence[str] = (),
    starts: ArrayLike | None = None,
    looks: Mapping[str, Looks] | None = None,
    goals: Mapping[int, tuple[float, float]] | None = None,
    seed: int = 0,
) -> CorridorFlight:
    """Corridors to fly through on a page.

    Args:
        stack: the maps, for example `MapStack.from_maps(held_out_maps()[:5])`.
        policies: by name: weight and bias of each layer of a network, as
            `packed_networks.unpacked` gives them, or None: straight ahead.
        title: visible above the map.
        names: of the maps; by default they are numbered.
        starts: x, y and heading in each map, (M, 3) [m, m, rad]; by default places with
            a long way ahead.
        looks: some of each family, by the name of the family; by default three random
            looks of "real" and of "training", and the "single" look.
        goals: x and y in some maps, by the number of the map [m]; by default the reader
            sets the first goal.
        seed: of the looks and of the starts.

    Raises:
        ValueError: something does not fit together; the message says what.
    """
    rng = np.random.default_rng(seed)
    drawn = {
        family: draw_looks(family, 1 if family == "single" else LOOKS, rng)
        for family in FAMILIES
    }
    if starts is None:
        starts = draw_starts(stack, rng)
    numbered = [str(n + 1) for n in range(len(stack))]
    return CorridorFlight(
        stack, policies, names or numbered, starts, looks or drawn, goals or {}, title
    )
