"""Fakes whose state is declared with `sim.track`, in a check that merges equal states.

Correct under every cut: a file is uploaded whole or not at all, and the cursor is stored after it. Runs that
have come to the same state go on once; all that decides how the fake behaves is in the state it declares.
"""

PROFILES: tuple[str, ...] = ("documented", "generic", "webiny-5", "webiny-6")
OPTIONS: dict = {"merge_states": True, "on_crash": "retry(2)"}


class FakeBucket:
    def __init__(self, effects):
        self.effects = effects
        self.files = set()

    def upload(self, file):
        with self.effects.record("upload", key=file):
            self.files.add(file)


class UploadFiles:
    id = "uploadFiles"
    title = "Upload files"

    def __init__(self, bucket):
        self.bucket = bucket

    def run(self, input, controller):
        files = input["files"]
        at = input.get("at", 0)
        if at == len(files):
            return controller.response.done({"files": at})
        if controller.runtime.is_aborted():
            return controller.response.aborted()
        self.bucket.upload(files[at])
        return controller.response.continue_({"at": at + 1}, seconds=5)


def scenario(sim):
    """Upload three files, one an event."""
    bucket = FakeBucket(sim.effects)
    sim.track(bucket, state=lambda bucket: sorted(bucket.files))
    sim.register(lambda: UploadFiles(bucket))
    sim.tasks.trigger("uploadFiles", input={"files": ["f1", "f2", "f3"]})
