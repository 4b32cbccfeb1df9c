"""A parent that counts the words of its children's outputs.

Correct under every cut: a child is known by its name, which follows from the page, and the sum is made anew
of what the children stored, in the order of the pages. A child that failed or was aborted fails the parent
instead of being left out of the sum.
"""

PROFILES: tuple[str, ...] = ("documented", "generic", "webiny-5", "webiny-6")
OPTIONS: dict = {}

MOST_POLLS = 8


class CountWords:
    id = "countWords"
    title = "Count words"

    def run(self, input, controller):
        children = {child.name: child for child in controller.task.list_children("countPage")}
        for page in input["pages"]:
            if page in children:
                continue
            if controller.runtime.is_aborted():
                return controller.response.aborted()
            controller.task.trigger("countPage", input={"page": page}, name=page)
            return controller.response.continue_({"triggered": page})  # one an event
        statuses = {children[page].status for page in input["pages"]}
        if statuses & {"pending", "running"} and input.get("polls", 0) < MOST_POLLS:
            return controller.response.continue_({"polls": input.get("polls", 0) + 1}, seconds=60)
        if statuses != {"success"}:
            return controller.response.error({"message": "A page was not counted.", "code": "NOT_COUNTED"})
        words = [children[page].output["words"] for page in input["pages"]]
        return controller.response.done({"words": sum(words)})


def scenario(sim):
    """Count the words of two pages; what counts one is scripted and takes two minutes."""
    sim.register(CountWords)
    sim.stub("countPage", done={"words": 7}, after="2m")
    sim.tasks.trigger("countWords", input={"pages": ["home", "about"]})
