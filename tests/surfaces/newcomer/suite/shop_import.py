"""An import of a shop's orders: one child for each page, and a parent that waits for them."""

from tasksim import task_definition

FINISHED = {"success", "failed", "aborted"}


class ImportPage:
    """Import the orders of one page."""

    id = "importPage"
    title = "Import a page"

    def __init__(self, shop):
        self.shop = shop

    async def run(self, input, controller):
        orders = await self.shop.fetch(input["page"])
        controller.logger.info("Fetched.", {"orders": len(orders)})
        return controller.response.done(output={"orders": len(orders)})


@task_definition(id="importShop", title="Import the shop", max_iterations=50)
def import_shop(input, controller):
    """Trigger a child for each page, and look every half minute whether they are finished."""
    if not input.get("started"):
        for page in range(input["pages"]):
            controller.task.trigger("importPage", input={"page": page}, name=f"Page {page}")
        return controller.response.continue_({"started": True}, seconds=30)
    children = controller.task.list_children()
    if not all(child.status in FINISHED for child in children):
        return controller.response.continue_({}, seconds=30)
    failed = [child.name for child in children if child.status != "success"]
    if failed:
        return controller.response.error(f"Not imported: {', '.join(failed)}.")
    return controller.response.done(output={"orders": sum(child.output["orders"] for child in children)})
