"""What every room's tests share: the built site, a local server for it, and one
headless browser with the network blocked.
"""

import functools
import gc
import http.server
import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tools.prepare import BROWSERS

ROOT = Path(__file__).resolve().parent.parent
SITE = ROOT / "_build" / "html"
#: how the browser says that it no longer wants a file, as when the reader goes on to
#: the next page before this one's icon has come: the file is not missing
GIVEN_UP = "net::ERR_ABORTED"

# The thousands of tests and all that they import stay until the end. Without this,
# Python's collector would visit them again and again.
gc.set_threshold(50_000, 10, 10)


def pytest_collection_finish() -> None:
    """From now on the collector looks only at what the tests make."""
    gc.collect()
    gc.freeze()


@dataclass
class Visit:
    """One open page and all that went wrong on it: requests to other origins, failed
    own requests, errors in the console.
    """

    page: Any
    origin: str
    foreign: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def is_own(self, url: str) -> bool:
        return url.startswith((self.origin, "data:", "blob:", "about:"))

    def complaints(self) -> list[str]:
        """Everything that must be empty, in words."""
        return (
            [f"request to another origin: {url}" for url in self.foreign]
            + [f"own file not found: {url}" for url in self.missing]
            + [f"console: {error}" for error in self.errors]
        )


def origin_of(url: str) -> str:
    """`http://127.0.0.1:8000/` of an address, or `file://` of a local file."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}/" if parts.netloc else "file://"


def watch(page: Any, origin: str) -> Visit:
    """Record what a page asks for and logs; requests beyond `origin` are aborted."""
    visit = Visit(page, origin)

    def route(route: Any) -> None:
        if visit.is_own(route.request.url):
            route.continue_()
        else:
            visit.foreign.append(route.request.url)
            route.abort()

    page.route("**/*", route)
    page.on(
        "response",
        lambda response: (
            visit.missing.append(response.url) if response.status >= 400 else None
        ),
    )
    page.on(
        "requestfailed",
        lambda request: (
            visit.missing.append(request.url)
            if visit.is_own(request.url) and request.failure != GIVEN_UP
            else None
        ),
    )
    page.on("pageerror", lambda error: visit.errors.append(str(error)))
    page.on(
        "console",
        lambda message: (
            visit.errors.append(message.text)
            if message.type in ("error", "warning")
            else None
        ),
    )
    return visit


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """One headless Chromium for the whole session: the machine's own, or else the one
    that Playwright has installed.
    """
    playwright = pytest.importorskip(
        "playwright.sync_api", reason="the browser tests need requirements-dev.txt"
    )
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    arguments = [
        "--no-sandbox",
        "--disable-background-networking",
        "--disable-gpu",
        "--force-color-profile=srgb",
    ]
    with playwright.sync_playwright() as driver:
        try:
            chromium = driver.chromium.launch(executable_path=found, args=arguments)
        except playwright.Error as error:
            pytest.fail(
                f"no browser could be started (`make test` provides one): {error}"
            )
        yield chromium
        chromium.close()


@pytest.fixture
def open_page(browser: Any) -> Iterator[Callable[..., Visit]]:
    """Open an address in a fresh, empty browser profile: `open_page(url, width=1280,
    scheme="light", javascript=True) -> Visit`; `before(page)` sees the page before it
    goes there.
    """
    contexts = []

    def open_(
        url: str,
        *,
        width: int = 1280,
        height: int = 800,
        scheme: str = "light",
        javascript: bool = True,
        before: Callable[[Any], None] = lambda page: None,
        **options: Any,
    ) -> Visit:
        context = browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme=scheme,
            java_script_enabled=javascript,
            reduced_motion="reduce",
            **options,
        )
        contexts.append(context)
        visit = watch(context.new_page(), origin_of(url))
        before(visit.page)
        visit.page.goto(url, wait_until="load")
        return visit

    yield open_
    for context in contexts:
        context.close()


@pytest.fixture(scope="session")
def site() -> Path:
    """The folder of the built site; the tests that ask for it fail plainly where it has
    not been built.
    """
    if not (SITE / "index.html").exists():
        pytest.fail("the site is not built: run `make build` first")
    return SITE


class _Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves a folder under a sub-path, as a project page on a static host does, and
    logs nothing.
    """

    def __init__(self, *arguments: Any, prefix: str, **options: Any) -> None:
        self.prefix = prefix
        super().__init__(*arguments, **options)

    def translate_path(self, path: str) -> str:
        if not path.startswith(self.prefix):
            return str(Path(self.directory) / "outside-the-sub-path")
        return super().translate_path(path[len(self.prefix) - 1 :])

    def log_message(self, format: str, *arguments: Any) -> None:
        pass


@pytest.fixture(scope="session")
def serve() -> Iterator[Callable[[Path], str]]:
    """`serve(folder)` serves a folder on this machine under a sub-path and returns its
    address, which ends in a slash.
    """
    servers = []

    def serve_(folder: Path, prefix: str = "/sub/path/") -> str:
        handler = functools.partial(_Quiet, directory=str(folder), prefix=prefix)
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        servers.append(server)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{server.server_port}{prefix}"

    yield serve_
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture
def one_torch_thread() -> Iterator[None]:
    """One thread for torch, so that results do not depend on the machine."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
