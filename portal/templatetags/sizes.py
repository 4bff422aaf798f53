"""The template filter for sizes of files."""

from __future__ import annotations

from django import template

from portal.sizes import size_in_words

register = template.Library()
register.filter("size_in_words", size_in_words)
