"""What the documents say agrees with the code, and what the code cites exists."""

from __future__ import annotations

import re

from tests.test_project import BASE_DIR, text, tracked

FACTS = "docs/cvat-api.md"
# "cvat-api 7", "cvat-api 7.3", "cvat-api 1.3 to 1.6", "cvat-api 3.1 and 9.2"
CITATION = re.compile(r"cvat-api (\d+(?:\.\d+)?(?:(?: to | and |, )\d+(?:\.\d+)?)*)")


def facts() -> set[str]:
    """The sections of docs/cvat-api.md ("7") and the facts in them ("7.3")."""
    numbers: set[str] = set()
    section = ""
    for line in text(FACTS).splitlines():
        if heading := re.match(r"## (\d+)\. ", line):
            section = heading[1]
            numbers.add(section)
        elif fact := re.match(r"(\d+)\. ", line):
            number = f"{section}.{fact[1]}"
            assert number not in numbers, f"{FACTS} has two facts {number}"
            numbers.add(number)
    return numbers


def citations() -> set[tuple[str, str]]:
    """Each place that cites facts about CVAT, as a file name and a number."""
    return {
        (str(path.relative_to(BASE_DIR)), number)
        for path in tracked()
        for cited in CITATION.findall(path.read_text(encoding="utf-8", errors="replace"))
        for number in re.findall(r"\d+(?:\.\d+)?", cited)
    }


def test_every_fact_that_is_cited_exists() -> None:
    known = facts()
    cited = citations()
    assert len(cited) > 60
    assert {place for place in cited if place[1] not in known} == set()


def test_facts_are_cited_in_one_form() -> None:
    other = re.compile(r"api-(?:facts)|cvat-api(?:\.md| section) \d")
    named = {
        str(path.relative_to(BASE_DIR))
        for path in tracked()
        if other.search(path.read_text(encoding="utf-8", errors="replace"))
    }
    assert named == set()
