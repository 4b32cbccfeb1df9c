"""Definitions made from functions or a class."""

import pytest

from tasksim import (
    DefinitionError,
    TaskDefinition,
    create_implementation,
    create_private_task_definition,
    create_task_definition,
    task_definition,
)
from tasksim._model.definitions import DEFINITION_ATTRIBUTES, HOOKS


def run(controller):
    """Answer done."""
    return controller.response.done()


def test_definition_holds_what_it_was_given():
    """A definition holds the attributes that it was given, and no others."""
    definition = create_task_definition(id="reindex", title="Reindex", run=run, max_iterations=3, on_done=run)
    assert vars(definition) == {
        "id": "reindex",
        "title": "Reindex",
        "run": run,
        "max_iterations": 3,
        "on_done": run,
    }
    assert repr(definition) == "<task definition 'reindex'>"
    assert isinstance(definition, TaskDefinition)


def test_every_attribute_can_be_given():
    """Every attribute of a definition can be given, but for is_private."""
    given = {name: object() for name in DEFINITION_ATTRIBUTES if name != "is_private"}
    assert vars(create_task_definition(**given)) == given
    assert set(HOOKS) < set(DEFINITION_ATTRIBUTES)


def test_private_definition():
    """A private definition says so."""
    definition = create_private_task_definition(id="reindex", title="Reindex", run=run, description="a")
    assert (definition.is_private, definition.description) == (True, "a")


@pytest.mark.parametrize(
    ("name", "sentence", "way_out"),
    [
        (
            "fields",
            "The definition 'reindex' was given 'fields', which is refused.",
            "The engine ignores it; describe the input with create_input_validation.",
        ),
        (
            "is_private",
            "The definition 'reindex' was given 'is_private', which is refused.",
            "Use create_private_task_definition(...) for a private definition.",
        ),
        (
            "timeout",
            "The definition 'reindex' was given 'timeout'.",
            f"Choose from {', '.join(name for name in DEFINITION_ATTRIBUTES if name != 'is_private')}.",
        ),
    ],
)
@pytest.mark.parametrize("create", [create_task_definition, create_private_task_definition])
def test_refused_arguments(create, name, sentence, way_out):
    """What must not be used is refused with the reason; what does not exist, with what does."""
    with pytest.raises(DefinitionError) as caught:
        create(id="reindex", title="Reindex", run=run, **{name: True})
    assert str(caught.value) == f"{sentence}\n  {way_out}"


def test_decorator():
    """The decorated run stays reachable as `.run`."""
    definition = task_definition(id="reindex", title="Reindex", max_iterations=3)(run)
    assert (definition.run, definition.max_iterations) == (run, 3)


def test_implementation():
    """An implementation keeps a class and its dependencies; nothing is constructed yet."""

    class Reindex:
        def __init__(self, *args):
            raise NotImplementedError

    implementation = create_implementation(Reindex, dependencies=["cms"])
    assert (implementation.implementation, implementation.dependencies) == (Reindex, ("cms",))
    assert repr(implementation) == "<implementation test_implementation.<locals>.Reindex>"
    assert create_implementation(Reindex).dependencies == ()


@pytest.mark.parametrize("given", [run, 3, None])
def test_implementation_of_what_is_no_class(given):
    """What is not a class has no implementation."""
    with pytest.raises(DefinitionError) as caught:
        create_implementation(given)
    assert caught.value.sentence == f"create_implementation() got {given!r:.80}, which is not a class."
    assert caught.value.way_out == (
        "Pass the class first: create_implementation(PublishEntries, dependencies=[cms])."
    )
