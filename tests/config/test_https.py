"""What HTTPS=true sets, and what is left to the operator."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from config import envfile
from tests.conftest import BASE_DIR

NAMES = ("SECURE_HSTS_SECONDS", "SECURE_HSTS_INCLUDE_SUBDOMAINS", "SECURE_HSTS_PRELOAD")
CODE = (
    "import json; from config import settings; "
    f"print(json.dumps([getattr(settings, name) for name in {NAMES}]))"
)


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({}, [0, False, False]),
        ({"HTTPS": "true"}, [3600, False, False]),
        ({"HTTPS": "true", "HSTS_INCLUDE_SUBDOMAINS": "true"}, [3600, True, False]),
        ({"HSTS_INCLUDE_SUBDOMAINS": "true", "HSTS_PRELOAD": "true"}, [0, False, False]),
        ({"HTTPS": "true", "HSTS_SECONDS": "60", "HSTS_PRELOAD": "true"}, [60, False, True]),
    ],
)
def test_other_names_below_the_domain_are_the_operators(
    variables: dict[str, str], expected: list[object]
) -> None:
    inherited = {k: v for k, v in os.environ.items() if k not in envfile.variable_names()}
    keys = {"SECRET_KEY": "x" * 50, "FIELD_ENCRYPTION_KEYS": envfile.encryption_key()}
    read = subprocess.run(
        [sys.executable, "-c", CODE],
        cwd=BASE_DIR,
        env=inherited | keys | {"ENV_FILE": os.devnull} | variables,
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(read.stdout) == expected
