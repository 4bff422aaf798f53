"""What HTTPS=true sets, and what is left to the operator."""

from __future__ import annotations

from tests.settings_read import settings_read

NAMES = ("SECURE_HSTS_SECONDS", "SECURE_HSTS_INCLUDE_SUBDOMAINS", "SECURE_HSTS_PRELOAD")
CASES: list[tuple[dict[str, str], list[object]]] = [
    ({}, [0, False, False]),
    ({"HTTPS": "true"}, [3600, False, False]),
    ({"HTTPS": "true", "HSTS_INCLUDE_SUBDOMAINS": "true"}, [3600, True, False]),
    ({"HSTS_INCLUDE_SUBDOMAINS": "true", "HSTS_PRELOAD": "true"}, [0, False, False]),
    ({"HTTPS": "true", "HSTS_SECONDS": "60", "HSTS_PRELOAD": "true"}, [60, False, True]),
]


def test_other_names_below_the_domain_are_the_operators() -> None:
    read = settings_read([variables for variables, _ in CASES], NAMES)
    assert read == [expected for _, expected in CASES]
