"""Input validation: a pydantic model, a `TypeAdapter` or a plain type decides, strictly and as JSON.

A validator is built at registration (`build_validator`) and asked at each trigger (`Validator.check`):
rule T6. Only pass or fail counts; what the model makes of an input is dropped. This module promises
that nothing is defined at the time of a check. It must not know the words of a profile: it is given a
function for them.
"""

from __future__ import annotations

import inspect
import json
import re
from contextlib import suppress
from itertools import takewhile
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias, cast

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic.json_schema import GenerateJsonSchema

from tasksim.errors import DefinitionError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from pydantic_core import ErrorDetails

    from tasksim._engine.profiles.messages import Messages
    from tasksim.typing import JSON, JsonObject

__all__ = ["Validator", "build_validator", "declared_validation"]

_ALLOWED = "it may be a pydantic model class, a TypeAdapter or a type: a TypedDict, dict[str, int], ..."
_WAY_OUT = "Let create_input_validation return one of these, or None for no validation."
_ADAPTER = "__tasksim_type_adapter__"
_TAG = re.compile(r"'(\w+)'")  # a discriminator that is a field, in pydantic's quotes
_TYPE_MODULES = frozenset({"types", "typing", "typing_extensions"})

# zod reports a branch of a union that failed with none of these alone: the type was right.
_WRONG_TYPE = frozenset(
    {
        "invalid_enum_value",
        "invalid_literal",
        "invalid_type",
        "invalid_union",
        "invalid_union_discriminator",
        "invalid_value",
    }
)

_Path: TypeAlias = tuple[int | str, ...]


class _Issue(NamedTuple):
    """One error, its place in the input, and the branch of a union that it comes from, if any."""

    error: ErrorDetails
    path: _Path
    union: _Path
    branch: int | str | None


class _JsonSchema(GenerateJsonSchema):
    """JSON schema without warnings."""

    ignored_warning_kinds = {"skipped-choice", "non-serializable-default"}  # noqa: RUF012 - pydantic's attribute


class Validator:
    """Says whether an input is valid, and what is wrong with it."""

    __slots__ = ("_definition_id", "_describe", "_messages", "_schema", "_validate")

    def __init__(
        self, declared: type[BaseModel] | TypeAdapter[Any], *, definition_id: str, messages: Messages
    ) -> None:
        """Take what validates from a model or an adapter."""
        # Taking the method makes pydantic build now what it put off until the first use.
        if isinstance(declared, TypeAdapter):
            self._validate: Callable[..., object] = declared.validator.validate_json
            self._describe: Callable[..., JsonObject] = declared.json_schema
        else:
            self._validate = declared.__pydantic_validator__.validate_json
            self._describe = declared.model_json_schema
        self._definition_id = definition_id
        self._messages = messages
        self._schema: JsonObject | None = None

    def check(self, input: JsonObject) -> dict[str, JSON] | None:
        """Validate an input (rule T6).

        Args:
            input: Strict JSON.

        Returns:
            None if the input is valid, else the `invalidFields`: code, message and path of an error by
            dotted path. Of two errors at one path the later stays. An error of the whole input has
            no path and is left out, so an invalid input may have no invalid fields: `problems` has all.

        Raises:
            UsageError: A validator of the user's raised something other than ValueError or
                AssertionError, or the input is nested too deeply for pydantic.
        """
        errors = self._errors(input)
        if not errors:
            return None
        fields: dict[str, JSON] = {}
        for path, (code, message) in self._answers([_issue(error, input) for error in errors]):
            if path:
                field = {"code": code, "message": message, "data": {"path": list(path)}}
                fields[".".join(map(str, path))] = field
        return fields

    def problems(self, input: JsonObject) -> tuple[str, ...]:
        """Return a line for each error in pydantic's words, those of the whole input included."""
        issues = [_issue(error, input) for error in self._errors(input)]
        return tuple(f"{'.'.join(map(str, issue.path)) or 'input'}: {issue.error['msg']}" for issue in issues)

    def _errors(self, input: JsonObject) -> list[ErrorDetails]:
        """Return pydantic's errors, none if the input is valid."""
        try:
            self._validate(_json(input), strict=True)
        except ValidationError as invalid:
            errors = invalid.errors(include_url=False)
        except Exception as error:
            raise UsageError(
                f"The input validation of {self._definition_id!r} raised {type(error).__qualname__}.",
                facts=(str(error),),
                way_out="Raise ValueError or AssertionError where the input is wrong.",
            ) from error
        else:
            return []
        if errors[0]["type"] == "json_invalid" and not errors[0]["loc"]:
            raise UsageError(
                f"The input of {self._definition_id!r} cannot be validated: {errors[0]['msg']}.",
                way_out="Nest it less deeply.",
            )
        return errors

    def _answers(self, issues: list[_Issue]) -> Iterator[tuple[_Path, tuple[str, str]]]:
        """Yield path, code and message as zod has them: one answer for a union that nothing fits.

        pydantic lists what each branch of a union says. As zod does, the first branch whose type was
        right speaks for the union; if there is none, the union itself is invalid.
        """
        branches: dict[_Path, dict[int | str, bool]] = {}
        answers = [self._messages(self._with_schema(issue)) for issue in issues]
        for issue, (code, _) in zip(issues, answers, strict=True):
            if issue.branch is not None:
                fits = branches.setdefault(issue.union, {})
                fits[issue.branch] = fits.get(issue.branch, True) and code not in _WRONG_TYPE
        for issue, answer in zip(issues, answers, strict=True):
            fits = branches.get(issue.union, {}) if issue.branch is not None else {}
            speaker = next((branch for branch in fits if fits[branch]), None)
            if len(fits) <= 1 or issue.branch == speaker:
                yield issue.path, answer
            elif speaker is None:
                yield issue.union, self._messages({**issue.error, "type": "union", "msg": "Invalid input"})

    def _with_schema(self, issue: _Issue) -> ErrorDetails:
        """Add to the error of a missing field or tag what was expected there: pydantic does not say."""
        if issue.error["type"] not in {"missing", "union_tag_not_found"}:
            return issue.error
        if self._schema is None:
            self._schema = {}
            with suppress(Exception):  # not every type has a JSON schema, and users write their own
                self._schema = self._describe(schema_generator=_JsonSchema)
        return {**issue.error, "ctx": {"json_schema": _schema_at(self._schema, issue.path)}}


def declared_validation(definition: object) -> object:
    """Return what a definition declares as its validation, None if nothing.

    `create_input_validation` may be a function, which is called without arguments, or the model, adapter
    or type itself: classes and types are never called.

    Raises:
        DefinitionError: The function raised.
    """
    declared = getattr(definition, "create_input_validation", None)
    if _is_type(declared) or not callable(declared):
        return declared
    try:
        return declared()
    except Exception as error:
        facts = [f"{type(error).__qualname__}: {error}"]
        with suppress(TypeError, ValueError):
            if "validator" in inspect.signature(declared).parameters:
                facts.append("there is no 'validator' to pass: a pydantic model takes the place of zod's")
        raise DefinitionError(
            f"create_input_validation() of {getattr(definition, 'id', None)!r} failed.",
            facts=(*facts, _ALLOWED),
            way_out=_WAY_OUT,
        ) from error


def build_validator(declared: object, *, definition_id: str, messages: Messages) -> Validator | None:
    """Build the validator of a definition, at registration.

    Args:
        declared: What `declared_validation` returned.
        definition_id: For messages.
        messages: Gives code and message of an error in the profile's words.

    Raises:
        DefinitionError: `declared` is nothing that can validate, or not completely defined.
    """
    if declared is None:
        return None
    if not (_is_type(declared) or isinstance(declared, TypeAdapter)):
        raise DefinitionError(
            f"create_input_validation of {definition_id!r} gives a {type(declared).__qualname__!r} object.",
            facts=(_ALLOWED,),
            way_out=_WAY_OUT,
        )
    try:
        return Validator(_model_or_adapter(declared), definition_id=definition_id, messages=messages)
    except Exception as error:
        raise DefinitionError(
            f"create_input_validation of {definition_id!r} gives a type that pydantic cannot use.",
            facts=(f"{type(error).__qualname__}: {error}", _ALLOWED),
            way_out=_WAY_OUT,
        ) from error


def _model_or_adapter(declared: Any) -> type[BaseModel] | TypeAdapter[Any]:
    """Return what pydantic validates with.

    The adapter of a class is kept by that class, as a model keeps its validator: it refers to the class, so
    any other place would keep the class alive.
    """
    if isinstance(declared, TypeAdapter):
        return declared
    if not _is_class(declared):
        return TypeAdapter(declared)
    if issubclass(declared, BaseModel):
        return cast("type[BaseModel]", declared)
    adapter: TypeAdapter[Any] | None = vars(declared).get(_ADAPTER)
    if adapter is None:
        adapter = TypeAdapter(declared)
        with suppress(TypeError):  # built-in types take no attributes
            setattr(declared, _ADAPTER, adapter)
    return adapter


def _is_class(value: object) -> bool:
    """Return whether this is a class; `isinstance` calls `list[int]` one on Python 3.10."""
    return issubclass(type(value), type)


def _is_type(value: object) -> bool:
    """Return whether this is a class or one of the other forms of types, some of which can be called."""
    return _is_class(value) or type(value).__module__ in _TYPE_MODULES


def _json(input: JsonObject) -> str:
    """Return JSON text in which whole numbers are written as such: to JSON, 1.0 is 1."""
    text = json.dumps(input)
    return json.dumps(_with_whole_numbers(input)) if ".0" in text or "e+" in text else text


def _with_whole_numbers(value: JSON) -> JSON:
    """Return the value with integers for floats without a fraction."""
    if type(value) is dict:
        return {key: _with_whole_numbers(item) for key, item in value.items()}
    if type(value) is list:
        return [_with_whole_numbers(item) for item in value]
    return int(value) if type(value) is float and value.is_integer() else value


def _issue(error: ErrorDetails, root: JsonObject) -> _Issue:
    """Find the error's place in the input.

    Pydantic's location also names branches of unions and tags (`("rows", "list[int]", 0)`), which look
    like keys. The place is the part of it that leads to the value which pydantic found wrong; where a
    validator has put another value there, nothing can be told apart and the location stands.
    """
    location, context = error["loc"], error.get("ctx", {})
    last = location[-1:] if error["type"].startswith("missing") else ()
    names = location[: len(location) - len(last)]
    nodes: dict[_Path, JSON] = {(): root}
    for name in names:
        nodes = {(*path, name): node[name] for path, node in nodes.items() if _holds(node, name)} | nodes
    place = next((path for path, node in nodes.items() if node == error["input"]), None)
    if place is None:
        place = names[: names.index("[key]")] if "[key]" in names else names
    same = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(place, names, strict=False)))
    branch = names[same] if same < len(names) else None
    tag = _TAG.fullmatch(context.get("discriminator", "")) if error["type"].startswith("union_tag") else None
    return _Issue(error, (*place, *last, *(tag.groups() if tag else ())), place[:same], branch)


def _holds(node: JSON, name: int | str) -> bool:
    """Return whether the node has this key or index."""
    return name in (range(len(node)) if type(node) is list else node if type(node) is dict else ())


def _schema_at(schema: JsonObject, path: _Path) -> JsonObject:
    """Return the JSON schema of the value at a path, `anyOf` if there are several, empty if unknown."""
    definitions = schema.get("$defs", {})
    found = _alternatives(schema, definitions)
    for name in path:
        inner = [child for node in found for child in _children(node, name)]
        found = [node for child in inner for node in _alternatives(child, definitions)]
    found = [node for node in found if node.get("type") != "null"] or found
    return {"anyOf": found} if len(found) > 1 else found[0] if found else {}


def _alternatives(schema: JsonObject, definitions: JsonObject) -> list[JsonObject]:
    """Return what a schema allows, references and unions resolved."""
    if "$ref" in schema:
        return _alternatives(definitions[schema["$ref"].rpartition("/")[2]], definitions)
    choices = schema.get("anyOf") or schema.get("oneOf") or schema.get("allOf")
    if not choices:
        return [schema]
    return [node for choice in choices for node in _alternatives(choice, definitions)]


def _children(node: JsonObject, name: int | str) -> list[JsonObject]:
    """Return the schema of a key or index of this node, in a list that may be empty."""
    if isinstance(name, int):
        inner = [*node.get("prefixItems", [])[name : name + 1], node.get("items")]
    else:
        inner = [node.get("properties", {}).get(name), node.get("additionalProperties")]
    return [child for child in inner if type(child) is dict][:1]
