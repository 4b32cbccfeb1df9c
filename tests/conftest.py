"""What holds for all tests: how many examples properties try, and that tasksim is loaded as a whole.

Few examples where somebody waits, many in CI: `--hypothesis-profile thorough`. And what a run of pytest
inside a test loads is forgotten when it ends, so that nothing of tasksim may be loaded there for the first
time, nor what somebody else would go on with.
"""

import gc
import importlib
import os
import pkgutil

import httpcore  # noqa: F401 - httpx looks for it late, and keeps its exceptions: see above
import pytest
from hypothesis import HealthCheck, settings

import tasksim

# pytest prints more in CI; what tests compare is what people see at home.
for name in ("CI", "BUILD_NUMBER"):
    os.environ.pop(name, None)

settings.register_profile("quick", max_examples=25, deadline=None, derandomize=False, print_blob=False)
settings.register_profile("thorough", max_examples=150, deadline=None, derandomize=False, print_blob=False)
settings.load_profile("quick")
# For what takes long, or asks a server: whoever uses it says how many examples, the same at each run.
settings.register_profile(
    "repeatable", derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck)
)

for module in pkgutil.walk_packages(tasksim.__path__, "tasksim."):
    if not module.name.startswith(("tasksim.__main__", "tasksim.cli")):
        importlib.import_module(module.name)


@pytest.hookimpl(wrapper=True)
def pytest_collection():
    """Look for no garbage among what is collected, then or later: it stays, and is much."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()
