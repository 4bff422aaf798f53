"""Links to the portal's own pages and images of what CVAT holds."""

from __future__ import annotations

from urllib.parse import urlencode

from django.urls import reverse


def workspace_url(**named: int | None) -> str:
    """The workspace at what is named: `task`, `job`, `project`, `frame`, `selection`, through a
    `connection`. None is left out."""
    given = {name: number for name, number in named.items() if number is not None}
    return f"{reverse('selector:choose')}?{urlencode(given)}"


def preview_url(kind: str, number: int, connection_id: int) -> str:
    """The preview of a "task" or a "project"."""
    return f"{reverse(f'api-{kind}-preview', args=[number])}?connection={connection_id}"
