"""`examples/translate_pages.py`: one child for each page, and a parent that waits for them.

Correct under every cut: whether a page has its child is read from the children, and the parent asks before
each whether it was aborted. In webiny-5 and 6 the answer is as old as the last write, so that two children
can follow an abort.
"""

from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

PROFILES: tuple[str, ...] = ("documented", "generic")
OPTIONS: dict = {}

EXAMPLE = Path(__file__).parents[3] / "examples" / "translate_pages.py"


def load():
    """Import the example by its path."""
    spec = spec_from_file_location("example_of_translate_pages", EXAMPLE)
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


example = load()


def scenario(sim):
    """Translate a site of two pages, of one paragraph and of two."""
    translator = sim.effects.wrap(example.FakeTranslator(), translate="text")
    sim.register(example.TranslateSite)
    sim.register(lambda: example.TranslatePage(translator))
    sim.tasks.trigger("translateSite", input={"pages": {"home": 1, "about": 2}, "language": "de"})
