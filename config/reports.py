"""What error reports may say: never a password, a token or a key, in development either."""

from __future__ import annotations

from django.http import HttpRequest
from django.views.debug import SafeExceptionReporterFilter


class AlwaysSafeFilter(SafeExceptionReporterFilter):
    """Django's own shows everything while DEBUG is on, and with a page of pasted DEBUG output a
    password leaves the house."""

    def is_active(self, request: HttpRequest | None) -> bool:
        return True
