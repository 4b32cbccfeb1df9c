"""The tick list of the contracts in the documentation: made from the schemas, and equal to them.

TASKSIM_UPDATE_GOLDEN=1 writes it anew instead of comparing: read the difference.
"""

import os
import re
from functools import cache
from pathlib import Path

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLObjectType,
    GraphQLScalarType,
    build_schema,
    is_introspection_type,
    is_specified_directive,
    is_specified_scalar_type,
)

from tasksim.graphql._contracts import CONTRACTS, schema_text

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "graphql.md"
BEGIN = "<!-- made from the schemas by tests/graphql/test_contract_table.py -->"
END = "<!-- end of what is made -->"
PROFILES = ["documented", "webiny-5", "webiny-6"]  # `generic` has the contract of `documented`
OPERATORS = [
    *("not_startsWith", "not_contains", "not_between", "not_in"),
    *("startsWith", "contains", "between", "not", "in", "gte", "lte", "gt", "lt"),
]
KEY = re.compile(rf"(?P<field>\w+?)(?:_(?P<operator>{'|'.join(OPERATORS)}))?")
TICK, NO_TICK = "\N{CHECK MARK}", ""


@cache
def schemas():
    """Return the schema of each profile, without definitions."""
    return {profile: build_schema(schema_text(CONTRACTS[profile], ())) for profile in PROFILES}


def types_of(schema, kind):
    """Return the types of a kind that are the contract's own, by name."""
    return {
        name: each
        for name, each in schema.type_map.items()
        if isinstance(each, kind) and not is_introspection_type(each) and not is_specified_scalar_type(each)
    }


def ticked(facts_of):
    """Return rows of facts, each once, in the order of the schemas, with a tick for each that has it."""
    facts = {profile: list(facts_of(schema)) for profile, schema in schemas().items()}
    ordered = []
    for found in facts.values():
        at = 0
        for fact in found:  # what a later profile has more stands where it has it
            if fact in ordered:
                at = ordered.index(fact) + 1
                continue
            while at < len(ordered) and ordered[at] not in found:  # below what it has instead
                at += 1
            ordered.insert(at, fact)
            at += 1
    return [
        (*fact, *(TICK if fact in facts[profile] else NO_TICK for profile in PROFILES)) for fact in ordered
    ]


def table(headings, rows):
    """Return a table; a first cell like that of the row above is left out."""
    lines = [(*headings, *(f"`{profile}`" for profile in PROFILES))]
    lines.append(tuple("---" for _ in lines[0]))
    before = None
    for row in rows:
        lines.append(("" if row[0] == before else row[0], *row[1:]))
        before = row[0]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


# --- facts of a schema


def code(*texts):
    """Return texts as code, with commas between."""
    return ", ".join(f"`{text}`" for text in texts)


def operations(schema):
    """Yield the fields of both namespaces: kind, call, what it answers."""
    for kind, root in (("query", schema.query_type), ("mutation", schema.mutation_type)):
        for name, field in root.fields["backgroundTasks"].type.fields.items():
            yield kind, code(call_of(name, field)), code(field.type)


def call_of(name, field):
    """Return a field with its arguments."""
    arguments = ", ".join(f"{argument}: {each.type}" for argument, each in field.args.items())
    return f"{name}({arguments})" if arguments else name


def fields(schema):
    """Yield the fields of the types that are no namespaces: type, field, its type."""
    roots = {"Query", "Mutation", "WebinyBackgroundTaskQuery", "WebinyBackgroundTaskMutation"}
    for name, type_ in types_of(schema, GraphQLObjectType).items():
        if name not in roots:
            for field, each in type_.fields.items():
                yield code(name), code(call_of(field, each)), code(each.type)


def filters(schema):
    """Yield the fields of inputs that have the same operators: input, fields, operators by type."""
    for name, type_ in types_of(schema, GraphQLInputObjectType).items():
        if not name.endswith("WhereInput"):
            yield from ((code(name), code(f"{key}: {each.type}"), "") for key, each in type_.fields.items())
            continue
        operators = {}
        for key, each in type_.fields.items():
            found = KEY.fullmatch(key)
            own = operators.setdefault(found["field"], {})
            own.setdefault(str(each.type), []).append("_" + found["operator"] if found["operator"] else "=")
        groups = {}
        for field, by_type in operators.items():
            shown = "; ".join(f"{code(*names)}: `{type_}`" for type_, names in by_type.items())
            groups.setdefault(shown, []).append(field)
        yield from ((code(name), code(*of), shown) for shown, of in groups.items())


def sorters(schema):
    """Yield the sorters of enums, one by one: enum, field."""
    for name, type_ in types_of(schema, GraphQLEnumType).items():
        if name.endswith("Sorter"):
            for value in type_.values:
                field, _, direction = value.rpartition("_")
                assert {f"{field}_ASC", f"{field}_DESC"} <= set(type_.values)
                if direction == "ASC":
                    yield name, field


def grouped_sorters():
    """Return rows of sorters that the same profiles have."""
    groups = {}
    for enum, field, *ticks in ticked(sorters):
        groups.setdefault((enum, *ticks), []).append(field)
    return [(code(enum), code(*of), *ticks) for (enum, *ticks), of in groups.items()]


def others(schema):
    """Yield scalars, other enums and directives: kind, name."""
    for name in types_of(schema, GraphQLScalarType):
        yield "scalar", code(name)
    for name, type_ in types_of(schema, GraphQLEnumType).items():
        if not name.endswith("Sorter"):
            yield "enum", f"{code(name)}: the public definitions, or {code(*type_.values)}"
    for directive in schema.directives:
        if not is_specified_directive(directive):
            arguments = ", ".join(f"{name}: {each.type}" for name, each in directive.args.items())
            yield "directive", code(f"@{directive.name}({arguments})")


def tick_list():
    """Return the whole list."""
    return "\n\n".join(
        [
            "### Queries and mutations",
            table(("", "field of `backgroundTasks`", "answers"), ticked(operations)),
            "### Types",
            table(("type", "field", "of type"), ticked(fields)),
            "### Filters and other inputs",
            "`=` is the field's name alone, as in `name`; the others follow it, as in `name_not`.",
            table(("input", "fields", "operators"), ticked(filters)),
            "### Sorters",
            "Each with `_ASC` and `_DESC`.",
            table(("enum", "fields"), grouped_sorters()),
            "### The rest",
            table(("", "name"), ticked(others)),
        ]
    )


def test_tick_list_is_made_from_the_schemas():
    """What the documentation ticks is what the schemas have."""
    page = PAGE.read_text(encoding="utf-8")
    before, _, rest = page.partition(f"{BEGIN}\n\n")
    written, _, after = rest.partition(f"\n\n{END}")
    assert after, f"{PAGE.name} has no two lines {BEGIN} and {END}"
    made = tick_list()
    if os.environ.get("TASKSIM_UPDATE_GOLDEN") == "1":
        PAGE.write_text(f"{before}{BEGIN}\n\n{made}\n\n{END}{after}", encoding="utf-8")
        return
    assert written == made, "write it with TASKSIM_UPDATE_GOLDEN=1"


@pytest.mark.parametrize("profile", PROFILES)
def test_tick_list_leaves_nothing_out(profile):
    """Each name of a schema stands in the list: types, fields, arguments, keys of filters, sorters."""
    made = tick_list()
    words = set(re.findall(r"\w+", made))
    schema = schemas()[profile]
    own = types_of(schema, (GraphQLObjectType, GraphQLInputObjectType, GraphQLEnumType, GraphQLScalarType))
    for name, type_ in own.items():
        assert name in {
            *words,
            "Query",
            "Mutation",
            "WebinyBackgroundTaskQuery",
            "WebinyBackgroundTaskMutation",
        }
        for field in getattr(type_, "fields", {}):
            assert field in words | {"backgroundTasks"} or KEY.fullmatch(field)["field"] in words
        for value in getattr(type_, "values", {}):
            assert value in words or value.rpartition("_")[0] in words
