"""Every address of the project, from the resolver."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.urls import URLPattern, get_resolver


def addresses() -> set[str]:
    """Their names; the route of those that have none."""
    return set(_names(get_resolver().url_patterns))


def _names(patterns: list[Any], namespace: str = "", route: str = "") -> Iterator[str]:
    for pattern in patterns:
        path = route + str(pattern.pattern)
        if isinstance(pattern, URLPattern):
            name = f"{namespace}:{pattern.name}" if namespace else str(pattern.name)
            yield name if pattern.name else path
        else:
            yield from _names(pattern.url_patterns, pattern.namespace or namespace, path)
