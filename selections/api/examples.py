"""Bodies of requests and answers that the OpenAPI schema gives as examples; tests send them."""

from __future__ import annotations

from typing import Any

FRAMES = [{"task_id": 1, "frame": 0}, {"task_id": 1, "frame": 7}]
DRAW = {
    "name": "Round 1",
    "frame_selection_method": "random_per_job",
    "task_id": 1,
    "frames_per_job_count": 10,
    "random_seed": 7,
}
EXAMPLES: dict[str, Any] = {
    "LoadImagesRequest": {"task_id": 1},
    "RandomSelectRequest": {"task_id": 1, "count": 10, "random_seed": 7},
    "NewSelectionRequest": DRAW,
    "NewRecipeRequest": {
        "name": "Weekly look",
        "frame_selection_method": "random_per_job",
        "task_id": 1,
        "frames_per_job_count": 2,
    },
    "NewSavedSearchRequest": {"name": "Training tasks", "subset": "train"},
    "PatchedRecipeRequest": {"name": "Monthly look"},
    "PatchedSelectionRequest": {"name": "Round 1, checked"},
    "NewArchiveRequest": {"quality": "original"},
    "DownloadImagesRequest": {"frames": FRAMES},
    "SplitTableRequest": {"by": "shares", "shares": {"train": 0.9, "val": 0.1}, "seed": 7},
    "LeftOutByFormatQuestionRequest": {
        "annotations": "yolo_detection",
        "objects": {"labels": ["car"]},
    },
    "CombineRequest": {"selections": [1, 2], "operation": "union", "name": "Both rounds"},
    "ImportRequest": {"text": "task_id,frame\n1,0\n1,7\n", "name": "From a list"},
    "DrawAgainRequest": {"new_seed": True},
    "SpecifiedError": {
        "success": False,
        "message": "CVAT has no task 999, or your account may not see it.",
        "code": "cvat_not_found",
    },
    "Error": {
        "detail": "nme: unknown field. Is name meant? Known: name, note.",
        "code": "invalid",
        "fields": {"nme": ["unknown field. Is name meant? Known: name, note."]},
    },
    "TeamRequest": {"name": "Night shift"},
    "PatchedFrameChangeRequest": {"revision": 1, "add": FRAMES},
    "GoBackRequest": {"revision": 2, "to": 1},
    "PatchedTeamRequest": {"name": "Day shift"},
    "NewMemberRequest": {"person": "bob"},
    "PatchedMemberChangeRequest": {"manages": True},
    "NewMarksRequest": {"frames": [{"task_id": 1, "frame": 0}], "verdict": "faulty"},
    "NewShareRequest": {"person": "bob", "may_edit": True},
    "HandOverRequest": {"to": "bob"},
    "NewGroundTruthJobRequest": {"dry_run": True},
    "NewIssuesRequest": {"dry_run": True},
    "NewTaskRequest": {"name": "Chosen frames", "dry_run": True},
    "NewUploadRequest": {
        "name": "Day 1",
        "files": [{"path": "north/0001.jpg", "size": 481293}],
    },
    "NewTaskOfFilesRequest": {
        "name": "Day 1",
        "label_schema": [{"name": "car", "attributes": []}],
        "frames_per_job": 100,
        "dry_run": True,
    },
    "CopyRequest": {
        "source_connection": 1,
        "source_task_id": 2,
        "connection": 1,
        "task_id": 1,
        "partly": True,
        "add": True,
        "dry_run": True,
    },
    "WriteBackRequest": {"place": "add", "dry_run": True},
    "TaskRemovalRequest": {"dry_run": True},
    "ReviewersRequest": {"reviewer_ids": [2], "dry_run": True},
    "NewApiTokenRequest": {"name": "night script", "days": 90},
}
