"""`examples/import_csv.py`: the cursor is the row, and rows that are no product are skipped.

Correct under every cut where a run sees an abort at once: cursor and skipped rows are in the input that the
task continues with, and a product that is there already is replaced.
"""

from importlib.util import module_from_spec, spec_from_file_location
from io import StringIO
from pathlib import Path

PROFILES: tuple[str, ...] = ("documented", "generic")
OPTIONS: dict = {"on_crash": "retry(2)"}

EXAMPLE = Path(__file__).parents[3] / "examples" / "import_csv.py"
ROWS = "sku,title,price,stock\nTEA-001,Assam,6.90,120\nTEA-002,Sencha,9.40,many\nPOT-001,Kyusu,48.00,14\n"


def load():
    """Import the example by its path, over a folder in memory."""
    spec = spec_from_file_location("example_of_import_csv", EXAMPLE)
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    module.PRODUCTS = FakeFolder()
    return module


class FakeFolder:
    """A folder in which each file has the same three rows, of which the second is no product."""

    def __truediv__(self, name):
        return self

    def open(self, **options):
        """Open any of its files."""
        return StringIO(ROWS)


example = load()


def scenario(sim):
    """Import three rows, and say which products there are then."""
    catalogue = sim.effects.wrap(example.FakeCatalogue(), save=lambda product: product.sku)
    sim.register(lambda: example.ImportProducts(catalogue))
    sim.tasks.trigger("importProducts", input={"file": "small.csv"})
    return lambda: sorted(catalogue.products)
