"""A real browser: what a page of a foreign origin can try changes nothing; a page of this machine may ask."""

import json
import os
import queue
import shutil
import signal
import subprocess
import threading
from contextlib import ExitStack
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import pytest

pytestmark = pytest.mark.slow

PAGES = Path(__file__).with_name("pages")
SECONDS = 60
ENOUGH = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--host-resolver-rules=MAP evil.example 127.0.0.1",
]


class Pages:
    """A server of one page, that takes what the page found out.

    Args:
        page: The page's text.
    """

    def __init__(self, page):
        self.results = results = queue.SimpleQueue()

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                self.answer(page.encode() if self.path == "/" else b"")

            def do_POST(self):
                results.put(self.rfile.read(int(self.headers["content-length"])))
                self.answer(b"")

            def answer(self, body):
                self.send_response(200)
                self.send_header("content-type", "text/html; charset=utf-8")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *arguments):
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self._server.server_port
        self._thread = threading.Thread(target=self._server.serve_forever)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def visit(needed, tmp_path):
    """Open a page of ours by a host's name in a browser; return what the page found out."""
    names = ("chromium", "chromium-browser", "google-chrome")
    program = next(filter(None, map(shutil.which, names)), None)
    needed(program, "Chromium is not installed")
    with ExitStack() as stack:

        def opened(name, host, **replaced):
            page = (PAGES / name).read_text(encoding="utf-8")
            for word, text in replaced.items():
                page = page.replace(word.upper(), text)
            pages = stack.enter_context(Pages(page))
            log = stack.enter_context((tmp_path / "browser.log").open("wb"))
            folder = tmp_path / "profile"
            process = subprocess.Popen(
                [program, *ENOUGH, f"--user-data-dir={folder}", f"http://{host}:{pages.port}/"],
                stdout=log,
                stderr=log,
                start_new_session=True,  # it has children, which end with it
            )
            try:
                return json.loads(pages.results.get(timeout=SECONDS))
            finally:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
                shutil.rmtree(folder, ignore_errors=True)

        yield opened


def test_foreign_page(serve, visit):
    """All that a foreign page tries comes to the server and is refused; nothing is changed, nothing read."""
    served = serve()
    served.trigger(arguments="input: {left: 1}")
    before, told = served.state(), len(served.entries)
    port = urlsplit(served.url).port
    found = visit("foreign.html", "evil.example", target=f"127.0.0.1:{port}", rebound=f"evil.example:{port}")
    entries = served.entries[told:]
    assert served.state() == before
    assert served.send("GET", "/health").json()["worlds"] == ["root"]
    for name in ("fetch with leave", "sandboxed", "rebound fetch", "reset", "run-next"):
        assert found.pop(name) == "TypeError"
    for name in [name for name in found if name.startswith("read ")]:
        assert found.pop(name) == "TypeError"
    blind = {"opaque", "loaded", "failed", "true", "TypeError"}  # what a page is told of what it cannot read
    assert {name: told for name, told in found.items() if told not in blind} == {}
    refused = [entry.detail for entry in entries if entry.status == 403]
    foreign = [sentence for sentence in refused if sentence.startswith("Pages from 'http://evil.example:")]
    rebound = [
        sentence
        for sentence in refused
        if sentence == f"The host 'evil.example:{port}' is not this server's."
    ]
    assert "Pages from 'null' may not ask here." in refused
    assert len(foreign) >= 18
    assert len(rebound) >= 4
    assert [entry for entry in entries if entry.status not in {403, 405}] == []


def test_page_of_this_machine(serve, visit):
    """A page of another port of this machine triggers, moves time and reads, in a world of its own."""
    served = serve()
    found = visit("local.html", "localhost", target=urlsplit(served.url).netloc)
    task = {"id": "importPages-0001", "taskStatus": "pending"}
    assert found == {
        "triggered": {"triggerTask": {"data": task}},
        "moved": 1,
        "listed": {"listTasks": {"data": [{**task, "taskStatus": "success"}]}},
        "health": "ok",
    }
    assert served.status("importPages-0001", x_tenant="page") == "success"
