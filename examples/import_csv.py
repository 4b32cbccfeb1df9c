# tasksim run examples/import_csv.py:ImportProducts --budget 10m --tick 15s --timeline
"""Import products from a CSV file, row by row.

The cursor is the row. A row that is not a product is skipped and reported, not fatal. Both
are in the input that the task continues with, so no row is lost or imported twice.
"""

import csv
from pathlib import Path
from typing import Any

from pydantic import BaseModel, Field, ValidationError

from tasksim.typing import Controller

PRODUCTS = Path(__file__).parent.parent / "fixtures"


class ImportInput(BaseModel):
    file: str = "products.csv"
    row: int = 0  # the cursor
    skipped: list[int] = []


class Product(BaseModel):
    sku: str = Field(pattern=r"^[A-Z]{3}-\d{3}$")
    title: str = Field(min_length=1)
    price: float = Field(gt=0)
    stock: int = Field(ge=0)


class FakeCatalogue:
    """Stands in for the application's products."""

    def __init__(self) -> None:
        self.products: dict[str, Product] = {}

    def save(self, product: Product) -> None:
        self.products[product.sku] = product


class ImportProducts:
    id = "importProducts"
    title = "Import products"
    max_iterations = 50

    def __init__(self, catalogue: FakeCatalogue | None = None) -> None:
        self.catalogue = FakeCatalogue() if catalogue is None else catalogue

    def create_input_validation(self) -> type[ImportInput]:
        return ImportInput

    def run(self, input: dict[str, Any], controller: Controller) -> object:
        with (PRODUCTS / input.get("file", "products.csv")).open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        skipped = input.get("skipped", [])
        for row in range(input.get("row", 0), len(rows)):
            if controller.runtime.is_aborted():
                return controller.response.aborted()
            if controller.runtime.is_close_to_timeout():
                return controller.response.continue_({"row": row, "skipped": skipped})
            try:
                self.catalogue.save(Product.model_validate(rows[row]))
            except ValidationError as error:
                skipped.append(row + 1)
                fields = [str(problem["loc"][0]) for problem in error.errors()]
                controller.logger.error(f"Row {row + 1} is no product.", data={"fields": fields})
        return controller.response.done(
            "Imported.", {"imported": len(rows) - len(skipped), "skipped": skipped}
        )
