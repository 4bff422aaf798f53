"""POST /api/random-select: draw frames at random without saving them."""

from __future__ import annotations

from msgspec import structs
from rest_framework.response import Response

from portal.api.strict import takes
from portal.api.views import SpecifiedView
from portal.signed_in import SignedInApiRequest
from selections import services
from selections.api.draw_serializers import (
    MOST_PAIRS,
    AssigneeSummarySerializer,
    JobSummarySerializer,
    LabelSummarySerializer,
    NearDuplicateSerializer,
    RandomSelectAnswer,
    RandomSelectSerializer,
    TaskSummarySerializer,
)
from selector.services.connections import find_connection


class RandomSelectView(SpecifiedView):
    @takes(body=RandomSelectSerializer, responses=RandomSelectAnswer)
    def post(self, request: SignedInApiRequest) -> Response:
        """`count` frames from the job, or from each job of the task, the tasks or the project.

        Or, with `frame_selection_method` and one of CVAT's amounts, over all jobs together or a
        share; or so many of each label. With `job_ids` from these jobs alone, with
        `annotation_filter` from frames with such annotations, and with `exclude_selections` without
        the frames that are saved in them, with `exclude_filenames` without those whose file names
        are in other tasks. 503 with code `annotations_not_read` or
        `pictures_not_read`: what the draw needs is being read, ask again.
        """
        form = RandomSelectSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        data = form.validated_data
        connection = find_connection(user=request.user, connection_id=data.get("connection"))
        drawn = services.draw_frames(user=request.user, connection=connection, draw=form.draw())
        sample, draw = drawn.sample, drawn.draw
        return Response(
            {
                "success": True,
                "connection": connection.pk,
                "images": [structs.asdict(frame) for frame in sample.frames],
                "count": len(sample.frames),
                "requested": sample.requested,
                "total_available": sample.total,
                "source": draw.kind,
                "jobs_count": len(sample.jobs),
                "per_job_count": draw.count if draw.by.is_per_job else None,
                "random_seed": draw.seed,
                "task_summary": TaskSummarySerializer(
                    sample.tasks, many=True, context={"drawn": drawn}
                ).data,
                "job_summary": JobSummarySerializer(
                    sample.jobs, many=True, context={"drawn": drawn}
                ).data,
                "label_summary": LabelSummarySerializer(sample.labels, many=True).data,
                "assignee_summary": AssigneeSummarySerializer(sample.assignees, many=True).data,
                "near_duplicates_count": len(sample.near_duplicates),
                "near_duplicates": NearDuplicateSerializer(
                    sample.near_duplicates[:MOST_PAIRS], many=True
                ).data,
                "unseen_count": sample.unseen,
                "known_names_count": sample.known_names,
            }
        )
