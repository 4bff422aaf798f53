"""What the schema of the API says of publications."""

from __future__ import annotations

import re

import pytest

OF_A_ZIP = {"zip_base64"}  # which is one itself
OF_ARCHIVES = re.compile(r"\b(archive|build|built|manifest|ZIP)\b", re.IGNORECASE)


@pytest.mark.parametrize(
    "component",
    [
        "Publication",
        "PublicationList",
        "NewTaskRequest",
        "NewGroundTruthJobRequest",
        "CopyRequest",
        "CopyPlan",
    ],
)
def test_fields_are_not_described_as_those_of_archives(api_document: dict, component: str) -> None:
    fields = api_document["components"]["schemas"][component]["properties"]

    told = {name for name, field in fields.items() if OF_ARCHIVES.search(str(field))}
    assert told - OF_A_ZIP == set()
