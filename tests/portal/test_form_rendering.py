"""Widgets whose HTML is kept look as Django renders them."""

from __future__ import annotations

import pytest
from django import forms
from django.forms.renderers import DjangoTemplates, get_default_renderer
from django.utils.safestring import mark_safe

from portal import form_rendering
from selections.build_form import BuildForm

RENDERER, DJANGO = form_rendering.Renderer(), DjangoTemplates()


def test_the_portal_uses_it() -> None:
    assert isinstance(get_default_renderer(), form_rendering.Renderer)


@pytest.mark.parametrize("data", [None, {"quality": "compressed", "labels": "<b>&", "seed": "x"}])
def test_each_field_is_as_django_renders_it(data: dict[str, str] | None) -> None:
    ours, djangos = BuildForm(data), BuildForm(data)
    ours.renderer, djangos.renderer = RENDERER, DJANGO
    for _ in range(2):
        for field, same in zip(ours, djangos, strict=True):
            assert str(field) == str(same)


def test_a_widget_is_rendered_once() -> None:
    form_rendering._rendered.cache_clear()
    for _ in range(3):
        forms.TextInput().render("name", "night drive", renderer=RENDERER)
    assert form_rendering._rendered.cache_info().misses == 1


@pytest.mark.parametrize(
    ("first", "then"), [(1, True), ("<b>", mark_safe("<b>")), (mark_safe("<i>"), "<i>")]
)
def test_what_is_equal_but_rendered_otherwise(first: object, then: object) -> None:
    for label in (first, then):
        widget = forms.Select(choices=[("1", label)])
        html = widget.render("name", None, renderer=RENDERER)
        assert html == widget.render("name", None, renderer=DJANGO)


def test_long_content_is_not_kept() -> None:
    form_rendering._rendered.cache_clear()
    text = "x" * form_rendering.LONGEST_WIDGET
    assert text in forms.Textarea().render("names", text, renderer=RENDERER)
    assert form_rendering._rendered.cache_info().currsize == 0
