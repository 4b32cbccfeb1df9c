"""`examples/sync_orders.py`: a plain job whose cursor is the next page.

Correct under every cut where a run sees an abort at once: it returns the page that it did not do, and an
order that is there already is replaced. It asks once a page, so an abort is heeded after the page in hand,
of two orders, which `abort_within` allows.
"""

from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

from tasksim import resumable

PROFILES: tuple[str, ...] = ("documented", "generic")
OPTIONS: dict = {"abort_within": 2, "on_crash": "retry(2)"}

EXAMPLE = Path(__file__).parents[3] / "examples" / "sync_orders.py"


def load():
    """Import the example by its path."""
    spec = spec_from_file_location("example_of_sync_orders", EXAMPLE)
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


example = load()


def scenario(sim):
    """Copy three orders, two a page, and say which ones are there then."""
    shop = example.FakeShop(orders=3, page_size=2)
    warehouse = sim.effects.wrap(example.FakeWarehouse(), upsert=lambda order: order["id"])
    sim.register(lambda: resumable(example.Sync(shop, warehouse).sync_orders))
    sim.tasks.trigger("syncOrders")
    return lambda: sorted(warehouse.orders)
