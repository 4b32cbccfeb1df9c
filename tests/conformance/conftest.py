"""What tests of conformance share: files beside them, which they import as `conformance_lists` and so on."""

import importlib.util
import sys
from pathlib import Path

for name in ("lists", "reference", "questions", "talking"):
    spec = importlib.util.spec_from_file_location(
        f"conformance_{name}", Path(__file__).with_name(f"{name}.py")
    )
    sys.modules[spec.name] = module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
