"""Strict mode finds nothing in the code that tasks usually have."""

import asyncio
import base64
import dataclasses
import datetime as dt
import decimal
import functools
import hashlib
import io
import json
import logging
import random
import re
import time
import traceback
import uuid
import warnings
import zipfile
from concurrent.futures import Future
from zoneinfo import ZoneInfo

import pytest
from pydantic import BaseModel, Field

from tasksim._simulator.strictness import lines
from tasksim._simulator.strictness.watch import Watch
from tasksim.errors import NotSimulated


class Entry(BaseModel):
    id: str = Field(default_factory=lambda: str(uuid.uuid4()))
    at: dt.datetime = Field(default_factory=lambda: dt.datetime.now(dt.timezone.utc))
    price: decimal.Decimal = decimal.Decimal("1.10")


@dataclasses.dataclass
class Page:
    name: str
    tags: list = dataclasses.field(default_factory=list)


def texts():
    """Read and write text in many ways."""
    data = json.loads(json.dumps({"rows": [1, 2.5, None, True], "name": "Zoë"}))
    found = re.findall(r"\w+", data["name"])
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a.txt", "text")
    return [found, base64.b64encode(buffer.getvalue()), hashlib.sha256(b"x").hexdigest()]


def times():
    """Ask for the time in many ways, and sleep."""
    time.sleep(0.5)
    now = dt.datetime.now(ZoneInfo("Europe/Berlin"))
    return [now.isoformat(), time.strftime("%Y"), dt.date.today().strftime("%d.%m.%y"), time.perf_counter()]  # noqa: DTZ011 - as tasks do


def draws():
    """Draw from what the simulation seeds, and from a seed of the task's own."""
    own = random.Random("seed")  # noqa: S311 - as tasks do
    return [random.random(), random.sample(range(9), 3), random.gauss(0, 1), own.random(), str(uuid.uuid4())]  # noqa: S311 - see above


def models():
    """Build and validate models, late ones too."""

    class Late(BaseModel):
        n: int

    late = Late.model_validate({"n": "3"})
    return [Entry().model_dump_json(), late.model_dump(), dataclasses.asdict(Page("a", ["b"]))]


def troubles():
    """Log, warn, raise and print."""
    logging.getLogger("task").warning("careful: %s", 1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.warn("old", DeprecationWarning, stacklevel=1)
    try:
        raise KeyError("x")  # noqa: TRY301 - as tasks do
    except KeyError:
        logging.getLogger("task").exception("went wrong")
        text = traceback.format_exc()
    print("told")  # noqa: T201 - as tasks do
    return text


def caches():
    """Use a cache, a future that is done, and modules that were not loaded yet."""
    import colorsys  # noqa: PLC0415 - late is the point
    import wave  # noqa: PLC0415 - see above

    done = Future()
    done.set_result(3)
    return [functools.lru_cache(abs)(-1), done.result(), colorsys.rgb_to_hls(1, 0, 0), wave.Error]


def files(tmp_path):
    """Write and read files of fixed names."""
    path = tmp_path / "out.json"
    path.write_text("{}", encoding="utf-8")
    path.unlink()


async def coroutines():
    """Sleep, gather, bound, queue and lock."""
    box = asyncio.Queue()
    async with asyncio.Lock():
        await asyncio.gather(asyncio.sleep(1), box.put(1), asyncio.wait_for(asyncio.sleep(1), 5))
    return await box.get()


@pytest.mark.parametrize("work", [texts, times, draws, models, troubles, caches])
def test_ordinary_code_passes(doing, work, capsys, caplog):
    """Tasks that only compute, log and ask for time and seeded randomness are not found."""
    assert doing(work, freeze=True) == "success"


def test_files_pass(doing, tmp_path):
    """Files are no part of strict mode."""
    assert doing(lambda: files(tmp_path)) == "success"


def test_async_code_passes(watched):
    """The loop of the simulation trips nothing."""

    async def run(controller):
        await coroutines()
        return controller.response.done()

    with watched(run) as sim:
        assert sim.run("reindex").status == "success"


def test_validation_and_hooks_pass(watched):
    """Validating an input and calling hooks trips nothing."""
    with watched(
        lambda controller: controller.response.done(),
        create_input_validation=Entry,
        on_done=lambda task: logging.getLogger("task").info(task.id),
    ) as sim:
        assert sim.run("reindex", input={"id": "a"}).status == "success"


def test_http_over_a_fake_passes(watched):
    """A client over a fake transport opens no socket, plain or async."""
    httpx = pytest.importorskip("httpx")
    transport = httpx.MockTransport(lambda request: httpx.Response(200, json={"path": request.url.path}))

    async def run(controller):
        with httpx.Client(transport=transport) as client:
            plain = client.get("http://cms/plain").json()
        async with httpx.AsyncClient(transport=transport) as client:
            other = (await client.post("http://cms/async", json={})).json()
        return controller.response.done(output={"paths": [plain["path"], other["path"]]})

    with watched(run) as sim:
        assert sim.run("reindex").output == {"paths": ["/plain", "/async"]}


def test_files_of_libraries_pass(doing, tmp_path, monkeypatch):
    """A library that writes a cache of its own by way of a temporary file is no finding, a task's own is."""
    path = tmp_path / "cache_writer.py"
    path.write_text("import tempfile\ndef write(): tempfile.mkdtemp(dir=FOLDER)\n", encoding="utf-8")
    names = {"FOLDER": tmp_path}
    exec(compile(path.read_text(encoding="utf-8"), str(path), "exec"), names)  # noqa: S102 - written just now
    with pytest.raises(NotSimulated, match="drew a random name for a temporary file"):
        doing(names["write"])
    monkeypatch.setattr(lines, "_LIBRARIES", (*lines._LIBRARIES, str(tmp_path)))
    monkeypatch.setattr(lines, "_known", {})
    assert doing(names["write"]) == "success"
    assert len(list(tmp_path.iterdir())) == 2


def test_data_drawn_in_a_run_passes(define, world):
    """A task may draw from Hypothesis."""
    hypothesis = pytest.importorskip("hypothesis")

    @hypothesis.settings(max_examples=5, database=None)
    @hypothesis.given(hypothesis.strategies.data())
    def law(data):
        def run(controller):
            data.draw(hypothesis.strategies.lists(hypothesis.strategies.integers()))
            return controller.response.done()

        sim = world(run)
        sim._driver._watch = Watch(sim._engine)
        assert sim.run("reindex").status == "success"

    law()
