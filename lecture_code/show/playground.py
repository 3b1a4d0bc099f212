"""`playground`: live MuJoCo in the page, with sliders for the world and a menu or a
slider of policies.

    playground(make_world("hopper"), load_policy("hopper"), {"gravity": (-16, -4),
    "motor_noise": (0, 0.5)}, title="Hopper")

A robot in colour, whose world the sliders change, runs beside the simulator's in grey:
the same policy, the same start, the same noise. It is shown as everything here: static
HTML in the book, the same element in JupyterLab. The reader's browser needs no kernel;
it loads the engine on first use.

Read `playground` for what can be asked for, then `playground_setup.py` for what the
element is given.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from lecture_code.simulation import World

from .assets import STYLE_SHEET, web_source
from .figures import GREY, VERMILLION
from .filming import film
from .page import bundle, fingerprint
from .page_policies import PagePolicy
from .playground_controls import make_controls, make_menu, positions_of
from .playground_settings import PlaygroundSettings, Range
from .playground_setup import encode_deciders, make_setup
from .replay import Replay

MAX_BYTES = 400_000


class Playground:
    """A live simulation on a page.

    Args:
        settings: what it shows.

    Raises:
        ValueError: the page cannot run a policy, or the playground is too heavy.
    """

    def __init__(self, settings: PlaygroundSettings) -> None:
        self.settings = settings
        deciders = encode_deciders(settings)
        self.poster = _film(settings)
        self.alt = self.poster.alt
        self._html = self._render({**make_setup(settings, self.poster), **deciders})

    def html(self) -> str:
        """`<mujoco-playground>` with everything but the engine."""
        return self._html

    def still(self) -> str:
        """What both robots do first, before anything is simulated."""
        return self.poster.still()

    def link(self, start: int = 0, **values: Any) -> str:
        """The end of an address that opens the page with these values of the sliders.

            playground(...).link(gravity=-11, start=2)  # "page.html" + this

        Args:
            start: number of the attempt, as "Another start" counts them.
            values: knob → value on its slider; "policy" → position of the policy.

        Raises:
            ValueError: a knob without a slider, or a value that its slider has not.
        """
        positions = positions_of(self.settings, values) | {"start": start}
        state = ",".join(f"{name}={at}" for name, at in positions.items())
        return f"#rg1={self._name()}:{state}"

    def _name(self) -> str:
        """Of this playground in links: another one as soon as a slider changes."""
        return fingerprint(self.settings.title, make_controls(self.settings))

    def _repr_mimebundle_(
        self, include: Any = None, exclude: Any = None
    ) -> dict[str, Any]:
        return bundle(self)

    def _render(self, setup: dict[str, Any]) -> str:
        data = json.dumps(
            setup, ensure_ascii=False, allow_nan=False, separators=(",", ":")
        ).replace("</", "<\\/")
        html = (
            f'<mujoco-playground class="rg-shown" data-link="{self._name()}">'
            '<template shadowrootmode="open">'
            f"<style>{web_source(STYLE_SHEET)}</style>{self._inside()}</template>"
            f'<script type="application/json">{data}</script></mujoco-playground>'
        )
        if len(html.encode()) > MAX_BYTES:
            kilobytes = len(html.encode()) // 1000
            raise ValueError(
                f"the playground is {kilobytes} kB, and the page allows "
                f"{MAX_BYTES // 1000} kB: give fewer or smaller policies"
            )
        return html

    def _inside(self) -> str:
        """Poster, status, controls: what stands in the shadow root."""
        boxes = "".join(
            f'<label class="rg-check"><input type="checkbox" data-show="{what}" '
            f"disabled>{what}</label>"
            for what in ("trails", "forces")
        )
        return (
            f'{self.poster.still()}<div class="rg-room"></div>'
            '<canvas class="rg-spark" aria-hidden="true"></canvas>'
            '<p class="rg-status" role="status">The simulation needs JavaScript; the '
            "picture shows how it begins.</p>"
            f'<div class="rg-sliders">{make_controls(self.settings)}</div>'
            f'<div class="rg-extras">{make_menu(self.settings)}{boxes}'
            '<button type="button" class="rg-button rg-back" disabled>Reset sliders'
            '</button><button type="button" class="rg-button rg-link" disabled>'
            "Copy link</button></div>"
        )


def _film(settings: PlaygroundSettings) -> Replay:
    """What both robots do first, with no slider moved: the poster."""
    steps = round(settings.seconds / settings.world.dt)
    colour, grey = (
        film(
            name,
            world,
            settings.trajectories(world, 1, steps),
            ghost=is_ghost,
            colour=GREY if is_ghost else VERMILLION,
        )
        for name, world, is_ghost in zip(
            settings.names, settings.worlds, (False, True), strict=True
        )
    )
    target = getattr(settings.world.task, "target", None)
    return Replay([colour, grey], settings.title, dt=settings.world.dt, target=target)


def playground(
    world: World,
    policies: PagePolicy | Mapping[Any, PagePolicy],
    sliders: Mapping[str, Range] | None = None,
    *,
    title: str,
    simulator: World | None = None,
    names: tuple[str, str] = ("this world", "simulator"),
    indexed_by: str = "",
    first: Any = None,
    grounding: Any = None,
    labels: Mapping[str, str] | None = None,
    units: Mapping[str, str] | None = None,
    seconds: float = 5.0,
    horizon: int = 1000,
    seed: int = 0,
) -> Playground:
    """Live MuJoCo with sliders.

    Args:
        world: where the robot in colour begins; the sliders start at its values.
        policies: one policy, or several by name, of a kind that
            `page_policies.encode_for_page` knows. Both robots follow the chosen policy.
        sliders: knob → lowest and highest value. Knobs without a slider stay as `world`
            has them.
        title: visible above the view.
        simulator: the world of the grey robot; by default the nominal robot.
        names: of the two robots.
        indexed_by, first: choose among the policies by a slider of this name, in their
            order, and not by a menu; the policy to begin with.
        grounding: an action transformation: the grey simulator executes
            α f_sim⁻¹(s, f(s, a)) + (1 − α) a in place of a, with a slider for α.
        labels, units: of sliders, where the knobs' own will not do.
        seconds: length of the film behind the poster.
        horizon: control steps of an episode.
        seed: of the starts and of the film.

    Raises:
        ValueError: a world, knob, policy or range that the page cannot show; the
            message says which and what it can.
    """
    named = policies if isinstance(policies, Mapping) else {"policy": policies}
    grey = World(world.robot, {}) if simulator is None else simulator
    settings = PlaygroundSettings(
        world=world,
        simulator=grey,
        policies=named,
        sliders=sliders or {},
        title=title,
        names=names,
        indexed_by=indexed_by,
        first=first,
        grounding=grounding,
        labels=labels or {},
        units=units or {},
        seconds=seconds,
        horizon=horizon,
        seed=seed,
    )
    return Playground(settings)
