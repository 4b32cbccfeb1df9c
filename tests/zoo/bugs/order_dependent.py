"""A result that depends on who goes first: two tasks are due at one instant, and only one order is right.

In October 2025 a slow worker of AWS put an old DNS plan over the new one of another worker, and in the end
DynamoDB had no address in that region.
"""

JUDGE = "resume-equivalence"
PLAN = "order@0s=2"
OPTIONS: dict = {"kinds": ["order"]}
LOST: tuple = ()
REPEATED: tuple = ()


class FakeShop:
    def __init__(self, effects):
        self.effects = effects
        self.price = 200
        self.discount = 0

    def set_price(self, price):
        with self.effects.record("setPrice"):
            self.price = price

    def set_discount(self, percent):
        with self.effects.record("setDiscount"):
            self.discount = percent


class SetPrice:
    id = "setPrice"
    title = "Set the new price"

    def __init__(self, shop):
        self.shop = shop

    def run(self, input, controller):
        self.shop.set_price(input["price"])
        return controller.response.done()


class Discount:
    id = "discount"
    title = "Take something off the price"

    def __init__(self, shop):
        self.shop = shop

    def run(self, input, controller):
        self.shop.set_price(self.shop.price * (100 - input["percent"]) // 100)
        return controller.response.done()


class DiscountApart(Discount):
    def run(self, input, controller):
        self.shop.set_discount(input["percent"])
        return controller.response.done()


def pricing(sim, discount):
    """Trigger both for midnight; the final state is what a customer pays."""
    shop = FakeShop(sim.effects)
    sim.register(lambda: SetPrice(shop))
    sim.register(lambda: discount(shop))
    sim.tasks.trigger("setPrice", input={"price": 100})
    sim.tasks.trigger("discount", input={"percent": 10})
    return lambda: shop.price * (100 - shop.discount) // 100


def bug(sim):
    """The discount is taken off whatever the price is by then."""
    return pricing(sim, Discount)


def fixed(sim):
    """Price and discount are kept apart, so that their order does not matter."""
    return pricing(sim, DiscountApart)
