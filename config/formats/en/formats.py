"""The one way to write dates and times, on pages and in the admin site (FORMAT_MODULE_PATH)."""

from __future__ import annotations

DATE_FORMAT = SHORT_DATE_FORMAT = "j M Y"
TIME_FORMAT = "H:i"
# With the zone: it is the reader's own, or the server's until the browser has told which.
DATETIME_FORMAT = SHORT_DATETIME_FORMAT = "j M Y, H:i T"
