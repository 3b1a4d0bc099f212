"""The first picture of the chapter: a network that knows one texture, and (CAD)²RL, fly
in a "real" look from the same place. Start with `FlightFilms`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray
from scipy.stats import rankdata

from lecture_code.figures.observations.cad2rl.flown import COLOURS, METHODS, page_name
from lecture_code.figures.observations.cad2rl.from_above import (
    draw_map,
    draw_path,
    draw_picture,
    draw_scores,
)
from lecture_code.observations.collision_net import CollisionNet, as_batch
from lecture_code.observations.corridor_flight import Flights, fly, random_flights
from lecture_code.show import Picture, new_figure
from lecture_code.vision import MapStack, held_out_maps

Array = NDArray[np.float64]

STARTS = 64  # of which one is shown
MOST = 60  # steps of a film
AHEAD = 1.5  # the free way at the start [m]
FRAMES = 10  # of a slider, at most
WIDE, HIGH = 2.4, 1.9  # of the last steps, from the end to the borders [m]


@dataclass(frozen=True, eq=False)
class Film:
    """One flight.

    Args:
        poses: before each control step and after the last, (T + 1, 3).
        images: what the robot sees there, (T + 1, 32, 64, 3).
        scores: Q of each aim there, (T + 1, 15).
        metres: flown so far, (T + 1,).
        crashed: whether the flight ends in a crash.
    """

    poses: Array
    images: NDArray[np.float32]
    scores: Array
    metres: Array
    crashed: bool

    @property
    def end(self) -> int:
        """The last control step."""
        return len(self.metres) - 1


class WatchedPolicy:
    """The greedy policy of a network, which keeps what it sees.

    Args:
        network: Q.
    """

    def __init__(self, network: CollisionNet) -> None:
        self.network = network
        self.images: list[NDArray[np.float32]] = []
        self.scores: list[Array] = []

    def __call__(self, flights: Flights, rng: np.random.Generator) -> NDArray[np.int64]:
        """The aims with the largest Q, (N,)."""
        images = flights.images(rng)
        self.images.append(images)
        self.scores.append(self.of(images))
        return np.asarray(self.scores[-1].argmax(axis=1))

    def of(self, images: NDArray[np.float32]) -> Array:
        """Q of each aim in images, (N, 15)."""
        scores = self.network(as_batch(images)).sigmoid().detach().numpy()
        return np.asarray(scores, dtype=float)

    def film(
        self, states: list[Flights], robot: int, last: NDArray[np.float32]
    ) -> Film:
        """The flight of one robot.

        Args:
            states: of all robots, before each control step and after the last.
            robot: its number.
            last: what it sees at the end, (32, 64, 3).
        """
        images = []
        scores = []
        steps = [state for state in states[:-1] if not state.crashed[robot]]
        for t, state in enumerate(steps):
            row = int((~state.crashed[:robot]).sum())  # among those that fly
            images.append(self.images[t][row])
            scores.append(self.scores[t][row])
        shown = [*steps, states[len(steps)]]
        return Film(
            np.array([state.poses[robot] for state in shown]),
            np.array([*images, last]),
            np.array([*scores, self.of(last[None])[0]]),
            np.array([state.metres[robot] for state in shown]),
            bool(states[-1].crashed[robot]),
        )


class FlightFilms:
    """Flights of several networks from the same place, in the same "real" look.

    The place is a typical one. Of `STARTS` places it is the one from which the flight
    of each network is nearest to that network's median flight, by rank.

    Args:
        networks: method of `METHODS` -> its network.
        seed: of places, looks and noise.
    """

    def __init__(self, networks: Mapping[str, CollisionNet], seed: int) -> None:
        rng = np.random.default_rng(seed)
        maps = MapStack.from_maps(held_out_maps())
        start = random_flights(maps, "real", STARTS, rng, ahead=AHEAD)
        flown: dict[str, tuple[WatchedPolicy, list[Flights]]] = {}
        for method, network in networks.items():
            recorder = WatchedPolicy(network)
            states = list(fly(recorder, start, MOST, np.random.default_rng(seed)))
            flown[page_name(method)] = (recorder, states)
        metres = np.array([states[-1].metres for _, states in flown.values()])
        self.which = typical(metres)
        self.medians = dict(zip(flown, np.median(metres, axis=1), strict=True))
        self.walls = maps.walls[start.maps[self.which]]
        self.cell = maps.cell
        self.view = float(start.looks.view[self.which])
        self.films = {}
        for name, (recorder, states) in flown.items():
            last = states[-1][np.array([self.which])].images(rng)[0]
            self.films[name] = recorder.film(states, self.which, last)

    @property
    def steps(self) -> list[int]:
        """At most ten control steps from the start to the end of the longest film; they
        are close together at the start.
        """
        end = max(film.end for film in self.films.values())
        later = np.geomspace(1, max(end, 1), FRAMES - 1).round().astype(int)
        return [0, *np.unique(later).tolist()]

    def draw(self, policy: str = "CAD²RL", step: int = 0) -> Picture:
        """After so many control steps: the way so far, and what the robot sees.

        Args:
            policy: one of the networks.
            step: from 0; after a crash nothing changes.

        Raises:
            KeyError: there is no film of this policy; the message lists the films.
        """
        name, film, colour = self._film(policy)
        t = min(step, film.end)
        crashed = film.crashed and t == film.end
        words = f"crashed after {film.metres[t]:.1f} m"
        words = words if crashed else f"{film.metres[t]:.1f} m"
        figure, _ = self._draw(film, t, colour, f"{name}\n{words}", crashed)
        return Picture(
            figure,
            alt=f"After {step} control steps, {name}: {words}. Left, the robot and its "
            "way on a map from above. Right, the picture of 32 × 64 pixels that it "
            f"{'saw before the crash' if crashed else 'sees'}, and Q of its 15 aims.",
            caption="Q: how safe the network thinks each aim is. A held-out map in a "
            f"“real” look. We tried {STARTS} random "
            "starts. From this one, both networks fly about as far as their median "
            f"flight ({self._medians()}).",
        )

    def last_steps(self, policy: str = "CAD²RL") -> Picture:
        """The two last decisions of a flight, and its end.

        Args:
            policy: one of the networks.

        Raises:
            KeyError: there is no film of this policy; the message lists the films.
        """
        name, film, colour = self._film(policy)
        figure, axes = new_figure(2, 3, height=2.7)
        figure.subplots_adjust(
            left=0.01, right=0.99, top=0.9, bottom=0.01, wspace=0.04, hspace=0.03
        )
        x, y, _ = film.poses[-1]
        for back, (above, seen) in zip((2, 1, 0), axes.T, strict=True):
            t = max(film.end - back, 0)
            crashed = film.crashed and t == film.end
            draw_map(above, self.walls, self.cell)
            draw_path(above, film.poses[: t + 1], colour, crashed)
            above.set(xlim=(x - WIDE, x + WIDE), ylim=(y - HIGH, y + HIGH))
            above.set_title("crash" if crashed else f"step {t}")
            draw_picture(seen, film.images[t])
        return Picture(
            figure,
            alt=f"The last steps of {name} in the first picture of the chapter. Above, "
            f"the robot and its way on the map, after {film.end - 2}, {film.end - 1} "
            f"and {film.end} steps; below, the picture that it sees there.",
            caption="Left and middle: what the robot saw before its last two steps. "
            "Right: the view from where it crashed.",
        )

    def _film(self, policy: str) -> tuple[str, Film, str]:
        """Name, film and colour of a policy."""
        name = page_name(policy)
        if name not in self.films:
            raise KeyError(f"no film of {policy!r}; there are {', '.join(self.films)}")
        colour = COLOURS[next(key for key, page in METHODS.items() if page == name)]
        return name, self.films[name], colour

    def _medians(self) -> str:
        """'one texture 2.4 m, CAD²RL 31.2 m'."""
        return ", ".join(f"{name} {m:.1f} m" for name, m in self.medians.items())

    def _draw(
        self, film: Film, t: int, colour: str, title: str, crashed: bool
    ) -> tuple[Figure, list[Axes]]:
        """Map, picture and bars; the axes in this order. After a crash, picture and
        bars are those of the last decision.
        """
        figure, above = new_figure(height=3.1)
        above.set_position([0.01, 0.02, 0.47, 0.83])
        seen = figure.add_axes((0.53, 0.44, 0.46, 0.41))
        bars = figure.add_axes((0.53, 0.12, 0.46, 0.26))
        draw_map(above, self.walls, self.cell)
        draw_path(above, film.poses[: t + 1], colour, crashed)
        above.set_title(title)
        decided = t - 1 if crashed else t  # with a wall at the lens nothing is seen
        draw_picture(seen, film.images[decided])
        seen.set_title("what it saw last" if crashed else "what it sees")
        chosen = int(film.scores[decided].argmax())
        draw_scores(bars, film.scores[decided], self.view, colour, chosen)
        bars.set_xlabel("Q of each aim")
        return figure, [above, seen, bars]


def typical(metres: Array) -> int:
    """The start from which all flights are nearest to their medians, by rank.

    Args:
        metres: of each network from each start, (networks, starts).
    """
    ranks = rankdata(metres, axis=1)
    middle = (metres.shape[1] + 1) / 2
    return int(np.abs(ranks - middle).max(axis=0).argmin())
