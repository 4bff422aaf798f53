"""The two shapes of an error of the API; the four specified addresses tell theirs in the first."""

from __future__ import annotations

FOUR = ["test-connection", "load-images", "random-select", "download-images"]


def told(answer, status: int, code: str, *words: str) -> str:
    """The message of a specified error, which must have the right shape."""
    assert answer.status_code == status, answer.content
    assert answer.headers["Content-Type"] == "application/json"
    body = answer.json()
    assert set(body) == {"success", "message", "code"}
    assert body["success"] is False
    assert body["code"] == code
    for word in words:
        assert word in body["message"]
    assert "Traceback" not in body["message"]
    return body["message"]


def told_by_resource(answer, status: int, code: str, *words: str) -> dict:
    assert answer.status_code == status, answer.content
    body = answer.json()
    assert set(body) <= {"detail", "code", "fields"}
    assert body["code"] == code
    for word in words:
        assert word in body["detail"]
    return body
