"""API tokens: issue and revoke."""

from __future__ import annotations

from django.contrib.auth.models import User

from portal.models import ApiToken


def issue(
    *, owner: User, name: str, days: int | None = None, read_only: bool = False
) -> tuple[ApiToken, str]:
    """A new token and its value, which is not stored: show it once."""
    return ApiToken.objects.issue(owner=owner, name=name, days=days, read_only=read_only)


def revoke(*, token: ApiToken) -> None:
    """Delete the token: scripts that use it are refused from now on."""
    token.delete()
