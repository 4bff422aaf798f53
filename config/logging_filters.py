"""Filters for the logs."""

from __future__ import annotations

import logging

# Pages request these by the dozen. 403 and 404 are normal answers: CVAT has no picture, or does not
# show it to this person.
_PICTURES = {
    "api-frame-thumbnail",
    "api-frame-image",
    "api-task-preview",
    "api-project-preview",
}


class WithoutMissingPictures(logging.Filter):
    """Drop Django's warnings about pictures with status 403 or 404."""

    def filter(self, record: logging.LogRecord) -> bool:
        match = getattr(getattr(record, "request", None), "resolver_match", None)
        is_picture = match is not None and match.view_name in _PICTURES
        return not (is_picture and getattr(record, "status_code", None) in {403, 404})
