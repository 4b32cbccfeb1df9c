# tasksim run examples/translate_pages.py:DEFINITIONS --input '{"pages": {"home": 4, "about": 9, "terms": 14}, "language": "de"}' --tick 20s --timeline
"""Translate a site: one child task for each page, and a parent that waits for them.

Whether a page has its child is read from the children themselves. So a run that was cut
between two triggers goes on where it was, and no page is translated twice.
"""

from typing import Any

from tasksim.typing import Controller


class FakeTranslator:
    """Stands in for a translation service."""

    def translate(self, text: str, language: str) -> str:
        return f"{text} ({language})"


class TranslatePage:
    id = "translatePage"
    title = "Translate a page"
    is_private = True  # only code may trigger it

    def __init__(self, translator: FakeTranslator | None = None) -> None:
        self.translator = FakeTranslator() if translator is None else translator

    def run(self, input: dict[str, Any], controller: Controller) -> object:
        for at in range(input.get("at", 0), input["paragraphs"]):
            if controller.runtime.is_aborted():
                return controller.response.aborted()
            if controller.runtime.is_close_to_timeout():
                return controller.response.continue_({"at": at})
            text = self.translator.translate(f"{input['page']}, paragraph {at + 1}", input["language"])
            controller.state.update_output({"last": text})
        return controller.response.done("Page translated.", {"paragraphs": input["paragraphs"]})


class TranslateSite:
    id = "translateSite"
    title = "Translate a site"
    max_iterations = 40  # twenty minutes of waiting

    def run(self, input: dict[str, Any], controller: Controller) -> object:
        children = {child.input["page"]: child for child in controller.task.list_children("translatePage")}
        for page, paragraphs in input["pages"].items():
            if page not in children:
                if controller.runtime.is_aborted():
                    return controller.response.aborted()
                work = {"page": page, "paragraphs": paragraphs, "language": input["language"]}
                controller.task.trigger("translatePage", input=work, name=f"Translate {page}")
        if len(children) < len(input["pages"]):
            return controller.response.continue_({}, seconds=30)
        if any(child.status in {"pending", "running"} for child in children.values()):
            return controller.response.continue_({}, seconds=30)
        failed = [page for page, child in children.items() if child.status != "success"]
        if failed:
            return controller.response.error(
                {"message": f"{len(failed)} pages are not translated.", "code": "NOT_TRANSLATED"}
            )
        paragraphs = sum((child.output or {})["paragraphs"] for child in children.values())
        return controller.response.done(
            "Site translated.", {"pages": len(children), "paragraphs": paragraphs}
        )


DEFINITIONS = [TranslateSite, TranslatePage]  # the first is run, the others are there for it
