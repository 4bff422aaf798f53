"""Forms of the pages of recipes."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import QuerySet

from selections.forms import DescribeForm
from selections.models import Recipe
from selections.webhooks import LONGEST_URL
from selector.models import SavedSearch


class RecipeForm(DescribeForm):
    name = forms.CharField(label="Name of the recipe", max_length=180)


class RecipeSearchForm(forms.Form):
    """The saved search whose tasks each round of a recipe draws from."""

    saved_search = forms.ModelChoiceField(
        SavedSearch.objects.none(), label="Saved search", empty_label=None
    )

    def __init__(self, *args: Any, searches: QuerySet[SavedSearch], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["saved_search"]
        field.queryset = searches


class ScheduleForm(forms.ModelForm):  # type: ignore[type-arg]  # has none when it runs
    """When the rounds of a recipe are drawn by themselves."""

    class Meta:
        model = Recipe
        fields = ["schedule", "schedule_weekday", "schedule_hour"]
        labels = {
            "schedule": "Rounds are drawn",
            "schedule_weekday": "On, if every week",
            "schedule_hour": "At",
        }
        widgets = {"schedule_hour": forms.Select(choices=[(n, f"{n}:00") for n in range(24)])}


class NoticesForm(forms.Form):
    """Where the owner of a recipe wants notices. The service checks the address."""

    by_mail = forms.BooleanField(label="Mail me", required=False)
    webhook_url = forms.CharField(
        label="Webhook",
        max_length=LONGEST_URL,
        required=False,
        widget=forms.URLInput(
            attrs={"placeholder": "https://hooks.example.com/…", "autocomplete": "off"}
        ),
    )
