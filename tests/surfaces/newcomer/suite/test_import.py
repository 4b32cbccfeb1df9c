"""The import of a shop, and its children."""

import pytest
from shop_import import ImportPage, import_shop

from tasksim import assert_done, assert_failed


def test_parent_waits_for_its_children(simulator, shop):
    """It adds up what its children imported, half a minute later."""
    sim = simulator([import_shop, ImportPage(shop)])
    execution = sim.run("importShop", input={"pages": 3})
    assert execution.output == {"orders": 6}
    assert sim.now_ms > 30_000


def test_a_failed_child_fails_the_parent(simulator, shop):
    """It names the pages that could not be imported."""
    shop.broken.add(1)
    sim = simulator([import_shop, ImportPage(shop)])
    execution = sim.run("importShop", input={"pages": 3})
    assert_failed(execution, message="Not imported: Page 1.")


@pytest.mark.tasksim(definitions=[import_shop], start="2030-06-01T00:00:00Z")
def test_parent_looks_again(sim):
    """It waits as long as a child takes."""
    sim.stub("importPage", done={"orders": 2}, after="70s")
    execution = sim.run("importShop", input={"pages": 1})
    assert_done(execution, output={"orders": 2})
    assert execution.task.iterations == 4


@pytest.mark.tasksim(definitions=[import_shop], profile="webiny-5")
def test_gives_up(sim):
    """The recorded engine ends a task that has waited fifty times."""
    sim.stub("importPage", done=True, after="1h")
    assert_failed(sim.run("importShop", input={"pages": 1}), message="Task reached max iterations.")


@pytest.mark.asyncio
async def test_in_an_async_test(simulator, shop):
    """An async run needs no other test."""
    sim = simulator([ImportPage(shop)])
    assert sim.run("importPage", input={"page": 0}).output == {"orders": 1}
    assert sim.now_ms == 20_000
