"""Pages of foreign origins: with the headers that Chromium sends for them they change and read nothing.

The headers are those of Chromium 156, recorded; `test_browser.py` asks the browser itself.
"""

from urllib.parse import urlsplit

import pytest

pytestmark = pytest.mark.slow

EVIL = "http://evil.example:8080"
LOCAL = "http://localhost:3000"
TRIGGER = "mutation { backgroundTasks { triggerTask(definition: importPages) { data { id } } } }"
JSON = b'{"query": "%s"}' % TRIGGER.encode()

BROWSER = {
    "Connection": "keep-alive",
    "User-Agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0",
    "Accept-Encoding": "gzip, deflate, br, zstd",
    "Accept-Language": "en-US,en;q=0.9",
}
PAGE = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"
BOUNDARY = "----WebKitFormBoundaryh83dMhS9LQpnVhAi"
FORMS = {
    "text/plain": b'{"query":"' + TRIGGER.encode() + b'","x":"="}\r\n',
    "application/x-www-form-urlencoded": b"query=mutation+%7B+backgroundTasks+%7B+triggerTask%7D",
    f"multipart/form-data; boundary={BOUNDARY}": (
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="query"\r\n\r\n{TRIGGER}\r\n--{BOUNDARY}--\r\n'
    ).encode(),
}
ACTIONS = ["advance?seconds=60", "run-until-idle", "run-next", "reset"]


def fetched(origin, mode, **more):
    """Return the headers of a script's `fetch`; names are written with underscores."""
    headers = {**BROWSER, "Accept": "*/*", "Origin": origin}
    if origin != "null":
        headers["Referer"] = f"{origin}/"
    headers |= {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": mode, "Sec-Fetch-Dest": "empty"}
    return headers | {name.replace("_", "-"): value for name, value in more.items()}


def submitted(origin, kind):
    """Return the headers of a form that a page submits into a frame."""
    return {
        **BROWSER,
        "Cache-Control": "max-age=0",
        "Upgrade-Insecure-Requests": "1",
        "Content-Type": kind,
        "Origin": origin,
        "Accept": PAGE,
        "Sec-Fetch-Site": "cross-site",
        "Sec-Fetch-Mode": "navigate",
        "Sec-Fetch-Dest": "iframe",
        "Referer": f"{origin}/",
    }


def preflight(origin, wanted="content-type"):
    """Return the headers of what a browser asks before a request that needs leave."""
    return fetched(
        origin, "cors", Access_Control_Request_Method="POST", Access_Control_Request_Headers=wanted
    )


def embedded(dest):
    """Return the headers of what a page embeds; there is no Origin."""
    return {
        **BROWSER,
        "Accept": PAGE if dest in {"document", "iframe"} else "*/*",
        "Sec-Fetch-Site": "cross-site",
        "Sec-Fetch-Mode": "navigate" if dest in {"document", "iframe"} else "no-cors",
        "Sec-Fetch-Dest": dest,
        "Referer": f"{EVIL}/",
    }


@pytest.fixture
def served(shared):
    """A server, the same for all: after each test its world is as it was, and no other was made."""
    before = shared.state()
    yield shared
    assert shared.state() == before
    assert shared.send("GET", "/health").json()["worlds"] == ["root"]


def is_refused(answer, code, status=403):
    """Whether a request was refused, and no page may read how."""
    return (
        answer.status == status
        and answer.code == code
        and not any(name.startswith("access-control-") for name in answer.headers)
    )


# --- (a) what needs no leave


@pytest.mark.parametrize("kind", FORMS)
def test_form(served, kind):
    """A form of a foreign page is refused, whatever it calls its body."""
    answer = served.send("POST", "/graphql", submitted(EVIL, kind), FORMS[kind])
    assert is_refused(answer, "ORIGIN_REFUSED")


@pytest.mark.parametrize("kind", ["text/plain;charset=UTF-8", "text/plain", "application/json"])
def test_fetch_without_leave(served, kind):
    """A no-cors fetch, and a beacon, of a foreign page is refused, even if it could say that it is JSON."""
    answer = served.send("POST", "/graphql", fetched(EVIL, "no-cors", Content_Type=kind), JSON)
    assert is_refused(answer, "ORIGIN_REFUSED")


@pytest.mark.parametrize("mode", ["no-cors", "cors"])
@pytest.mark.parametrize("action", ACTIONS)
def test_control_without_leave(served, action, mode):
    """A POST without a body, that needs no leave, moves no time for a foreign page."""
    assert is_refused(served.send("POST", f"/control/{action}", fetched(EVIL, mode)), "ORIGIN_REFUSED")


@pytest.mark.parametrize("kind", FORMS)
def test_form_without_origin(served, kind):
    """A form of a browser that tells no Origin is refused by the type of its body."""
    headers = submitted(EVIL, kind)
    del headers["Origin"]
    assert is_refused(served.send("POST", "/graphql", headers, FORMS[kind]), "CONTENT_TYPE", 415)
    assert is_refused(served.send("POST", "/control/run-next", headers, FORMS[kind]), "CONTENT_TYPE", 415)


# --- (b) what needs leave


@pytest.mark.parametrize("path", ["/graphql", "/control/advance?seconds=60", "/health", "/nope"])
def test_leave(served, path):
    """A foreign page gets no leave, and what it would send if it had is refused, too."""
    answer = served.send("OPTIONS", path, preflight(EVIL, "authorization,content-type,x-tenant"))
    assert is_refused(answer, "ORIGIN_REFUSED")
    headers = fetched(
        EVIL, "cors", Content_Type="application/json", authorization="Bearer x", x_tenant="other"
    )
    assert is_refused(served.send("POST", path, headers, JSON), "ORIGIN_REFUSED")


@pytest.mark.parametrize("path", ["/graphql", "/control/now", "/control/timeline", "/health"])
def test_reading(served, path):
    """A foreign page reads nothing: not the page, the time, the timeline, or that there is a server."""
    assert is_refused(served.send("GET", path, fetched(EVIL, "cors")), "ORIGIN_REFUSED")


@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "http://localhost.evil.example",
        "http://127.0.0.1.evil.example:4000",
        "http://evil.example#localhost",
        "http://localhost@evil.example",
        "http://xlocalhost:3000",
        "http://127.0.0.10:3000",
        "http://0.0.0.0:4000",
        "ftp://localhost",
        "http://localhost:3000, http://evil.example",
        "chrome-extension://abcdefghijklmnop",
        "file://",
        "",
    ],
)
def test_origins_that_only_look_like_this_machine(served, origin):
    """An origin that holds `localhost` or an address of this machine, but is another, is foreign."""
    assert is_refused(served.send("OPTIONS", "/graphql", preflight(origin)), "ORIGIN_REFUSED")
    headers = fetched(origin, "cors", Content_Type="application/json")
    assert is_refused(served.send("POST", "/graphql", headers, JSON), "ORIGIN_REFUSED")


# --- (c) pages without an origin


@pytest.mark.parametrize("cors", [(), ("http://dev.example:3000",)])
def test_null(serve, cors):
    """A sandboxed frame and a page of a file have the origin `null`: foreign, whoever else is allowed."""
    served = serve(cors=cors)
    served.trigger()
    before = served.state()
    assert is_refused(served.send("OPTIONS", "/graphql", preflight("null")), "ORIGIN_REFUSED")
    for mode, kind in (("cors", "application/json"), ("no-cors", "text/plain;charset=UTF-8")):
        answer = served.send("POST", "/graphql", fetched("null", mode, Content_Type=kind), JSON)
        assert is_refused(answer, "ORIGIN_REFUSED")
    assert is_refused(served.send("POST", "/control/reset", fetched("null", "no-cors")), "ORIGIN_REFUSED")
    assert served.state() == before


# --- (d) names that foreign DNS gives to this machine


@pytest.mark.parametrize("path", ["/", "/graphql", "/health", "/control", "/control/timeline"])
def test_rebound_name_reads_nothing(served, path):
    """A page whose own name was made to mean this machine is refused, where its own origin would do."""
    own = f"evil.example:{urlsplit(served.url).port}"
    same = {"Host": own, "Sec-Fetch-Site": "same-origin"}
    assert is_refused(served.send("GET", path, {**embedded("document"), "Host": own}), "HOST_REFUSED")
    answer = served.send("GET", path, {**fetched(f"http://{own}", "cors"), **same})
    assert is_refused(answer, "HOST_REFUSED")


@pytest.mark.parametrize("origin", ["own", LOCAL, None])
def test_rebound_name_changes_nothing(served, origin):
    """A rebound name changes nothing, whatever Origin comes with it."""
    own = f"evil.example:{urlsplit(served.url).port}"
    headers = {**fetched(EVIL, "cors", Content_Type="application/json"), "Host": own}
    headers["Origin"] = f"http://{own}" if origin == "own" else origin
    if origin is None:
        del headers["Origin"]
    assert is_refused(served.send("POST", "/graphql", headers, JSON), "HOST_REFUSED")
    del headers["Content-Type"]
    for action in ACTIONS:
        assert is_refused(served.send("POST", f"/control/{action}", headers), "HOST_REFUSED")


@pytest.mark.parametrize(
    "host",
    ["localhost.evil.example", "127.0.0.1.evil.example:4000", "evil.example:127.0.0.1", "x@localhost", ""],
)
def test_hosts_that_only_look_like_this_machine(served, host):
    """A host that holds a name of this machine, but is another or none, is refused."""
    assert is_refused(served.send("GET", "/health", {**embedded("document"), "Host": host}), "HOST_REFUSED")


# --- (e) what pages embed, and where links lead


@pytest.mark.parametrize("dest", ["document", "iframe", "image", "script", "style", "video"])
@pytest.mark.parametrize("action", ACTIONS)
def test_embedding_moves_no_time(served, action, dest):
    """No link, frame, picture or script moves time or begins a world anew: that is POST's alone."""
    answer = served.send("GET", f"/control/{action}", embedded(dest))
    assert is_refused(answer, "METHOD", 405)
    assert served.send("HEAD", f"/control/{action}", embedded(dest)).status == 405


@pytest.mark.parametrize("dest", ["document", "image", "script"])
def test_embedding_asks_nothing(served, dest):
    """A document in an address is not answered: GET shows the explorer's page and does nothing."""
    query = "query=mutation%7BbackgroundTasks%7BtriggerTask(definition%3AimportPages)%7Bdata%7Bid%7D%7D%7D%7D"
    answer = served.send("GET", f"/graphql?{query}", embedded(dest))
    assert answer.status == 200
    assert answer.headers["content-type"].startswith("text/html")


@pytest.mark.parametrize("path", ["/control/now", "/control/timeline", "/control", "/health"])
def test_embedded_readings_tell_a_page_nothing(served, path):
    """What a script element gets is no script, and carries no leave to be read."""
    answer = served.send("GET", path, embedded("script"))
    assert answer.status == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.body.startswith(b"{")  # as a script: a block, and then a mistake
    assert not any(name.startswith("access-control-") for name in answer.headers)


# --- (f) pages of this machine


@pytest.mark.parametrize("origin", [LOCAL, "http://127.0.0.1:5173", "https://localhost", "http://[::1]:8000"])
def test_pages_of_this_machine_may_ask(serve, origin):
    """A page of this machine gets leave for the headers that clients send, and reads what is answered."""
    served = serve()
    leave = served.send("OPTIONS", "/graphql", preflight(origin, "authorization,content-type,x-tenant"))
    assert leave.status == 200
    assert leave.headers["access-control-allow-origin"] == origin
    assert "POST" in leave.headers["access-control-allow-methods"]
    for name in ("authorization", "content-type", "x-tenant"):
        assert name in leave.headers["access-control-allow-headers"].lower()
    assert "access-control-allow-credentials" not in leave.headers
    headers = fetched(origin, "cors", Content_Type="application/json", x_tenant="mine")
    answer = served.send("POST", "/graphql", headers, JSON)
    assert answer.headers["access-control-allow-origin"] == origin
    assert "Origin" in answer.headers["vary"]
    assert served.status("importPages-0001", x_tenant="mine") == "pending"
    moved = served.send("POST", "/control/run-next", fetched(origin, "cors", x_tenant="mine"))
    assert moved.json()["events"] == 1


def test_pages_of_this_machine_read_refusals(serve):
    """A page of this machine reads why it was refused, too."""
    served = serve(token="sesame-sesame")  # noqa: S106 - of this test
    headers = fetched(LOCAL, "cors", Content_Type="application/json")
    answer = served.send("POST", "/graphql", headers, JSON)
    assert (answer.status, answer.code) == (401, "UNAUTHORIZED")
    assert answer.headers["access-control-allow-origin"] == LOCAL


@pytest.mark.parametrize("kind", FORMS)
def test_forms_of_this_machine(served, kind):
    """Even of this machine a form's body is no JSON, and does nothing."""
    answer = served.send("POST", "/graphql", submitted(LOCAL, kind), FORMS[kind])
    assert (answer.status, answer.code) == (415, "CONTENT_TYPE")


# --- (g) origins that are allowed


def test_allowed_origin(serve):
    """An origin that was allowed may ask, by its own host, too; others still may not."""
    origin = "http://dev.example:3000"
    served = serve(cors=[origin, "HTTPS://Admin.example/"])
    for allowed in (origin, "https://admin.example"):
        leave = served.send("OPTIONS", "/graphql", preflight(allowed))
        assert (leave.status, leave.headers["access-control-allow-origin"]) == (200, allowed)
        headers = fetched(allowed, "cors", Content_Type="application/json")
        answer = served.send("POST", "/graphql", headers, JSON)
        assert (answer.status, answer.headers["access-control-allow-origin"]) == (200, allowed)
    behind = served.send("GET", "/health", {**embedded("document"), "Host": "dev.example:4000"})
    assert behind.status == 200
    before = served.state()
    for other in (EVIL, "http://dev.example:3001", "https://dev.example:3000", "null"):
        assert is_refused(served.send("OPTIONS", "/graphql", preflight(other)), "ORIGIN_REFUSED")
        headers = fetched(other, "cors", Content_Type="application/json")
        assert is_refused(served.send("POST", "/graphql", headers, JSON), "ORIGIN_REFUSED")
    assert served.state() == before


def test_own_page(serve):
    """The explorer's page, which comes from the server itself, may ask, and move time."""
    served = serve()
    headers = fetched(served.url, "cors", Content_Type="application/json")
    headers["Sec-Fetch-Site"] = "same-origin"
    assert served.send("POST", "/graphql", headers, JSON).status == 200
    del headers["Content-Type"]
    assert served.send("POST", "/control/run-next", headers).status == 200
