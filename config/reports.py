"""Error reports without passwords, tokens and keys, in development too."""

from __future__ import annotations

import re
from collections.abc import Iterator
from types import FrameType
from typing import Any

from django.http import HttpRequest
from django.views.debug import SafeExceptionReporterFilter

# Variables of these modules may hold credentials: in HTTP headers and bodies, or decrypted.
_CLOSED = ("cvat", "portal.encryption", "requests", "urllib3", "cryptography")


class AlwaysSafeFilter(SafeExceptionReporterFilter):
    """Hides secrets with DEBUG as well, where Django's filter shows everything: people paste such
    pages into messages."""

    # Addresses of brokers and caches contain passwords.
    hidden_settings = re.compile(
        SafeExceptionReporterFilter.hidden_settings.pattern + "|REDIS|BROKER|LOCATION", re.I
    )

    def is_active(self, request: HttpRequest | None) -> bool:
        return True

    def get_traceback_frame_variables(
        self, request: HttpRequest | None, tb_frame: FrameType
    ) -> Any:
        if any(_is_closed(frame) for frame in _callers(tb_frame)):
            return [(name, self.cleansed_substitute) for name in tb_frame.f_locals]
        return super().get_traceback_frame_variables(request, tb_frame)


def _callers(frame: FrameType | None) -> Iterator[FrameType]:
    """The frame and all its callers, which may have passed secrets to it."""
    while frame is not None:
        yield frame
        frame = frame.f_back


def _is_closed(frame: FrameType) -> bool:
    module = str(frame.f_globals.get("__name__", ""))
    return any(module == closed or module.startswith(f"{closed}.") for closed in _CLOSED)
