"""Deletion of accounts in the admin site, with a choice of what happens to their selections."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse

from portal.admin import DeletesInBulk
from portal.exceptions import Explained
from selections import services

MOST_LISTED = 100  # of each kind


class AccountsForm(forms.Form):
    """The choice of what happens to the selections of the accounts."""

    choice = forms.ChoiceField(
        label="What becomes of the selections and recipes",
        choices=[
            ("hand_over", "Hand them over to another person, then delete"),
            ("keep", "Keep everything: deactivate instead of deleting (nobody can sign in then)"),
            ("delete", "Delete them as well"),
        ],
        widget=forms.RadioSelect,
    )
    heir = forms.ModelChoiceField(
        label="New owner, if they are handed over", queryset=User.objects.none(), required=False
    )

    def __init__(self, *args: Any, users: Sequence[User], must_choose: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["choice"].required = must_choose
        self.fields["choice"].initial = None if must_choose else "delete"
        heir: Any = self.fields["heir"]
        others = User.objects.filter(is_active=True).exclude(pk__in=[user.pk for user in users])
        heir.queryset = others.order_by("username")

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        data["choice"] = data.get("choice") or "delete"
        if data.get("choice") == "hand_over" and data.get("heir") is None:
            self.add_error("heir", "Choose the person who takes the selections and recipes over.")
        return data


class DeletesAccounts(DeletesInBulk):
    """Admin of accounts that asks for that choice before one or many accounts are deleted."""

    actions = ["delete_accounts"]

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        actions = super().get_actions(request)
        actions.pop("delete_selected", None)
        return actions

    def delete_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        user = self.get_object(request, unquote(object_id))
        if not self.has_delete_permission(request, user):
            raise PermissionDenied
        if user is None:
            return super().delete_view(request, object_id, extra_context)
        return self._ask(request, [user])

    @admin.action(description="Delete selected users …", permissions=["delete"])
    def delete_accounts(self, request: HttpRequest, queryset: QuerySet[Any]) -> HttpResponse:
        return self._ask(request, list(queryset), action="delete_accounts")

    def _ask(self, request: HttpRequest, users: list[User], action: str = "") -> HttpResponse:
        _, counts, refused, _ = self.get_deleted_objects(users, request)
        dependents = services.dependents(users)
        is_answer = request.POST.get("post") == "yes"
        form = AccountsForm(
            request.POST if is_answer else None, users=users, must_choose=bool(dependents)
        )
        if is_answer and form.is_valid():
            keeps = form.cleaned_data["choice"] == "keep"
            if not self.has_change_permission(request) if keeps else refused:
                raise PermissionDenied
            if self._do(request, users, form):
                return HttpResponseRedirect(reverse("admin:auth_user_changelist"))
        context = {
            **self.admin_site.each_context(request),
            "title": "Delete users" if len(users) > 1 else f"Delete user {users[0]}",
            "opts": self.opts,
            "form": form,
            "users": users,
            "action": action,
            "counts": counts,
            "refused": sorted(refused),
            "dependents": dependents,
            "shared": dependents.shared[:MOST_LISTED],
            "drawn_without": dependents.drawn_without[:MOST_LISTED],
            "running": dependents.running[:MOST_LISTED],
        }
        return TemplateResponse(request, "admin/auth/user/delete_accounts.html", context)

    def _do(self, request: HttpRequest, users: list[User], form: AccountsForm) -> bool:
        """Do what was chosen in the form. False, with an error in the form, if that failed."""
        named = ", ".join(str(user) for user in users)
        choice, heir = form.cleaned_data["choice"], form.cleaned_data["heir"]
        try:
            if choice == "keep":
                services.deactivate_accounts(users=users)
                done = f"Deactivated: {named}. Everything they have is still there."
            else:
                for user in users:
                    self.log_deletions(request, User.objects.filter(pk=user.pk))
                services.delete_accounts(users=users, heir=heir if choice == "hand_over" else None)
                done = f"Deleted: {named}."
                if choice == "hand_over":
                    done += f" Their selections and recipes belong to {heir} now."
        except Explained as error:
            form.add_error(None, str(error))
            return False
        self.message_user(request, done, messages.SUCCESS)
        return True
