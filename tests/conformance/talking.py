"""A conversation in the making: steps of the form of the recorded ones, each beside what should be answered.

This module promises that each step is drawn in sight of the records that there are by then, and of the ids
and cursors that were answered. It must not know how an answer is compared.
"""

from copy import deepcopy

from conformance_questions import PERMISSIONS, SCALARS, Question, definitions, printed
from conformance_reference import LONGEST_DELAY, NotAuthorized, Reference
from hypothesis import strategies as st


class Orphan(Exception):
    """A log whose task is gone, where one was promised."""

    def __init__(self, path):
        super().__init__(path)
        self.path = path


def project(reference, value, selection, path):
    """Return what a selection shows of a record, an envelope or anything else."""
    found = {}
    for key, name, _, inside in selection:
        place = [*path, key]
        if name == "logs":
            chosen, where, sort, limit = inside
            logs = reference.logs_of(value, where, sort, limit)
            found[key] = [project(reference, log, chosen, [*place, at]) for at, log in enumerate(logs)]
        elif name == "task" and inside:
            task = reference.find(value["task"])
            if task is None:
                raise Orphan(place)
            found[key] = project(reference, task, inside, place)
        elif inside and isinstance(value[name], list):
            try:
                found[key] = [
                    project(reference, each, inside, [*place, at]) for at, each in enumerate(value[name])
                ]
            except Orphan as orphan:
                reference.orphans.append(orphan.path)
                found[key] = None
        elif inside and value[name] is not None:
            found[key] = project(reference, value[name], inside, place)
        else:
            found[key] = deepcopy(value[name])
    return found


class Conversation:
    """Steps of a conversation, drawn one at a time, each beside what should be answered."""

    def __init__(self, profile, data):
        self.draw = data.draw
        self.permissions = data.draw(PERMISSIONS)
        self.definitions = data.draw(definitions())
        self.reference = Reference(profile, self.definitions, self.permissions)
        self.reference.orphans = []
        self.is_newest = self.reference.is_newest
        self.cursors = []
        self.learn = lambda answer: None

    def steps(self, most):
        """Draw steps; each is drawn after the answer to the one before was looked at."""
        kinds = ["trigger"] * 4 + [
            "tasks",
            "tasks",
            "tasks",
            "logs",
            "logs",
            "get",
            "get",
            "abort",
            "run",
            "run",
        ]
        kinds += ["delete", "advance", "definitions_asked", "wrong", "both"] + ["settings"] * self.is_newest
        for _ in range(self.draw(st.integers(2, 5))):
            yield self.trigger()
        yield self.run()
        for kind in self.draw(st.lists(st.sampled_from(kinds), min_size=most // 2, max_size=most)):
            known = len(self.cursors)
            yield getattr(self, kind)()
            while len(self.cursors) > known and self.draw(st.integers(0, 4)):
                known = len(self.cursors)
                yield self.more()

    def ids(self):
        """Return ids, most of them of tasks that there are."""
        return st.sampled_from([task["id"] for task in self.reference.tasks] * 4 + ["zzz", "testingRun-9999"])

    # --- time

    def run(self):
        """Let tasks run."""
        most = self.draw(st.sampled_from([None, 1, 2]))
        self.reference.run(most)
        return {"run": True} if most is None else {"run": True, "iterations": most}

    def advance(self):
        """Let time pass."""
        ms = self.draw(st.sampled_from([1, 1000, 2000, 61_500]))
        self.reference.advance(ms)
        return {"advance": ms}

    # --- questions

    def asked(self, operation, question, *fields):
        """Return a step that asks for fields: (name, text of arguments, arguments, selection of data)."""
        texts, shown, errors = [], {}, []
        self.reference.orphans = []
        for number, (name, written, arguments, data, has_meta) in enumerate(fields):
            key = name if number == 0 else f"also{number}"
            data = data and ("data", "data", "", data)  # noqa: PLW2901 - as it is selected
            selection = [data or ("data", "data", "", None), ("error", "error", "", question.some("error"))]
            if has_meta:
                selection.append(("meta", "meta", "", [(each, each, "", None) for each in SCALARS["meta"]]))
            texts.append(printed([(key, name, written, selection)]))
            try:
                envelope = self.reference.answer(name, arguments)
            except NotAuthorized:
                errors.append({"path": ["backgroundTasks", key]})
                shown = None
                break
            shown[key] = project(self.reference, envelope, selection, ["backgroundTasks", key])
        errors += [{"path": path} for path in self.reference.orphans]
        response = {"data": {"backgroundTasks": shown}}
        if errors:
            response["errors"] = errors
        return {
            "document": question.document(operation, texts),
            "variables": question.variables,
            "response": response,
        }

    def trigger(self):
        """Trigger a task."""
        question = Question(self.draw, self.reference)
        public = ["testingRun", "importPages", "limited", "quiet", "validated", "validated", "guarded"]
        others = ["secretTask", "nobody"] if self.is_newest else []
        definition = self.draw(st.sampled_from([*public, *public, *others]))
        type = "String!" if self.is_newest else "WebinyBackgroundTaskDefinitionEnum!"
        parts = [question.argument("definition", type, definition)]
        arguments = {"definition": definition}
        right = {"model": "m", "list": ["a"], "more": {"x": [1, None]}}
        wrong = [{"model": "", "list": []}, {"model": 5}, {"list": 7, "model": "m"}, {}]
        inputs = (
            [right, right, *wrong] if definition == "validated" else [{"a": 1}, {}, None, {"b": [True, 0.5]}]
        )
        for name, kind, values in (
            ("input", "JSON", inputs),
            ("name", "String", ["Monthly report", "second page", "", None, "Zoë's ÄPFEL"]),
            ("delay", "Number", [0, 5, -3, 2.5, LONGEST_DELAY - 1, LONGEST_DELAY, LONGEST_DELAY + 0.5]),
        ):
            if self.draw(st.integers(0, 2)) < (2 if name == "input" else 1):
                arguments[name] = self.draw(st.sampled_from(values))
                parts.append(question.argument(name, kind, arguments[name]))
        data = [("id", "id", "", None), *(each for each in question.task() if each[1] != "id")]
        before = len(self.reference.tasks)
        step = self.asked("mutation", question, ("triggerTask", ", ".join(parts), arguments, data, False))
        if len(self.reference.tasks) > before:
            self.learn = self.name_last
        return step

    def name_last(self, answer):
        """Learn the id of the task that was triggered."""
        envelope = answer["data"]["backgroundTasks"]["triggerTask"]
        id = envelope["data"]["id"]
        assert id not in {task["id"] for task in self.reference.tasks}
        self.reference.tasks[-1]["id"] = id

    def get(self):
        """Get a task."""
        question = Question(self.draw, self.reference)
        return self.asked("query", question, self.getting(question))

    def getting(self, question):
        """Return the field that gets a task."""
        id = self.draw(self.ids())
        return "getTask", question.argument("id", "ID!", id), {"id": id}, question.task(2), False

    def tasks(self):
        """List tasks."""
        question = Question(self.draw, self.reference)
        return self.listed(question, "task", question.task(2))

    def logs(self):
        """List logs."""
        question = Question(self.draw, self.reference)
        return self.listed(question, "log", question.log(2))

    def listed(self, question, kind, data):
        """List records."""
        where, sort, limit, text = question.listing(kind)
        arguments = {"where": where, "sort": sort, "limit": limit}
        parts = [text] if text else []
        if self.draw(st.integers(0, 4)) == 0:
            words = [task["id"] for task in self.reference.tasks] if kind == "log" else []
            words += ["report", "REPORT weekly", "success", "second page", "  "]
            arguments["search"] = self.draw(st.sampled_from(words))
            parts.append(question.argument("search", "String", arguments["search"]))
        return self.paged(question, kind, parts, arguments, data)

    def more(self):
        """List the page behind the last one; now and then with a cursor of another list."""
        question = Question(self.draw, self.reference)
        end, cursor = self.cursors[-1]
        kind, sort = end.kind, end.sort
        if self.draw(st.integers(0, 9)) == 0:
            kind, sort = self.draw(st.sampled_from([("task", ["savedOn_ASC"]), ("log", None)]))
        arguments = {"sort": sort, "limit": self.draw(st.sampled_from([1, 2, None])), "after": end}
        parts = [question.argument("after", "String", cursor)]
        if sort is not None:
            parts.append(question.argument("sort", f"[{question.type_of(kind)}Sorter!]", sort))
        if arguments["limit"] is not None:
            parts.append(question.argument("limit", "Int", arguments["limit"]))
        data = [("id", "id", "", None), *(each for each in question.some(kind) if each[1] != "id")]
        return self.paged(question, kind, parts, arguments, data)

    def paged(self, question, kind, parts, arguments, data):
        """Return a step that lists records, and remember where the page ended."""
        field = "listLogs" if kind == "log" else "listTasks"
        self.reference.end = None
        step = self.asked("query", question, (field, ", ".join(parts), arguments, data, True))
        end = self.reference.end
        if end is not None:
            self.learn = lambda answer: self.cursors.append(
                (end, answer["data"]["backgroundTasks"][field]["meta"]["cursor"])
            )
        return step

    def both(self):
        """Ask two things at once."""
        question = Question(self.draw, self.reference)
        return self.asked("query", question, self.getting(question), self.getting(question))

    def definitions_asked(self):
        """List definitions."""
        question = Question(self.draw, self.reference)
        field = ("listDefinitions", "", {}, question.some("definition"), False)
        return self.asked("query", question, field)

    def settings(self):
        """Ask for the settings, or change them."""
        question = Question(self.draw, self.reference)
        days = self.draw(st.sampled_from([None, 0, 30, 3650, 3651, -1]))
        if days is None:
            return self.asked("query", question, ("getSettings", "", {}, question.some("settings"), False))
        input = {"retentionDays": days}
        text = question.argument("input", "UpdateBackgroundTaskSettingsInput!", input)
        return self.asked(
            "mutation", question, ("updateSettings", text, {"input": input}, question.some("settings"), False)
        )

    def abort(self):
        """Abort a task."""
        question = Question(self.draw, self.reference)
        id = self.draw(self.ids())
        arguments, parts = {"id": id}, [question.argument("id", "ID!", id)]
        if self.draw(st.booleans()):
            arguments["message"] = self.draw(st.sampled_from(["Enough.", "", "Task done."]))
            parts.append(question.argument("message", "String", arguments["message"]))
        return self.asked(
            "mutation", question, ("abortTask", ", ".join(parts), arguments, question.task(), False)
        )

    def delete(self):
        """Delete a task."""
        question = Question(self.draw, self.reference)
        id = self.draw(self.ids())
        field = ("deleteTask", question.argument("id", "ID!", id), {"id": id}, None, False)
        return self.asked("mutation", question, field)

    def wrong(self):
        """Send what the schema does not allow."""
        step = {"document": self.draw(st.sampled_from(WRONG)), "variables": {}}
        return {**step, "response": {"errors": [{}]}}


WRONG = [
    "{ backgroundTasks { nope } }",
    "{ backgroundTasks { listTasks(sort: [nope_ASC]) { data { id } } } }",
    '{ backgroundTasks { listTasks(where: { nope: "x" }) { data { id } } } }',
    "{ backgroundTasks { getTask { data { id } } } }",
    "mutation { backgroundTasks { triggerTask { data { id } } } }",
    'mutation { backgroundTasks { triggerTask(definition: testingRun, delay: "soon") { data { id } } } }',
    "mutation { backgroundTasks { abortTask(id: null) { data { id } } } }",
    "mutation { backgroundTasks { deleteTask(id: [1, 2]) { data } } }",
    "{ backgroundTasks { listLogs(limit: 1.5) { data { id } } } }",
    "{ backgroundTasks { listTasks(where: { createdOn_gt: 5 }) { data { id } } } }",
    "{ backgroundTasks { listTasks { data } } }",
    "mutation { backgroundTasks { triggerTask(definition: nobody) { data { id } } } }",
    "mutation { backgroundTasks { triggerTask(definition: secretTask) { data { id } } } }",
    "{",
    "query ($id: ID!) { backgroundTasks { getTask(id: $id) { data { id } } } }",
]
