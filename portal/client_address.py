"""The address that a request comes from, behind as many proxies as the operator names."""

from __future__ import annotations

import ipaddress

from django.conf import settings
from django.http import HttpRequest

# An IPv6 network of one customer: its addresses count as one.
IPV6_PREFIX = 64


def client_address(request: HttpRequest) -> str | None:
    """The address as the outermost trusted proxy saw it; None when there is none.

    Each proxy appends to X-Forwarded-For who it was asked by, so entries are counted from the
    right. What stands further left was written by the client and is not looked at.
    """
    remote = request.META.get("REMOTE_ADDR", "")
    seen = [*request.META.get("HTTP_X_FORWARDED_FOR", "").split(","), remote]
    proxies = settings.TRUSTED_PROXIES
    named = seen[-1 - proxies] if proxies < len(seen) else remote
    return _address(named) or _address(remote)


def _address(text: str) -> str | None:
    """An IP address without port or zone, IPv6 as its network; None for what is no address."""
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
