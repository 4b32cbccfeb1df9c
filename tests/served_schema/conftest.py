"""What tests of the served schema share: the oracle beside them, imported as `served_schema_answers`."""

import importlib.util
import sys
from pathlib import Path

for name in ("answers",):
    spec = importlib.util.spec_from_file_location(
        f"served_schema_{name}", Path(__file__).with_name(f"{name}.py")
    )
    sys.modules[spec.name] = module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
