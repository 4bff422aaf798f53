"""The access in use, at the top of every page."""

from __future__ import annotations

from typing import Any

from django import template

from selector.models import Connection

register = template.Library()


@register.inclusion_tag("_connection_chip.html", takes_context=True)
def connection_chip(context: template.Context) -> dict[str, Any]:
    """The connection the page works with, else the one that is meant when none is named."""
    connection = context.get("connection")
    if connection is None:
        mine = Connection.objects.for_user(context["user"]).defer("credential")
        connection = mine.default() or mine.first()
    return {"connection": connection}
