"""Bodies: JSON of bounded size, in bounded time, or a refusal that says what is wrong."""

import asyncio
import json

import pytest

from tasksim.graphql._serving import bodies

QUERY = {"query": "{ __typename }"}
GOOD = json.dumps(QUERY).encode()
JSON = {"host": "localhost", "content-type": "application/json"}


@pytest.mark.parametrize(
    "kind",
    ["application/json", "application/json; charset=utf-8", "Application/JSON ;x=y", " application/json "],
)
def test_json_by_its_type_passes(site, kind):
    """Parameters and case do not count."""
    assert site.post(QUERY, headers={"content-type": kind}).json() == {"data": {"__typename": "Query"}}


@pytest.mark.parametrize(
    "kind",
    [
        "",
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/jsonx",
        "application/json, text/plain",
        "application/graphql",
        "text/plain; application/json",
        "application/json\x00",
    ],
)
def test_what_a_form_could_send_is_refused(site, kind):
    """A page may send a form without being asked for leave; it gets nowhere."""
    for answer in (
        site.post(QUERY, headers={"content-type": kind}),
        site.post(b"a=b", headers={"content-type": kind}, path="/control/run-next"),
    ):
        assert (answer.status, answer.code) == (415, "CONTENT_TYPE")
        assert answer.headers["accept"] == "application/json"
    without = site.ask("POST", "/graphql", headers={"host": "localhost"}, body=GOOD)
    assert without.status == 415


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "The body is not JSON: Expecting value in line 1, column 1. Send an object with `query`."),
        (
            b'{"query":\n  }',
            "The body is not JSON: Expecting value in line 2, column 3. Send an object with `query`.",
        ),
        (b'{"query": "{a}"', "The body is not JSON: Expecting ',' delimiter in line 1, column 16."),
        (b"{'query': '{a}'}", "The body is not JSON: Expecting property name"),
        (GOOD + b"x", "The body is not JSON: Extra data in line 1, column 28."),
        (GOOD + b"\x00", "The body is not JSON: Extra data"),
        (b"\x00" + GOOD, "The body is not JSON: Expecting value"),
        (b'{"query": "a\x00b"}', "The body is not JSON: Invalid control character at in line 1, column 13."),
        (b'{"query": "\xff"}', "The body is not UTF-8."),
        (b'{"query": "\xed\xa0\x80"}', "The body is not UTF-8."),
        (json.dumps(QUERY).encode("utf-16"), "The body is not UTF-8."),
        (json.dumps(QUERY).encode("utf-16-le"), "The body is not JSON"),
        (json.dumps(QUERY).encode("utf-32-be"), "The body is not JSON"),
        (b'{"query": "{a}", "variables": {"a": NaN}}', "The body is not JSON: it has NaN."),
        (b'{"query": "{a}", "variables": {"a": -Infinity}}', "The body is not JSON: it has -Infinity."),
        (b"Infinity", "The body is not JSON: it has Infinity."),
        (b'{"variables": {"a": 1e999}}', "The body has the number 1e999, which is too large."),
        (b'{"variables": {"a": -1.5e400}}', "The body has the number -1.5e400, which is too large."),
        (b'{"a": ' + b"9" * 5000 + b"}", "The body is nested too deep, or a number in it is too long."),
        (b"[" * 100_000, "The body is nested too deep, or a number in it is too long."),
        (b'{"a":' * 100_000, "The body is nested too deep, or a number in it is too long."),
        (b'{"variables":' + b"[" * 150 + b"]" * 150 + b"}", "The body is nested more than 100 deep."),
        (b'{"variables":' + b'{"a":' * 150 + b"1" + b"}" * 151, "The body is nested more than 100 deep."),
        (b"[]", "The body is a list. Send one request at a time"),
        (b"[" + GOOD + b"," + GOOD + b"]", "The body is a list. Send one request at a time"),
        (b"null", "The body is no object."),
        (b'"{ __typename }"', "The body is no object."),
        (b"5", "The body is no object."),
        (b"{}", "The body has no `query`."),
        (b'{"query": null}', "The body has no `query`."),
        (b'{"query": ""}', "The body has no `query`."),
        (b'{"query": 5}', "The body has no `query`."),
        (b'{"query": ["{a}"]}', "The body has no `query`."),
        (b'{"query": "{a}", "variables": []}', "`variables` is no object."),
        (b'{"query": "{a}", "variables": "{}"}', "`variables` is no object."),
        (b'{"query": "{a}", "operationName": 5}', "`operationName` is no text."),
        (b'{"query": "{a}", "operationName": {}}', "`operationName` is no text."),
    ],
)
def test_what_is_no_request_is_refused_in_words(site, body, message):
    """The words say where JSON ends to be JSON, and what to send instead."""
    answer = site.post(body)
    assert (answer.status, answer.code) == (400, "BAD_REQUEST")
    assert answer.message.startswith(message)
    assert len(answer.message) < 250


@pytest.mark.parametrize(
    "body",
    [
        b"\xef\xbb\xbf" + GOOD,
        b" \r\n\t" + GOOD + b" \n",
        b'{"query": "{ __typename }", "variables": null, "operationName": null, "extensions": {}}',
        b'{"query": "{ __typename }", "variables": {}, "operationName": ""}',
        b'{"query": "nonsense", "query": "{ __typename }"}',
        b'{"query": "{ __typename }", "variables": {"a": 1.5, "b": 1e300}}',
        b'{"query": "{ __typename }", "variables": ' + b'{"a":' * 90 + b"1" + b"}" * 91,
    ],
)
def test_what_clients_send_is_taken(site, body):
    """A mark of UTF-8, an empty operation's name, what is unused; of keys repeated the last counts."""
    assert site.post(body).json() == {"data": {"__typename": "Query"}}


def test_a_large_body_is_refused_before_it_is_there(make_site):
    """By the length that it announces, without being read, if that is more than is worth throwing away."""
    site = make_site(bounds={"body": 100})

    async def receive():
        raise AssertionError

    for length, more in (("101", [("expect", "100-continue")]), ("50000001", []), ("9" * 5000, [])):
        headers = [*JSON.items(), ("content-length", length), *more]
        answer = site.ask("POST", "/graphql", headers=headers, receive=receive)
        assert (answer.status, answer.code) == (413, "TOO_LARGE")
        assert answer.message == "The body has more than 100 bytes. Send less."
        assert answer.headers["connection"] == "close"


@pytest.mark.parametrize("length", [None, "5", "0", "-1", "x", "", "\xb2", "1e9", "5, 5"])
def test_a_large_body_is_refused_when_it_grows(make_site, monkeypatch, length):
    """Whatever it announces; it is read on for a while, so that its sender gets to read why."""
    monkeypatch.setattr(bodies, "_MOST_DISCARDED", 200)
    site = make_site(bounds={"body": 100})
    handed = []

    async def receive():
        handed.append(1)
        return {"type": "http.request", "body": b" " * 40, "more_body": True}

    headers = [*JSON.items(), *([] if length is None else [("content-length", length)])]
    answer = site.ask("POST", "/graphql", headers=headers, receive=receive)
    assert (answer.status, len(handed)) == (413, 6)


def test_a_body_of_the_bound_passes(make_site):
    """It is the first byte more that is refused, in movements of time, too."""
    site = make_site(bounds={"body": len(GOOD)})
    assert site.post(GOOD).status == 200
    assert site.post(GOOD + b" ").status == 413
    assert site.post(b" " * len(GOOD), path="/control/run-next").status == 200
    assert site.post(b" " * (len(GOOD) + 1), path="/control/run-next").status == 413


def test_a_body_in_parts_is_one(site):
    """Even parts of a character."""
    value = {"query": "query Zuerst { __typename }", "operationName": "Zuerst", "variables": {"a": "\u00fc"}}
    body = json.dumps(value, ensure_ascii=False).encode()
    answer = site.ask("POST", "/graphql", headers=JSON, body=[bytes([each]) for each in body])
    assert answer.json() == {"data": {"__typename": "Query"}}


def test_a_slow_body_is_given_up(make_site):
    """A client that sends nothing more keeps nobody waiting for long."""
    site = make_site(bounds={"seconds": 0.02})

    async def receive():
        await asyncio.Event().wait()

    answer = site.ask("POST", "/graphql", headers=JSON, receive=receive)
    assert (answer.status, answer.code) == (408, "TOO_SLOW")
    assert answer.headers["connection"] == "close"
    assert site.now() == 0


def test_a_client_that_hangs_up_changes_nothing(site):
    """Half a mutation is none, and the server lives on."""
    parts = [b'{"query": "mutation { backgroundTasks { triggerTask(definition: importPages) { data']

    async def receive():
        return (
            {"type": "http.request", "body": parts.pop(), "more_body": True}
            if parts
            else {"type": "http.disconnect"}
        )

    answer = site.ask("POST", "/graphql", headers=JSON, receive=receive)
    assert (answer.status, answer.code) == (400, "GONE")
    assert site.sim.tasks.list_tasks().meta.total_count == 0
    assert site.post(QUERY).status == 200


def test_movements_of_time_need_no_body(site):
    """Without a body its type does not matter; JSON is taken, and means nothing."""
    for headers in ({}, {"content-type": "text/plain"}):
        assert site.ask("POST", "/control/run-next", headers=headers).status == 200
    assert site.post({"seconds": 60}, path="/control/run-next").status == 200
