"""What the outside world is in these tests."""

import asyncio

import pytest

from tasksim import Simulator


class FakeMailer:
    def __init__(self):
        self.sent = []

    def send(self, recipient):
        self.sent.append(recipient)


class FakeShop:
    def __init__(self):
        self.broken = set()

    async def fetch(self, page):
        await asyncio.sleep(20)
        if page in self.broken:
            raise ConnectionError(f"The shop has no page {page}.")
        return ["order"] * (page + 1)


@pytest.fixture
def mailer():
    """A mailer that sends nothing."""
    return FakeMailer()


@pytest.fixture
def shop():
    """A shop that is slow."""
    return FakeShop()


@pytest.fixture(scope="module", autouse=True)
def one_freeze():
    """Freeze the wall clock once for all simulators of a file."""
    with Simulator(plan=[]):
        yield
