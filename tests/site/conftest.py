"""Where the tests of the site find its pages."""

from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def addresses(site: Path, serve: Callable[[Path], str]) -> dict[str, str]:
    """Where the site begins: served under a sub-path, and as files."""
    return {"http": serve(site), "file": f"{site.as_uri()}/"}
