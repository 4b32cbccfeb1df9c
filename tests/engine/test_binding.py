"""Arguments by name (design: what `run` and hooks may name)."""

from __future__ import annotations

import functools
import gc
import weakref
from unittest.mock import Mock

import pytest

from tasksim._engine.binding import HOOK_ARGUMENTS, RUN_ARGUMENTS, bind
from tasksim.errors import DefinitionError

VALUES = {name: f"<{name}>" for name in (*RUN_ARGUMENTS, "task", "data")}


def bind_run(function, known=RUN_ARGUMENTS):
    """Bind a function as the `run` of a definition."""
    return bind(function, role="run", owner="reindex", known=known)


def called(function, known=RUN_ARGUMENTS):
    """Return what the function got, passing more than it names."""
    return bind_run(function, known).call(VALUES)


def passes_all(function):
    """Decorate with a function that says nothing."""

    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        return function(*args, **kwargs)

    return wrapper


class Definition:
    def run(self, input, controller):
        return self, input, controller

    @passes_all
    def decorated(self, input):
        return self, input

    @passes_all
    @passes_all
    def decorated_twice(self, cms, input):
        return self, cms, input

    @classmethod
    def of_class(cls, timer):
        return cls, timer

    @staticmethod
    def static(store):
        return store

    @functools.lru_cache  # noqa: B019 - the method is what is tried
    def cached(self, trigger):
        return self, trigger

    def __call__(self, response):
        return self, response


def test_what_run_may_name():
    """`run` may name both documented styles, the context and the definition."""
    assert RUN_ARGUMENTS == (
        "input",
        "controller",
        "response",
        "store",
        "is_close_to_timeout",
        "is_aborted",
        "trigger",
        "timer",
        "context",
        "definition",
    )


def test_what_hooks_may_name():
    """Hooks get the task, the one before the trigger gets data and input."""
    assert HOOK_ARGUMENTS["on_before_trigger"] == ("data", "input", "context", "definition")
    assert {hook for hook, names in HOOK_ARGUMENTS.items() if names == ("task", "context", "definition")} == {
        "on_done",
        "on_error",
        "on_abort",
        "on_max_iterations",
    }


def test_only_what_is_named_is_wanted_and_passed():
    """A function gets what it names, in any order, and nothing else."""

    def run(controller, input):
        return input, controller

    assert bind_run(run).names == ("controller", "input")
    assert called(run) == ("<input>", "<controller>")


def test_a_value_that_is_not_named_is_never_made():
    """Values are looked up one by one, so an expensive one costs nothing where it is not named."""

    class Lazy(dict):
        def __missing__(self, name):
            asked.append(name)
            return name

    asked = []

    def run(input, *, timer):
        return input, timer

    assert bind_run(run).call(Lazy()) == ("input", "timer")
    assert asked == ["input", "timer"]


def test_exactly_the_named_values_are_passed_as_they_are():
    """A mapping of exactly the wanted names is enough."""
    binding = bind_run(Definition().run)
    assert binding.call({name: VALUES[name] for name in binding.names})[1:] == ("<input>", "<controller>")


def test_nothing_named():
    """A function may name nothing, or take positional arguments that never come."""
    assert called(lambda: "done") == "done"
    assert called(lambda *args: args) == ()


def test_input_with_an_underscore():
    """`input_` serves for `input`, alone and beside it."""
    assert bind_run(lambda input_: input_).names == ("input",)
    assert called(lambda input_: input_) == "<input>"
    assert bind_run(lambda input_: input_).call({"input": 1}) == 1
    assert called(lambda input_, input: (input_, input)) == ("<input>", "<input>")


def test_methods_and_callables():
    """Methods of all kinds, functions below a staticmethod, and objects with `__call__` are bound."""
    definition = Definition()
    assert called(definition.run) == (definition, "<input>", "<controller>")
    assert called(definition.of_class) == (Definition, "<timer>")
    assert called(definition.static) == "<store>"
    assert called(staticmethod(lambda store: store)) == "<store>"
    assert called(definition.cached) == (definition, "<trigger>")
    assert called(definition) == (definition, "<response>")


def test_a_method_and_its_function_differ():
    """The same function is read with `self` as a method and as it stands by itself."""

    class Odd:
        def run(input):  # noqa: N805 - `input` stands where self does
            return input

    odd = Odd()
    assert called(odd.run) is odd
    assert called(Odd.run) == "<input>"


def test_defaults_are_left_alone_unless_their_name_is_ours():
    """A parameter with a default keeps it, except where it has one of our names."""
    assert called(lambda input, size=10, controller=None: (input, size, controller)) == (
        "<input>",
        10,
        "<controller>",
    )


def test_partials_are_left_alone_unless_their_name_is_ours():
    """What a partial bound stays bound, except where it has one of our names."""

    def run(cms, input, size, timer):
        return cms, input, size, timer

    partial = functools.partial(run, "cms", size=3, timer="mine")
    assert bind_run(partial).names == ("input", "timer")
    assert called(partial) == ("cms", "<input>", 3, "<timer>")


def test_keywords_get_everything():
    """`**kwargs` gets everything that is known, each name once."""

    def run(input_, **rest):
        return input_, rest

    binding = bind_run(run, ("input", "controller", "timer"))
    assert binding.names == ("input", "controller", "timer")
    assert binding.call(VALUES) == ("<input>", {"controller": "<controller>", "timer": "<timer>"})
    assert bind_run(Mock()).names == RUN_ARGUMENTS


def test_keywords_beside_what_a_partial_filled():
    """A name that a partial filled by position is not passed again through `**kwargs`."""

    def run(store, size, **rest):
        return store, size, rest

    partial = functools.partial(run, "mine", 3)
    assert called(partial, ("input", "store")) == ("mine", 3, {"input": "<input>"})


def test_a_decorator_that_passes_everything_on_is_looked_through():
    """`__wrapped__` is followed below a bare `(*args, **kwargs)`, also in methods and partials."""
    definition = Definition()
    assert called(passes_all(lambda input: input)) == "<input>"
    assert called(definition.decorated) == (definition, "<input>")
    assert called(functools.partial(definition.decorated_twice, "cms")) == (definition, "cms", "<input>")


def test_a_decorator_that_names_its_arguments_is_taken_at_its_word():
    """`__wrapped__` is not followed below a signature that says something."""

    def with_cms(function):
        @functools.wraps(function)
        def wrapper(input, **kwargs):
            return function("cms", input), kwargs

        return wrapper

    assert called(with_cms(lambda cms, input: (cms, input)), ("input", "timer")) == (
        ("cms", "<input>"),
        {"timer": "<timer>"},
    )


def test_an_unknown_argument():
    """An unknown required name is refused with the nearest one and all that exist."""
    with pytest.raises(DefinitionError) as caught:
        bind_run(lambda contrller: contrller, RUN_ARGUMENTS[:3])
    assert str(caught.value) == (
        "run() of 'reindex' names an argument 'contrller' that does not exist. Did you mean 'controller'?\n"
        "  it may name: input, controller, response\n"
        "  Rename it, give it a default, or bind it with functools.partial."
    )


@pytest.mark.parametrize("name", ["controller", "input", "input_"])
def test_each_role_has_its_own_names(name):
    """A name of `run` is unknown in a hook that does not get it."""
    namespace = {}
    exec(f"def on_done({name}): ...", namespace)  # noqa: S102 - a function with that parameter
    with pytest.raises(DefinitionError, match=rf"^on_done\(\) of 'reindex' names an argument '{name}' that"):
        bind(namespace["on_done"], role="on_done", owner="reindex", known=HOOK_ARGUMENTS["on_done"])


def test_positional_only_is_refused():
    """A positional-only parameter is refused, for arguments go by name."""
    with pytest.raises(DefinitionError, match="has a positional-only parameter 'input'"):
        bind_run(lambda input, /: input)


def test_a_class_is_refused():
    """A class given for a function is refused by name."""
    with pytest.raises(DefinitionError, match=r"^run of 'reindex' is the class 'Definition'"):
        bind_run(Definition)


def test_what_cannot_be_called_is_refused():
    """A value that cannot be called is refused with its type."""
    with pytest.raises(DefinitionError, match="is of type 'int', which cannot be called"):
        bind_run(5)


def circle(*args, **kwargs):
    """Wrap itself."""


circle.__wrapped__ = circle


@pytest.mark.parametrize("function", [dict.update, circle, functools.partial(lambda: None, 1)])
def test_a_hidden_signature_is_refused(function):
    """A function whose signature cannot be read is refused with the reason."""
    with pytest.raises(
        DefinitionError, match=r"run\(\) of 'reindex' has no signature that can be read"
    ) as caught:
        bind_run(function)
    assert caught.value.__cause__ is not None
    assert caught.value.way_out == "Wrap it in a function that names its arguments."


def test_a_function_is_read_once(monkeypatch):
    """Binding a method of a fresh instance reads no signature again."""
    bind_run(Definition().run)
    monkeypatch.setattr("inspect.signature", None)
    definition = Definition()
    assert called(definition.run) == (definition, "<input>", "<controller>")
    with pytest.raises(DefinitionError):
        called(definition)


def test_reading_a_function_keeps_nothing_alive():
    """A function that is dropped elsewhere is dropped by the cache of signatures."""

    def run(input):
        return input

    bind_run(run)
    alive = weakref.ref(run)
    del run
    gc.collect()
    assert alive() is None


@pytest.mark.parametrize("hook", HOOK_ARGUMENTS)
def test_hooks_get_all_that_they_may_name(hook):
    """Each hook can name everything in its row."""
    names = HOOK_ARGUMENTS[hook]
    assert bind(lambda **names: names, role=hook, owner="reindex", known=names).call(VALUES) == {
        name: VALUES[name] for name in names
    }
