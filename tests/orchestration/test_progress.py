"""What a reader sees of a run: the stage, of how many, the time so far and about how much is left."""

import pytest

from pipeline.orchestration.progress import Progress, clock_time


class Clock:
    """A clock that a test sets."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def lines() -> list[str]:
    return []


def begin(progress: Progress, clock: Clock, seconds: float, n_stages: int) -> None:
    for number in range(n_stages):
        progress.show(f"Running stage 'train@{number}':\n")
        clock.now += seconds


def test_a_stage_is_shown_with_its_number_and_the_time(clock, lines):
    progress = Progress(7, lines.append, clock)
    begin(progress, clock, 65.0, 2)
    assert lines == ["[1/7 stages, 0:00] train@0", "[2/7 stages, 1:05] train@1"]


def test_after_five_stages_the_rest_is_estimated_by_their_mean(clock, lines):
    begin(Progress(10, lines.append, clock), clock, 10.0, 6)
    assert "left" not in lines[4]
    assert lines[5] == "[6/10 stages, 0:50, about 0:50 left] train@5"


def test_more_stages_than_were_known_raise_the_total(clock, lines):
    begin(Progress(1, lines.append, clock), clock, 1.0, 2)
    assert lines[1] == "[2/2 stages, 0:01] train@1"


def test_seconds_count_from_its_making(clock, lines):
    clock.now = 100.0
    progress = Progress(1, lines.append, clock)
    clock.now = 103.5
    assert progress.seconds == 3.5


# What `dvc repro` prints around the stages.
HINTS = """
Stage 'code' didn't change, skipping
> python -m pipeline.stage train ravdess_cnn4
Generating lock file 'dvc.lock'
Updating lock file 'dvc.lock'

To track the changes with git, run:

\tgit add .dvc/.gitignore dvc.lock

To enable auto staging, run:

\tdvc config core.autostage true
Use `dvc push` to send your updates to remote storage.
"""


def test_hints_of_dvc_are_left_out(clock, lines):
    progress = Progress(1, lines.append, clock)
    for line in HINTS.splitlines(keepends=True):
        progress.show(line)
    assert lines == []


@pytest.mark.parametrize(
    "line",
    [
        "train ravdess_cnn4: 1 model(s), 54 clips\n",
        "ERROR: failed to reproduce 'train@ravdess_cnn4': exited with 2\n",
        "Stage 'train@ravdess_cnn4' is cached - skipping run, checking out outputs\n",
        "    raise ValueError(text)\n",
    ],
)
def test_what_stages_say_and_all_errors_are_passed_on(clock, lines, line):
    Progress(1, lines.append, clock).show(line)
    assert lines == [line.rstrip("\n")]


@pytest.mark.parametrize(
    ("seconds", "expected"), [(0.4, "0:00"), (59.6, "1:00"), (187, "3:07"), (3725, "62:05")]
)
def test_clock_time(seconds, expected):
    assert clock_time(seconds) == expected
