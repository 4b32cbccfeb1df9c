"""Answers beside the schema they must fit: an oracle that knows the schema, the document, and nothing else.

It promises that an answer with a key too many, too few or out of order, a null where none may be, a list
that is none, a scalar of another type, or an error without a place is named by its path. It must not know
who answered.
"""

import re
from math import isfinite
from typing import NamedTuple

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLEnumType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    OperationDefinitionNode,
    OperationType,
    parse,
)

INSTANT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z")
MAX_INT = 2**31 - 1


class Misfit(AssertionError):
    """An answer that its schema does not allow."""


def is_number(value):
    """Tell a number from a boolean, and from what JSON has no text for."""
    return isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)


def is_json(value):
    """Tell whether a value is JSON all through."""
    if isinstance(value, dict):
        return all(isinstance(key, str) and is_json(inside) for key, inside in value.items())
    if isinstance(value, list):
        return all(map(is_json, value))
    return value is None or isinstance(value, str | bool) or is_number(value)


SCALARS = {
    "Boolean": lambda value: isinstance(value, bool),
    "DateTime": lambda value: isinstance(value, str) and INSTANT.fullmatch(value),
    "Float": is_number,
    "ID": lambda value: isinstance(value, str),
    "Int": lambda value: is_number(value) and value == int(value) and abs(value) <= MAX_INT,
    "JSON": is_json,
    "Number": is_number,
    "String": lambda value: isinstance(value, str),
}


class Checked(NamedTuple):
    """One answer, beside what it answers."""

    schema: object
    fragments: dict
    failed: set

    def check_object(self, type, selections, value, path):
        """Look at an object: the keys that were selected, in that order, and what they hold."""
        if not isinstance(value, dict):
            raise Misfit(f"{path}: {value!r:.80} is no {type.name}")
        fields = {}
        self.collect(type, selections, fields)
        if list(value) != list(fields):
            raise Misfit(f"{path}: the keys are {list(value)}, not {list(fields)}")
        for key, nodes in fields.items():
            name = nodes[0].name.value
            if name == "__typename":
                if value[key] != type.name:
                    raise Misfit(f"{path}.{key}: {value[key]!r} is not {type.name!r}")
                continue
            inside = [each for node in nodes if node.selection_set for each in node.selection_set.selections]
            self.check(type.fields[name].type, inside, value[key], (*path, key))

    def collect(self, type, selections, fields):
        """Gather the fields that a selection asks for by their key in the answer."""
        for node in selections:
            if isinstance(node, FieldNode):
                fields.setdefault((node.alias or node.name).value, []).append(node)
                continue
            if isinstance(node, FragmentSpreadNode):
                node = self.fragments[node.name.value]  # noqa: PLW2901 - what is spread, instead
            condition = node.type_condition
            if condition is None or condition.name.value == type.name:
                self.collect(type, node.selection_set.selections, fields)

    def check(self, type, selections, value, path):
        """Look at a value of any type."""
        if isinstance(type, GraphQLNonNull):
            if value is None:
                raise Misfit(f"{path}: null, where {type} is promised")
            type = type.of_type
        if value is None:
            return
        if isinstance(type, GraphQLList):
            if not isinstance(value, list):
                raise Misfit(f"{path}: {value!r:.80} is no list")
            for at, inside in enumerate(value):
                self.check(type.of_type, selections, inside, (*path, at))
        elif isinstance(type, GraphQLObjectType):
            self.check_object(type, selections, value, path)
        elif not (value in type.values if isinstance(type, GraphQLEnumType) else SCALARS[type.name](value)):
            raise Misfit(f"{path}: {value!r:.80} is no {type.name}")


def check_answer(schema, document, answer):
    """Compare an answer with what the schema promises to whoever sends this document.

    Raises:
        Misfit: It is another.
    """
    if not isinstance(answer, dict) or not answer or not set(answer) <= {"data", "errors"}:
        raise Misfit(f"{answer!r:.80} is no answer")
    errors = answer.get("errors", [])
    if "errors" in answer:
        check_errors(errors)
    if "data" not in answer:
        return
    definitions = parse(document).definitions
    (operation,) = (each for each in definitions if isinstance(each, OperationDefinitionNode))
    is_query = operation.operation is OperationType.QUERY
    root = schema.query_type if is_query else schema.mutation_type
    fragments = {each.name.value: each for each in definitions if isinstance(each, FragmentDefinitionNode)}
    if answer["data"] is not None:
        checked = Checked(schema, fragments, set())
        checked.check_object(root, operation.selection_set.selections, answer["data"], ())
    elif not errors:
        raise Misfit("data is null, and no error says why")
    for error in errors:
        check_place(answer["data"], error.get("path"))


def check_errors(errors):
    """Look at the errors outside of any envelope."""
    if not isinstance(errors, list) or not errors:
        raise Misfit(f"errors is {errors!r:.80}")
    for error in errors:
        if not isinstance(error, dict) or not isinstance(error.get("message"), str) or not error["message"]:
            raise Misfit(f"{error!r:.80} is no error")
        if not set(error) <= {"message", "locations", "path", "extensions"}:
            raise Misfit(f"an error has the keys {list(error)}")
        if not is_json(error):
            raise Misfit(f"{error!r:.80} is no JSON")


def check_place(data, path):
    """Look whether there is a null where an error happened, or around it."""
    if path is None:
        raise Misfit("something was executed, and an error does not say where it happened")
    value = data
    for step in path:
        if value is None:
            return
        try:
            value = value[step]
        except (KeyError, IndexError, TypeError):
            raise Misfit(f"an error is at {path}, where nothing is") from None
    if value is not None:
        raise Misfit(f"an error is at {path}, where there is {value!r:.40}")
