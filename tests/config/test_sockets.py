from __future__ import annotations

import os
from pathlib import Path

import pytest

from config.sockets import broker_socket, cache_url


def test_socket_lies_in_the_data_folder() -> None:
    assert broker_socket(Path("/srv/portal")) == Path("/srv/portal/broker/broker.sock")


def test_socket_of_a_long_path_lies_elsewhere() -> None:
    one, other = Path("/srv") / ("x" * 100), Path("/srv") / ("y" * 100)

    assert len(os.fsencode(broker_socket(one))) < 108
    assert broker_socket(one) != broker_socket(other)
    assert broker_socket(one) == broker_socket(one)


@pytest.mark.parametrize(
    ("broker", "cache"),
    [
        ("", ""),
        ("redis://redis.example.com:6379/0", "redis://redis.example.com:6379/1"),
        ("redis://redis.example.com", "redis://redis.example.com/1"),
        ("redis://:secret@redis.example.com:6379/3", "redis://:secret@redis.example.com:6379/4"),
        ("redis://redis.example.com/15", "redis://redis.example.com/14"),
        (
            "rediss://redis.example.com/?db=2&ssl_cert_reqs=none",
            "rediss://redis.example.com/3?ssl_cert_reqs=none",
        ),
        ("redis+socket:///run/redis/socket", "unix:///run/redis/socket?db=1"),
        ("redis+socket:///run/redis/socket?virtual_host=2", "unix:///run/redis/socket?db=3"),
    ],
)
def test_cache_has_a_database_of_its_own_beside_the_broker(broker: str, cache: str) -> None:
    assert cache_url(broker) == cache
