"""Whatever is sent: an answer in JSON, never a 500, and a world that answers afterwards."""

import json
import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytestmark = pytest.mark.slow

HOSTS = ["localhost", "127.0.0.1:4000", "evil.example", "[::1]", "[::", ""]
ORIGINS = ["http://localhost:3000", "null", "https://evil.example", "http://[::1", ""]
PATHS = ["/", "/graphql", "/graphql/", "/health", "/control", "/nowhere"] + [
    f"/control/{name}"
    for name in ("advance", "run-next", "run-until-idle", "now", "next-event", "timeline", "reset")
]
WORDS = [
    *[
        "{",
        "}",
        "(",
        ")",
        "[",
        "]",
        ":",
        "!",
        "$a",
        "@include",
        "@skip",
        "...",
        "F",
        "on",
        "if",
        "=",
        "|",
        "&",
        "#",
    ],
    *[
        "query",
        "mutation",
        "subscription",
        "fragment",
        "__typename",
        "__schema",
        "types",
        "fields",
        "true",
        "null",
    ],
    *[
        "backgroundTasks",
        "listTasks",
        "listLogs",
        "getTask",
        "triggerTask",
        "abortTask",
        "deleteTask",
        "data",
        "id",
    ],
    *[
        "where",
        "sort",
        "limit",
        "after",
        "search",
        "createdOn_ASC",
        "logs",
        "task",
        "error",
        "message",
        "meta",
    ],
    *[
        "definition",
        "importPages",
        "input",
        "delay",
        "name",
        "Query",
        "Int",
        "JSON",
        "0",
        "-1",
        "1e999",
        "1.5",
        '"x"',
    ],
    *['"\\ud800"', '"""', "1" * 400, "\ud800", "\x00", "\ufeff", "a: "],
]
ARGUMENTS = {
    "limit": "Int",
    "after": "String",
    "search": "String",
    "where": "WebinyBackgroundTaskListWhereInput",
    "sort": "[WebinyBackgroundTaskListSorter!]",
}
LISTS = [
    f"query ($a: {kind}) {{ backgroundTasks {{ listTasks({name}: $a) {{ data {{ id }} }} }} }}"
    for name, kind in ARGUMENTS.items()
]
TRIGGERS = [
    f"mutation ($a: {kind}) {{ backgroundTasks {{ triggerTask(definition: importPages, {name}: $a) "
    "{ data { id } error { message } } } }"
    for name, kind in {"input": "JSON", "name": "String", "delay": "Number"}.items()
]

texts = st.text(st.characters(), max_size=20)  # lone surrogates, too
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inside: st.lists(inside, max_size=4) | st.dictionaries(texts, inside, max_size=4),
    max_leaves=10,
)
documents = st.one_of(
    st.lists(st.sampled_from(WORDS), max_size=25).map(" ".join), st.sampled_from(LISTS + TRIGGERS), texts
)
requests = st.fixed_dictionaries(
    {},
    optional={
        "query": documents | values,
        "variables": st.fixed_dictionaries({"a": values}) | values,
        "operationName": values,
    },
)
bodies = st.one_of(
    st.binary(max_size=60),
    values.map(json.dumps).map(str.encode),
    requests.map(json.dumps).map(str.encode),
    st.builds(
        lambda value, at, byte: value[:at] + byte + value[at + 1 :],
        requests.map(json.dumps).map(str.encode),
        st.integers(0, 80),
        st.binary(max_size=2),
    ),
)
header_texts = st.text(st.characters(max_codepoint=255), max_size=20)
headers = st.fixed_dictionaries(
    {},
    optional={
        "host": st.sampled_from(HOSTS) | header_texts,
        "origin": st.sampled_from(ORIGINS) | header_texts,
        "content-type": st.sampled_from(["application/json", "text/plain"]) | header_texts,
        "content-length": st.sampled_from(["0", "5", "9999999999"]) | header_texts,
        "authorization": st.sampled_from(["Bearer x", "Basic x"]) | header_texts,
        "x-tenant": st.sampled_from(["root", "other"]) | header_texts,
        "access-control-request-method": st.sampled_from(["POST", "PUT"]) | header_texts,
        "access-control-request-headers": header_texts,
        "transfer-encoding": header_texts,
        "accept": header_texts,
    },
)
queries = st.text(string.printable.replace("?", ""), max_size=20) | st.sampled_from(
    [
        "seconds=5",
        "seconds=-1",
        "seconds=1e9",
        "task=x",
        "task=importPages-0001",
        "seconds=5&seconds=6",
        "%ff=%00",
    ]
)


def check(answer):
    """An answer of JSON with `errors` or `data`, of no defect; a page, a way elsewhere, a leave have none."""
    assert answer.status < 500, answer.everything
    kind = answer.headers.get("content-type", "")
    if kind == "application/json":
        body = answer.json()
        assert answer.status == 200 or body["errors"]
        assert body.keys() & {"data", "errors", "status", "now", "next", "events", "GET"}, body
    else:
        assert answer.status == 307 or kind.startswith(("text/html", "text/plain")), answer.everything


@settings(max_examples=150, derandomize=True, deadline=None, database=None)
@given(body=bodies)
def test_no_body_is_a_defect(site_of_all, body):
    """Random bytes, random JSON, requests that almost are some."""
    answer = site_of_all.post(body)
    check(answer)
    assert answer.json().keys() & {"data", "errors"}


@settings(max_examples=150, derandomize=True, deadline=None, database=None)
@given(document=documents, value=values)
def test_no_document_is_a_defect(site_of_all, document, value):
    """Random words of the language, sound documents with random variables."""
    answer = site_of_all.execute(document, {"a": value})
    check(answer)
    assert answer.status == 200 or not document


@settings(max_examples=200, derandomize=True, deadline=None, database=None)
@given(
    method=st.sampled_from(["GET", "POST", "OPTIONS", "HEAD", "PUT"]),
    path=st.sampled_from(PATHS),
    query=queries,
    given_headers=headers,
    body=bodies,
)
def test_no_request_is_a_defect(site_of_all, method, path, query, given_headers, body):
    """Whatever its headers say."""
    given = {"content-type": "application/json", **given_headers}
    check(site_of_all.ask(method, f"{path}?{query}", headers=given, body=body))
    assert site_of_all.execute("{ __typename }").json() == {"data": {"__typename": "Query"}}


@pytest.fixture(scope="module")
def site_of_all(site_class):
    """An app that all of it is sent to."""
    return site_class()
