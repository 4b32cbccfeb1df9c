"""Asking: a document and its answer, on the thread that owns the world.

This module promises that a document is measured before it is validated, that what the caller may not do is
not done, and that the answer says which tasks it changed. It must not know HTTP.
"""

from __future__ import annotations

import re
from textwrap import shorten
from typing import TYPE_CHECKING, Any, NamedTuple

from ariadne import graphql_sync
from graphql import FieldNode, FragmentSpreadNode, OperationDefinitionNode, OperationType

from tasksim.graphql._bounds import Allowance, check_text
from tasksim.graphql._callers import Caller
from tasksim.graphql._client import LOGGER, without_empty_data
from tasksim.graphql._contracts import CONTRACTS
from tasksim.graphql._schemas import schema_for
from tasksim.graphql._serving.journal import outcomes_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from graphql import ASTValidationRule, DocumentNode, GraphQLError, GraphQLSchema

    from tasksim._simulator.simulator import Simulator
    from tasksim.graphql._bounds import Bounds

__all__ = ["Answered", "Asking", "Question"]

_NAMESPACE = "backgroundTasks"
_MOST_SHOWN = 60
_MOST_DETAIL = 500
_SUGGESTION = re.compile(r" Did you mean [^?]*\?")  # graphql-core 3.3 goes on after some


class Question(NamedTuple):
    """One request: a document, with variables, by somebody who holds permissions."""

    query: str
    variables: Mapping[str, Any] | None
    operation_name: str | None
    permissions: Sequence[Mapping[str, Any]]


class Answered(NamedTuple):
    """An answer, and what there is to tell of it.

    Attributes:
        response: `data`, `errors`: the body.
        now_ms: Wall time of the world.
        what: The fields that were asked for, or the operation's kind.
        detail: What happened to tasks, or the first error.
        is_reading: Whether it only asked.
    """

    response: dict[str, Any]
    now_ms: int
    what: str
    detail: str
    is_reading: bool


class Asking:
    """How the worlds of one server are asked.

    Args:
        bounds: How much a request may ask for.
        debug: Whether errors carry their stack.
        introspection: Whether the schema may be asked for.
        sdk_compat: Whether the type names of the official client are known.
        is_told: Whether anybody wants to hear what was asked; else an answer says nothing of it.
    """

    def __init__(
        self, bounds: Bounds, *, debug: bool, introspection: bool, sdk_compat: bool, is_told: bool = True
    ) -> None:
        """Keep how they are asked."""
        self._is_told = is_told
        self.bounds = bounds
        self._debug = debug
        self._introspection = introspection
        self._sdk_compat = sdk_compat

    def ask(self, sim: Simulator, question: Question, before_read: Callable[[], None] | None) -> Answered:
        """Return the answer to a question; `before_read` is called once before tasks or logs are read."""
        built = schema_for(sim, sdk_compat=self._sdk_compat)
        caller = Caller(
            sim,
            CONTRACTS[sim.profile],
            question.permissions,
            None,
            self._debug,
            allowance=Allowance(self.bounds),
            before_read=None if before_read is None else _once(before_read),
        )
        parsed: list[DocumentNode] = []

        def parse(context: object, data: dict[str, Any]) -> DocumentNode:
            check_text(data["query"], self.bounds)
            parsed.append(built.documents.parse(context, data, self.bounds))
            return parsed[0]

        def validate(
            schema: GraphQLSchema,
            document_ast: DocumentNode,
            rules: Collection[type[ASTValidationRule]] | None = None,
            max_errors: int | None = None,  # noqa: ARG001 - Ariadne has no opinion
            type_info: object = None,  # noqa: ARG001 - older versions of it may give it
        ) -> list[GraphQLError]:
            return built.documents.validate(schema, document_ast, rules, self.bounds.errors)

        events = sim._engine.events  # noqa: SLF001 - of one package
        before = len(events or ())
        _, response = graphql_sync(
            built.schema,
            {
                "query": question.query,
                "variables": question.variables,
                "operationName": question.operation_name,
            },
            context_value=caller,
            query_parser=parse,
            query_validator=validate,
            introspection=self._introspection,
            logger=LOGGER,
        )
        if not self._introspection:
            _hide_suggestions(response)
        now_ms = sim._engine.clock.wall_ms  # noqa: SLF001 - of one package
        if not self._is_told:
            return Answered(without_empty_data(response), now_ms, "", "", is_reading=True)
        what, is_reading = "(no document)", True
        if parsed:
            what, is_reading = _said(parsed[0], question.operation_name, built.documents.notes(parsed[0]))
        happened = [] if is_reading or events is None else outcomes_of(events[before:])
        detail = ", ".join(happened) or _first_error(response)
        return Answered(without_empty_data(response), now_ms, what, detail, is_reading)


def _hide_suggestions(response: Mapping[str, Any]) -> None:
    """Take the names that were perhaps meant out of errors: who asks for them gets to know the schema."""
    for error in response.get("errors") or ():
        error["message"] = _SUGGESTION.sub("", error["message"])


def _once(call: Callable[[], None]) -> Callable[[], None]:
    """Return a function that calls `call` the first time."""
    left = [call]

    def first() -> None:
        if left:
            left.pop()()

    return first


def _said(
    document: DocumentNode, name: str | None, notes: dict[str | None, tuple[str, bool]]
) -> tuple[str, bool]:
    """Return what a request asks for, in a few words, and whether it only asks; noted for the next time."""
    found = notes.get(name)
    if found is None:
        operation = _operation(document, name)
        found = _said_of(operation)
        if operation is not None:  # or the name is anything at all
            notes[name] = found
    return found


def _operation(document: DocumentNode, name: str | None) -> OperationDefinitionNode | None:
    """Return the operation that was meant, if one was."""
    found = [
        each
        for each in document.definitions
        if isinstance(each, OperationDefinitionNode)
        and (name is None or (each.name is not None and each.name.value == name))
    ]
    return found[0] if len(found) == 1 else None


def _said_of(operation: OperationDefinitionNode | None) -> tuple[str, bool]:
    """Return what an operation asks for, in a few words, and whether it only asks."""
    if operation is None:
        return "(no operation)", True
    names: list[str] = []
    for node in operation.selection_set.selections:
        if isinstance(node, FieldNode) and node.name.value == _NAMESPACE and node.selection_set is not None:
            names += [_name_of(inside) for inside in node.selection_set.selections]
        else:
            names.append(_name_of(node))
    shown = " ".join(dict.fromkeys(names))
    return shorten(shown, _MOST_SHOWN, placeholder=" ..."), operation.operation is OperationType.QUERY


def _name_of(node: object) -> str:
    """Return the name of what is selected."""
    if isinstance(node, FieldNode):
        return node.name.value
    return f"...{node.name.value}" if isinstance(node, FragmentSpreadNode) else "..."


def _first_error(response: Mapping[str, Any]) -> str:
    """Return the message of the first error, in an envelope or outside of any."""
    errors = list(response.get("errors") or ())
    for namespace in (response.get("data") or {}).values():
        if isinstance(namespace, dict):
            errors += [
                each["error"] for each in namespace.values() if isinstance(each, dict) and each.get("error")
            ]
    message = errors[0].get("message") if errors else None
    return "" if not isinstance(message, str) else message[:_MOST_DETAIL]
