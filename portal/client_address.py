"""The address of the client of a request, behind TRUSTED_PROXIES proxies."""

from __future__ import annotations

import ipaddress

from django.conf import settings
from django.http import HttpRequest

# The usual IPv6 network of one customer, whose addresses count as one.
IPV6_PREFIX = 64


def client_address(request: HttpRequest) -> str | None:
    """The address of the client as the outermost trusted proxy saw it; None if it is unknown.

    Each proxy appends the address of its client to X-Forwarded-For, so entries are counted from
    the right. Entries further to the left come from the client and are ignored.
    """
    remote = request.META.get("REMOTE_ADDR", "")
    hops = [*request.META.get("HTTP_X_FORWARDED_FOR", "").split(","), remote]
    proxies = settings.TRUSTED_PROXIES
    client = hops[-1 - proxies] if proxies < len(hops) else remote
    return _address(client) or _address(remote)


def _address(text: str) -> str | None:
    """An IPv4 address, or an IPv6 network, without port and zone; None for other text."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    network = ipaddress.ip_network((address, IPV6_PREFIX), strict=False)
    return str(network.network_address)
