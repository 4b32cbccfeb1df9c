"""Access: what tokens allow, and that nobody sees one."""

import hmac

import pytest

from tasksim.errors import UsageError

TOKEN, READ = "s3cret-of-all", "s3cret-to-read"
FULL = {"authorization": f"Bearer {TOKEN}"}
READING = {"authorization": f"Bearer {READ}"}
LIST = "{ backgroundTasks { listTasks { data { id } error { message } } } }"
TRIGGER = (
    "mutation { backgroundTasks { triggerTask(definition: %s) { data { id } error { message code } } } }"
)


@pytest.fixture
def guarded(make_site):
    """An app with both tokens."""
    return make_site(token=TOKEN, read_token=READ)


@pytest.mark.parametrize(
    "authorization",
    [
        None,
        "",
        "Bearer",
        "Bearer ",
        TOKEN,
        f"Basic {TOKEN}",
        f"Bearer {TOKEN}x",
        f"Bearer {TOKEN[:-1]}",
        f"Bearer {TOKEN.upper()}",
        f"Bearer {TOKEN} {TOKEN}",
        f"Bearer {TOKEN},",
        f"Bearer \xa0{TOKEN}",
        "Bearer " + "x" * 100_000,
        b"Bearer \xff\xfe\xed\xa0\x80",
        b"Bearer \x00",
    ],
)
def test_without_the_token_nothing_is_answered(guarded, authorization):
    """Everything but the page and /health asks for the token, on this machine, too."""
    headers = {} if authorization is None else {"authorization": authorization}
    answers = [
        guarded.execute(LIST, headers=headers),
        *(
            guarded.ask("GET", path, headers=headers)
            for path in ("/control", "/control/now", "/control/timeline")
        ),
        *(guarded.control(action, headers=headers) for action in ("run-next", "reset", "advance?seconds=1")),
    ]
    for answer in answers:
        assert (answer.status, answer.code) == (401, "UNAUTHORIZED")
        assert answer.headers["www-authenticate"] == "Bearer"
    assert guarded.app.worlds.all() == {}


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER", "Bearer  "])
def test_the_token_allows_everything(guarded, scheme):
    """The scheme has no case, and spaces do not count."""
    headers = {"authorization": f"{scheme} {TOKEN} "}
    assert "errors" not in guarded.execute(TRIGGER % "importPages", headers=headers).json()
    assert guarded.control("run-until-idle", headers=headers).json()["events"] == 1
    assert guarded.ask("GET", "/control", headers=headers).json()["GET"][0] == "/control/now"


def test_the_token_to_read_allows_to_read(guarded):
    """Queries and readings pass; a mutation is refused as the API refuses whoever may not write (P1)."""
    assert guarded.execute(LIST, headers=READING).json()["data"]["backgroundTasks"]["listTasks"]["data"] == []
    refused = guarded.execute(TRIGGER % "importPages", headers=READING).json()
    assert refused["errors"][0]["message"] == "Not authorized!"
    for path in ("/control", "/control/now", "/control/next-event", "/control/timeline"):
        assert guarded.ask("GET", path, headers=READING).status == 200
    for action in ("run-next", "run-until-idle", "reset", "advance?seconds=1"):
        answer = guarded.control(action, headers=READING)
        assert (answer.status, answer.code) == (403, "READ_ONLY")
    assert guarded.now(headers=READING) == 0


@pytest.mark.parametrize("profile", ["webiny-5", "webiny-6", "documented"])
def test_the_token_to_read_changes_nothing_in_any_profile(make_site, profile):
    """Each contract has its own way to say no."""
    site = make_site(profile=profile, token=TOKEN, read_token=READ)
    definition = '"importPages"' if profile == "webiny-6" else "importPages"
    answer = site.execute(TRIGGER % definition, headers=READING)
    assert "Not authorized" in answer.everything
    assert site.sim.tasks.list_tasks().meta.total_count == 0


def test_one_token_is_compared_where_there_is_no_other(make_site):
    """Without a token to read, no other token reads."""
    site = make_site(token=TOKEN)
    assert site.execute(LIST, headers=READING).status == 401
    assert site.execute(LIST, headers=FULL).status == 200


def test_tokens_are_compared_in_constant_time(guarded, monkeypatch):
    """Each request compares with both by `hmac.compare_digest`, whichever it holds."""
    compared = []

    def compare(one, other):
        compared.append(other)
        return one == other

    monkeypatch.setattr(hmac, "compare_digest", compare)
    for headers in (FULL, READING, {"authorization": "Bearer x"}):
        guarded.execute(LIST, headers=headers)
        assert compared == [TOKEN.encode(), READ.encode()]
        compared.clear()


def test_no_token_is_in_anything_that_is_said(guarded):
    """Neither journal, answers nor reprs hold one, right or wrong."""
    wrong = {"authorization": "Bearer wr0ng-one"}
    answers = []
    for headers in (FULL, READING, wrong):
        answers += [
            guarded.execute(LIST, headers=headers),
            guarded.execute(TRIGGER % "importPages", headers=headers),
            guarded.execute("{ nonsense }", headers=headers),
            guarded.post(b"{", headers=headers),
            guarded.control("advance?seconds=x", headers=headers),
            guarded.control("run-next", headers=headers),
            guarded.ask("GET", "/health", headers=headers),
            guarded.ask("GET", "/nowhere", headers=headers),
            guarded.ask("GET", "/control", headers={**headers, "host": "evil.example"}),
        ]
    said = [answer.everything for answer in answers] + [repr(entry) for entry in guarded.entries]
    app = guarded.app
    said += [repr(app), repr(vars(app)), repr(app.user_middleware), repr(app.routes), repr(app.worlds)]
    assert not [text for text in said if "s3cret" in text or "wr0ng" in text]
    assert len(guarded.entries) > 10


@pytest.mark.parametrize("token", ["", " ", "a b", "a\n", "t\xf6ken", "\ud800", "x" * 1001, 5, b"secret"])
@pytest.mark.parametrize("name", ["token", "read_token"])
def test_a_token_that_no_request_could_send_is_refused(make_site, name, token):
    """The refusal does not show it."""
    with pytest.raises(UsageError) as caught:
        make_site(**{"token": "other", name: token})
    assert caught.value.sentence == f"{name} cannot be used: a header cannot hold it."


def test_tokens_that_make_no_sense_together_are_refused(make_site):
    """A token to read needs another one, which differs."""
    with pytest.raises(UsageError, match="none for the rest"):
        make_site(read_token=READ)
    with pytest.raises(UsageError, match="is the token for everything"):
        make_site(token=TOKEN, read_token=TOKEN)


def test_health_is_everybodys_and_the_worlds_are_who_may_do_everythings(guarded):
    """A watchdog needs no token; what is served is nobody else's business."""
    guarded.execute(LIST, headers={**FULL})
    assert guarded.ask("GET", "/health").json().keys() == {"status", "version"}
    assert guarded.ask("GET", "/health", headers=READING).json().keys() == {"status", "version"}
    assert guarded.ask("GET", "/health", headers=FULL).json()["worlds"] == ["root"]
