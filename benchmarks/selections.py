"""`make bench-selections`: measure draws and selections, and write benchmarks/selections.json."""

from __future__ import annotations

import io
import json
import os
import platform
import random
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import mean, median
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from benchmarks import databases, document, edges_model, pictures
from cvat.types import Frame, Place
from selections.methods import METHODS
from selections.methods.method import Facts
from selections.sampling import Amount, Candidates, Sample
from selector.thumbnails.descriptors import Model
from selector.thumbnails.likeness import COLOURS, HASH_BITS, Likeness, likeness
from selector.thumbnails.rendering import render_image

RESULTS = Path(__file__).with_name("selections.json")
# What must hold, and whether bigger or smaller is better.
BOUNDS = {
    "draw_s": (1.0, "at most"),
    "save_s_sqlite": (3.0, "at most"),
    "save_s_postgresql": (3.0, "at most"),
    "union_s": (3.0, "at most"),
    "longest_write_lock_s": (0.5, "at most"),
    "near_duplicates_s": (2.0, "at most"),
    "most_varied_s": (4.0, "at most"),
    "hashing_ratio": (1.15, "at most"),
    "near_duplicate_precision": (0.95, "at least"),
    "near_duplicate_recall": (0.95, "at least"),
    "coverage_vs_random": (1.3, "at least"),
    "model_coverage_vs_random": (1.3, "at least"),
}
FRAMES, JOBS = 100_000, 1000
VARIED = 250  # frames of these
FILMED = 5  # consecutive frames of a picture
SEEDS = range(10)
SIDE = 24  # pixels of the pictures whose distance is measured
NOISE = 8  # of a plain picture


def main() -> int:
    stored = {each: databases.measure(each) for each in ("sqlite", "postgresql")}
    measured = {
        **worst(stored),
        **speed(),
        "hashing_ratio": hashing_ratio(),
        **quality(),
    }
    for name, (bound, direction) in BOUNDS.items():
        value = measured[name]
        sys.stdout.write(f"{name:28} {value:7.2f}   ({direction} {bound:g})\n")
    machine = {"cores": os.cpu_count(), "python": platform.python_version()}
    ratios = {name: round(measured[name], 3) for name in BOUNDS}
    results = {"ratios": ratios}
    RESULTS.write_text(json.dumps(results | {"machine": machine}, indent=1) + "\n")
    document.update_rows(RESULTS.name, ratios)
    return 0


def worst(stored: Mapping[str, Mapping[str, float]]) -> dict[str, float]:
    """Of what was measured on both databases the longer time; saving on each by itself."""
    longer = {key: max(each[key] for each in stored.values()) for key in stored["sqlite"]}
    del longer["save_s"]
    return longer | {f"save_s_{name}": each["save_s"] for name, each in stored.items()}


def speed() -> dict[str, float]:
    """Processor seconds for draws from FRAMES frames whose likeness is known; a tenth of them are
    near-duplicates of others."""
    source = random.Random(1)
    known: dict[Place, Likeness] = {}
    for number in range(FRAMES):
        bits = source.getrandbits(HASH_BITS)
        if number % 10 == 9:
            bits = known[1, number - 1].hash ^ 1 << source.randrange(HASH_BITS)
        known[1, number] = Likeness(bits, source.randbytes(COLOURS))
    candidates = _candidates(known)
    return {
        "near_duplicates_s": _seconds(
            lambda: _drawn("no_near_duplicates", candidates, known, FRAMES, seed=1)
        ),
        "most_varied_s": _seconds(lambda: _drawn("most_varied", candidates, known, VARIED, seed=1)),
    }


def hashing_ratio() -> float:
    """Time to make a thumbnail and its likeness, by the time to make the thumbnail."""
    [photograph, *_] = pictures.whole()
    content = pictures.jpeg(photograph.resize((1920, 1080)))
    thumbnail = render_image(io.BytesIO(content)).content
    making = _seconds(lambda: [render_image(io.BytesIO(content)) for _ in range(50)])
    return 1 + _seconds(lambda: [likeness(thumbnail) for _ in range(50)]) / making


def quality() -> dict[str, float]:
    """How well likeness tells pictures apart, and the coverage of the most varied by a model."""
    groups = thumbnail_groups()
    thumbnails = _all_of(groups)
    known, described = _likeness_of(thumbnails), _described(thumbnails)
    return {
        **quality_of_likeness(groups),
        "model_coverage_vs_random": _coverage(known, thumbnails, len(groups), described),
    }


def thumbnail_groups() -> list[list[bytes]]:
    """For each photograph the thumbnails of its variations."""
    return [_thumbnails(image) for image in pictures.photographs()]


def quality_of_likeness(groups: Sequence[Sequence[bytes]]) -> dict[str, float]:
    """Precision and recall of near-duplicates at the default distance, over all pairs of pictures;
    and how much nearer pictures are to the most varied ones than to ones drawn at random."""
    thumbnails = _all_of(groups)
    group_of = np.repeat(np.arange(len(groups)), [len(group) for group in groups])
    known = _likeness_of(thumbnails)
    return {
        **_told_apart(known, group_of),
        "coverage_vs_random": _coverage(known, thumbnails, len(groups)),
    }


def _all_of(groups: Sequence[Sequence[bytes]]) -> list[bytes]:
    return [each for group in groups for each in group]


def _likeness_of(thumbnails: Sequence[bytes]) -> dict[Place, Likeness]:
    return {(1, number): likeness(each) for number, each in enumerate(thumbnails)}


def _described(thumbnails: Sequence[bytes]) -> dict[Place, bytes]:
    """The descriptors of the pictures by a small model."""
    with TemporaryDirectory() as folder:
        model = Model(edges_model.save(Path(folder) / "edges.onnx"))
    return {(1, number): model.describe(each) for number, each in enumerate(thumbnails)}


def _told_apart(known: dict[Place, Likeness], group_of: NDArray[np.int64]) -> dict[str, float]:
    hashes = np.array([each.hash for each in known.values()], np.uint64)
    [setting] = METHODS["no_near_duplicates"].settings
    upper = np.triu_indices(len(hashes), 1)
    told = (np.bitwise_count(hashes[:, None] ^ hashes[None, :]) <= setting.default)[upper]
    same = (group_of[:, None] == group_of[None, :])[upper]
    both = np.count_nonzero(told & same)
    return {
        "near_duplicate_precision": both / np.count_nonzero(told),
        "near_duplicate_recall": both / np.count_nonzero(same),
    }


def _coverage(
    known: dict[Place, Likeness],
    thumbnails: Sequence[bytes],
    count: int,
    described: Mapping[Place, bytes] | None = None,
) -> float:
    """By the distance of the pixels, without brightness and contrast; no method looks at them."""
    pixels = np.array([_pixels(each) for each in thumbnails])
    candidates = _candidates(known)

    def distance(method: str) -> float:
        samples = [_drawn(method, candidates, known, count, seed, described) for seed in SEEDS]
        return mean(_to_nearest(pixels, sample) for sample in samples)

    return distance("random_uniform") / distance("most_varied")


def _to_nearest(pixels: NDArray[np.float32], sample: Sample) -> float:
    chosen = pixels[[frame.frame for frame in sample.frames]]
    squares = (pixels**2).sum(1)[:, None] + (chosen**2).sum(1)[None, :] - 2 * pixels @ chosen.T
    return float(np.sqrt(np.maximum(squares, 0)).min(axis=1).mean())


def _pixels(thumbnail: bytes) -> NDArray[np.float32]:
    small = Image.open(io.BytesIO(thumbnail)).convert("RGB").resize((SIDE, SIDE))
    values = np.asarray(small, np.float32).ravel()
    relative: NDArray[np.float32] = (values - values.mean()) / (values.std() + NOISE)
    return relative


def _thumbnails(image: Image.Image) -> list[bytes]:
    same = [image, *pictures.variations(image).values(), *pictures.video(image, FILMED)]
    return [pictures.thumbnail(each) for each in same]


def _candidates(known: dict[Place, Likeness]) -> Candidates:
    by_job: dict[int, list[Frame]] = {}
    for task_id, number in known:
        job_id = 1 + number * JOBS // len(known)
        by_job.setdefault(job_id, []).append(Frame(task_id, job_id, number, "", 1, 1))
    return Candidates(by_job)


def _drawn(
    method: str,
    candidates: Candidates,
    known: dict[Place, Likeness],
    count: int,
    seed: int,
    described: Mapping[Place, bytes] | None = None,
) -> Sample:
    settings = {each.name: each.default for each in METHODS[method].settings}
    by_model = None if described is None else lambda _: described
    facts = Facts(read_likeness=lambda _: known, read_descriptors=by_model)
    return METHODS[method].draw(candidates, Amount(count, settings=settings), seed, facts)


def _seconds(work: Callable[[], object], times: int = 3) -> float:
    taken = []
    for _ in range(times):
        started = time.process_time()
        work()
        taken.append(time.process_time() - started)
    return median(taken)


if __name__ == "__main__":
    sys.exit(main())
