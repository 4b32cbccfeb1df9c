"""`examples/empty_trash.py`: batches without a cursor, and waits after failures of the storage.

Correct under every cut: what is left is asked of the trash, how many there were is stored before the first
batch, and each engine tells of an abort at the write after each batch.
"""

from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

PROFILES: tuple[str, ...] = ("documented", "generic", "webiny-5", "webiny-6")
OPTIONS: dict = {}

EXAMPLE = Path(__file__).parents[3] / "examples" / "empty_trash.py"


def load():
    """Import the example by its path."""
    spec = spec_from_file_location("example_of_empty_trash", EXAMPLE)
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


example = load()


def scenario(sim):
    """Empty a trash of three entries, two at a time, whose second batch fails at first."""
    trash = sim.effects.wrap(example.FakeTrash(entries=3, outage=range(2, 3)), delete=None)
    sim.register(lambda: example.EmptyTrash(trash))
    sim.tasks.trigger("emptyTrash", input={"size": 2})
    return lambda: trash.entries
