"""What tests of strategies share: the files beside them, which they import as `strategies_drawing`."""

import importlib.util
import sys
from pathlib import Path

for name in ("drawing", "models"):
    spec = importlib.util.spec_from_file_location(
        f"strategies_{name}", Path(__file__).with_name(f"{name}.py")
    )
    sys.modules[spec.name] = module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
