"""`examples/publish_entries.py`: a cursor, and both questions before each entry.

Correct under every cut where a run sees an abort at once. In webiny-5 and webiny-6 it would have to write
the task after each entry.
"""

from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

PROFILES: tuple[str, ...] = ("documented", "generic")
OPTIONS: dict = {}

EXAMPLE = Path(__file__).parents[3] / "examples" / "publish_entries.py"


def load():
    """Import the example by its path."""
    spec = spec_from_file_location("example_of_publish_entries", EXAMPLE)
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


example = load()


def scenario(sim):
    """Publish two entries."""
    cms = sim.effects.wrap(example.FakeCms(), publish="id")
    sim.register(lambda: example.PublishEntries(cms))
    sim.tasks.trigger("publishEntries", input={"ids": ["a", "b"]})
