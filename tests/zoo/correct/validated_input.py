"""Input that a pydantic model validates, also in the run, which reads it through the model.

Correct under every cut: what the task continues with is valid input itself, so each event can read it with
the same model. Defaults are applied where they are read, since the stored input does not have them.
"""

from pydantic import BaseModel, Field

PROFILES: tuple[str, ...] = ("documented", "generic", "webiny-5", "webiny-6")
OPTIONS: dict = {}


class ResizeInput(BaseModel):
    images: list[str] = Field(min_length=1, max_length=100)
    width: int = Field(default=800, ge=16)
    at: int = Field(default=0, ge=0)


class FakeImages:
    def __init__(self, effects):
        self.effects = effects
        self.widths = {}

    def resize(self, image, width):
        with self.effects.record("resize", key=image, width=width):
            self.widths[image] = width


class ResizeImages:
    id = "resizeImages"
    title = "Resize images"

    def __init__(self, images):
        self.images = images

    def create_input_validation(self):
        return ResizeInput

    def run(self, input, controller):
        given = ResizeInput.model_validate(input)
        for at in range(given.at, len(given.images)):
            if controller.runtime.is_aborted():
                return controller.response.aborted()
            if controller.runtime.is_close_to_timeout():
                return controller.response.continue_({"at": at})
            self.images.resize(given.images[at], given.width)
            controller.state.update_input({"at": at + 1})
        return controller.response.done({"images": len(given.images), "width": given.width})


def scenario(sim):
    """Resize two images."""
    images = FakeImages(sim.effects)
    sim.register(lambda: ResizeImages(images))
    sim.tasks.trigger("resizeImages", input={"images": ["cat.png", "dog.png"]})
