"""One state: whatever is done through GraphQL or by code, both see the same tasks, logs, lists and errors."""

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from tasksim import Simulator, create_private_task_definition, create_task_definition
from tasksim.graphql import GraphQLClient

PROFILES = ["documented", "webiny-5", "webiny-6"]
ERROR = "error { message code data }"
META = "meta { cursor hasMoreItems totalCount }"
LOG = """
    id createdOn createdBy { id displayName type } executionName iteration
    items { message createdOn type data error }"""
TASK = f"""
    id name definitionId parentId executionName iterations input output taskStatus startedOn finishedOn
    eventResponse createdOn savedOn createdBy {{ id displayName type }} logs {{ {LOG} task {{ id }} }}"""
HEADINGS = {
    "definition": "String!",
    "id": "ID!",
    "input": "JSON",
    "name": "String",
    "delay": "Number",
    "message": "String",
    "sort": "[WebinyBackgroundTaskListSorter!]",
    "limit": "Int",
    "after": "String",
    "search": "String",
}
WHERES = {
    "listTasks": "WebinyBackgroundTaskListWhereInput",
    "listLogs": "WebinyBackgroundTaskLogListWhereInput",
}
SORTERS = {
    "listTasks": "[WebinyBackgroundTaskListSorter!]",
    "listLogs": "[WebinyBackgroundTaskLogListSorter!]",
}


# --- what runs


def count_down(input, controller, trigger):
    """Continue until nothing is left; on the way fail, or trigger a child, as the input says."""
    left = input.get("left", 0)
    controller.logger.info("Counting.", {"left": left})
    if input.get("fail_at") == left:
        return controller.response.error({"message": "Stuck.", "code": "STUCK", "data": {"left": left}})
    if input.get("child_at") == left:
        trigger("countDown", name="a child")
    if left > 0:
        return controller.response.continue_({"left": left - 1}, seconds=left)
    return controller.response.done("Lift-off.", {"left": left})


def before(data):
    """Refuse some inputs."""
    if "refuse" in data["input"]:
        error = RuntimeError(data["input"]["refuse"])
        error.code, error.data = "REFUSED", {"name": data["name"]}
        raise error


def on_abort(task):
    """Fail for some tasks: what that does depends on the profile (H3)."""
    if task.input.get("refuse_abort"):
        raise ValueError("Not this one.")


def definitions(profile):
    """Return the definitions; logs are kept everywhere."""
    logs = {"database_logs": True} if profile == "webiny-6" else {}
    hooks = {"on_before_trigger": before, "on_abort": on_abort, **logs}
    return [
        create_task_definition(id="countDown", title="Count down", run=count_down, max_iterations=3, **hooks),
        create_task_definition(id="quick", title="Quick", run=lambda response: response.done()),
        create_private_task_definition(id="hidden", title="Hidden", run=count_down, **hooks),
    ]


# --- conditions and orders, as GraphQL and as code have them


TASK_WHERES = [
    ({}, {}),
    ({"taskStatus": "pending"}, {"status": "pending"}),
    ({"taskStatus_in": ["aborted", "failed"]}, {"status_in": ["aborted", "failed"]}),
    ({"taskStatus_not": "success"}, {"status_not": "success"}),
    ({"status": "draft"}, {}),
    ({"status_not": "draft"}, {"id_in": []}),
    ({"definitionId_not": "quick"}, {"definition_id_not": "quick"}),
    ({"parentId": None}, {"parent_id": None}),
    ({"parentId_not": None}, {"parent_id_not": None}),
    ({"name_contains": "A"}, {"name_contains": "a"}),
    ({"iterations_between": [1, 2]}, {"iterations_between": [1, 2]}),
    ({"iterations_gte": 1, "name": "b"}, {"iterations_gte": 1, "name": "b"}),
    ({"createdOn_gt": "2024-01-01T00:00:01Z"}, {"created_on_gt": "2024-01-01T00:00:01Z"}),
    ({"finishedOn_lte": "2024-01-01T00:00:03Z"}, {"finished_on_lte": "2024-01-01T00:00:03Z"}),
    ({"id_in": ["countDown-0001", "quick-0001"]}, {"id_in": ["countDown-0001", "quick-0001"]}),
    ({"iterations_in": None}, {"iterations_in": None}),
]
TASK_SORTS = [
    (None, None),
    ([], []),
    (["createdOn_ASC"], "created_on_ASC"),
    (["id_DESC"], ["id_DESC"]),
    (["~taskStatus_ASC", "savedOn_DESC"], ["task_status_ASC", "saved_on_DESC"]),
    (["~name_DESC"], "name_DESC"),
    (["~finishedOn_ASC", "~iterations_DESC"], ["finished_on_ASC", "iterations_DESC"]),
]
LOG_WHERES = [
    ({}, {}),
    ({"task": "countDown-0001"}, {"task": "countDown-0001"}),
    ({"iteration_gt": 1}, {"iteration_gt": 1}),
    ({"items": {"type": "error"}}, {"items": {"type": "error"}}),
    ({"items": {"message_contains": "count"}}, {"items": {"message_contains": "count"}}),
    ({"items": None}, {"items": None}),
]
LOG_SORTS = [
    (None, None),
    (["createdOn_ASC"], "created_on_ASC"),
    (["~iteration_DESC", "id_ASC"], ["iteration_DESC", "id_ASC"]),
    (["~task_ASC"], "task_ASC"),
]
LISTS = {"listTasks": (TASK_WHERES, TASK_SORTS), "listLogs": (LOG_WHERES, LOG_SORTS)}
ASKED = [
    (field, where, sort) for field, (wheres, sorts) in LISTS.items() for where in wheres for sort in sorts
]


def without_task(log):
    """Return a log as GraphQL selects it where its task may be gone."""
    return {key: value for key, value in log.to_json().items() if key != "task"}


class OneState(RuleBasedStateMachine):
    """Do what the API can, through GraphQL or by code, and compare what both then see."""

    profile = "webiny-5"
    tasks = Bundle("tasks")

    @initialize(target=tasks)
    def begin(self):
        self.sim = Simulator(definitions(self.profile), profile=self.profile, freeze=False)
        self.client = GraphQLClient(self.sim)
        for name, left in (("b", 2), ("a", 4), (None, 0)):
            self.sim.tasks.trigger("countDown", name=name, input={"left": left})
            self.sim.advance(1)
        self.sim.tasks.trigger("quick", name="b")
        return "countDown-0001"

    # --- asking both

    def send(self, kind, field, asked, headings=(), **variables):
        """Return the envelope that GraphQL answers to one field."""
        types = {**HEADINGS, **dict(headings)}
        if self.profile != "webiny-6":
            types["definition"] = "WebinyBackgroundTaskDefinitionEnum!"
        declared = ", ".join(f"${name}: {types[name]}" for name in variables)
        given = ", ".join(f"{name}: ${name}" for name in variables)
        heading, arguments = (f"({declared})", f"({given})") if variables else ("", "")
        document = f"{kind}{heading} {{ backgroundTasks {{ found: {field}{arguments} {{ {asked} }} }} }}"
        answer = self.client.execute(document, variables)
        assert "errors" not in answer, answer
        return answer["data"]["backgroundTasks"]["found"]

    def call(self, call, *args, **kwargs):
        """Return an envelope of what code gets."""
        try:
            found = call(*args, **kwargs)
        except Exception as error:  # noqa: BLE001 - whatever it raises is compared
            return {"data": None, "error": self.error_of(error)}
        return {"data": found, "error": None}

    def error_of(self, error):
        """Return an exception as the API shows it."""
        message = getattr(error, "message", None) or getattr(error, "sentence", None) or str(error)
        return {
            "message": message,
            "code": getattr(error, "code", None) or "",
            "data": getattr(error, "data", None),
        }

    def task_by_code(self, id):
        """Return all that code sees of a task, as GraphQL selects it; None if it is gone."""
        found = self.sim.tasks.get_task(id)
        if found is None:
            return None
        logs = self.sim.tasks.list_logs({"task": id}, sort="created_on_ASC", limit=1000)
        return {**found.to_json(), "logs": [{**log.to_json(), "task": {"id": id}} for log in logs]}

    def task_by_graphql(self, id):
        """Return all that GraphQL sees of a task."""
        found = self.send("query", "getTask", f"data {{ {TASK} }} {ERROR}", id=id)
        assert found["error"] is None
        return found["data"]

    def same_answer(self, first, again):
        """What was done answers the task as both see it now; what was refused is refused by both."""
        if first["error"] is None:
            assert first["data"]["id"]
            seen = self.task_by_code(first["data"]["id"])
            assert {**seen, **first["data"]} == seen
            assert self.task_by_graphql(seen["id"]) == seen
        else:
            assert first["data"] is None
            assert again()["error"] == first["error"]

    # --- what is done

    @rule(
        target=tasks,
        definition=st.sampled_from(["countDown", "countDown", "quick", "hidden", "nope"]),
        input=st.fixed_dictionaries(
            {"left": st.integers(0, 4)},
            optional={
                "fail_at": st.integers(0, 1),
                "child_at": st.integers(0, 1),
                "refuse": st.just("Not today."),
                "refuse_abort": st.just(True),
            },
        ),
        name=st.sampled_from([None, "", "a", "b"]),
        delay=st.sampled_from([None, 0, 2, 30_672_000]),
        by_code=st.booleans(),
    )
    def trigger(self, definition, input, name, delay, by_code):
        is_named_by_enum = self.profile != "webiny-6"
        if is_named_by_enum and definition in {"hidden", "nope"}:
            by_code = True

        def through_graphql():
            given = {"definition": definition, "input": input, "name": name, "delay": delay}
            return self.send("mutation", "triggerTask", f"data {{ {TASK} }} {ERROR}", **given)

        def through_code():
            found = self.call(
                self.sim.tasks.trigger, definition, input=dict(input), name=name, delay=delay or 0
            )
            return found if found["data"] is None else {**found, "data": found["data"].to_json()}

        faces = (through_code, through_graphql) if by_code else (through_graphql, through_code)
        first = faces[0]()
        again = faces[0] if is_named_by_enum and definition in {"hidden", "nope"} else faces[1]
        self.same_answer(first, again)
        return "gone-0001" if first["data"] is None else first["data"]["id"]

    @rule(id=tasks, message=st.sampled_from([None, "", "Enough."]), by_code=st.booleans())
    def abort(self, id, message, by_code):
        def through_graphql():
            asked = f"data {{ {TASK} }} {ERROR}"
            return self.send("mutation", "abortTask", asked, id=id, message=message)

        def through_code():
            found = self.call(self.sim.tasks.abort, id, message=message)
            return found if found["data"] is None else {**found, "data": found["data"].to_json()}

        faces = (through_code, through_graphql) if by_code else (through_graphql, through_code)
        was = self.task_by_code(id)
        first = faces[0]()
        if was is not None and was["taskStatus"] in {"pending", "running"} and first["error"] is not None:
            # H3: where a failing hook fails the abort, the task is aborted nevertheless.
            assert (first["error"]["message"], first["error"]["code"]) == (
                "Could not abort the task!",
                "TASK_ABORT_ERROR",
            )
            assert first["error"]["data"] == {"id": id, "message": "Not this one."}
            assert self.task_by_graphql(id)["taskStatus"] == "aborted"
        else:
            self.same_answer(first, faces[1])

    @rule(id=tasks, by_code=st.booleans())
    def delete(self, id, by_code):
        def through_graphql():
            return self.send("mutation", "deleteTask", f"data {ERROR}", id=id)

        def through_code():
            return self.call(self.sim.tasks.delete_task, id)

        faces = (through_code, through_graphql) if by_code else (through_graphql, through_code)
        was = self.task_by_code(id)
        first = faces[0]()
        if was is None:
            assert first["data"] is None
            assert first["error"]["message"]
        else:
            assert first == {"data": True, "error": None}
        assert faces[1]()["error"]["message"]
        assert faces[0]() == faces[1]()
        assert self.task_by_graphql(id) is self.task_by_code(id) is None

    @rule()
    def run_next(self):
        self.sim.run_next()

    @rule(seconds=st.integers(0, 3), by_client=st.booleans())
    def advance(self, seconds, by_client):
        before = self.sim.now_ms
        (self.client.sleep if by_client else self.sim.advance)(seconds)
        assert self.sim.now_ms == before + seconds * 1000

    # --- what is asked

    @rule(
        asked=st.sampled_from(ASKED),
        limit=st.sampled_from([None, 1, 2, 3]),
        after=st.sampled_from([None, None, "", "zzz"]),
        search=st.sampled_from([None, " ", "quick", "b"]),
    )
    def list(self, asked, limit, after, search):
        cursor = self.page(*asked, limit=limit, after=after, search=search)
        if cursor is not None:
            self.page(*asked, limit=limit, after=cursor, search=search)

    def page(self, field, where, sort, *, limit, after, search):
        """Compare a page; return its cursor."""
        own = "values_" if self.profile == "webiny-6" else ""
        found = self.send(
            "query",
            field,
            f"data {{ {TASK if field == 'listTasks' else LOG} }} {META} {ERROR}",
            {"where": WHERES[field], "sort": SORTERS[field]}.items(),
            where=where[0],
            sort=sort[0] and [each.replace("~", own) for each in sort[0]],
            limit=limit,
            after=after,
            search=search,
        )
        by_code = self.sim.tasks.list_tasks if field == "listTasks" else self.sim.tasks.list_logs
        expected = self.call(by_code, where[1], sort=sort[1], limit=limit, after=after or None, search=search)
        assert found["error"] == expected["error"]
        if expected["error"] is not None:
            assert (found["data"], found["meta"]) == (None, None)
            return None
        page = expected["data"]
        if field == "listTasks":
            assert found["data"] == [self.task_by_code(task.id) for task in page]
        else:
            assert found["data"] == [without_task(log) for log in page]
        assert found["meta"] == {
            "cursor": page.meta.cursor,
            "hasMoreItems": page.meta.has_more_items,
            "totalCount": page.meta.total_count,
        }
        return page.meta.cursor

    @rule(id=tasks | st.sampled_from(["zzz", "countDown-0001#0001"]))
    def get(self, id):
        found = self.send("query", "getTask", f"data {{ id }} {ERROR}", id=id)
        known = self.sim.tasks.get_task(id)
        assert found == {"data": known and {"id": known.id}, "error": None}

    @invariant()
    def one_state(self):
        """Each task and each log is the same to both."""
        if not hasattr(self, "sim"):
            return
        found = self.send("query", "listTasks", f"data {{ {TASK} }} {META} {ERROR}", limit=1000)
        page = self.sim.tasks.list_tasks(limit=1000)
        assert found["data"] == [self.task_by_code(task.id) for task in page]
        assert found["meta"] == {"cursor": None, "hasMoreItems": False, "totalCount": len(page)}
        found = self.send("query", "listLogs", f"data {{ {LOG} }} {META} {ERROR}", limit=1000)
        logs = self.sim.tasks.list_logs(limit=1000)
        assert found["data"] == [without_task(log) for log in logs]
        assert found["meta"]["totalCount"] == len(logs)


def mixed(profile, examples, steps):
    """Run the machine against one profile."""
    machine = type("OneStateOfProfile", (OneState,), {"profile": profile})
    chosen = settings(
        max_examples=examples,
        stateful_step_count=steps,
        derandomize=True,
        deadline=None,
        database=None,
    )
    run_state_machine_as_test(machine, settings=chosen)


@pytest.mark.parametrize(
    "profile", [PROFILES[0], *(pytest.param(each, marks=pytest.mark.slow) for each in PROFILES[1:])]
)
def test_one_state(profile):
    """Whatever is done through GraphQL or by code, each face shows what the other did, and errs alike."""
    mixed(profile, examples=8, steps=12)


@pytest.mark.slow
@pytest.mark.unmeasured
@pytest.mark.parametrize("profile", PROFILES)
def test_one_state_for_longer(profile):
    """So it is in longer conversations."""
    mixed(profile, examples=30, steps=30)
