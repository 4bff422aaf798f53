"""Clients at any address, with a token whose secret must not be seen anywhere."""

from __future__ import annotations

import time
from collections.abc import Callable

from cvat.client import CvatClient
from cvat.retries import Retries
from cvat.types import Credential, CredentialKind
from tests.cvat.replaying import FAST

SECRET = "s3cr3t-value"
TOKEN = Credential(CredentialKind.ACCESS_TOKEN, SECRET)
ME = {"id": 2, "username": "alice"}


def client(
    url: str,
    *,
    credential: Credential | None = TOKEN,
    retries: Retries = FAST,
    timeout: tuple[float, float] = (5, 70),
    verify: bool | str = True,
    sleep: Callable[[float], None] = time.sleep,
) -> CvatClient:
    return CvatClient(
        url=url,
        credential=credential,
        retries=retries,
        timeout=timeout,
        verify=verify,
        sleep=sleep,
    )
