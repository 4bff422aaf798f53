"""The CVAT servers that the operator allows, and the operator's own account on one of them."""

from __future__ import annotations

import hashlib

from django.conf import settings
from django.views.decorators.debug import sensitive_variables

from cvat.links import normalize_url
from portal.exceptions import ServerNotAllowed


def default() -> str:
    """The server to use when none is named; "" if there is none."""
    url = settings.CVAT_URL or settings.STANDIN_URL
    return normalize_url(url) if url else ""


def allowed() -> list[str]:
    return [normalize_url(url) for url in settings.CVAT_ALLOWED_URLS if url]


def check_allowed(url: str) -> None:
    """Raises ServerNotAllowed for a server that is not on the operator's list."""
    servers = allowed()
    if url not in servers:
        raise ServerNotAllowed(
            f"{url} is not among the CVAT servers this portal may connect to "
            f"({', '.join(servers) or 'none is listed'}). "
            "Ask the operator of the portal to add it to CVAT_ALLOWED_URLS."
        )


def is_installation_account(url: str, username: str) -> bool:
    """Whether the environment has a secret for this server and user name."""
    has_secret = bool(settings.CVAT_ACCESS_TOKEN or settings.CVAT_PASSWORD)
    own = bool(settings.CVAT_URL) and url == normalize_url(settings.CVAT_URL)
    return own and has_secret and username == settings.CVAT_USERNAME


@sensitive_variables()
def installation_account(url: str) -> str:
    """An identifier of the installation's account on this server, "" if there is none.

    It changes with the user name and the access token, not with the password. Connections store it,
    so that they end when the operator no longer offers the account they were made with.
    """
    if not is_installation_account(url, settings.CVAT_USERNAME):
        return ""
    account = f"{settings.CVAT_USERNAME}\n{settings.CVAT_ACCESS_TOKEN}"
    return hashlib.sha256(account.encode()).hexdigest()[:32]


def check_installation_account(url: str, account: str) -> None:
    """Raises ServerNotAllowed when the operator no longer offers this account."""
    if installation_account(url) != account:
        raise ServerNotAllowed(
            f"This portal no longer offers the account for {url} that you connected with. "
            "Connect again with an account of your own."
        )
