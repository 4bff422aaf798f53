"""The admin site of people, whose selections and archives go with them."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import User
from django.db.models import Model

from selections.models import Archive, SelectedFrame, Selection
from selector.admin import DeletesInBulk
from selector.models import ApiToken, Connection

admin.site.unregister(User)


@admin.register(User)
class PersonAdmin(DeletesInBulk, UserAdmin):  # type: ignore[type-arg]  # has none when it runs
    def below(self, rows: list[Any]) -> dict[type[Model], int]:
        return {
            Connection: Connection.objects.filter(owner__in=rows).count(),
            ApiToken: ApiToken.objects.filter(owner__in=rows).count(),
            Selection: Selection.objects.filter(owner__in=rows).count(),
            SelectedFrame: SelectedFrame.objects.filter(selection__owner__in=rows).count(),
            Archive: Archive.objects.filter(requested_by__in=rows).count(),
        }
