"""Template filters for dates and times, in the reader's time zone."""

from __future__ import annotations

from datetime import datetime

from django import template
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()


@register.filter
def moment(value: datetime | None) -> SafeString | str:
    """A <time> element such as “26 Nov 2026, 09:48 JST”; "" without a value."""
    return _element(value, "DATETIME_FORMAT") if value is not None else ""


@register.filter
def day(value: datetime | None) -> SafeString | str:
    """A <time> element such as “26 Nov 2026”; "" without a value."""
    return _element(value, "DATE_FORMAT") if value is not None else ""


def _element(value: datetime, format_name: str) -> SafeString:
    local = timezone.localtime(value)
    moment = date_format(local, "DATETIME_FORMAT")
    return format_html(
        '<time datetime="{}" title="{} ({})">{}</time>',
        local.isoformat(timespec="seconds"),
        moment,
        zone_name(),
        moment if format_name == "DATETIME_FORMAT" else date_format(local, format_name),
    )


@register.simple_tag
def zone_name() -> str:
    """The reader's time zone, such as “Asia/Tokyo, UTC+09:00”, or “UTC”."""
    name = timezone.get_current_timezone_name()
    offset = timezone.localtime().strftime("%z")
    return name if name == "UTC" else f"{name}, UTC{offset[:3]}:{offset[3:]}"
