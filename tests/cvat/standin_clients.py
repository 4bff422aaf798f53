"""Accounts of the stand-in signed in, and what a catalogue holds."""

from __future__ import annotations

from dataclasses import replace

from cvat.client import CvatClient
from cvat.login import Server, make_token, sign_in
from cvat.retries import INTERACTIVE
from cvat.types import FrameCatalog, Login
from standin.server import StandIn

QUICK = replace(INTERACTIVE, backoff=0.01)


def login(site: StandIn, name: str = "demo", former: int | None = None) -> Login:
    server = Server(site.url, retries=QUICK)
    key = sign_in(server, name, f"{name.partition('@')[0]}-password")
    return make_token(server, key, name="portal", days=30, former_id=former)


def client(site: StandIn, name: str = "demo", organization: str = "") -> CvatClient:
    credential = login(site, name).credential
    return CvatClient(url=site.url, credential=credential, organization=organization, retries=QUICK)


def held(found: FrameCatalog) -> dict[int, int]:
    return {frame.frame: frame.job_id for frame in found.frames}
