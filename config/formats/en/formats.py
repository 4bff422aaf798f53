"""Formats of dates and times on pages and in the admin site (FORMAT_MODULE_PATH)."""

from __future__ import annotations

DATE_FORMAT = SHORT_DATE_FORMAT = "j M Y"
TIME_FORMAT = "H:i"
# With the zone, which is the reader's, or TIME_ZONE until the browser has sent its own.
DATETIME_FORMAT = SHORT_DATETIME_FORMAT = "j M Y, H:i T"
