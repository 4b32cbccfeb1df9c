"""The API beside which conversations are compared: written from its description, with nothing of ours in it.

Tasks and logs are dicts as GraphQL shows them, lists are loops over them, and a scripted run is a few lines.
This module promises what each profile answers to one field (Q1, P1, P2, T1 to T7, A1 to A3, and what the
scripts need of E2, E4, E5, L1 and S1, S3, S5). It must not know GraphQL documents, and imports nothing of
tasksim.
"""

from functools import cmp_to_key

from conformance_lists import ABSENT, CALLER, PAGE_SIZE, PRESENT, TEXT, compare, finds, instant

LONGEST_DELAY = 355 * 24 * 3600


class Refused(Exception):
    """An error in an envelope."""

    def __init__(self, message, code="", data=None):
        super().__init__(message)
        self.shown = {"message": message, "code": code, "data": data, "stack": None}


class NotAuthorized(Exception):
    """An error outside of any envelope."""


class Cursor:
    """Where a page ended: at its last record, as that was then."""

    def __init__(self, kind, sort, last):
        self.kind, self.sort, self.last = kind, sort, last


class Reference:
    """One world, as a profile describes it.

    Args:
        profile: `documented`, `webiny-5` or `webiny-6`.
        definitions: As a recorded conversation has them.
        permissions: What the caller holds.
    """

    def __init__(self, profile, definitions, permissions):
        self.profile = profile
        self.is_newest = profile == "webiny-6"
        self.definitions = {each["id"]: each for each in definitions}
        self.permissions = [{"name": "*"}] if permissions is None else permissions
        self.now_ms = 0
        self.tasks = []
        self.logs = []
        self.calls = dict.fromkeys(self.definitions, 0)
        self.retention_days = 90
        self.created = {"task": 0, "log": 0}
        self.end = None
        self._fields = {
            "getTask": self._get_task,
            "listTasks": self._list_tasks,
            "listLogs": self._list_logs,
            "listDefinitions": self._list_definitions,
            "getSettings": self._get_settings,
            "updateSettings": self._update_settings,
            "triggerTask": self._trigger_task,
            "abortTask": self._abort_task,
            "deleteTask": self._delete_task,
        }

    @property
    def now(self):
        """The time, as the API shows it."""
        return instant(self.now_ms)

    # --- permissions

    def may(self, letter):
        """P1: whether a permission about tasks has a letter, or none at all."""
        for each in self.permissions:
            if self.profile == "documented":
                is_relevant = each["name"] == "*"
            else:
                is_relevant = each["name"] in {"*", "tasks", "task*"}
            if is_relevant and letter in each.get("rwd", "rwd"):
                return True
        return False

    def check_query(self):
        """P1: queries are refused inside the envelope."""
        if not self.may("r"):
            code = "NOT_AUTHORIZED" if self.is_newest else "SECURITY_NOT_AUTHORIZED"
            raise Refused("Not authorized!", code)

    def check_mutation(self, letter):
        """P1: mutations are refused outside of it."""
        if not self.may(letter):
            raise NotAuthorized

    # --- what is asked

    def answer(self, field, arguments):
        """Return the envelope of a field; `meta` too where it is a list's.

        Raises:
            NotAuthorized: It has none.
        """
        try:
            return {"error": None, **self._fields[field](**arguments)}
        except Refused as refused:
            return {"data": None, "meta": None, "error": refused.shown}

    def _get_task(self, id):
        self.check_query()
        return {"data": self.find(id)}

    def _list_tasks(self, **arguments):
        self.check_query()
        return self._page("task", self.tasks, **arguments)

    def _list_logs(self, **arguments):
        self.check_query()
        return self._page("log", self.logs, **arguments)

    def _list_definitions(self):
        self.check_query()
        public = [each for each in self.definitions.values() if not each.get("isPrivate")]
        return {
            "data": [
                {
                    "id": each["id"],
                    "title": each["title"],
                    "description": each.get("description"),
                    "fields": [],
                }
                for each in public
            ]
        }

    def _get_settings(self):
        self.check_query()
        return {"data": {"retentionDays": self.retention_days}}

    def _update_settings(self, input):
        if not self.may("w"):
            raise Refused("Not authorized!", "BackgroundTasks/NotAuthorized")
        days = input.get("retentionDays", self.retention_days)
        if not 0 <= days <= 3650:
            raise Refused("Validation failed.", "BackgroundTasks/ValidationError", PRESENT)
        self.retention_days = days
        return {"data": {"retentionDays": days}}

    def _trigger_task(self, definition, input=None, name=None, delay=None):
        self.check_mutation("w")
        found = self.definitions.get(definition)
        if found is None:
            raise Refused("Task definition was not found!", "TASK_DEFINITION_ERROR", {"id": definition})
        given = {
            "name": name or found["title"],
            "definitionId": definition,
            "input": {} if input is None else input,
            "parentId": None,
        }
        if found.get("hooks", {}).get("onBeforeTrigger") == "throw":
            raise Refused("onBeforeTrigger failed", "HOOK_FAILED", {"hook": "onBeforeTrigger"})
        if isinstance(delay, int) and delay >= LONGEST_DELAY:
            message = "The maximum delay for a task is 355 days."
            raise Refused(message, "MAX_DELAY_ERROR", {**given, "delay": delay})
        invalid = invalid_fields(found.get("validation", {}), given["input"], is_newest=self.is_newest)
        if invalid:
            raise Refused(
                "Validation failed.", "VALIDATION_FAILED_INVALID_FIELDS", {"invalidFields": invalid}
            )
        self.created["task"] += 1
        task = {
            **given,
            "id": f"$task{self.created['task']}",
            "place": self.created["task"],
            "createdOn": self.now,
            "savedOn": self.now,
            "createdBy": CALLER,
            "executionName": ABSENT,
            "iterations": 0,
            "output": None,
            "taskStatus": "pending",
            "startedOn": None,
            "finishedOn": None,
            "eventResponse": PRESENT,
        }
        self.tasks.append(task)
        return {"data": task}

    def _abort_task(self, id, message=None):
        self.check_mutation("w")
        task = self.find(id)
        if task is None:
            if self.is_newest:
                raise Refused("Task not found.", "BackgroundTasks/Task/NotFoundError")
            raise Refused(f'Task "{id}" was not found!', "NOT_FOUND")
        if task["taskStatus"] not in {"pending", "running"}:
            raise Refused(
                "Cannot abort a task that is not pending or running!",
                "BackgroundTasks/Task/Abort" if self.is_newest else "TASK_ABORT_ERROR",
                {"id": id, "status": task["taskStatus"]},
            )
        log = self.newest_log(task) or self.new_log(task, task["executionName"], 1)
        task.update(taskStatus="aborted", savedOn=self.now)
        if self.profile == "documented":
            task["finishedOn"] = self.now
        self.write(log, [*log["items"], self.item(message or "Task aborted.")])
        hooks = self.definitions[task["definitionId"]].get("hooks", {})
        if hooks.get("onAbort") == "throw" and self.profile == "webiny-5":
            data = {"id": id, "message": "onAbort failed"}
            raise Refused("Could not abort the task!", "TASK_ABORT_ERROR", data)
        return {"data": task}

    def _delete_task(self, id):
        self.check_mutation("d")
        task = self.find(id)
        if task is None:
            if self.is_newest:
                raise Refused("Task not found.", "BackgroundTasks/Task/NotFoundError")
            raise Refused(f'Entry by ID "{id}#0001" not found.', "NOT_FOUND")
        self.tasks.remove(task)
        return {"data": True}

    # --- records

    def find(self, id):
        """Return a task, or None."""
        return next((task for task in self.tasks if task["id"] == id), None)

    def logs_of(self, task, where=(), sort=None, limit=None):
        """Return the logs nested in a task, whatever task is asked for: the oldest first if not sorted."""
        where = [each for each in where if each.key != "task"]
        own = [log for log in self.logs if log["task"] == task["id"]]
        end, size = self.end, 10_000 if limit is None else limit
        page = self._page("log", own, where, ["createdOn_ASC"] if sort is None else sort, size)
        self.end = end
        return page["data"]

    def newest_log(self, task):
        """Return the log that an abort writes to."""
        own = [log for log in self.logs if log["task"] == task["id"]]
        return max(own, key=lambda log: (log["createdOn"], self.logs.index(log)), default=None)

    def new_log(self, task, execution_name, iteration):
        """Create a log."""
        self.created["log"] += 1
        log = {
            "id": f"$log{self.created['log']}",
            "place": self.created["log"],
            "createdOn": self.now,
            "savedOn": self.now,
            "createdBy": CALLER,
            "executionName": execution_name,
            "task": task["id"],
            "iteration": iteration,
            "items": [],
        }
        self.logs.append(log)
        return log

    def write(self, log, items):
        """Let a log hold other items."""
        log.update(items=items, savedOn=self.now)

    def item(self, message, type="info", **others):
        """Return an item of a log."""
        return {
            "message": message,
            "createdOn": self.now,
            "type": type,
            "data": None,
            "error": None,
            **others,
        }

    # --- lists

    def _page(self, kind, records, where=(), sort=None, limit=None, after=None, search=None):
        """Q1: what holds, in order, a page of it; `where` is a sequence of conditions."""
        if after is not None and (after.kind, after.sort) != (kind, sort or None):
            raise Refused(TEXT)
        order = cmp_to_key(lambda one, other: compare(one, other, sort or ["createdOn_DESC"]))
        rows = [record for record in records if finds(kind, search, record)]
        rows = sorted((row for row in rows if all(each.holds(row) for each in where)), key=order)
        total = len(rows)
        if after is not None:
            rows = [row for row in rows if order(row) > order(after.last)]
        size = PAGE_SIZE if limit is None or limit < 1 else limit
        page = rows[:size]
        has_more = len(rows) > size
        self.end = Cursor(kind, sort or None, dict(page[-1])) if has_more else None
        meta = {"cursor": TEXT if has_more else None, "hasMoreItems": has_more, "totalCount": total}
        return {"data": page, "meta": meta}

    # --- runs

    def advance(self, ms):
        """Let time pass."""
        self.now_ms += ms

    def run(self, most=None):
        """Deliver events to each unfinished task, in order of creation, until it ends, or so many."""
        for task in [each for each in self.tasks if each["taskStatus"] in {"pending", "running"}]:
            delivered = 0
            while most is None or delivered < most:
                delivered += 1
                if not self._event(task):
                    break

    def _event(self, task):
        """Handle one event, and tell whether another follows."""
        definition = self.definitions[task["definitionId"]]
        log = None
        if not self.is_newest and not definition.get("disableDatabaseLogs"):
            newest = self.newest_log(task)
            log = self.new_log(task, PRESENT, 1 if newest is None else newest["iteration"] + 1)
        if task["taskStatus"] == "pending":
            task.update(taskStatus="running", startedOn=self.now, executionName=PRESENT, iterations=1)
        elif task["iterations"] >= definition.get("maxIterations", 50):
            return self._fail(task, log, {"message": "Task reached max iterations."})
        else:
            task["iterations"] += 1
        task["savedOn"] = self.now
        self.calls[definition["id"]] += 1
        script = definition["script"]
        return self._act(task, log, script[min(self.calls[definition["id"]], len(script)) - 1])

    def _act(self, task, log, entry):
        """Do what a script says."""
        if log is not None and "log" in entry:
            self.write(log, [self.item(entry["log"])])
        if "throw" in entry:
            return self._fail(task, log, {"message": entry["throw"]})
        if "error" in entry:
            return self._fail(task, log, entry["error"])
        if "continue" in entry:
            task.update(input={**task["input"], **entry["continue"]})
            self._end(log, self.item("Task continuing.", data=entry["continue"]))
            return True
        task.update(taskStatus="success", finishedOn=self.now)
        task["output"] = entry.get("output") or task["output"]
        self._end(log, self.item(entry.get("message") or "Task done."))
        return False

    def _fail(self, task, log, error):
        """S5: store a failure."""
        task.update(taskStatus="failed", finishedOn=self.now, savedOn=self.now, output={"error": error})
        self._end(log, self.item(error["message"], "error", error=error))
        return False

    def _end(self, log, item):
        """L1: the last item replaces what a log held, unless the profile keeps all."""
        if log is not None:
            kept = log["items"] if self.profile == "documented" else []
            self.write(log, [*kept, item])


def invalid_fields(validation, given, *, is_newest):
    """Return what is wrong with an input, in the words of zod 3 or 4."""
    found = {}
    for field, kind in validation.items():
        is_text = kind == "string.min1"
        wanted = "string" if is_text else "array"
        value = given.get(field, found)
        if value is found or not isinstance(value, str if is_text else list):
            got = "undefined" if value is found else "number"
            code = "invalid_type"
            if is_newest:
                message = f"Invalid input: expected {wanted}, received {got}"
            else:
                message = "Required" if got == "undefined" else f"Expected {wanted}, received {got}"
        elif not value:
            code = "too_small"
            units = "character" if is_text else ("item" if is_newest else "element")
            if is_newest:
                message = f"Too small: expected {wanted} to have >=1 {units}s"
            else:
                message = f"{wanted.title()} must contain at least 1 {units}(s)"
        else:
            continue
        found[field] = {"code": code, "message": message, "data": {"path": [field]}}
    return found
