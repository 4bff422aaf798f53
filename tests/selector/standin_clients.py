"""Accounts of the stand-in signed in, and what a catalogue holds."""

from __future__ import annotations

from dataclasses import replace

from selector.cvat.client import CvatClient, log_in
from selector.cvat.http import INTERACTIVE
from selector.cvat.types import FrameCatalog, Login
from standin.server import StandIn

QUICK = replace(INTERACTIVE, backoff=0.01)


def login(site: StandIn, name: str = "demo", previous: int | None = None) -> Login:
    return log_in(
        url=site.url,
        username=name,
        password=f"{name}-password",
        token_name="portal",
        token_days=30,
        previous_token_id=previous,
        retries=QUICK,
    )


def client(site: StandIn, name: str = "demo", organization: str = "") -> CvatClient:
    credential = login(site, name).credential
    return CvatClient(url=site.url, credential=credential, organization=organization, retries=QUICK)


def held(found: FrameCatalog) -> dict[int, int]:
    return {frame.frame: frame.job_id for frame in found.frames}
