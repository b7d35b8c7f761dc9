"""Which stages run side by side, in what batches, and that they run so."""

import fnmatch
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from pipeline.orchestration.progress import Progress
from pipeline.orchestration.schedule import PHASES, SHARED, Phase, Runner, batches, threads_each

STAGES = [
    "code",
    "index@a",
    "features@y",
    "store@y",
    "features@z",
    "store@z",
    "embed@t",
    "store_text@t",
    "store_transcripts",
    "train@n",
    "train@m",
    "train@o",
    "new_speakers",
    "represent@m",
    "combine@e",
    "evaluate",
    "export@n",
    "report",
]
FEATURES, SYSTEMS = PHASES


def test_systems_are_cut_into_batches():
    systems = Phase(SYSTEMS.kinds, 2)
    assert batches(STAGES, systems) == [["new_speakers", "[anrt]*@n"], ["[anrt]*@m", "[anrt]*@o"]]


def test_a_pattern_is_of_the_stages_of_its_phase_alone():
    named = {name for pattern in batches(STAGES, SYSTEMS)[0] for name in fnmatch.filter(STAGES, pattern)}
    assert named == {"new_speakers", "train@n", "train@m", "train@o", "represent@m"}


def test_so_are_feature_sets():
    expected = [["store_transcripts"], ["[efs]*@y"], ["[efs]*@z"], ["[efs]*@t"]]
    assert batches(STAGES, Phase(FEATURES.kinds, 1)) == expected


def test_what_has_not_changed_is_left_out():
    assert batches(["represent@m", "report", "combine@e"], SYSTEMS) == [["[anrt]*@m"]]
    assert batches(["report"], FEATURES) == []


def outs(body):
    listed = [*body.get("outs", []), *body.get("metrics", [])]
    return [out if isinstance(out, str) else next(iter(out)) for out in listed]


def stem(path):
    return path.partition("$")[0].rstrip("/")


@pytest.fixture(scope="module")
def needs() -> dict[str, list[set[str]]]:
    """By stage of dvc.yaml, for each dependency: the stages that make it; several may write in a folder."""
    stages = YAML(typ="safe").load(Path("dvc.yaml").read_text("utf-8"))["stages"]
    bodies = {name: stage.get("do", stage) for name, stage in stages.items()}
    makers: dict[str, set[str]] = {}
    for name, body in bodies.items():
        for out in outs(body):
            makers.setdefault(stem(out), set()).add(name)

    def made_by(dependency: str) -> set[str]:
        path = stem(dependency)
        return {
            name
            for out, names in makers.items()
            for name in names
            if f"{path}/".startswith(f"{out}/") or f"{out}/".startswith(f"{path}/")
        }

    return {name: [made for dep in body["deps"] if (made := made_by(dep))] for name, body in bodies.items()}


def test_every_kind_that_runs_side_by_side_is_a_stage(needs):
    assert {*SHARED, *(kind for phase in PHASES for kind in phase.kinds)} <= needs.keys()
    assert needs["train"] == [{"plan"}, {"split"}, STORES, STORES]


STORES = {"store", "store_text", "store_transcripts", "plan"}  # `plan` writes those of no second input


def test_what_runs_side_by_side_needs_nothing_that_comes_after_it(needs):
    """Feature sets need what is shared and their own, systems those and their own."""
    there = set(SHARED)
    for _ in needs:  # what a stage that ran needed has run
        there |= {name for kind in there for made in needs[kind] for name in made}
    for phase in PHASES:
        assert not there & set(phase.kinds)
        there |= set(phase.kinds)
        for kind in phase.kinds:
            for made in needs[kind]:
                assert made <= there | {"combine", "external"}, (kind, made)


def test_what_comes_last_is_in_no_phase(needs):
    last = {"combine", "external", "evaluate", "export", "analyse", "report"}
    assert last.isdisjoint({*SHARED, *(kind for phase in PHASES for kind in phase.kinds)})
    assert last <= needs.keys()


@pytest.fixture
def calls(tmp_path, monkeypatch) -> Path:
    """A stand-in for dvc that writes its environment and arguments down, and fails for a stage of that name."""
    script = tmp_path / "dvc"
    script.write_text(
        "#!/bin/sh\n"
        'echo "$SER_THREADS $SER_WORKERS $SER_WARM: $*" >> "$(dirname "$0")/calls"\n'
        "echo \"Running stage 'some'\"; echo to stderr >&2\n"
        'case "$*" in *failing*) exit 3;; esac\n'
    )
    script.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    for name in ("SER_THREADS", "SER_WORKERS", "SER_WARM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("pipeline.orchestration.schedule.cpu_count", lambda: 8)
    return tmp_path / "calls"


@pytest.fixture
def lines() -> list[str]:
    return []


@pytest.fixture
def runner(lines) -> Runner:
    return Runner(Progress(3, lines.append, lambda: 0.0), {"SER_WARM": "socket"})


def test_repro_tells_its_progress_and_returns_the_status(calls, runner, lines):
    assert runner.repro("report", SER_THREADS="2") == 0
    assert calls.read_text() == "2  socket: --wait-for-lock repro report\n"
    assert lines == ["[1/3 stages, 0:00] some", "to stderr"]
    assert runner.repro("failing") == 3


def test_each_batch_runs_once_with_its_share_of_the_cores(calls, runner):
    assert runner.side_by_side([["*@a"], ["*@b", "*@c"], ["*@d"]], 2)
    expected = [
        f"4 4 socket: --wait-for-lock repro --single-item --glob {args}" for args in ("*@a", "*@b *@c", "*@d")
    ]
    assert sorted(calls.read_text().splitlines()) == expected


def test_workers_that_are_asked_for_stay(calls, runner, monkeypatch):
    monkeypatch.setenv("SER_WORKERS", "1")
    assert runner.side_by_side([["*@a"]], 2)
    assert calls.read_text().startswith("4 1 socket:")


def test_after_a_failure_no_further_batch_is_begun(calls, runner):
    assert not runner.side_by_side([["*@failing"], ["*@b"], ["*@c"]], 1)
    assert len(calls.read_text().splitlines()) == 1


@pytest.mark.parametrize(
    ("named", "jobs", "expected"), [(None, 3, "2"), (None, 20, "1"), ("5", 3, "5"), ("", 2, "4")]
)
def test_threads_each(calls, monkeypatch, named, jobs, expected):
    if named is not None:
        monkeypatch.setenv("SER_THREADS", named)
    assert threads_each(jobs) == expected
