"""What builds with annotations have in their XML."""

from __future__ import annotations

import zipfile
from typing import Any

from selections.models import Archive
from tests.annotated import WITH_IMAGES, images
from tests.selections.builds import (
    only_path,
)

CASES = {folder.name: folder for folder in WITH_IMAGES}
XML = "annotations.xml"


def objects_of(archive: Archive) -> dict[str, list[dict[str, Any]]]:
    """The objects of each path in the XML, which has just the pictures of the ZIP."""
    with zipfile.ZipFile(only_path(archive)) as opened:
        names, seen = opened.namelist(), images(opened.read(XML))
    assert names[-2:] == [XML, "manifest.json"]
    assert [image.get("name") for image, _ in seen] == names[:-2]
    return {image.get("name", ""): objects for image, objects in seen}
