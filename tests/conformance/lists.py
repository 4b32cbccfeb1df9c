"""Lists, as the API is described to make them: which records hold, and in which order (Q1).

Records are dicts as GraphQL shows them. This module promises a loop over all of them, and imports nothing of
tasksim.
"""

from datetime import datetime, timedelta, timezone

EPOCH = datetime(2024, 1, 1, tzinfo=timezone.utc)
PAGE_SIZE = 50

PRESENT, ABSENT, TEXT = "(present)", "(absent)", "(some text)"
"""What is compared by presence only, and texts that are nobody's business."""

CALLER = {"id": "id-12345678", "displayName": "John Doe", "type": "admin"}


def instant(ms):
    """Return a time as the API shows it."""
    return (EPOCH + timedelta(milliseconds=ms)).strftime("%Y-%m-%dT%H:%M:%S.") + f"{ms % 1000:03}Z"


def read(record, field):
    """Return what a record has in a field that may be asked for."""
    for prefix in ("revision", "values_"):
        if field.startswith(prefix):
            field = field.removeprefix(prefix)
            field = field[0].lower() + field[1:]
    if field in {"modifiedOn", "savedOn"}:
        return record["savedOn"]
    if field in {"createdBy", "modifiedBy", "savedBy"}:
        return CALLER["id"]
    if field == "status":
        return "draft"
    if field == "executionName":
        return "" if record[field] == ABSENT else record[field]
    return record.get(field)


class Condition:
    """One condition of a where.

    Attributes:
        key: As it is written.
        value: What it asks for, in one way to write it.
    """

    def __init__(self, field, operator, value, shown=None, inside=None):
        self.field, self.operator, self.asked, self.inside = field, operator, value, inside
        self.key = field if not operator else f"{field}_{operator}"
        self.value = value if shown is None else shown

    def holds(self, record):
        """Tell whether a record satisfies it; of a log's items one must."""
        if self.inside is not None:
            return not self.inside or any(
                all(each.holds(item) for each in self.inside) for item in record["items"]
            )
        has = read(record, self.field)
        operator = self.operator.removeprefix("not").removeprefix("_")
        return self._is(operator, has) is not self.operator.startswith("not")

    def _is(self, operator, has):
        asked = self.asked
        if operator in {"", "in"}:
            return has in asked if operator else has == asked
        if has is None:
            return False
        if operator == "contains":
            return bool(has) and all(word in has.lower() for word in asked.lower().split(" "))
        if operator == "startsWith":
            return has.lower().startswith(asked.lower())
        if operator == "between":
            return asked[0] <= has <= asked[1]
        return {"lt": has < asked, "lte": has <= asked, "gt": has > asked, "gte": has >= asked}[operator]


SEARCHED = {
    "task": ("name", "definitionId", "parentId", "taskStatus"),
    "log": ("task",),
}


def finds(kind, search, record):
    """Tell whether one text of a record has all the words."""
    words = (search or "").lower().split()
    texts = [record[field] or "" for field in SEARCHED[kind]]
    return not words or any(all(word in text.lower() for word in words) for text in texts)


def compare(one, other, sort):
    """Compare two records; of equal ones, the last sorter says whether the earlier created is first."""
    for sorter in sort:
        field, _, direction = sorter.rpartition("_")
        values = [read(record, field) for record in (one, other)]
        ranks = [(value is None, "" if value is None else value) for value in values]
        if ranks[0] != ranks[1]:
            is_before = ranks[0][0] < ranks[1][0] or (
                ranks[0][0] == ranks[1][0] and ranks[0][1] < ranks[1][1]
            )
            return -1 if is_before is (direction == "ASC") else 1
    is_before = one["place"] < other["place"]
    return 0 if one["place"] == other["place"] else -1 if is_before is sort[-1].endswith("_ASC") else 1
