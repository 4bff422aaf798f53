"""What is left out of the logs."""

from __future__ import annotations

import logging

# Pages ask for these by the dozen. That CVAT has no picture, or does not show it to this person, is
# an answer and no trouble of the portal.
_PICTURES = {
    "api-frame-thumbnail",
    "api-frame-image",
    "api-task-preview",
    "api-project-preview",
}


class WithoutMissingPictures(logging.Filter):
    """Drop Django's warnings of pictures that were answered 403 or 404."""

    def filter(self, record: logging.LogRecord) -> bool:
        match = getattr(getattr(record, "request", None), "resolver_match", None)
        is_picture = match is not None and match.view_name in _PICTURES
        return not (is_picture and getattr(record, "status_code", None) in {403, 404})
