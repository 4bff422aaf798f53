"""The settings that variables of the environment make."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence

from config import envfile
from tests.conftest import BASE_DIR

# One process for all cases: most of the time goes into its start.
CODE = """
import importlib, json, os, sys
environments, names = json.load(sys.stdin)
values = []
for environment in environments:
    os.environ.clear()
    os.environ.update(environment)
    sys.modules.pop("config.settings", None)
    settings = importlib.import_module("config.settings")
    values.append([getattr(settings, name) for name in names])
print(json.dumps(values))
"""


def settings_read(cases: Sequence[dict[str, str]], names: Sequence[str]) -> list[list[object]]:
    """The values of these settings, for each case of variables. No other variable of the portal is
    set but the keys."""
    inherited = {k: v for k, v in os.environ.items() if k not in envfile.variable_names()}
    keys = {"SECRET_KEY": "x" * 50, "FIELD_ENCRYPTION_KEYS": envfile.encryption_key()}
    clean = inherited | keys | {"ENV_FILE": os.devnull}
    read = subprocess.run(
        [sys.executable, "-c", CODE],
        input=json.dumps([[clean | case for case in cases], list(names)]),
        cwd=BASE_DIR,
        capture_output=True,
        text=True,
        check=True,
    )
    values: list[list[object]] = json.loads(read.stdout)
    return values
