"""What must hold of a page, as functions from the survey of a visit to complaints: the
tests apply them to every page of the book, and to a page with planted faults.
"""

import re
from collections.abc import Callable

from site_pages import Survey

FIRST_LOAD = 1_000_000  # bytes, gzip
SHIFT = 0.05  # cumulative layout shift
FILE_NAME = re.compile(r"[\w./-]+\.(png|jpe?g|svg|webp|gif)|_images/.*", re.IGNORECASE)
DESK = "desktop-light"


def requests(survey: Survey) -> list[str]:
    """No request leaves the own origin, none of the own fails, nothing is logged."""
    return survey.complaints


def accessibility(survey: Survey) -> list[str]:
    """The page follows the system's colours, and axe finds nothing in any view."""
    wrong = [
        f"{view} is shown in {found['theme']}"
        for view, found in survey.found.items()
        if found["theme"] != view.split("-")[1]
    ]
    return wrong + [
        f"{view}: {violation}"
        for view, violations in survey.violations.items()
        for violation in violations
    ]


def overflow(survey: Survey) -> list[str]:
    """A page 390 pixels wide does not scroll sideways."""
    return [
        f"{view}: {found['overflow']} px too wide"
        for view, found in survey.found.items()
        if view.startswith("phone") and found["overflow"] > 0
    ]


def pictures(survey: Survey) -> list[str]:
    """Images, drawings and canvases have an alternative text, and it is not the name of
    a file.
    """
    return [
        element
        for element, alt in survey.found[DESK]["pictures"]
        if not (alt or "").strip() or FILE_NAME.fullmatch(alt.strip())
    ]


def inputs(survey: Survey) -> list[str]:
    """Sliders, fields and menus are labelled."""
    return list(survey.found[DESK]["nameless"])


def introduction(survey: Survey) -> list[str]:
    """One title, one first heading, one description of some length, and the version and
    date of the book.
    """
    found, descriptions = survey.found[DESK], survey.found[DESK]["description"]
    sound = {
        "first headings": found["headings"] == 1,
        "description": len(descriptions) == 1 and len(descriptions[0]) > 40,
        "title": "Crossing the Reality Gap" in found["title"],
        "version": re.fullmatch(r"\d+\.\d+\.\d+\S*", found["version"] or ""),
        "date": re.fullmatch(r"\d{1,2} \w+ \d{4}", found["date"] or ""),
    }
    return [name for name, holds in sound.items() if not holds]


def weight(survey: Survey) -> list[str]:
    """Everything that the first visit to a page fetches is at most 1 MB, compressed."""
    weights = survey.weights
    if not any(url.endswith(".html") for url in weights):
        return ["nothing was weighed"]
    heaviest = sorted(weights.items(), key=lambda item: -item[1])[:5]
    return [f"{heaviest}"] if sum(weights.values()) > FIRST_LOAD else []


def steadiness(survey: Survey) -> list[str]:
    """The cumulative layout shift is at most 0.05 while the page loads."""
    first = next(iter(survey.found.values()))
    return [f"shifted by {first['shift']:.3f}"] if first["shift"] > SHIFT else []


Check = Callable[[Survey], list[str]]
CHECKS: dict[str, Check] = {
    check.__name__: check
    for check in (
        requests,
        accessibility,
        overflow,
        pictures,
        inputs,
        introduction,
        weight,
        steadiness,
    )
}
ALSO_AS_FILE = ("requests", "steadiness")  # what may differ when a page is no answer
