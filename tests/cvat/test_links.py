"""Addresses of servers, and what people paste."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cvat.links import (
    InvalidAddress,
    Target,
    frame_link,
    normalize_url,
    parse,
    parse_number,
    task_link,
)

BASE = "https://cvat.example.com"
SUB = "https://tools.example.com/cvat"


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("https://cvat.example.com", BASE),
        ("  HTTPS://CVAT.Example.COM/  ", BASE),
        ("https://cvat.example.com:443//", BASE),
        ("http://cvat.example.com:80", "http://cvat.example.com"),
        ("http://cvat.example.com:443", "http://cvat.example.com:443"),
        ("http://localhost:8080/", "http://localhost:8080"),
        ("http://[::1]:8080/tasks", "http://[::1]:8080"),
        ("https://cvat.example.com/tasks/12/jobs/34?frame=7#x", BASE),
        ("https://cvat.example.com/projects", BASE),
        ("https://cvat.example.com/auth/login?next=/tasks", BASE),
        ("https://cvat.example.com/api/server/about", BASE),
        ("https://cvat.example.com/api", BASE),
        ("https://tools.example.com/cvat", SUB),
        ("https://tools.example.com/cvat/", SUB),
        ("https://tools.example.com/cvat/tasks/3", SUB),
        ("https://tools.example.com/a//b/jobs", "https://tools.example.com/a/b"),
        ("https://bücher.example/", "https://bücher.example"),
    ],
)
def test_normalized(text: str, url: str) -> None:
    assert normalize_url(text) == url
    assert normalize_url(url) == url


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("cvat.example.com", "https://cvat.example.com"),
        ("localhost:8080", "https://localhost:8080"),
        ("", "whole address"),
        ("two words", "whole address"),
        ("https://", "no valid host"),
        ("https:///tasks", "no valid host"),
        ("https://<host>/", "no valid host"),
        ("ftp://cvat.example.com", "Only addresses with https"),
        ("javascript://alert(1)", "Only addresses with https"),
        ("https://alice:hunter2@cvat.example.com", "Leave user name and password out"),
        ("https://alice@cvat.example.com", "Leave user name and password out"),
        ("https://cvat.example.com:99999", "valid"),
        ("https://cvat.example.com:port", "valid"),
        ("https://[::1", "valid"),
        ("https://cvat.example.com/a b", "space"),
        ("https://cvat.example.com\\@evil.example", "space or a character"),
        ("https://cvat.exa\nmple.com", "space or a character"),
    ],
)
def test_refused(text: str, hint: str) -> None:
    with pytest.raises(InvalidAddress, match=hint) as caught:
        normalize_url(text)
    assert isinstance(caught.value, ValueError)
    assert "hunter2" not in str(caught.value)


@given(st.text(max_size=60))
def test_any_text_is_an_address_or_refused(text: str) -> None:
    for candidate in (text, f"https://{text}", f"http://host/{text}"):
        try:
            url = normalize_url(candidate)
        except InvalidAddress:
            continue
        assert normalize_url(url) == url


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("12", Target(number=12)),
        (" #12 \n", Target(number=12)),
        ("Task 12", Target(task_id=12)),
        ("task#12", Target(task_id=12)),
        ("job 34", Target(job_id=34)),
        ("project # 3", Target(project_id=3)),
        (f"{BASE}/tasks/12", Target(task_id=12)),
        (f"{BASE}/tasks/12/", Target(task_id=12)),
        (f"{BASE}/tasks/12/jobs/34", Target(task_id=12, job_id=34)),
        (f"{BASE}/tasks/12/jobs/34?frame=7", Target(task_id=12, job_id=34, frame=7)),
        (
            f"{BASE}/tasks/12/jobs/34?type=shape&serverID=5&frame=0",
            Target(task_id=12, job_id=34, frame=0),
        ),
        (f"{BASE}/tasks/12/jobs/34?frame=x", Target(task_id=12, job_id=34)),
        (f"{BASE}/tasks/12/jobs/34?frame=7).", Target(task_id=12, job_id=34, frame=7)),
        (f"<{BASE}/tasks/12>,", Target(task_id=12)),
        (f"see {BASE}/tasks/12 please", Target(task_id=12)),
        (f"{BASE}/tasks/12#comments", Target(task_id=12)),
        (f"{BASE}/tasks/12/analytics", Target(task_id=12)),
        (f"{BASE}/projects/3", Target(project_id=3)),
        (f"{BASE}/jobs/34", Target(job_id=34)),
        (f"{BASE}/api/tasks/12/data/meta", Target(task_id=12)),
        (f"{BASE}/api/jobs/34", Target(job_id=34)),
        ("HTTPS://CVAT.example.com:443/tasks/12", Target(task_id=12)),
        ("http://cvat.example.com/tasks/12", Target(task_id=12)),
        ("/tasks/12/jobs/34", Target(task_id=12, job_id=34)),
        ("tasks/12", Target(task_id=12)),
        ("cvat.example.com/tasks/12", Target(task_id=12)),
        ("CVAT.example.com:443/tasks/12/jobs/34?frame=7", Target(12, 34, 7)),
        ("look at (cvat.example.com/jobs/34).", Target(job_id=34)),
    ],
)
def test_pasted(text: str, target: Target) -> None:
    assert parse(text, BASE) == target


@pytest.mark.parametrize(
    "text",
    ["", "/", "hello", "-3", "12.5", "१२", "12 34", "cats/dogs", "task", "tasks"],
)
def test_words_to_search_by(text: str) -> None:
    assert parse(text, BASE) is None


@pytest.mark.parametrize(
    ("text", "number"), [("12", 12), ("#12", 12), ("Job 12", 12), ("job #12", 12)]
)
def test_number_of_a_job(text: str, number: int) -> None:
    assert parse_number(text, "job") == number


@pytest.mark.parametrize("text", ["", "0", "task 12", "-1", "1.5", "१२", "2147483648", "9" * 99])
def test_no_number_of_a_job(text: str) -> None:
    with pytest.raises(InvalidAddress, match="is not the number of a job"):
        parse_number(text, "job")


@pytest.mark.parametrize(
    "text",
    [
        "0",
        "2147483648",
        "job 99999999999",
        "99999999999",
        "/nothing/here",
        BASE,
        f"{BASE}/tasks",
        f"{BASE}/tasks/create",
        f"{BASE}/tasks/12abc",
        f"{BASE}/cloudstorages/3",
        f"{BASE}/tasks/0",
        f"{BASE}/other/tasks/12",
        "https://[::1",
        "ftp://cvat.example.com/tasks/12",
    ],
)
def test_what_names_nothing(text: str) -> None:
    with pytest.raises(InvalidAddress) as caught:
        parse(text, BASE)
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize(
    "text",
    [
        "https://evil.example/tasks/12",
        "https://cvat.example.com.evil.example/tasks/12",
        "https://cvat.example.com:8443/tasks/12",
        "https://evil.example/?u=https://cvat.example.com/tasks/12",
        "evil.example/tasks/12",
        "localhost:8080/tasks/12",
        "cvat.example.com:8443/tasks/12",
        "evil.example/cvat.example.com/tasks/12",
    ],
)
def test_another_host(text: str) -> None:
    with pytest.raises(InvalidAddress, match=r"the connection is to cvat\.example\.com"):
        parse(text, BASE)


@pytest.mark.parametrize(
    ("base", "text"),
    [
        ("http://localhost:5021", "localhost:5021/tasks/1"),
        ("http://cvat", "cvat/tasks/1"),
        ("http://[::1]:8080", "[::1]:8080/tasks/1"),
        (SUB, f"{SUB.removeprefix('https://')}/tasks/1"),
    ],
)
def test_without_a_scheme(base: str, text: str) -> None:
    assert parse(text, base) == Target(task_id=1)


def test_below_a_sub_path() -> None:
    assert parse(f"{SUB}/tasks/12/jobs/3?frame=4", SUB) == Target(12, 3, 4)
    assert parse("/tasks/12", SUB) == Target(12)
    for path in ("/tasks/12", "/cvat2/tasks/12", ""):
        with pytest.raises(InvalidAddress, match="not below"):
            parse(f"https://tools.example.com{path}", SUB)


@given(st.text(max_size=60))
def test_any_text_names_something_or_is_refused(text: str) -> None:
    for candidate in (text, f"{BASE}/{text}", f"{BASE}/tasks/{text}", f"{BASE}/tasks/1?{text}"):
        try:
            parse(candidate, BASE)
        except InvalidAddress:
            continue


@pytest.mark.parametrize("base", [BASE, SUB, "http://localhost:8080"])
def test_links_are_read_back(base: str) -> None:
    assert frame_link(base, 12, 34, 7) == f"{base}/tasks/12/jobs/34?frame=7"
    assert parse(frame_link(base, 12, 34, 7), base) == Target(12, 34, 7)
    assert parse(task_link(f"{base}/", 12), base) == Target(12)
