"""The admin site of connections: to look at and to delete; no secret is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from portal.admin import MachineOwned, YesNoFilter
from selector.models import Connection, SavedSearch

if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin[Any]
else:
    ModelAdmin = admin.ModelAdmin


class NeedsReconnect(YesNoFilter):
    title = "needs to connect again"
    parameter_name = "needs_reconnect"

    def chosen(self, queryset: QuerySet[Any], *, is_yes: bool) -> QuerySet[Any]:
        return queryset.filter(verified_at__isnull=is_yes)


@admin.register(Connection)
class ConnectionAdmin(MachineOwned):
    """Deleting one makes its owner connect again; selections stay."""

    date_hierarchy = "created_at"
    list_display = [
        "label",
        "owner",
        "is_usable",
        "verified_at",
        "server_version",
        "credential_kind",
        "organization",
        "url",
    ]
    list_filter = [NeedsReconnect, "credential_kind", "url", "server_version"]
    list_select_related = ["owner"]
    search_fields = ["name", "url", "organization", "username", "owner__username"]
    fields = [
        "name",
        "owner",
        "url",
        "organization",
        "username",
        "credential_kind",
        "server_version",
        "is_usable",
        "verified_at",
        "created_at",
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Connection]:
        # The credential is not even read, so no page can show it.
        connections: QuerySet[Connection] = super().get_queryset(request)
        return connections.defer("credential")

    @admin.display(description="connection", ordering="name")
    def label(self, connection: Connection) -> str:
        return connection.label

    @admin.display(description="usable", boolean=True, ordering="verified_at")
    def is_usable(self, connection: Connection) -> bool:
        return not connection.needs_reconnect


@admin.register(SavedSearch)
class SavedSearchAdmin(MachineOwned):
    """Deleting one keeps the selections that were drawn by it."""

    date_hierarchy = "created_at"
    list_display = ["name", "owner", "search", "project_id", "status", "assignee", "subset", "url"]
    list_filter = ["status", "url"]
    list_select_related = ["owner"]
    search_fields = ["name", "search", "owner__username"]
