"""A database that cannot be asked for a moment does not break what is read."""

from __future__ import annotations

import pytest
from django.db import OperationalError

from selections.archives import following
from selections.archives.following import Broken, Follower
from tests.selections.following.conftest import CONTENT, Build, read

pytestmark = [pytest.mark.usefixtures("folders"), pytest.mark.django_db(transaction=True)]

LOCKED = "database is locked"


@pytest.fixture
def refusals(follower: Follower, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the database says to each of the next questions of the follower."""
    texts: list[str] = []
    answer = follower.archive.refresh_from_db

    def ask(**options: object) -> None:
        if texts:
            raise OperationalError(texts.pop())
        answer(**options)

    monkeypatch.setattr(follower.archive, "refresh_from_db", ask)
    return texts


def test_it_is_asked_again(build: Build, follower: Follower, refusals: list[str]) -> None:
    build.write(CONTENT)
    assert read(follower, len(CONTENT)) == CONTENT
    build.finish(build.store(), len(CONTENT))
    refusals += [LOCKED] * 4
    assert b"".join(follower) == b""
    assert refusals == []


def test_while_it_is_away_the_file_is_read_on(
    build: Build, follower: Follower, refusals: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "LOOK_SECONDS", 0)
    build.write(CONTENT)
    refusals += [LOCKED] * 100
    assert read(follower, len(CONTENT)) == CONTENT


def test_if_it_stays_away_it_breaks(
    build: Build, follower: Follower, refusals: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "DATABASE_PATIENCE", 0)
    build.write(CONTENT[:10])
    assert next(follower) == CONTENT[:10]
    refusals += [LOCKED] * 4
    with pytest.raises(Broken, match=f"the database cannot be asked: {LOCKED}"):
        next(follower)
