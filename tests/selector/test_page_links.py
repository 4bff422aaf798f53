"""Addresses of frames, of which a page has hundreds, are those of Django's reverse()."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.urls import get_script_prefix, reverse, set_script_prefix

from selector.page_links import image_url, thumbnail_url


@pytest.fixture(params=["/", "/images/"])
def _prefix(request: pytest.FixtureRequest) -> Iterator[None]:
    before = get_script_prefix()
    set_script_prefix(request.param)
    yield
    set_script_prefix(before)


@pytest.mark.usefixtures("_prefix")
@pytest.mark.parametrize("place", [(12, 0), (2**31 - 1, 199_999)])
def test_addresses_of_frames(place: tuple[int, int]) -> None:
    thumbnail = reverse("api-frame-thumbnail", args=place)
    assert thumbnail_url(*place, 7) == f"{thumbnail}?connection=7"
    image = reverse("api-frame-image", args=place)
    assert image_url(*place, 7) == f"{image}?connection=7&quality=compressed"
