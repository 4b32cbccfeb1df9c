# tasksim run examples/sync_orders.py:sync_orders --profile generic --budget 2m --tick 4s --timeline
"""Copy the orders of a shop into a warehouse, page by page, and stop when it is time.

The job knows nothing of tasksim. Its cursor is the next page to fetch: it is given one, and
returns the one to go on with, or None when all orders are there.
"""

from collections.abc import Callable
from typing import TypedDict

from tasksim import resumable


class Order(TypedDict):
    id: int
    total: int


class FakeShop:
    """Stands in for the shop's API, which gives a few orders at a time."""

    def __init__(self, orders: int = 23, page_size: int = 3) -> None:
        self.orders: list[Order] = [{"id": id, "total": 10 * id} for id in range(1, orders + 1)]
        self.page_size = page_size

    def fetch(self, page: int) -> list[Order]:
        return self.orders[page * self.page_size : (page + 1) * self.page_size]


class FakeWarehouse:
    """Stands in for the warehouse; an order that is there already is replaced."""

    def __init__(self) -> None:
        self.orders: dict[int, Order] = {}

    def upsert(self, order: Order) -> None:
        self.orders[order["id"]] = order


class Sync:
    def __init__(self, shop: FakeShop, warehouse: FakeWarehouse) -> None:
        self.shop = shop
        self.warehouse = warehouse

    def sync_orders(self, cursor: int | None, should_stop: Callable[[], bool]) -> int | None:
        page = cursor or 0
        while orders := self.shop.fetch(page):
            if should_stop():
                return page
            for order in orders:
                self.warehouse.upsert(order)
            page += 1
        return None


sync_orders = resumable(Sync(FakeShop(), FakeWarehouse()).sync_orders)
