"""What may be kept for a moment, and can be asked again: without the cache it just is."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from django.core.cache import cache
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)


def kept(key: str) -> Any:
    """The value, or None."""
    try:
        return cache.get(key)
    except RedisError as error:
        logger.warning("the cache does not answer: %s", error)
        return None


def keep(values: Mapping[str, Any], seconds: float) -> None:
    try:
        cache.set_many(dict(values), int(seconds))
    except RedisError as error:
        logger.warning("the cache does not answer: %s", error)
