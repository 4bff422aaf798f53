"""The objects of a publication on one of the frames that it was made of, in the API."""

from __future__ import annotations

import pytest
from rest_framework.test import APIClient

from publishing.models import Publication
from standin.model import Task
from standin.server import StandIn
from tests.publishing.making import add_box


def test_the_objects_of_the_new_frame_on_the_original_one(
    api: APIClient, published: tuple[Publication, Task], task: Task
) -> None:
    publication, made = published
    add_box(task, 11, 1)
    add_box(made, 1, 60)
    url = f"/api/publications/{publication.pk}/annotations"
    body = api.get(url, {"task_id": task.id, "frame": 11}).json()
    assert (body["frame"], body["job_ids"]) == (11, [made.jobs[0].id])
    assert [each["points"][0] for each in body["objects"]] == [60]
    assert {each["label_id"] for each in body["objects"]} <= {each["id"] for each in body["labels"]}
    assert api.get(url, {"task_id": task.id, "frame": 12}).status_code == 404
    assert api.get(url, {"task_id": made.id, "frame": 11}).status_code == 404
    assert api.get(url, {"task_id": task.id}).status_code == 400


@pytest.mark.parametrize(("frame", "status"), [(3, 200), (4, 404)])
def test_of_a_ground_truth_job(
    api: APIClient,
    published: tuple[Publication, Task],
    task: Task,
    standin: StandIn,
    frame: int,
    status: int,
) -> None:
    publication, _ = published
    truth = standin.world.add_ground_truth(task, [3, 11])
    publication.target = Publication.Target.GROUND_TRUTH
    publication.task_id = publication.result_task_id = task.id
    publication.frames, publication.result_job_id = [3, 11], truth.id
    publication.save()
    url = f"/api/publications/{publication.pk}/annotations"
    answer = api.get(url, {"task_id": task.id, "frame": frame})
    assert answer.status_code == status, answer.content
    if status == 200:
        assert answer.json()["job_ids"] == [truth.id]
