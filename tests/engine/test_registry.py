"""The registry: forms of definitions, and what is refused at registration."""

import functools

import pytest

from tasksim import (
    DefinitionError,
    Simulator,
    TaskService,
    create_implementation,
    create_private_task_definition,
    create_task_definition,
    task_definition,
)

ATTRIBUTES = (
    "id, title, run, description, max_iterations, is_private, disable_database_logs, database_logs, "
    "self_cleanup, create_input_validation, on_before_trigger, on_done, on_error, on_abort, on_max_iterations"
)


def done(controller):
    """Answer done."""
    return controller.response.done()


class Reindex:
    id = "reindex"
    title = "Reindex"

    def __init__(self, cms="cms"):
        self.cms = cms
        self.runs = 0

    def run(self, controller):
        self.runs += 1
        return controller.response.done(output={"runs": self.runs})


class Plain:
    """A definition's least parts, to be changed by subclasses."""

    id = "reindex"
    title = "Reindex"

    def run(self, controller):
        return controller.response.done()


def refused(definition, **settings):
    """Return the text of the refusal of a definition."""
    with pytest.raises(DefinitionError) as caught:
        Simulator([definition], **settings)
    return str(caught.value)


# --- forms


def make_reindex():
    """Make an instance."""
    return Reindex()


@pytest.mark.parametrize(
    "definition",
    [
        Reindex(),
        Reindex,
        make_reindex,
        lambda: Reindex("cms"),
        functools.partial(Reindex, "cms"),
        create_implementation(Reindex, dependencies=["cms"]),
        create_task_definition(id="reindex", title="Reindex", run=done),
        create_private_task_definition(id="reindex", title="Reindex", run=done),
        task_definition(id="reindex", title="Reindex")(done),
    ],
    ids=[
        "instance",
        "class",
        "factory",
        "lambda",
        "partial",
        "implementation",
        "function",
        "private",
        "decorator",
    ],
)
def test_forms_of_definitions(definition):
    """Instances, classes, factories and what the create functions make are registered and run."""
    sim = Simulator()
    assert sim.register(definition) == "reindex"
    assert sim.run("reindex").status == "success"


def test_functions_stay_plain_functions():
    """The function behind a decorator stays reachable as `.run`, unbound."""
    assert task_definition(id="reindex", title="Reindex")(done).run is done


def test_dependencies_may_have_the_service():
    """The service stands for TaskService among dependencies; others are passed as they are."""
    got = []

    class Caller(Plain):
        def __init__(self, tasks, cms):
            got.extend((tasks, cms))

    sim = Simulator([create_implementation(Caller, dependencies=[TaskService, "cms"])])
    assert got == [sim.tasks, "cms"]


def run_killed_once(definition):
    """Run a definition whose first event is killed and handled again; return how often this instance ran."""
    sim = Simulator([definition], plan="crash@response.done#1", on_crash="retry(1)")
    return sim.run("reindex").output


@pytest.mark.parametrize("definition", [Reindex, make_reindex, create_implementation(Reindex)])
def test_factory_makes_a_fresh_instance_after_a_crash(definition):
    """After a crash, a factory makes a fresh instance, as a new process would."""
    assert run_killed_once(definition) == {"runs": 1}


def test_instance_stays_after_a_crash():
    """A plain instance stays after a crash."""
    assert run_killed_once(Reindex()) == {"runs": 2}


def test_fresh_instance_has_fresh_hooks():
    """Hooks are those of the fresh instance, too."""
    seen = []

    class Hooked(Reindex):
        def on_done(self):
            seen.append(self.runs)

    run_killed_once(Hooked)
    assert seen == [1]


def test_is_factory():
    """The registry knows which definitions can be made afresh."""
    sim = Simulator([Reindex, create_task_definition(id="export", title="Export", run=done)])
    assert [registered.is_factory for registered in sim._engine.registry.all()] == [True, False]


def test_order_of_registration():
    """Definitions are listed in the order of registration, the built-in one first."""
    others = [create_task_definition(id=id, title=id, run=done) for id in ("b", "a")]
    sim = Simulator(others, builtins=True)
    assert [definition.id for definition in sim.tasks.list_definitions()] == ["testingRun", "b", "a"]


def test_builtin_gives_way():
    """The built-in definition gives way to a user's of the same id."""
    mine = create_task_definition(id="testingRun", title="Mine", run=done)
    sim = Simulator([mine], builtins=True)
    assert sim.tasks.list_definitions() == [mine]


# --- what is refused


@pytest.mark.parametrize("definition", [3, None, "reindex", object()])
def test_what_is_no_definition(definition):
    """What is neither an object with a run nor callable is no definition."""
    with pytest.raises(DefinitionError) as caught:
        Simulator().register(definition)
    assert caught.value.sentence == f"{definition!r:.80} is not a definition."
    assert caught.value.way_out == (
        "Pass an object with id, title and run, a class or function without arguments that makes one, "
        "or what create_task_definition() returns."
    )


def test_class_that_needs_arguments():
    """A class that needs arguments is refused, with the way to give them."""

    class Needs(Plain):
        def __init__(self, cms):
            """Take the CMS."""

    text = refused(Needs)
    assert text.startswith("Needs could not be called without arguments: ")
    assert text.endswith("\n  Pass an instance, or create_implementation(Needs, dependencies=[...]).")


@pytest.mark.parametrize("missing", ["title", "run"])
def test_missing_part(missing):
    """A definition has a title and a run."""
    definition = create_task_definition(id="reindex", title="Reindex", run=done)
    delattr(definition, missing)
    assert refused(definition) == (
        f"<task definition 'reindex'> has no {missing!r}.\n"
        "  Give a definition the attributes id, title and run."
    )


def test_missing_id():
    """A definition without an id is refused by its own name."""

    class Nameless:
        title = "Reindex"

        def run(self): ...

        def __repr__(self):
            return "<Nameless>"

    assert (
        refused(Nameless) == "<Nameless> has no 'id'.\n  Give a definition the attributes id, title and run."
    )


@pytest.mark.parametrize(
    ("id", "way_out"),
    [
        ("not-camel", "Write 'notCamel' instead."),
        ("Reindex", "Write 'reindex' instead."),
        ("", "Give it a camelCase id."),
        (3, "Give it a camelCase id."),
    ],
)
def test_ids_are_camel_case(id, way_out):
    """An id that is not camelCase is refused, with the one that is."""
    assert refused(create_task_definition(id=id, title="Reindex", run=done)) == (
        f'Task ID "{id}" is invalid. It must be in camelCase format, for example: "myCustomTask".\n'
        f"  {way_out}"
    )


def test_duplicate_ids():
    """Two definitions of one id are refused."""
    sim = Simulator([Reindex])
    with pytest.raises(DefinitionError) as caught:
        sim.register(Reindex)
    assert str(caught.value) == (
        "There is a definition 'reindex' already.\n"
        "  registered: reindex\n"
        "  Give each definition an id of its own."
    )


def test_run_must_be_callable():
    """A run that cannot be called is refused."""
    assert refused(create_task_definition(id="reindex", title="Reindex", run=3)) == (
        "run of 'reindex' is 3, which cannot be called.\n"
        "  Make it a function: def run(self, input, controller)."
    )


@pytest.mark.parametrize(
    ("name", "value", "way_out"),
    [
        ("title", 3, "Give it str."),
        ("title", None, "Give it str."),
        ("description", 3, "Give it str or NoneType."),
        ("max_iterations", "3", "Give it int or NoneType, 0 or more."),
        ("max_iterations", -1, "Give it int or NoneType, 0 or more."),
        ("max_iterations", True, "Give it int or NoneType, 0 or more."),
        ("max_iterations", 1.5, "Give it int or NoneType, 0 or more."),
        ("is_private", 1, "Give it bool."),
        ("disable_database_logs", "yes", "Give it bool."),
        ("database_logs", 0, "Give it bool."),
    ],
)
def test_attributes_of_the_wrong_type(name, value, way_out):
    """An attribute of the wrong type is refused by its name."""
    definition = type("Odd", (Plain,), {name: value})
    assert refused(definition) == f"{name} of 'reindex' is {value!r}.\n  {way_out}"


def test_subclasses_of_types_pass():
    """A value of a subclass of the right type passes."""
    title = type("Title", (str,), {})("Reindex")
    limit = type("Limit", (int,), {})(3)
    Simulator([type("Fine", (Plain,), {"title": title, "max_iterations": limit, "description": None})])


@pytest.mark.parametrize("profile", ["documented", "webiny-5", "webiny-6"])
@pytest.mark.parametrize(
    "value", ["onsuccess", 3, ["always"], ["onSuccess", "never"], [3], {"onSuccess"}, [["onSuccess"]]]
)
def test_wrong_cleanup(profile, value):
    """A wrong self_cleanup is refused at registration, in every profile."""
    definition = create_task_definition(id="reindex", title="Reindex", run=done, self_cleanup=value)
    assert refused(definition, profile=profile) == (
        f"self_cleanup of 'reindex' is {value!r}.\n"
        "  Give it 'always', 'never', 'onSuccess', 'onError' or 'onAbort', or a list of the last three."
    )


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("on_finish", "on_done"),
        ("on_erorr", "on_error"),
        ("on_max_iteration", "on_max_iterations"),
        ("on_x", "on_done"),
        ("onDone", "on_done"),
        ("maxIterations", "max_iterations"),
        ("max_iteration", "max_iterations"),
        ("tilte", "title"),
        ("rnu", "run"),
        ("databaselogs", "database_logs"),
        ("self_cleanups", "self_cleanup"),
        ("create_input_validator", "create_input_validation"),
        ("isPrivate", "is_private"),
        ("enableDatabaseLogs", "database_logs"),
        ("enable_database_logs", "database_logs"),
    ],
)
@pytest.mark.parametrize("where", ["class", "instance"])
def test_misspelt_attributes(name, meant, where):
    """An attribute that seems to mean one of ours is refused, with the one meant."""
    if where == "class":
        definition = type("Odd", (Plain,), {name: None})
    else:
        definition = Plain()
        setattr(definition, name, None)
    text = refused(definition)
    assert f" has an attribute {name!r}. Did you mean {meant!r}?\n" in text
    assert text.endswith(
        f"\n  attributes: {ATTRIBUTES}\n  Rename it, or begin it with an underscore if it is your own."
    )


@pytest.mark.parametrize(
    "name", ["cms", "_on_finish", "titles", "ids", "runs", "index", "once", "max_retries"]
)
def test_own_attributes(name):
    """Attributes that mean nothing of ours are the user's own."""
    Simulator([type("Fine", (Plain,), {name: None})])


def test_names_of_arguments_are_checked():
    """An argument of run or a hook that does not exist is refused at registration."""
    text = refused(create_task_definition(id="reindex", title="Reindex", run=lambda inputs: inputs))
    assert text.startswith(
        "run() of 'reindex' names an argument 'inputs' that does not exist. Did you mean 'input'?"
    )
    text = refused(create_task_definition(id="reindex", title="Reindex", run=done, on_done=lambda data: data))
    assert text.startswith("on_done() of 'reindex' names an argument 'data' that does not exist.")


def test_validation_is_built_at_registration():
    """What create_input_validation returns is checked at registration."""
    definition = create_task_definition(id="reindex", title="Reindex", run=done, create_input_validation=3)
    assert "create_input_validation" in refused(definition)


def test_own_definition_takes_the_place_of_the_built_in_one():
    """A definition of the user's with a built-in id is taken instead, also where it comes later."""
    own = create_task_definition(
        id="testingRun", title="Mine", run=lambda controller: controller.response.done("Mine.")
    )
    sim = Simulator(builtins=True)
    sim.register(own)
    assert sim.tasks.list_definitions() == [own]
    assert Simulator([own], builtins=True).tasks.list_definitions() == [own]
