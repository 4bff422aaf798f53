"""What the documents say agrees with the code, and what the code cites exists."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import pytest

from selections.formats import FORMATS
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


# --- architecture.md, links and numbers --------------------------------------------------------


def documents() -> list[Path]:
    return [path for path in tracked() if path.suffix == ".md"]


def packages() -> list[str]:
    """The product's packages, from the one that imports the others to the one that imports none."""
    contracts = tomllib.loads(text("pyproject.toml"))["tool"]["importlinter"]["contracts"]
    (layers,) = (each["layers"] for each in contracts if each["name"] == "Packages point one way")
    return [str(layer) for layer in layers]


def first_cells(document: str) -> list[str]:
    """The package names in the first column of the tables of a document, in their order."""
    return re.findall(r"^\| `(\w+)/` \|", text(document), re.MULTILINE)


def test_architecture_names_the_packages_in_the_order_of_the_contracts() -> None:
    assert f"`{' → '.join(packages())}`" in text("docs/architecture.md")
    assert " --> ".join(packages()) in text("docs/architecture.md")  # the drawing
    assert first_cells("docs/architecture.md")[: len(packages())] == packages()
    assert first_cells("CONTRIBUTING.md")[: len(packages())] == packages()


def test_each_link_leads_to_a_file_and_heading() -> None:
    broken = set()
    for path in documents():
        for target in re.findall(r"\]\(([^)\s]+)\)", path.read_text(encoding="utf-8")):
            if re.match(r"[a-z]+:", target):
                continue  # another site
            name, _, heading = target.partition("#")
            file = (path.parent / name).resolve() if name else path
            if not file.exists() or (heading and heading not in headings(file)):
                broken.add((path.name, target))
    assert broken == set()


def headings(path: Path) -> set[str]:
    """The anchors of the headings of a document."""
    titles = re.findall(r"^#+ (.*)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}


def test_each_file_that_is_named_exists() -> None:
    """In backticks, in a folder: `cvat/http.py`. Not what a run writes, and what a ZIP holds."""
    names = {
        (path.name, name)
        for path in documents()
        if path.name != "CHANGELOG.md"
        for name in re.findall(
            r"`((?:[\w.-]+/)+[\w-]+\.\w+|(?:[\w.-]+/){2,})`", path.read_text("utf-8")
        )
    }
    assert len(names) > 30
    written = re.compile(r"var/|benchmarks/\w+\.json|gt/|img1/")
    missing = {pair for pair in names if not (BASE_DIR / pair[1]).exists()}
    assert {pair for pair in missing if not written.match(pair[1])} == set()


@pytest.mark.parametrize(
    "results", ["results.json", "pages.json", "annotations.json", "selections.json"]
)
def test_numbers_in_performance_are_those_of_the_benchmarks(results: str) -> None:
    measured = json.loads(text(f"benchmarks/{results}"))
    measured = measured.get("ratios", measured)
    sections = text("docs/performance.md").split("\n## ")
    about = "".join(each for each in sections if results in each.partition("\n")[0])
    rows = re.findall(r"^\| `(\w+)` \| [^|]+ \| ([\d.]+) \|", about, re.MULTILINE)
    shown = {name: value for name, value in rows if name in measured}
    assert len(shown) >= 5
    for name, value in shown.items():
        digits = len(value.partition(".")[2])
        assert f"{measured[name]:.{digits}f}" == value, name


def test_every_format_of_annotations_stands_in_the_table() -> None:
    rows = re.findall(r"^\| `(\w+)` \| ([^|]+) \|", text("docs/annotations.md"), re.MULTILINE)
    assert sorted(key for key, _ in rows) == sorted(FORMATS)
    assert {name for key, name in rows if not FORMATS[key].label.startswith(name)} == set()
    assert f"in one of {len(rows)} forms" in text("README.md")
