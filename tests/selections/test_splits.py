"""Splits: nothing of one unit on two sides, the shares asked for, the same in every order."""

from __future__ import annotations

import tracemalloc
from collections import Counter
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from selections.splits import SPLITS, Assignment, Split, SplitFrame, checked_names, parsed_names

SHARES = st.sampled_from([(0.8, 0.1, 0.1), (0.5, 0.5, 0.0), (1.0, 0.0, 0.0), (0.34, 0.33, 0.33)])
LABELS = st.frozensets(st.sampled_from(["car", "dog", "rare"]))
Labelled = list[tuple[SplitFrame, frozenset[str]]]


def frame(
    number: int, *, task: int = 1, job: int = 1, name: str = "", video: str = ""
) -> SplitFrame:
    return SplitFrame(task, job, number, name, video, "")


@st.composite
def labelled(draw: st.DrawFn) -> Labelled:
    """Frames of a few jobs, folders and cameras."""
    frames = []
    for number in range(draw(st.integers(1, 20))):
        job, camera = draw(st.integers(1, 6)), draw(st.integers(1, 4))
        name = f"day{draw(st.integers(1, 3))}/cam{camera}_{number:04d}.jpg"
        frames.append((frame(number, job=job, name=name), draw(LABELS)))
    return frames


@given(
    labelled(),
    SHARES,
    st.sampled_from(["frame", "job", "folder", "name"]),
    st.integers(0, 2**32 - 1),
    st.booleans(),
    st.randoms(use_true_random=False),
)
def test_a_unit_is_on_one_side_and_the_order_plays_no_part(
    frames: Labelled,
    shares: tuple[float, ...],
    unit: str,
    seed: int,
    even: bool,
    random: object,
) -> None:
    split = Split(by="shares", shares=shares, unit=unit, seed=seed, even_labels=even)
    split.check()
    assigned = Assignment(split, frames)
    key = {
        "frame": lambda each: each.frame,
        "job": lambda each: each.job_id,
        "folder": lambda each: each.filename.partition("/")[0],
        "name": lambda each: each.filename.partition("/")[2].partition("_")[0],
    }[unit]
    sides: dict[object, set[str]] = {}
    for each, _ in frames:
        sides.setdefault(key(each), set()).add(assigned.of(each))
    assert all(len(splits) == 1 for splits in sides.values())
    used = set().union(*sides.values())
    wanted = {name for name, share in zip(SPLITS, shares, strict=True) if share}
    assert used <= wanted
    assert len(used) == min(len(wanted), len(sides))
    shuffled = list(frames)
    random.shuffle(shuffled)
    again = Assignment(split, shuffled)
    assert [again.of(each) for each, _ in frames] == [assigned.of(each) for each, _ in frames]


@given(st.integers(10, 300), SHARES, st.integers(0, 2**32 - 1))
def test_frames_one_by_one_are_divided_exactly(
    count: int, shares: tuple[float, ...], seed: int
) -> None:
    frames = [frame(number) for number in range(count)]
    assigned = Assignment(
        Split(by="shares", shares=shares, seed=seed), ((each, frozenset()) for each in frames)
    )
    counts = Counter(map(assigned.of, frames))
    for name, share in zip(SPLITS, shares, strict=True):
        assert abs(counts[name] - share * count) < 2


def test_each_label_is_divided_by_the_shares() -> None:
    """Of 200 frames, every tenth has a rare label, which chance would not divide evenly."""
    frames = [(frame(n), frozenset({"rare"} if n % 10 == 0 else {"car"})) for n in range(200)]
    for seed in range(5):
        split = Split(by="shares", shares=(0.5, 0.25, 0.25), seed=seed, even_labels=True)
        assigned = Assignment(split, frames)
        rare = Counter(assigned.of(each) for each, labels in frames if "rare" in labels)
        assert rare == {"train": 10, "val": 5, "test": 5}


def test_labels_that_overlap_are_each_divided_by_the_shares() -> None:
    """Frequent labels come along on the frames of rare ones, whose shares decide."""
    of_frames = [
        frozenset(
            label
            for label, share in (("car", 0.55), ("person", 0.35), ("bike", 0.12), ("sign", 0.5))
            if random.random() < share
        )
        for random in [Random(2026)]
        for _ in range(200)
    ]
    frames = [(frame(number), labels) for number, labels in enumerate(of_frames)]
    assigned = Assignment(Split(by="shares", even_labels=True), frames)
    totals = Counter(label for _, labels in frames for label in labels)
    for name, share in zip(SPLITS, (0.8, 0.1, 0.1), strict=True):
        counts = Counter(
            label for each, labels in frames if assigned.of(each) == name for label in labels
        )
        for label, total in totals.items():
            assert abs(counts[label] - share * total) <= 0.05 * total + 1, (name, label)


def test_units_of_one_frame_take_little_memory() -> None:
    """A selection may have a million frames."""
    count = 5_000
    frames = ((frame(n), frozenset({"car"} if n % 3 else {"car", "dog"})) for n in range(count))
    tracemalloc.start()
    try:
        assigned = Assignment(Split(by="shares", even_labels=True), frames)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert assigned.of(frame(0)) in SPLITS
    assert peak < 250 * count  # bytes


@pytest.mark.parametrize(
    ("unit", "splits"),
    [
        ("frame", "vtttttttvtttttttvtvvtvtvttvtvtvvttttttvt"),
        ("job", "tvttttvtvttttvtvttttvtvttttvtvttttvtvttt"),
        ("name", "vtttvvtttvvtttvvtttvvtttvvtttvvtttvvtttv"),
    ],
)
def test_a_split_stays_as_it_is(unit: str, splits: str) -> None:
    """Archives that are built again have the same split, also by a later version."""
    split = Split(by="shares", shares=(0.5, 0.3, 0.2), unit=unit, seed=4, even_labels=True)
    frames = [
        (frame(n, job=n % 7, name=f"c{n % 5}_{n}.jpg"), {"car", "dog"} if n % 3 else {"car"})
        for n in range(40)
    ]
    assigned = Assignment(split, frames)
    assert "".join(assigned.of(each)[0] for each, _ in frames) == splits


def test_another_seed_is_another_split() -> None:
    frames = [frame(number) for number in range(100)]
    splits = {
        tuple(
            map(
                Assignment(Split(by="shares", seed=seed), ((f, frozenset()) for f in frames)).of,
                frames,
            )
        )
        for seed in range(3)
    }
    assert len(splits) == 3


def test_units_of_videos_and_names() -> None:
    def sides(unit: str, *frames: SplitFrame) -> list[str]:
        split = Split(by="shares", shares=(0.5, 0.5, 0), unit=unit)
        return list(map(Assignment(split, ((each, frozenset()) for each in frames)).of, frames))

    a, b, c = (frame(n, task=n, video=video) for n, video in ((1, "x.mp4"), (2, "x.mp4"), (3, "y")))
    one, other, third = sides("video", a, b, c)
    assert one == other != third
    a, b, c = (frame(n, name=f"{n}/{name}") for n, name in enumerate(["a_1.x.png", "a_2", "b_1"]))
    one, other, third = sides("name", a, b, c)
    assert one == other != third


def test_subsets_of_cvat_are_called_as_splits_are() -> None:
    assigned = Assignment(Split(by="subsets"))
    subsets = ["", "Train", "validation", "TEST ", "fold 1"]
    frames = [frame(1)._replace(subset=subset) for subset in subsets]
    assert list(map(assigned.of, frames)) == ["train", "train", "val", "test", "fold 1"]
    assert Split(by="subsets").possible(subsets) == ("fold 1", "test", "train", "val")


@pytest.mark.parametrize(
    "text",
    [
        "a.jpg\ttrain\r\n\r\ntask_2/a.jpg\tVal\nframe_000007.png\ttest\n",
        '{"a.jpg": "training", "task_2/a.jpg": "validation", "frame_000007.png": "test"}',
        "\ufeffa.jpg\ttrain\t\ntask_2/a.jpg\tval \nframe_000007.png\ttest",
    ],
)
def test_a_list_names_frames_by_their_paths(text: str) -> None:
    split = Split(by="names", names=parsed_names(text))
    split.check()
    assigned = Assignment(split)
    frames = [frame(1, name="a.jpg"), frame(1, task=2, name="a.jpg"), frame(7, video="x.mp4")]
    assert list(map(assigned.of, frames)) == ["train", "val", "test"]
    assert assigned.of(frame(1, name="b.jpg")) == ""
    assert Split.from_json(split.to_json()) == split


@pytest.mark.parametrize("name", ["{1}.jpg", " a.jpg", "a\u2028b.jpg", "a\x85b.jpg", "a\tb.jpg"])
def test_a_list_keeps_names_as_they_are(name: str) -> None:
    assert parsed_names(f"{name}\ttrain\nb.jpg\tval\n") == ((name, "train"), ("b.jpg", "val"))
    assert checked_names([(name, "train")]) == ((name, "train"),)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a.jpg", "has no split"),
        ("a.jpg\tleft", "'left' is no split"),
        ("a.jpg\ttrain\na.jpg\ttest", "is in two splits"),
        ('{"a.jpg": 1}', "is no split"),
        ('{"a.jpg": ', "no JSON"),
        ('{"a.jpg": "train",\n\t"b.jpg"', "no JSON"),
        ('{"a.jpg": "train", "a.jpg": "val"}', "is in two splits"),
    ],
)
def test_a_list_that_is_wrong_is_refused_in_words(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        parsed_names(text)


@pytest.mark.parametrize(
    ("split", "words"),
    [
        (Split(by="shares", shares=(0.8, 0.1, 0.2)), "add up to 1, not to 1.1"),
        (Split(by="shares", shares=(1.5, -0.5, 0)), "from 0 to 1"),
        (Split(by="shares", seed=2**32), "seed must be 0 to 4294967295"),
        (Split(by="shares", unit="moon"), "unit must be one of"),
        (Split(by="moon"), "by must be one of"),
        (Split(by="names"), "list of names is empty"),
        (Split(by="names", names=(("a", "left"),)), "a split is one of"),
        (Split(by="names", names=(("a\udfff", "val"),)), "cannot be the name of a picture"),
        (Split(by="shares", unit="name", separator=""), "separator has"),
    ],
)
def test_a_split_that_cannot_be_is_refused_in_words(split: Split, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        split.check()


def test_names_of_the_api_are_checked_too() -> None:
    with pytest.raises(ValueError, match="is no split"):
        checked_names([("a", "up")])
