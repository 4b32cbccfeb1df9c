"""The guard: whom Host, Origin and address let in."""

import pytest

from tasksim.errors import UsageError
from tasksim.graphql._serving.guard import checked_origins, is_loopback

LAN = ("192.168.1.5", 4000)
SECRET, TO_READ = "s3cret", "r3ad"
PREFLIGHT = {"access-control-request-method": "POST", "access-control-request-headers": "content-type"}


# --- Host


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "localhost:4000",
        "127.0.0.1",
        "127.0.0.1:1",
        "[::1]:4000",
        "[0:0:0:0:0:0:0:1]",
        "LOCALHOST",
    ],
)
def test_names_of_this_machine_pass_with_any_port(site, host):
    """A page cannot send the name of this machine to anybody else."""
    assert site.ask("GET", "/health", headers={"host": host}).status == 200


@pytest.mark.parametrize(
    ("server", "host"),
    [
        ("192.168.1.5", "192.168.1.5:4000"),
        ("127.0.0.2", "127.0.0.2"),
        ("fe80::1", "[FE80::1]:4000"),
        ("fe80::1", "[fe80:0::1]"),
        ("::ffff:192.168.1.5", "192.168.1.5:4000"),
        ("testserver", "TestServer"),
    ],
)
def test_the_address_that_was_called_passes(site, server, host):
    """The address on which a connection came in is this server's name."""
    assert site.ask("GET", "/health", headers={"host": host}, server=(server, 4000)).status == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "EVIL.EXAMPLE:4000",
        "127.0.0.1.evil.example",
        "localhost.evil.example",
        "localhost.",
        "localhost:",
        "localhost:x",
        "localhost:123456",
        "localhost:4000:4000",
        "",
        " ",
        "user@localhost",
        "localhost@evil.example",
        "localhost/evil.example",
        "[::1",
        "::1",
        "[::1%25lo]",
        "[::2]",
        "[:::::]",
        "[127.0.0.1]",
        "[localhost]",
        "[]",
        "0.0.0.0",  # noqa: S104 - asked, not bound
        "192.168.1.6",
        "127.1",
        "2130706433",
        "l\xf6calhost",
        "localhost\t",
        "localhost, evil.example",
    ],
)
def test_other_hosts_are_refused(site, host):
    """A name that somebody's DNS gives to this machine gets nothing (rebinding)."""
    for path in ("/graphql", "/health", "/control/now", "/graphql/", "/nowhere"):
        answer = site.ask("GET", path, headers={"host": host})
        assert (answer.status, answer.code) == (403, "HOST_REFUSED"), path


@pytest.mark.parametrize("headers", [[], [("host", "localhost"), ("host", "evil.example")]])
@pytest.mark.parametrize("server", [("127.0.0.1", 4000), ("", 0), None, ("/run/tasksim.sock", None)])
def test_one_host_is_needed(site, headers, server):
    """Without a Host, or with two, nobody says whom a request is for."""
    answer = site.ask("GET", "/health", headers=headers, server=server)
    assert (answer.status, answer.code) == (403, "HOST_REFUSED")


def test_a_host_that_cors_names_passes(make_site):
    """Who lets a page of an origin ask may serve it from there, too."""
    site = make_site(cors=["http://dev.example:3000"])
    assert site.ask("GET", "/health", headers={"host": "dev.example:4000"}).status == 200
    assert site.ask("GET", "/health", headers={"host": "evil.example"}).status == 403


# --- the machine


@pytest.mark.parametrize(
    "client", ["192.168.1.6", "8.8.8.8", "fe80::2", "::ffff:8.8.8.8", "unknown", "localhost.evil"]
)
def test_without_a_token_other_machines_get_nothing(site, client):
    """Only this machine may do everything without a token; an address that says nothing is another's."""
    answer = site.ask("GET", "/health", client=(client, 5), headers={"host": "192.168.1.5"}, server=LAN)
    assert (answer.status, answer.code) == (403, "TOKEN_NEEDED")


@pytest.mark.parametrize(
    "client", [("127.0.0.9", 5), ("::1", 5), ("::ffff:127.0.0.1", 5), ("testclient", 5), None]
)
def test_without_a_token_this_machine_passes(site, client):
    """So does a caller in this process, which has no address."""
    assert site.ask("GET", "/health", client=client).status == 200


def test_with_a_token_other_machines_pass(make_site):
    """The token says who they are."""
    site = make_site(token=SECRET)
    request = {"client": ("192.168.1.6", 5), "server": LAN}
    headers = {"host": "192.168.1.5:4000", "authorization": "Bearer s3cret"}
    assert site.execute("{ __typename }", headers=headers, **request).status == 200


# --- Origin

OF_THIS_MACHINE = ["http://localhost", "http://localhost:3000", "https://127.0.0.1:5173", "http://[::1]:8080"]
FOREIGN = [
    "null",
    "",
    "http://evil.example",
    "https://evil.example:4000",
    "http://localhost.evil.example",
    "http://127.0.0.1@evil.example",
    "http://localhost:3000@evil.example",
    "http://localhost:3000.evil.example",
    "http://localhost:3000/",
    "http://localhost:",
    "http://localhost:123456",
    "http://evil.example/http://localhost",
    "http://evil.example#http://localhost",
    "http://localhost http://evil.example",
    "http://localhost\t",
    "http://127.0.0.2",
    "http://192.168.1.5",
    "file://",
    "chrome-extension://abcdef",
    "localhost",
    "*",
]


@pytest.mark.parametrize("origin", [*OF_THIS_MACHINE, "http://127.0.0.1:4000", "HTTP://LOCALHOST"])
def test_pages_of_this_machine_may_ask(site, origin):
    """Where the server is this machine's alone, its pages are those of who started it."""
    assert site.execute("{ __typename }", headers={"origin": origin}).status == 200


@pytest.mark.slow
@pytest.mark.parametrize("origin", FOREIGN)
@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS", "HEAD"])
def test_pages_from_elsewhere_may_not(site, origin, method):
    """A page of a foreign origin can do nothing, whatever it sends."""
    answer = site.ask(method, "/graphql", headers={"origin": origin, **PREFLIGHT})
    assert (answer.status, answer.code) == (403, "ORIGIN_REFUSED")
    assert "access-control-allow-origin" not in answer.headers
    assert site.now() == 0


def test_two_origins_are_none_that_may(site):
    """Of two nobody can say which one asks."""
    headers = [("host", "localhost"), ("origin", "http://localhost"), ("origin", "http://evil.example")]
    assert site.ask("GET", "/health", headers=headers).code == "ORIGIN_REFUSED"


def test_pages_of_this_machine_may_not_where_others_can_reach_the_server(make_site):
    """What runs on the asking machine is not what runs on this one; the server's own pages may."""
    site = make_site(token=SECRET)
    for origin, status in [*((each, 403) for each in OF_THIS_MACHINE), ("http://192.168.1.5:4000", 200)]:
        headers = {"host": "192.168.1.5:4000", "origin": origin, "authorization": "Bearer s3cret"}
        assert site.execute("{ __typename }", headers=headers, server=LAN).status == status, origin


def test_a_page_without_origin_can_change_nothing_by_get(site):
    """A browser sends no Origin with an image's or script's GET, and no GET changes anything."""
    id = site.trigger()
    for path in ("/control/advance?seconds=60", "/control/reset", "/control/run-next"):
        assert site.ask("GET", path, headers={"sec-fetch-site": "cross-site"}).status == 405
    document = f'mutation{{backgroundTasks{{abortTask(id:"{id}"){{data{{id}}}}}}}}'
    page = site.ask("GET", f"/graphql?query={document}", headers={"sec-fetch-site": "cross-site"})
    assert page.headers["content-type"].startswith("text/html")
    assert (site.now(), site.sim.tasks.get_task(id).status) == (0, "pending")


# --- CORS


def test_a_named_origin_may_ask_and_read(make_site):
    """A page that --cors names reads answers, and caches keep them apart."""
    site = make_site(cors=["https://Dev.example/", "http://dev.example:80"])
    for origin in ("https://dev.example", "http://dev.example"):
        answer = site.execute("{ __typename }", headers={"origin": origin})
        assert answer.headers["access-control-allow-origin"] == origin
        assert "Origin" in answer.headers["vary"]
    assert site.execute("{ __typename }", headers={"origin": "https://dev.example:8443"}).status == 403


def test_a_preflight_of_an_origin_that_may_is_answered(make_site):
    """A browser asks for leave before it sends JSON."""
    site = make_site(cors=["https://dev.example"], token=SECRET)
    for origin in ("https://dev.example", "http://localhost:3000"):
        asked = {**PREFLIGHT, "access-control-request-headers": "authorization,content-type,x-tenant"}
        answer = site.ask("OPTIONS", "/graphql", headers={"origin": origin, **asked})
        assert answer.status == 200
        assert answer.headers["access-control-allow-origin"] == origin
        assert answer.headers["access-control-allow-headers"] == "authorization,content-type,x-tenant"
        assert "POST" in answer.headers["access-control-allow-methods"]
        assert "access-control-allow-credentials" not in answer.headers


@pytest.mark.parametrize(
    ("method", "path", "headers", "body", "status"),
    [
        ("POST", "/graphql", {}, b"{}", 401),
        ("POST", "/graphql", {"authorization": "Bearer s3cret"}, b"{}", 415),
        (
            "POST",
            "/graphql",
            {"authorization": "Bearer s3cret", "content-type": "application/json"},
            b"{",
            400,
        ),
        ("POST", "/control/run-next", {"authorization": "Bearer r3ad"}, b"", 403),
        ("POST", "/control/reset", {"authorization": "Bearer s3cret"}, b"", 409),
        ("PUT", "/graphql", {}, b"", 405),
        ("GET", "/nowhere", {}, b"", 404),
    ],
)
def test_a_page_that_may_ask_reads_why_it_was_refused(make_site, method, path, headers, body, status):
    """A refusal without CORS headers would be a network error to the page."""
    site = make_site(cors=["https://dev.example"], token=SECRET, read_token=TO_READ)
    answer = site.ask(method, path, headers={"origin": "https://dev.example", **headers}, body=body)
    assert (answer.status, answer.headers["access-control-allow-origin"]) == (status, "https://dev.example")
    assert answer.message


@pytest.mark.parametrize(
    "cors",
    [
        "http://dev.example",
        5,
        None,
        [5],
        ["*"],
        ["null"],
        [""],
        ["dev.example"],
        ["http://"],
        ["http://*.example"],
        ["http://dev.example/path"],
        ["http://user@dev.example"],
        ["http://dev.example:port"],
        ["http://[zz]"],
        ["http://d\xf6v.example"],
    ],
)
def test_what_is_no_list_of_origins_is_refused(make_site, cors):
    """There is no origin that means any."""
    with pytest.raises(UsageError, match="cors is"):
        make_site(cors=cors)


def test_origins_are_kept_as_browsers_send_them():
    """In lower case, without a slash and without the port that everybody takes."""
    given = ["HTTPS://Dev.example:443/", "http://dev.example:443", "http://[::1]:80", "app://local"]
    kept = ("https://dev.example", "http://dev.example:443", "http://[::1]", "app://local")
    assert checked_origins(given) == kept


@pytest.mark.parametrize(
    ("host", "is_so"),
    [
        ("localhost", True),
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("[::1]", True),
        ("::ffff:127.0.0.1", True),
        ("0.0.0.0", False),  # noqa: S104 - as above
        ("::", False),
        ("example", False),
        ("", False),
    ],
)
def test_what_means_this_machine_alone(host, is_so):
    """An address does if nobody else can reach it, and the name localhost; no other name."""
    assert is_loopback(host) is is_so


def test_what_is_no_request_passes(make_site):
    """The lifespan of an app has no Host; a web socket finds nobody."""
    site = make_site()
    assert site.live() == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
    assert site.call_websocket() == [("websocket.close", 1000)]
