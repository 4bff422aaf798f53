"""The admin site of people: blocked sign-ins, and what is deleted with an account."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import User
from django.db.models import Model, QuerySet
from django.http import HttpRequest

from portal import lockout
from portal.admin import YesNoFilter
from portal.models import ApiToken
from selections.admin.accounts import DeletesAccounts
from selections.models import Archive, Recipe, SelectedFrame, Selection
from selector.models import Connection

admin.site.unregister(User)


class SignInBlocked(YesNoFilter):
    title = "sign-in blocked"
    parameter_name = "sign_in_blocked"

    def chosen(self, queryset: QuerySet[Any], *, is_yes: bool) -> QuerySet[Any]:
        blocked = {"username__in": list(lockout.blocks())}
        return queryset.filter(**blocked) if is_yes else queryset.exclude(**blocked)


@admin.register(User)
class PersonAdmin(DeletesAccounts, UserAdmin):  # type: ignore[type-arg]  # has none when it runs
    list_display = ["username", "email", "first_name", "last_name", "is_staff", "sign_in"]
    list_filter = [SignInBlocked, "is_staff", "is_superuser", "is_active", "groups"]
    actions = ["unblock_sign_in", "delete_accounts"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        people: QuerySet[Any] = super().get_queryset(request)
        annotated: QuerySet[Any] = people.annotate(has_failed=lockout.has_failed("username"))
        return annotated

    @admin.display(description="sign-in")
    def sign_in(self, person: Any) -> str:
        """Where the person cannot sign in, and for how long."""
        if not person.has_failed:
            return ""
        return "; ".join(str(block) for block in lockout.blocks().get(person.username, []))

    @admin.action(description="Unblock sign-in", permissions=["change"])
    def unblock_sign_in(self, request: HttpRequest, people: QuerySet[Any]) -> None:
        count = lockout.unblock(people.values_list("username", flat=True))
        people_text = "1 person" if count == 1 else f"{count} people"
        self.message_user(request, f"{people_text} unblocked.", messages.SUCCESS)

    def below(self, rows: list[Any]) -> dict[type[Model], int]:
        return {
            Connection: Connection.objects.filter(owner__in=rows).count(),
            ApiToken: ApiToken.objects.filter(owner__in=rows).count(),
            Recipe: Recipe.objects.filter(owner__in=rows).count(),
            Selection: Selection.objects.filter(owner__in=rows).count(),
            SelectedFrame: SelectedFrame.objects.filter(selection__owner__in=rows).count(),
            Archive: Archive.objects.filter(requested_by__in=rows).count(),
        }
