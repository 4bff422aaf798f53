"""Which objects are delivered, under which labels; the classes of a format stay in CVAT's order."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import pytest
import yaml

from cvat.annotations import Attribute, Label, Labels
from selections.formats import FORMATS
from selections.formats.format import AnnotatedTask
from selections.object_choice import ObjectChoice, parsed_labels, parsed_rename

LABELS = Labels([Label(1, "car"), Label(2, "dog"), Label(3, "van"), Label(4, "bus")])


@dataclass
class JobProgress:
    stage: str
    state: str


@pytest.mark.parametrize(
    ("stage", "state", "takers"),
    [
        ("annotation", "new", {"all"}),
        ("acceptance", "in progress", {"all"}),
        ("validation", "completed", {"all", "completed"}),
        ("acceptance", "completed", {"all", "completed", "accepted"}),
        ("acceptance", "rejected", {"all"}),
    ],
)
def test_jobs_by_state_and_stage(stage: str, state: str, takers: set[str]) -> None:
    job = JobProgress(stage, state)
    choices = ("all", "completed", "accepted")
    assert {each for each in choices if ObjectChoice(jobs=each).takes_job(job)} == takers


def test_a_new_name_stands_for_all_labels_that_get_it() -> None:
    choice = ObjectChoice(labels=("vehicle",), rename=(("car", "vehicle"), ("van", "vehicle")))
    assert [each.name for each in LABELS if choice.takes_label(each.name)] == ["car", "van"]
    assert choice.unknown({"car", "van"}) == []
    assert choice.unknown({"car", "dog"}) == ["van"]
    assert ObjectChoice(labels=("cat",)).unknown({"car"}) == ["cat"]


def test_merged_labels_count_once_at_the_place_of_the_first(tmp_path: Path) -> None:
    choice = ObjectChoice(labels=("dog",), rename=(("car", "vehicle"), ("van", "vehicle")))
    task = AnnotatedTask(7, "task", "", False, choice.renamed(LABELS))
    with closing(FORMATS["yolo_detection"].writer([task], tmp_path)) as writer:
        (file,) = writer.files("")
        names = yaml.safe_load(file.content.read())["names"]
    assert names == {0: "vehicle", 1: "dog", 2: "bus"}


def test_the_xml_of_a_task_has_a_merged_label_once_with_the_attributes_of_all(
    tmp_path: Path,
) -> None:
    labels = [
        Label(n, name, attributes=(Attribute(n, attribute, False, "text", ""),))
        for n, (name, attribute) in enumerate([("car", "x"), ("van", "y")])
    ]
    choice = ObjectChoice(rename=(("van", "car"),))
    task = AnnotatedTask(7, "task", "", False, choice.renamed(Labels(labels)))
    with closing(FORMATS["cvat_images"].writer([task], tmp_path)) as writer:
        (file,) = writer.files("")
        root = ElementTree.fromstring(file.content.read())
    assert [each.findtext("name") for each in root.iter("label")] == ["car"]
    assert [each.findtext("name") for each in root.iter("attribute")] == ["x", "y"]


def test_texts_of_the_form_are_read() -> None:
    assert parsed_labels(" car, dog\nvan,car,,\n") == ("car", "dog", "van")
    text = "car, van -> vehicle\n\n dog->animal \n"
    assert parsed_rename(text) == (("car", "vehicle"), ("van", "vehicle"), ("dog", "animal"))
    with pytest.raises(ValueError, match="'car vehicle' is not understood: write labels"):
        parsed_rename("car vehicle")


@pytest.mark.parametrize(
    ("choice", "words"),
    [
        (ObjectChoice(jobs="mine"), "jobs must be one of all, completed, accepted"),
        (ObjectChoice(labels=("x" * 65,)), "1 to 64 characters"),
        (ObjectChoice(rename=(("car", "a\nb"),)), "no line breaks or other control"),
        (ObjectChoice(rename=(("car", "a"), ("car", "b"))), "renamed only once"),
        (ObjectChoice(labels=tuple(map(str, range(1001)))), "at most 1,000 labels"),
    ],
)
def test_a_choice_that_cannot_be_is_refused_in_words(choice: ObjectChoice, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        choice.check()


@pytest.mark.parametrize(
    "name", ["a\N{NO-BREAK SPACE}b", "車\N{IDEOGRAPHIC SPACE}赤", "می\N{ZERO WIDTH NON-JOINER}شود"]
)
def test_every_label_that_cvat_can_have_can_be_chosen(name: str) -> None:
    ObjectChoice(labels=(name,), rename=((name, name),)).check()


def test_a_choice_that_is_written_is_read() -> None:
    choice = ObjectChoice(jobs="accepted", labels=("car",), rename=(("van", "car"),))
    assert ObjectChoice.from_json(choice.to_json()) == choice
    assert ObjectChoice().to_json() == {}
