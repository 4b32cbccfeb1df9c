"""What tests of machines share: the files beside them, which they import as `stateful_services`."""

import importlib.util
import sys
from pathlib import Path

for name in ("services", "planted", "wild"):
    spec = importlib.util.spec_from_file_location(f"stateful_{name}", Path(__file__).with_name(f"{name}.py"))
    sys.modules[spec.name] = module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
