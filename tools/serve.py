"""Serve the built site on this machine, for one reader."""

import errno
import functools
import http.server
import os
from pathlib import Path

from tools.processes import Trouble


class Server(http.server.ThreadingHTTPServer):
    """A server that refuses a port that somebody else listens on (Windows would share
    it).
    """

    allow_reuse_address = os.name != "nt"
    daemon_threads = True


class Handler(http.server.SimpleHTTPRequestHandler):
    """Serves files, logs nothing, and lets no browser keep an old page.

    Types are ours: a machine's own table may be wrong.
    """

    extensions_map = {
        **http.server.SimpleHTTPRequestHandler.extensions_map,
        ".css": "text/css",
        ".html": "text/html",
        ".ipynb": "application/x-ipynb+json",
        ".js": "text/javascript",
        ".json": "application/json",
        ".svg": "image/svg+xml",
        ".webp": "image/webp",
    }

    def end_headers(self) -> None:
        """Every page is asked for anew: the next build is seen at once."""
        self.send_header("Cache-Control", "no-cache")
        super().end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


def bind(folder: Path, port: int, attempts: int = 50) -> Server:
    """A server for `folder` on the first free port from `port` on.

    Raises:
        Trouble: none of them is free.
    """
    handler = functools.partial(Handler, directory=str(folder))
    for candidate in range(port, min(port + attempts, 65536)):
        try:
            return Server(("127.0.0.1", candidate), handler)
        except OSError as error:
            if error.errno not in (errno.EADDRINUSE, errno.EACCES):
                raise
    raise Trouble(
        f"No port from {port} to {min(port + attempts, 65536) - 1} is free; choose "
        "another, for instance PORT=9000."
    )


def serve(folder: Path, port: int) -> None:
    """Serve until Ctrl-C, and say where; a port that is taken is stepped over, and said
    so.
    """
    with bind(folder, port) as server:
        if server.server_port != port:
            print(f"Port {port} is taken: using {server.server_port} instead.")
        print(
            f"The book is at http://localhost:{server.server_port}/ (Ctrl-C ends)",
            flush=True,
        )
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            print("\nGoodbye.")
