"""The admin site of recipes."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from portal.admin import MachineOwned, TabularInline
from selections.models import Recipe, RecipeShare


class SharesInline(TabularInline):
    """The people and teams that the recipe is shared with."""

    model = RecipeShare
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Recipe)
class RecipeAdmin(MachineOwned):
    """Deleting one keeps its rounds."""

    inlines = [SharesInline]
    date_hierarchy = "created_at"
    list_display = ["name", "owner", "url", "last_round", "rounds", "next_round_at", "created_at"]
    list_filter = ["schedule", ("owner", admin.RelatedOnlyFieldListFilter), "url"]
    list_select_related = ["owner"]
    search_fields = ["name", "note", "owner__username"]
    fields = [
        "name",
        "owner",
        "url",
        "organization",
        "note",
        "draw",
        "last_round",
        "schedule",
        "schedule_hour",
        "schedule_weekday",
        "next_round_at",
        "problem",
        "problem_at",
        "created_at",
        "updated_at",
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Recipe]:
        return Recipe.objects.with_rounds()

    @admin.display(description="rounds kept", ordering="rounds_count")
    def rounds(self, recipe: Any) -> int:
        return int(recipe.rounds_count)
