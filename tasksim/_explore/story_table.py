"""The uncut run and the one that fails, side by side: effects, output, state and status.

This module promises that two values that differ look different, however much of them must be left out. It
must not know why they differ.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple

from tasksim._explore.story_iterations import task_names
from tasksim._explore.story_words import BETWEEN, LEAD, flow
from tasksim._faults.token import UNSET
from tasksim._simulator.assertions import MISSING, differences
from tasksim._trace.cells import ELLIPSIS, Data, cell_width, counted, cut, cut_middle, pad, wrapped
from tasksim._world.strict_json import as_json, json_equal

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from tasksim._explore.findings import End, Finding
    from tasksim._explore.story_words import Room
    from tasksim._trace.layout import Paper

__all__ = ["table"]

_NOTHING = "-"
_LEAST_REMARK = 10
_COMMON_WIDTH = 80
"""From this width on a remark about effects is not broken."""
_WIDE = 10_000
_NATURAL = {"success": "Done", "failed": "Error", "aborted": "Aborted"}
"""In which state a machine ends, by the status that is stored then."""


class _Row(NamedTuple):
    """A line of the table, or several.

    Attributes:
        label: What is compared.
        uncut: Its value in the uncut run, on lines.
        this: Its value in the run that fails.
        remark: How they compare.
    """

    label: str
    uncut: list[str]
    this: list[str]
    remark: str = ""


def table(finding: Finding, paper: Paper, room: Room) -> list[str]:
    """Return the comparison of both runs as lines in columns."""
    effects = _effects_remark(finding)
    most = _WIDE if paper.width >= _COMMON_WIDTH else (paper.width - LEAD) // 4
    remark = max(min(len(effects), most), _LEAST_REMARK)
    width = (paper.width - LEAD - remark - 2 * len(BETWEEN)) // 2
    cells = _Cells(paper, width)
    rows = [_Row("", ["uncut run"], ["this run"])]
    rows.append(cells.effects(finding, effects, room.effects))
    state = cells.state(finding)
    ends = list(cells.ends(finding, room.tasks))
    # With one task alone, the state stands before what ends all.
    rows += [*ends[:-1], *state, *ends[-1:]] if len(ends) <= 2 else [*state, *ends]  # noqa: PLR2004 - output, status
    first = max(cell_width(part) for row in rows for part in row.uncut)
    second = max(cell_width(part) for row in rows for part in row.this)
    lines = [line for row in rows for line in _laid_out(row, (first, second, remark))]
    return [cut(line, paper.width) for line in lines]


def _laid_out(row: _Row, widths: tuple[int, int, int]) -> Iterator[str]:
    """Iterate over the lines of a row; a label that is too long stands on a line of its own."""
    remarks = wrapped(row.remark, widths[2])
    for at in range(max(len(row.uncut), len(row.this), len(remarks))):
        parts = [
            pad(part[at] if at < len(part) else "", width)
            for part, width in zip((row.uncut, row.this, remarks), widths, strict=True)
        ]
        label = pad(f"{BETWEEN}{row.label}", LEAD) if at == 0 else " " * LEAD
        if cell_width(label) > LEAD:
            yield label
            label = " " * LEAD
        line = f"{label}{BETWEEN.join(parts)}".rstrip()
        if line:
            yield line


def _effects_remark(finding: Finding) -> str:
    """Return how the effects of both runs compare."""
    lost, repeated = len(finding.lost), len(finding.repeated)
    if lost or repeated:
        allowed = len(finding.cut.effects) - len(finding.uncut.effects) + lost - repeated
        return f"{lost} lost, {repeated} repeated" + (f", {allowed} more allowed" if allowed > 0 else "")
    if finding.uncut.effects == finding.cut.effects:
        return "same"
    is_order = Counter(finding.uncut.effects) == Counter(finding.cut.effects)
    return "another order" if is_order else "differs"


class _Cells:
    """What stands in the two columns, each of the same width at most."""

    def __init__(self, paper: Paper, width: int) -> None:
        """Nothing was made yet."""
        self.paper = paper
        self.width = width

    # --- effects

    def effects(self, finding: Finding, remark: str, most: int) -> _Row:
        """Return the row of effects; where there are too many, those that matter come first."""
        uncut = self._list(finding.uncut.effects, (*finding.lost, *finding.repeated), most)
        this = self._list(finding.cut.effects, finding.repeated, most)
        return _Row("effects", uncut, this, remark)

    def _list(self, effects: Sequence[str], first: Sequence[str], most: int) -> list[str]:
        """Return effects on at most so many lines."""
        units = [self.paper.clean(effect) for effect in effects] or [_NOTHING]
        lines = flow(units, self.width, most)
        if lines[-1].endswith(" more]"):
            counts = Counter(units)
            order = dict.fromkeys([*map(self.paper.clean, first), *units])
            units = [
                f"{unit} x{counts[unit]}" if counts[unit] > 1 else unit for unit in order if unit in counts
            ]
            lines = flow(units, self.width, most)
        return lines

    # --- values

    def state(self, finding: Finding) -> list[_Row]:
        """Return the row of the final state, if the scenario gives one."""
        uncut, this = finding.uncut.state, finding.cut.state
        if uncut is UNSET and this is UNSET:
            return []
        return [self._value("state", _known(uncut), _known(this))]

    def _value(self, label: str, uncut: Any, this: Any) -> _Row:
        """Return the row of a JSON value, `MISSING` for none.

        Of long ones that differ it is the first difference.
        """
        if json_equal(uncut, this):
            return _Row(label, [self._json(uncut)], [self._json(this)], "same")
        row = _Row(label, [self._json(uncut)], [self._json(this)], "differs")
        path, its, other = next(differences(this, uncut, ""))
        fits = all(self._fit(value, _WIDE) == self._fit(value, self.width) for value in (uncut, this))
        is_alike = isinstance(uncut, dict) and isinstance(this, dict) and uncut.keys() == this.keys()
        if row.uncut != row.this and (fits or not is_alike):
            return row
        other, its = _apart(other, its)
        return row._replace(uncut=[self._at(path, other)], this=[self._at(path, its)])

    def _json(self, value: Any) -> str:
        """Return a value in the width of a column."""
        return self._fit(value, self.width)

    def _fit(self, value: Any, width: int) -> str:
        """Return JSON in so many columns."""
        return _NOTHING if value is MISSING else self.paper.fit((Data(value),), width)

    def _at(self, path: str, value: Any) -> str:
        """Return what stands at a path, in the width of a column; of a long path its ends."""
        shown = self.paper.clean(path.replace("(.", "(").removeprefix(".") or "value")
        text = self._fit(value, max(self.width // 2, self.width - cell_width(shown) - 2))
        return f"{cut_middle(shown, self.width - cell_width(text) - 2)}: {text}"

    # --- ends

    def ends(self, finding: Finding, most: int) -> Iterator[_Row]:
        """Iterate over the rows that tell how the tasks ended; of several, those that differ."""
        before = {end.task: end for end in finding.uncut.ends}
        after = {end.task: end for end in finding.cut.ends}
        names = list(dict.fromkeys([*before, *after]))
        if len(names) <= 1:
            for name in names:
                yield from self._end(before.get(name), after.get(name))
            return
        about = task_names(list(finding.cut.sim.trace)).get(finding.task, names[0])
        differ = [name for name in names if _differ(before.get(name), after.get(name))]
        shown = list(dict.fromkeys([about, *differ]))[:most]
        for name in shown:
            yield _Row(self.paper.clean(name), [], [])
            yield from self._end(before.get(name), after.get(name), "  ")
        others = len(set(differ) - set(shown))
        alike = len(names) - len(shown) - others
        counts = ((others, "otherwise"), (alike, "the same"))
        parts = [f"{count} more {'ends' if count == 1 else 'end'} {how}" for count, how in counts if count]
        if parts:
            yield _Row(", ".join(parts), [], [])

    def _end(self, uncut: End | None, this: End | None, indent: str = "") -> Iterator[_Row]:
        """Iterate over output and status of a task, which may not be there."""
        outputs = [MISSING if end is None or end.output is None else end.output for end in (uncut, this)]
        yield self._value(f"{indent}output", *outputs)
        statuses = [_NOTHING if end is None else _status(end) for end in (uncut, this)]
        remark = "same" if statuses[0] == statuses[1] else ""
        if uncut is None or this is None or uncut.status != this.status:
            remark = "differs"
        first, second = (wrapped(status, self.width) for status in statuses)
        yield _Row(f"{indent}status", first, second, remark)


def _apart(one: Any, other: Any) -> tuple[Any, Any]:
    """Return two values; of texts without most of what is the same at their beginning."""
    if isinstance(one, str) and isinstance(other, str):
        pairs = enumerate(zip(one, other, strict=False))
        same = next((at for at, (a, b) in pairs if a != b), min(len(one), len(other))) - len(ELLIPSIS)
        if same > len(ELLIPSIS):
            return ELLIPSIS + one[same:], ELLIPSIS + other[same:]
    return one, other


def _known(state: Any) -> Any:
    """Return a state as JSON; nothing if the run did not come to it."""
    return MISSING if state is UNSET else as_json(state)[0]


def _differ(uncut: End | None, this: End | None) -> bool:
    """Whether a task ended in two ways, or is there only once."""
    if uncut is None or this is None:
        return True
    return (uncut.status, uncut.machine) != (this.status, this.machine) or not json_equal(
        uncut.output, this.output
    )


def _status(end: End) -> str:
    """Return how a task ended: its status, its machine if that is not as usual, and its iterations."""
    is_usual = end.status == "deleted" or _NATURAL.get(end.status) == end.machine
    machine = "" if is_usual else f", machine {end.machine or 'waits'}"
    return f"{end.status}{machine}, {counted(end.iterations, 'iteration')}"
