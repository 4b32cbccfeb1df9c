"""pydantic models with dates, defined before, inside and after a freeze."""

import datetime as dt
import subprocess
import sys
from typing import Any

import pytest
from freezegun import freeze_time
from pydantic import BaseModel, ConfigDict, TypeAdapter
from typing_extensions import TypedDict

from tasksim import Simulator

UTC = dt.timezone.utc
DAWN = dt.datetime(2024, 1, 1, tzinfo=UTC)
TEXT = "2024-01-01T00:00:00Z"
_real = (dt.datetime, dt.date)  # freezegun replaces what it finds in modules only


class Early(TypedDict):
    at: dt.datetime
    on: dt.date | None


class Deferred(BaseModel):
    model_config = ConfigDict(defer_build=True)

    at: dt.datetime
    on: dt.date | None = None


@pytest.fixture(autouse=True)
def is_given_back(is_real_again):
    """Each test gives the wall clock back."""


def make_model():
    """Define a model with dates, now."""

    class Late(BaseModel):
        at: dt.datetime
        on: dt.date | None = None
        more: list[dt.datetime | dt.date] = []

    return Late


def try_model(model):
    """Validate, strictly and as text; fill by hand; dump; describe."""
    assert model.model_validate_json(f'{{"at": "{TEXT}", "on": "2024-01-01"}}', strict=True).at == DAWN
    made = model(at=dt.datetime.now(UTC), on=dt.date(2024, 1, 1))
    assert model.model_validate_json(made.model_dump_json()) == made
    assert model.model_json_schema()["properties"]["at"]["format"] == "date-time"
    with pytest.raises(ValueError, match="datetime"):
        model(at="soon")


def test_model_defined_in_a_run(world):
    """A model with dates that is defined in a run works there, afterwards, and as the base of another."""
    made = []

    def run(controller):
        made.append(make_model())
        try_model(made[0])
        return controller.response.done()

    with world(run) as sim:
        assert sim.run("reindex").status == "success"
    try_model(made[0])
    derived = type("Derived", (made[0],), {"__annotations__": {"ended": dt.datetime}})
    assert derived(at=TEXT, ended=TEXT).ended == DAWN
    assert TypeAdapter(list[made[0]]).validate_python([{"at": TEXT}])[0].at == DAWN


def test_types_from_before_are_built_in_a_run(world):
    """Types whose dates are the real ones are built in a run as well."""

    def run(controller):
        assert TypeAdapter(Early).validate_python({"at": TEXT, "on": None})["at"] == DAWN
        assert TypeAdapter(list[_real[0]]).validate_python([TEXT]) == [DAWN]
        assert TypeAdapter(_real[1]).validate_python("2024-01-01") == dt.date(2024, 1, 1)
        assert Deferred(at=TEXT).at == DAWN
        return controller.response.done()

    with world(run) as sim:
        execution = sim.run("reindex")
    execution_error: Any = execution.error
    assert execution.status == "success", execution_error


def test_models_after_a_simulation(world):
    """A model that is defined after a simulation has the real dates."""
    with world(lambda controller: controller.response.done()) as sim:
        sim.run("reindex")
    model = make_model()
    try_model(model)
    assert model.model_fields["at"].annotation is _real[0]


def test_registered_under_the_freeze_of_another(define):
    """A definition whose model is defined under somebody else's freeze can be registered and triggered."""
    run = lambda controller: controller.response.done()  # noqa: E731 - one line
    with freeze_time("2020-01-01"), Simulator([define(run, create_input_validation=make_model)]) as sim:
        assert sim.run("reindex", input={"at": TEXT}).status == "success"


LATE = """
import datetime, sys, tasksim

def run(controller):
    import user_models
    stamped = user_models.Stamped(at=datetime.datetime.now())
    return controller.response.done(output=stamped.model_dump(mode="json"))

definition = tasksim.create_task_definition(id="late", title="Late", run=run)
with tasksim.Simulator([definition]) as sim:
    execution = sim.run("late")
    assert execution.output == {"at": "2024-01-01T00:00:00", "on": None}, execution
import user_models
from pydantic import BaseModel, TypeAdapter
assert user_models.datetime is datetime.datetime, user_models.datetime
class After(user_models.Stamped):
    more: datetime.datetime
After(at="2024-01-01T00:00:00Z", more="2024-01-01T00:00:00Z")
TypeAdapter(list[datetime.date]).validate_python(["2024-01-01"])
user_models.Late(at="2030-01-01T00:00:00Z", when="2024-01-01T00:00:00Z")
assert datetime.datetime.now().year > 2024
"""
MODELS = """
from datetime import date, datetime
from typing import Optional
from pydantic import AwareDatetime, BaseModel, FutureDatetime

class Stamped(BaseModel):
    at: datetime
    on: Optional[date] = None

class Late(BaseModel):
    at: AwareDatetime
    when: AwareDatetime
"""


@pytest.mark.slow
def test_models_imported_late(tmp_path):
    """Models from a module that the task imports in its run are built there, and others still are later."""
    (tmp_path / "user_models.py").write_text(MODELS, encoding="utf-8")
    subprocess.run([sys.executable, "-W", "error", "-c", LATE], cwd=tmp_path, check=True, timeout=60)


def test_dates_print_as_real_ones():
    """What was made in a freeze prints as what it stands for, then and later."""
    with Simulator():
        now = dt.datetime.now(tz=UTC)
        made = (now.date(), now, dt.datetime(2024, 2, 3, 4, 5, 6, 7, fold=1, tzinfo=UTC))
        texts = [repr(each) for each in made]
    assert texts == [repr(each) for each in made]
    assert texts == [
        "datetime.date(2024, 1, 1)",
        "datetime.datetime(2024, 1, 1, 0, 0, tzinfo=datetime.timezone.utc)",
        "datetime.datetime(2024, 2, 3, 4, 5, 6, 7, fold=1, tzinfo=datetime.timezone.utc)",
    ]
