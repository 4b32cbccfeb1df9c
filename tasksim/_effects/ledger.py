"""The ledger as users see it, `sim.effects`: to record in, and to read.

This module promises plain words for both. It must not know who judges what it holds.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeVar, overload

from tasksim._effects.given import Contract
from tasksim._effects.recording import Effect, Recording
from tasksim._effects.twins import twin_of
from tasksim.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tasksim._effects.bracket import Bracket
    from tasksim._effects.keys import Key
    from tasksim._engine.core import Engine
    from tasksim._world.snapshots import Task

__all__ = ["Contract", "Effect", "Effects"]

T = TypeVar("T")


class Effects(Sequence[Effect]):
    """The effects of a simulation, `sim.effects`: fakes record them, tests and judges read them.

    An effect is what a task does to the outside world, as sending a letter. Each is a checkpoint,
    `effect.NAME[key]#n`, at which a plan can let it fail (`fail@effect.send["ann"]#1`), be lost or
    repeated; `check` compares those of a cut run with those of the uncut one.

    There are three ways to record. Give the ledger to a fake and call `record` where it acts; declare
    its methods with `@effect`, which finds the simulation by itself; or leave the fake as it is and
    give the task a twin of it, made by `wrap`.

    It is a sequence of `Effect`s in the order in which they took place. Effects that a planned fault
    prevented, or whose body raised, are not in it.

    Example:
        >>> from tasksim import Simulator, task_definition
        >>> class FakeMailer:
        ...     def __init__(self, effects):
        ...         self.effects = effects
        ...         self.outbox = []
        ...
        ...     def send(self, to, text):
        ...         with self.effects.record("send", key=to, words=len(text.split())):
        ...             self.outbox.append((to, text))
        >>> with Simulator() as sim:
        ...     mailer = FakeMailer(sim.effects)
        ...
        ...     @task_definition(id="sendLetters", title="Send letters")
        ...     def send_letters(input, controller):
        ...         for name in input["names"]:
        ...             mailer.send(name, "Hello there.")
        ...         return controller.response.done()
        ...
        ...     _ = sim.register(send_letters)
        ...     _ = sim.run("sendLetters", input={"names": ["ann", "bob"]})
        >>> sim.effects.keys("send")
        ['ann', 'bob']
        >>> sim.effects[0].data, sim.effects[0].checkpoint
        ({'words': 2}, 'effect.send["ann"]#1')
    """

    __slots__ = ("_recording",)

    def __init__(self, engine: Engine) -> None:
        """Begin an empty ledger."""
        self._recording = Recording(engine)

    # --- recording

    def record(
        self,
        name: str,
        /,
        *,
        key: str | int | None = None,
        contract: Contract | None = None,
        **data: Any,
    ) -> Bracket:
        """Record that an effect takes place, where a fake acts; where no task calls, it does nothing.

        Use it as a bracket around what the fake does, `with sim.effects.record("publish", key=id):`.
        Then faults strike before the body, the effect has taken place when the body returned, and what
        is planned after it (`crash@X+`, `lost_ack@X`) strikes then. If the body raises, or the run is
        killed in it, the effect did not take place.

        Alone, `sim.effects.record("publish", key=id)`, the effect takes place here, and what is planned
        after it strikes at the task's next checkpoint, or when `run` or the hook ends.

        Args:
            name: Its name, as in `publish`: letters, digits and any of `_ - . /`.
            key: Which of that name, as the id of the entry or the address of the letter. Repeats and
                losses are counted by name and key; without a key by name and data.
            contract: How often it may take place, compared with the uncut run: `exactly_once`,
                `at_least_once` (repeats with equal data), `at_most_once` or `any`. If it is left out,
                `check` expects `exactly_once` as far as the host allows.
            data: What else there is to compare, JSON.

        Returns:
            What `with` enters, at once; may be ignored.

        Raises:
            UsageError: A name, key, contract or value that cannot be used.
            EffectFailed: A planned `fail` or `lost_ack` strikes here.

        Example:
            >>> from tasksim import Simulator, task_definition
            >>> @task_definition(id="greet", title="Greet")
            ... def greet(controller, context):
            ...     with context["effects"].record("send", key="ann", contract="at_least_once"):
            ...         context["outbox"].append("ann")
            ...     return controller.response.done()
            >>> context = {"outbox": []}
            >>> sim = Simulator([greet], plan='crash@effect.send["ann"]#1', context=context)
            >>> context["effects"] = sim.effects
            >>> sim.run("greet").machine, context["outbox"], list(sim.effects)
            ('UnknownError', [], [])
        """
        return self._recording.begin(name, key, contract, data)

    def wrap(self, fake: T, /, **methods: Key) -> T:
        """Return a twin of a fake whose named methods are effects, each within a bracket.

        Fake and twin share their attributes: give the twin to the task, and look at either. The twin is
        of a subclass of the fake's class, made without `__init__`; its calls of its own methods are
        effects too. A contract, or exceptions other than `EffectFailed`, are declared with `@effect`.

        Args:
            fake: An object of a class of yours that keeps its state in attributes.
            methods: For each method the name of the argument that is the key, or a function of the
                method's arguments that gives it, or None for no key.

        Raises:
            UsageError: No such method or argument, or an object that can have no twin.

        Example:
            >>> from tasksim import Simulator, task_definition
            >>> class FakeCms:
            ...     def __init__(self):
            ...         self.published = []
            ...
            ...     def publish(self, id):
            ...         self.published.append(id)
            >>> @task_definition(id="publishAll", title="Publish all")
            ... def publish_all(controller, context):
            ...     for id in ("a", "b"):
            ...         context["cms"].publish(id)
            ...     return controller.response.done()
            >>> context = {}
            >>> sim = Simulator([publish_all], context=context)
            >>> cms = FakeCms()
            >>> context["cms"] = sim.effects.wrap(cms, publish="id")
            >>> _ = sim.run("publishAll")
            >>> cms.published, sim.effects.keys("publish")
            (['a', 'b'], ['a', 'b'])
        """
        try:
            return twin_of(self._recording, fake, methods)
        except UsageError as error:
            raise self._recording.engine.misused(error) from error.__cause__

    # --- reading

    def __len__(self) -> int:
        return len(self._recording.entries)

    def __iter__(self) -> Iterator[Effect]:
        return iter(self._recording.entries)

    @overload
    def __getitem__(self, index: int) -> Effect: ...

    @overload
    def __getitem__(self, index: slice) -> list[Effect]: ...

    def __getitem__(self, index: int | slice) -> Effect | list[Effect]:
        return self._recording.entries[index]

    def named(self, name: str) -> list[Effect]:
        """Return the effects of one name, in order."""
        return [effect for effect in self if effect.name == name]

    def keys(self, name: str) -> list[str | None]:
        """Return the keys of the effects of one name, in order, repeats included."""
        return [effect.key for effect in self.named(name)]

    def of(self, task: Task | str) -> list[Effect]:
        """Return the effects of one task (or execution, or id), in order."""
        return self._recording.of(task if isinstance(task, str) else task.id)

    def __repr__(self) -> str:
        """Show how many there are, and of which names."""
        names = sorted({effect.name for effect in self})
        return f"<Effects: {len(self)}{' of ' if names else ''}{', '.join(names)}>"
