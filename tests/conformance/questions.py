"""What conversations are made of: definitions with scripts, and documents in the making.

This module promises documents that the schema allows, most of them about records that there are. It must not
know what is answered; of tasksim it imports nothing.
"""

import json

from conformance_lists import Condition, instant, read
from hypothesis import strategies as st

# --- what there is to talk about


ENDS = [
    {},
    {"message": "All imported.", "output": {"pages": 3, "from": ["a", {"b": None}]}},
    {"output": {}},
    {"throw": "kaput"},
    {"error": {"message": "No such page.", "code": "NO_PAGE", "data": {"page": 7}}},
    {"log": "Looking.", "error": {"message": "Gone."}},
    {"log": "Almost.", "message": "Well."},
]
STEPS = [
    {"continue": {"cursor": 1}},
    {"continue": {}},
    {"log": "Next.", "continue": {"cursor": 2, "left": []}},
]
SCRIPTS = st.builds(
    lambda steps, end: [*steps, end], st.lists(st.sampled_from(STEPS), max_size=3), st.sampled_from(ENDS)
)


@st.composite
def definitions(draw):
    """Return definitions, each with something of its own."""
    return [
        {"id": "testingRun", "title": "A mock task", "description": "For tests.", "script": draw(SCRIPTS)},
        {"id": "importPages", "title": "Import pages", "script": draw(SCRIPTS)},
        {
            "id": "limited",
            "title": "Weekly report",
            "maxIterations": draw(st.integers(1, 3)),
            "script": [draw(st.sampled_from(STEPS))],
        },
        {
            "id": "quiet",
            "title": "Quiet",
            "disableDatabaseLogs": True,
            "hooks": {"onAbort": "throw", "onDone": "ok"},
            "script": draw(SCRIPTS),
        },
        {"id": "secretTask", "title": "Private", "isPrivate": True, "script": [{}]},
        {"id": "guarded", "title": "Guarded", "hooks": {"onBeforeTrigger": "throw"}, "script": [{}]},
        {
            "id": "validated",
            "title": "Validated",
            "validation": {"model": "string.min1", "list": "strings"},
            "script": draw(SCRIPTS),
        },
    ]


PERMISSIONS = st.sampled_from(
    [None] * 6
    + [
        [],
        [{"name": "*"}],
        [{"name": "tasks"}],
        [{"name": "task*", "rwd": "rwd"}],
        [{"name": "other"}, {"name": "tasks", "rwd": "r"}],
        [{"name": "tasks", "rwd": "rw"}],
        [{"name": "tasks", "rwd": "d"}, {"name": "tasks", "rwd": "r"}],
        [{"name": "tasks", "rwd": "w"}],
    ]
)

# --- what is asked for: a tree of (key, field, arguments, tree)

SCALARS = {
    "task": [
        *("id", "name", "definitionId", "parentId", "executionName", "iterations", "input", "output"),
        *("taskStatus", "startedOn", "finishedOn", "eventResponse", "createdOn", "savedOn"),
    ],
    "log": ["id", "createdOn", "executionName", "iteration"],
    "item": ["message", "createdOn", "type", "data", "error"],
    "identity": ["id", "displayName", "type"],
    "error": ["message", "code", "data"],
    "meta": ["cursor", "hasMoreItems", "totalCount"],
    "definition": ["id", "title", "description"],
    "settings": ["retentionDays"],
}


class Question:
    """A document in the making: what it selects, and its variables."""

    def __init__(self, draw, reference):
        self.draw, self.reference = draw, reference
        self.variables, self.types = {}, {}

    def argument(self, name, type, value):
        """Return an argument, by a variable or as a literal."""
        # A log's place is exchanged for its id in variables alone.
        is_literal = type != "JSON" and "$log" not in json.dumps(value) and self.draw(st.booleans())
        if is_literal:
            return f"{name}: {literal(value, is_enum='Sorter' in type or 'Enum' in type)}"
        variable = f"{name}{len(self.types)}"
        self.variables[variable] = value
        self.types[variable] = type
        return f"{name}: ${variable}"

    def some(self, kind):
        """Select some fields of a kind, perhaps under other names."""
        names = self.draw(st.lists(st.sampled_from(SCALARS[kind]), min_size=1, unique=True))
        return [(self.key(name), name, "", None) for name in names]

    def key(self, name):
        """Return the key of a field, now and then an alias; not where it tells how values are compared."""
        is_plain = name in {"executionName", "eventResponse", "input", "output", "data", "error", "id"}
        return name if is_plain or self.draw(st.integers(0, 9)) else f"{name}_"

    def task(self, depth=1):
        """Select what is asked of a task."""
        found = self.some("task")
        if self.draw(st.booleans()):
            found.append(("createdBy", "createdBy", "", self.some("identity")))
        if depth and self.draw(st.booleans()):
            where, sort, limit, arguments = self.listing("log", nested=True)
            inside = self.log(depth - 1)
            found.append(("logs", "logs", arguments, (inside, where, sort, limit)))
        return found

    def log(self, depth=1):
        """Select what is asked of a log."""
        found = self.some("log")
        if self.draw(st.booleans()):
            found.append((self.key("items"), "items", "", self.some("item")))
        if self.draw(st.integers(0, 2)) == 0:
            found.append(("createdBy", "createdBy", "", self.some("identity")))
        if depth and self.draw(st.integers(0, 2)) == 0:
            found.append(("task", "task", "", self.task(depth - 1)))
        return found

    def listing(self, kind, *, nested=False):
        """Draw where, sort and limit of a list, and return them with their text."""
        parts = []
        where = []
        if self.draw(st.integers(0, 2)) == 0:
            where = self.draw(
                st.lists(conditions(self.reference, kind), min_size=1, max_size=2, unique_by=key_of)
            )
        type = self.type_of(kind)
        if where:
            value = {each.key: shown(each) for each in where}
            parts.append(self.argument("where", f"{type}WhereInput", value))
        sort = self.draw(st.lists(sorters(self.reference, kind), max_size=2, unique=True) | st.none())
        if sort is not None:
            parts.append(self.argument("sort", f"[{type}Sorter!]", sort))
        limit = self.draw(st.sampled_from([None, None, None, 1, 1, 2, 2, 100, 0]))
        if limit is not None:
            parts.append(self.argument("limit", "Number" if nested else "Int", limit))
        return where, sort, limit, ", ".join(parts)

    def type_of(self, kind):
        """Return how the types of a list's arguments begin."""
        return "WebinyBackgroundTaskLogList" if kind == "log" else "WebinyBackgroundTaskList"

    def document(self, operation, fields):
        """Return the text."""
        types = ", ".join(f"${name}: {type}" for name, type in self.types.items())
        heading = f"{operation} Q({types})" if types else operation
        return f"{heading} {{ backgroundTasks {{ {' '.join(fields)} }} }}"


def key_of(condition):
    """Return a condition's key."""
    return condition.key


def shown(condition):
    """Return a condition's value as JSON."""
    if condition.inside is None:
        return condition.value
    return {each.key: shown(each) for each in condition.inside}


def literal(value, *, is_enum=False):
    """Return a JSON value as a literal."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {literal(inside)}" for key, inside in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(literal(inside, is_enum=is_enum) for inside in value) + "]"
    return value if is_enum and value is not None else json.dumps(value)


def printed(selection):
    """Return the text of a selection."""
    parts = []
    for key, name, arguments, inside in selection:
        text = name if key == name else f"{key}: {name}"
        text += f"({arguments})" if arguments else ""
        chosen = inside[0] if isinstance(inside, tuple) else inside
        parts.append(f"{text} {{ {printed(chosen)} }}" if chosen else text)
    return " ".join(parts)


TEXT_FIELDS = {"task": ["name", "definitionId", "parentId", "taskStatus"], "log": []}
TIMES = ["createdOn", "modifiedOn", "savedOn", "deletedOn", "firstPublishedOn"]
TIMES += [f"revision{each[0].upper()}{each[1:]}" for each in TIMES]
PEOPLE = ["createdBy", "savedBy", "modifiedBy", "deletedBy", "revisionCreatedBy", "revisionLastPublishedBy"]
ORDERED = ["lt", "lte", "gt", "gte"]
SAME = ["", "not", "in", "not_in"]
SPANS = ["between", "not_between"]


def condition(field, operator, one, another, *, spell=lambda value: value):
    """Return a condition that asks for one value, or for two."""
    if operator in {"in", "not_in"}:
        value = [one, another] if one != another else [one]
    elif operator in SPANS:
        value = sorted([one, another])
    elif operator in {"contains", "not_contains"}:
        value = one[len(one) // 2 :].upper()
    elif operator in {"startsWith", "not_startsWith"}:
        value = one[:3].swapcase()
    else:
        value = one
    written = [spell(each) for each in value] if isinstance(value, list) else spell(value)
    return Condition(field, operator, value, written)


def conditions(reference, kind):
    """Return strategies of conditions, most of them about values that there are."""
    records = reference.tasks if kind == "task" else reference.logs

    def among(field, others):
        values = dict.fromkeys([*(read(each, field) for each in records), *others])
        return st.sampled_from([each for each in values if each is not None])

    def of(field, operators, others, **options):
        values = among(field, others)
        return st.builds(
            lambda operator, one, another: condition(field, operator, one, another, **options),
            st.sampled_from(operators),
            values,
            values,
        )

    def null(field):
        return st.sampled_from(["", "not"]).map(lambda operator: Condition(field, operator, None))

    def time(field, operators):
        return of(field, operators, [instant(0), instant(1000)], spell=spelled)

    containing = [*SAME, "contains", "not_contains", "startsWith", "not_startsWith"]
    found = [
        of("id", SAME, ["zzz"]),
        st.sampled_from(TIMES).flatmap(lambda field: time(field, ["", *ORDERED, *SPANS])),
        st.sampled_from(PEOPLE).flatmap(lambda field: of(field, SAME, ["somebody"])),
        of("status", SAME, ["published"]),
        st.sampled_from(["", "not"]).map(lambda operator: Condition("executionName", operator, "")),
    ]
    if kind == "task":
        found += [
            st.sampled_from(TEXT_FIELDS["task"]).flatmap(
                lambda field: of(field, containing, ["page Import"])
            ),
            st.sampled_from([*TEXT_FIELDS["task"], "startedOn", "finishedOn"]).flatmap(null),
            of("iterations", [*SAME, *ORDERED, *SPANS], [2]),
            st.sampled_from(["startedOn", "finishedOn"]).flatmap(
                lambda field: time(field, [*SAME, *ORDERED])
            ),
        ]
    else:
        found += [of("task", SAME, ["zzz"]), of("iteration", [*SAME, *ORDERED, *SPANS], [2]), items(records)]
    return st.one_of(found)


def items(logs):
    """Return conditions on the items of logs."""
    messages = {item["message"] for log in logs for item in log["items"]} | {"Task done."}
    message = st.sampled_from(sorted(messages)).map(lambda text: Condition("message", "", text))
    type = st.sampled_from(["info", "error"]).map(lambda text: Condition("type", "not", text))
    inside = st.lists(message | type, max_size=2, unique_by=key_of)
    return inside.map(lambda each: Condition("items", "", None, inside=each))


def spelled(time):
    """Return another way to write a time: with another offset, without milliseconds that are zero."""
    return time.replace(".000Z", "Z").lower() if time.endswith("2.000Z") else time.replace("Z", "+00:00")


def sorters(reference, kind):
    """Return the sorters of a list, but those by what only the API knows."""
    own = ["name", "definitionId", "parentId", "iterations", "taskStatus", "startedOn", "finishedOn"]
    own = own if kind == "task" else ["iteration"]
    prefix = "values_" if reference.is_newest else ""
    names = [*TIMES, *(f"{prefix}{each}" for each in own)]
    if kind == "task":
        names.append("id")
    return st.builds("{}_{}".format, st.sampled_from(names), st.sampled_from(["ASC", "DESC"]))
