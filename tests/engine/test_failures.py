"""Errors as data (E10, S5, H4)."""

import pytest

from tasksim import EngineError
from tasksim._engine.failures import error_data, properties


class Failure(Exception):
    """What a test gives attributes to."""

    def with_(self, **attributes):
        """Set attributes and return the error."""
        self.__dict__.update(attributes)
        return self


class Broken(Exception):
    def __str__(self):
        raise RuntimeError


class WithMethods(Exception):
    def code(self):
        """Return a code; a method is no data."""


def plain():
    """Return an exception whose text has an address."""
    return Failure("no").with_(data={"at": object()})


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        ("No.", {"message": "No."}),
        ("", {"message": ""}),
        (Failure("No."), {"message": "No."}),
        (Failure(), {"message": "Failure"}),
        (Broken(), {"message": "Broken"}),
        (KeyError("a"), {"message": "'a'"}),
        (Failure("No.").with_(code="C", data=[1], other=2), {"message": "No.", "code": "C", "data": [1]}),
        (Failure("No.").with_(code=None, data=None), {"message": "No."}),
        (WithMethods("No."), {"message": "No."}),
        (EngineError("No.", "C", {"a": 1}, facts=("b",)), {"message": "No.", "code": "C", "data": {"a": 1}}),
        (EngineError("No."), {"message": "No."}),
        ({"message": "No.", "code": None, "more": 1, "stack": "here"}, {"message": "No.", "more": 1}),
    ],
)
def test_error_data(error, expected):
    """An error is its message, and code and data if it has them; a mapping keeps all but its stack."""
    assert error_data(error) == (expected, False)


def test_error_data_is_never_refused():
    """What is not JSON in error data becomes its text without addresses, and is marked."""
    data, simplified = error_data(plain())
    assert (data, simplified) == ({"message": "no", "data": {"at": "<object object>"}}, True)
    assert error_data({"message": "no", "code": 2**60}) == ({"message": "no", "code": str(2**60)}, True)
    assert error_data("\ud800")[1] is True


def test_properties():
    """Properties add every other public attribute that has a value."""
    error = Failure("No.").with_(code="C", more=[1], none=None, _private=3, message="other")
    assert properties(error) == ({"message": "No.", "code": "C", "more": [1]}, False)


def test_properties_that_are_not_json():
    """A property that is not JSON becomes its text, and is marked."""
    assert properties(Failure("No.").with_(more={1})) == ({"message": "No.", "more": [1]}, True)
    assert properties(plain())[1] is True


def test_properties_of_an_engine_error():
    """An engine error has message, code and data, not what explains it."""
    error = EngineError("No.", "C", facts=("b",), way_out="d")
    assert properties(error) == ({"message": "No.", "code": "C"}, False)
