"""Pictures, previews and chunks: the bytes as CVAT sends them."""

from __future__ import annotations

import io

import pytest

from cvat.exceptions import CvatRejected
from cvat.pictures import extension, possible_sizes
from tests.cvat.replaying import Replay, client, json_answer, recorded, recorded_body
from tests.recorded import recording


@pytest.mark.parametrize(
    ("size", "is_of_video", "sizes"),
    [
        ((33, 22), False, {(33, 22)}),
        ((33, 22), True, {(33, 22), (34, 22)}),
        ((33, 21), True, {(33, 21), (34, 22)}),
        ((34, 22), True, {(34, 22)}),
        ((0, 0), True, set()),
    ],
)
def test_the_sizes_that_a_picture_may_have(
    size: tuple[int, int], is_of_video: bool, sizes: set[tuple[int, int]]
) -> None:
    assert possible_sizes(*size, is_of_video=is_of_video) == sizes


class TestPictures:
    @pytest.mark.parametrize(
        ("name", "suffix"), [("jpg", ".jpg"), ("png", ".png"), ("bmp", ".bmp"), ("tif", ".tif")]
    )
    def test_bytes_as_cvat_sends_them(self, cvat: Replay, name: str, suffix: str) -> None:
        name = f"frame-{name}-original"
        cvat.replay(name)
        asked = recording(name)
        task_id = int(asked.path.split("/")[3])
        picture = client(cvat).frame(task_id=task_id, frame=int(asked.query["number"]))
        assert picture.content == recorded_body(name)
        assert extension(picture.content) == suffix
        assert cvat.asked[0].query == asked.query

    def test_through_the_job(self, cvat: Replay) -> None:
        cvat.route("/api/jobs/41/data", recorded("frame-jpg-original"))
        client(cvat).job_frame(job_id=41, frame=8, quality="compressed")
        query = {"type": "frame", "number": "8", "quality": "compressed"}
        assert cvat.asked[0].query == query

    def test_gzip_in_spite_of_identity_is_decoded(self, cvat: Replay) -> None:
        body = recorded_body("frame-with-gzip-content-encoding")
        cvat.replay("frame-with-gzip-content-encoding")
        assert client(cvat).frame(task_id=19, frame=5).content == body

    def test_preview(self, cvat: Replay) -> None:
        cvat.replay("preview-task", "preview-job")
        assert client(cvat).preview(task_id=19).content == recorded_body("preview-task")
        assert client(cvat).preview(job_id=41).content_type == "image/jpeg"
        with pytest.raises(ValueError, match="needed"):
            client(cvat).preview()

    @pytest.mark.parametrize(
        ("name", "text"),
        [
            ("frame-out-of-range-400", "Invalid frame '40'"),
            ("frame-outside-job-400", "Incorrect requested frame number"),
        ],
    )
    def test_a_frame_that_is_not_there(self, cvat: Replay, name: str, text: str) -> None:
        cvat.route("/api/tasks/19/data", recorded(name))
        with pytest.raises(CvatRejected, match=text) as caught:
            client(cvat).frame(task_id=19, frame=40)
        assert "task 19" not in str(caught.value)

    def test_the_text_is_the_same_for_all_pictures_that_a_storage_refuses(
        self, cvat: Replay
    ) -> None:
        """A cloud storage that is overloaded is 400 (cvat-api 10.6)."""
        cvat.route("/api/tasks/19/data", json_answer(["Please reduce your request rate."], 400))
        texts = set()
        for frame in (4, 5):
            with pytest.raises(
                CvatRejected, match="to serve this picture: Please reduce"
            ) as caught:
                client(cvat).frame(task_id=19, frame=frame)
            texts.add(str(caught.value))
        assert len(texts) == 1


class TestChunks:
    def test_written_and_verified(self, cvat: Replay) -> None:
        cvat.replay("chunk-job-by-index-jpg-original")
        file = io.BytesIO()
        chunk = client(cvat).job_chunk(job_id=41, index=0, into=file)
        assert file.getvalue() == recorded_body("chunk-job-by-index-jpg-original")
        assert chunk.length == len(file.getvalue())
        assert chunk.content_type == "application/zip"
        assert chunk.updated_date == "2026-11-20T06:52:31.064779Z"
        assert cvat.asked[0].query == {"type": "chunk", "index": "0", "quality": "original"}

    def test_what_the_file_held_before_stays(self, cvat: Replay) -> None:
        cvat.replay("chunk-job-by-index-jpg-original")
        file = io.BytesIO(b"head")
        file.seek(4)
        client(cvat).job_chunk(job_id=41, index=0, into=file)
        assert file.getvalue() == b"head" + recorded_body("chunk-job-by-index-jpg-original")

    def test_video(self, cvat: Replay) -> None:
        cvat.route("/api/jobs/52/data", recorded("chunk-task-video-original"))
        chunk = client(cvat).job_chunk(job_id=52, index=0, into=io.BytesIO())
        assert chunk.content_type == "video/mp4"

    def test_out_of_range(self, cvat: Replay) -> None:
        cvat.replay("chunk-out-of-range-job-400")
        with pytest.raises(CvatRejected, match=r"Invalid chunk number '99'"):
            client(cvat).job_chunk(job_id=41, index=99, into=io.BytesIO())
