"""The templates of widgets that replace Django's give the same HTML, but for spaces."""

from __future__ import annotations

import pytest
from django import forms
from django.forms.renderers import DjangoTemplates
from django.template.loader import get_template
from django.test.html import parse_html
from django.utils.safestring import mark_safe

from selections.build_form import BuildForm

CHOICES = [
    ("", "Any"),
    ("<b>&", "<i>&"),
    (mark_safe("a"), mark_safe("<i>safe</i>")),
    ("Of a group", [(1234, "1"), (True, "yes"), (None, "none")]),
]


@pytest.mark.parametrize("name", ["select", "attrs"])
def test_the_portal_uses_them(name: str) -> None:
    template = get_template(f"django/forms/widgets/{name}.html")
    assert "templates/django/forms" in template.origin.name


@pytest.mark.parametrize("data", [None, {"quality": "compressed", "labels": "<b>&", "seed": "x"}])
def test_each_field_is_as_django_renders_it(data: dict[str, str] | None) -> None:
    ours, djangos = BuildForm(data), BuildForm(data)
    djangos.renderer = DjangoTemplates()
    for field, same in zip(ours, djangos, strict=True):
        assert parse_html(str(field)) == parse_html(str(same))


@pytest.mark.parametrize("widget", [forms.Select, forms.SelectMultiple])
@pytest.mark.parametrize("value", [None, "", "<b>&", 1234, ["a", "<b>&"]])
def test_selects_are_as_django_renders_them(
    widget: type[forms.Select], value: str | int | list[str] | None
) -> None:
    chosen = widget(attrs={"id": "x", "required": True}, choices=CHOICES)
    ours = chosen.render("name", value)
    djangos = chosen.render("name", value, renderer=DjangoTemplates())
    assert parse_html(ours) == parse_html(djangos)
    assert ours.count("<option") == 6


@pytest.mark.parametrize("widget", [forms.TextInput, forms.Textarea, forms.CheckboxInput])
def test_attributes_are_as_django_writes_them(widget: type[forms.Widget]) -> None:
    attrs = {"id": "x", "title": "\"<b>&'", "maxlength": 12, "required": True, "hidden": False}
    ours = widget(attrs=attrs).render("name", "value")
    djangos = widget(attrs=attrs).render("name", "value", renderer=DjangoTemplates())
    assert parse_html(ours) == parse_html(djangos)
    assert 'title="&quot;&lt;b&gt;&amp;&#x27;"' in ours
