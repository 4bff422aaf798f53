"""Links to the workspace, and the connection in use, for templates."""

from __future__ import annotations

from typing import Any

from django import template

from selector import page_links
from selector.own_connections import default_or_first, own_connections

register = template.Library()

register.simple_tag(page_links.workspace_url)


@register.inclusion_tag("_connection_chip.html", takes_context=True)
def connection_chip(context: template.Context) -> dict[str, Any]:
    """The connection the page works with, else the one that is meant when none is named."""
    connection = context.get("connection")
    if connection is None:
        connection = default_or_first(own_connections(context["user"]))
    return {"connection": connection}
