"""The admin site of API tokens, teams and failed sign-ins, and what the admin sites of all apps
share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from axes.models import AccessAttempt
from django.contrib import admin
from django.contrib.auth import get_permission_codename
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils import timezone

from portal import lockout
from portal.models import ApiToken, Team, TeamMember

if TYPE_CHECKING:
    ModelAdmin = admin.ModelAdmin[Any]
    TabularInline = admin.TabularInline[Any, Any]
else:
    ModelAdmin = admin.ModelAdmin
    TabularInline = admin.TabularInline


class MachineOwned(ModelAdmin):
    """Rows that the portal writes: they can be viewed and deleted, but not added or changed."""

    view_on_site = False  # the page is 404 for administrators who may not see it as a person

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


class DeletesInBulk(ModelAdmin):
    """Counts the rows below in Django's confirmation of a deletion, where Django lists them all:
    there may be 200,000 frames."""

    def get_deleted_objects(
        self, objs: Sequence[Any] | QuerySet[Any], request: HttpRequest
    ) -> tuple[list[Any], dict[str, int], set[str], list[str]]:
        rows = list(objs)
        named = [f"{self.opts.verbose_name} {row.pk}: {row}" for row in rows]
        deleted = {self.model: len(rows), **self.below(rows)}
        refused = {
            str(model._meta.verbose_name)
            for model, count in deleted.items()
            if count and not request.user.has_perm(_right_to_delete(model))
        }
        counted = {str(model._meta.verbose_name_plural): n for model, n in deleted.items()}
        return named, counted, refused, []

    def below(self, rows: list[Any]) -> dict[type[Model], int]:
        """How many rows of other models are deleted with these, by model."""
        return {}


def _right_to_delete(model: type[Model]) -> str:
    return f"{model._meta.app_label}.{get_permission_codename('delete', model._meta)}"


class YesNoFilter(admin.SimpleListFilter):
    """Filter with the choices yes and no; `chosen` narrows the list."""

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "Yes"), ("no", "No")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() not in {"yes", "no"}:
            return queryset
        return self.chosen(queryset, is_yes=self.value() == "yes")

    def chosen(self, queryset: QuerySet[Any], *, is_yes: bool) -> QuerySet[Any]:
        raise NotImplementedError


class Expired(YesNoFilter):
    title = "expired"
    parameter_name = "expired"

    def chosen(self, queryset: QuerySet[Any], *, is_yes: bool) -> QuerySet[Any]:
        expired = {"expires_at__lte": timezone.now()}
        return queryset.filter(**expired) if is_yes else queryset.exclude(**expired)


@admin.register(ApiToken)
class ApiTokenAdmin(MachineOwned):
    """Deleting one revokes it."""

    date_hierarchy = "created_at"
    list_display = [
        "name",
        "owner",
        "prefix",
        "read_only",
        "usable",
        "created_at",
        "last_used_at",
        "expires_at",
    ]
    list_filter = ["read_only", Expired]
    list_select_related = ["owner"]
    search_fields = ["name", "prefix", "owner__username"]
    fields = [
        "name",
        "owner",
        "prefix",
        "read_only",
        "usable",
        "created_at",
        "last_used_at",
        "expires_at",
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[ApiToken]:
        tokens: QuerySet[ApiToken] = super().get_queryset(request).defer("digest")
        return tokens

    @admin.display(description="usable", boolean=True)
    def usable(self, token: ApiToken) -> bool:
        return token.is_usable


class TeamMembersInline(TabularInline):
    model = TeamMember
    extra = 0
    autocomplete_fields = ["person"]


@admin.register(Team)
class TeamAdmin(ModelAdmin):
    """An administrator may put a team right that nobody manages who can still sign in."""

    view_on_site = False  # the page is for members alone
    inlines = [TeamMembersInline]
    list_display = ["name", "members_count", "managers", "created_at"]
    search_fields = ["name", "members__username"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Team]:
        teams: QuerySet[Team] = super().get_queryset(request)
        return teams.prefetch_related("memberships__person")

    @admin.display(description="members")
    def members_count(self, team: Team) -> int:
        return len(team.memberships.all())

    @admin.display(description="managed by")
    def managers(self, team: Team) -> str:
        return ", ".join(str(each.person) for each in team.memberships.all() if each.manages)


@admin.register(AccessAttempt)
class FailedSignInAdmin(MachineOwned):
    """Deleting failures lifts the block that they cause."""

    list_display = ["username", "ip_address", "failures_since_start", "attempt_time", "browser"]
    search_fields = ["username", "ip_address"]
    fields = ["username", "ip_address", "failures_since_start", "attempt_time", "browser"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return lockout.recent()

    @admin.display(description="browser", ordering="user_agent")
    def browser(self, attempt: AccessAttempt) -> str:
        return str(attempt.user_agent)
