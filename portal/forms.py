"""Forms of API tokens and teams."""

from __future__ import annotations

from typing import Any

from django import forms


class TokenForm(forms.Form):
    name = forms.CharField(
        label="Name", max_length=100, help_text="What it is for, such as “nightly export”."
    )
    days = forms.IntegerField(
        label="Valid for days",
        required=False,
        min_value=1,
        max_value=3650,
        initial=90,
        help_text="Empty: until you revoke it.",
    )
    read_only = forms.BooleanField(label="May only read", required=False)

    def issue_arguments(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in ("name", "days", "read_only")}


class TeamForm(forms.Form):
    name = forms.CharField(
        label="Name", max_length=100, help_text="Such as “Night shift”. Its members see it."
    )


class MemberForm(forms.Form):
    person = forms.CharField(
        label="User name",
        max_length=150,
        widget=forms.TextInput(attrs={"autocomplete": "off", "list": "colleagues"}),
    )
    manages = forms.BooleanField(label="May manage the team", required=False)
