"""The form for an archive as the page of a selection shows it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from typing import Any

from django import forms
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from selections.build_form import BuildForm


@dataclass(frozen=True, slots=True)
class BuildFields:
    """Its fields as HTML, and which of its parts are open."""

    html: dict[str, SafeString]  # of each field, of a check box without its label
    labels: dict[str, str]
    has_results: bool
    opens_objects: bool
    opens_split: bool


def build_fields(
    data: Any = None, *, has_video: bool = True, results: Collection[tuple[int, str]] = ()
) -> BuildFields:
    """The form with what was filled in; the arguments are those of BuildForm. The one of nearly
    every page, in which nothing was and without results, is rendered once in a process: its fields
    take a fifth of the time of a page."""
    if data is None and not results:
        return _empty_fields(has_video=has_video)
    return _rendered(BuildForm(data, has_video=has_video, results=results))


@cache
def _empty_fields(*, has_video: bool) -> BuildFields:
    return _rendered(BuildForm(has_video=has_video))


def _rendered(form: BuildForm) -> BuildFields:
    return BuildFields(
        html={field.name: _field_html(field) for field in form},
        labels={field.name: str(field.label) for field in form},
        has_results=form.has_results,
        opens_objects=form.opens_objects,
        opens_split=form.opens_split,
    )


def _field_html(field: forms.BoundField) -> SafeString:
    if isinstance(field.field, forms.BooleanField):
        return SafeString(field)
    return render_to_string("_field.html", {"field": field})
