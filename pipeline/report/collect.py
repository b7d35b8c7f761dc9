"""Everything the report shows, read from the files of the systems, studies and corpora in params.yaml."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from pipeline.config.cross_corpora import CROSS_CORPORA
from pipeline.config.plans import ReportedSystem, ReportPlan
from pipeline.config.published import Published
from pipeline.core.errors import PipelineError
from pipeline.core.paths import (
    account_path,
    analysis_dir,
    evaluated_dir,
    index_facts_path,
    known_speakers_path,
    manifest_path,
    trained_dir,
)
from pipeline.core.tables import existing, read_csv, read_json
from pipeline.curation.health import deviations
from pipeline.evaluation.system import scores_path
from pipeline.exploration.files import CORPUS_FIGURES, STUDY_FIGURES, figure_path, table_path
from pipeline.report.answers import Answer, answers
from pipeline.report.cross_corpora import Matrix, read_matrix
from pipeline.report.leaderboard import Row, in_order
from pipeline.report.real_results import RealResult, read_real_results
from pipeline.report.run_facts import Fact, run_facts
from pipeline.report.section import Section, sections_of
from pipeline.report.system_detail import read_analysis


@dataclass(frozen=True)
class Step:
    """A step of a study's curation: how many utterances are left after it, and how many it took away."""

    name: str
    n_left: int
    n_dropped: int


@dataclass(frozen=True)
class Picture:
    """A figure of the stage `explore`: what it shows, its file's bytes, and where that lies."""

    description: str
    png: bytes
    path: str


@dataclass(frozen=True)
class StudyAccount:
    """What curation makes of a study: figures, and a row a step, a column a corpus of files that are left."""

    pictures: list[Picture]
    left: pd.DataFrame


@dataclass(frozen=True)
class Report:
    """All that the page shows.

    Attributes:
        profile: The active profile.
        asr_source: Where transcripts come from: whisper or gold.
        gold_corpora: Those whose own texts are read, though it be whisper.
        n_systems: How many systems there are, those not yet run among them whose study has corpora in this profile.
        rows: The leaderboard, every system that was run or skipped.
        answers: Of each study and set of corpora: the best system, and what is known of it.
        real: Results on real corpora that were kept; none where there is no such file.
        audit: What leaks are worth, by title: text and cases.
        matrix: What a system of one corpus finds in another; None without such systems.
        sections: Of every trained system, in the leaderboard's order.
        curation: Steps of each study that has corpora.
        crossings: By study, where there are any: which speakers and copies a split that is given has on both sides.
        pictures: What the corpora hold; none without corpora.
        accounts: The same steps more closely, by study.
        manifests: What `index` wrote of where each active corpus came from.
        health: What became of its files, and what deviates from a complete copy.
        facts: What the systems ran on.
    """

    profile: str
    asr_source: str
    gold_corpora: list[str]
    n_systems: int
    rows: list[Row]
    answers: list[Answer]
    real: list[RealResult]
    audit: dict[str, dict[str, Any]]
    matrix: Matrix | None
    sections: list[Section]
    curation: dict[str, list[Step]]
    crossings: dict[str, str]
    pictures: list[Picture]
    accounts: dict[str, StudyAccount]
    manifests: list[dict[str, Any]]
    health: list[dict[str, Any]]
    facts: list[Fact]

    @property
    def n_not_run(self) -> int:
        """How many systems have no scores yet: every table leaves them out."""
        return self.n_systems - len(self.rows)

    @property
    def synthetic(self) -> bool:
        return any(row.synthetic for row in self.rows)

    @property
    def n_trustworthy(self) -> int:
        return sum(row.trustworthy for row in self.rows if row.trained)

    @property
    def n_known_speakers(self) -> int:
        return sum(not (row.new_speakers or row.official) for row in self.rows if row.trained)

    @property
    def total_seconds(self) -> float | None:
        known = [row.seconds for row in self.rows if row.seconds is not None]
        return sum(known) if known else None

    @property
    def most_memory_mb(self) -> int | None:
        return max((row.memory_mb for row in self.rows if row.memory_mb is not None), default=None)

    @property
    def on_mirror_terms(self) -> bool:
        """Whether an archive has bytes that a mirror states, and not its publisher."""
        return any(
            archive["verified_by"] == "mirror" for item in self.manifests for archive in item["archives"]
        )


def collect(plan: ReportPlan, published: Mapping[str, Published]) -> Report:
    """Read the report's material; systems that are not trained yet are left out.

    Args:
        plan: What the report shows.
        published: What the documents report, by system.

    Raises:
        PipelineError: A file is not there, or comes from another profile than the active one.
    """
    run = {name: system for name, system in plan.systems.items() if scores_path(name).exists()}
    knowing = read_json(known_speakers_path())
    rows = [
        read_row(plan.profile, name, system, published.get(name), knows_speakers=name in knowing)
        for name, system in run.items()
    ]
    rows = in_order(rows, list(plan.studies))
    studies = [study for study, corpora in plan.studies.items() if corpora]
    analysis = read_analysis()
    accounts = {study: read_json(account_path(study)) for study in studies}
    return Report(
        profile=plan.profile,
        asr_source=plan.asr_source,
        gold_corpora=plan.gold_corpora,
        n_systems=len({*run, *(name for name, one in plan.systems.items() if plan.studies[one.study])}),
        rows=rows,
        answers=answers(asked_about(rows, plan.audit), analysis.significance, read_confusions),
        real=read_real_results(),
        audit=read_json(analysis_dir() / "audit.json"),
        matrix=read_matrix(),
        sections=sections_of(rows, analysis, plan.stressed, plan.code),
        curation={study: curation_steps(account) for study, account in accounts.items()},
        crossings={study: found for study, account in accounts.items() if (found := account["crossings"])},
        pictures=_pictures(CORPUS_FIGURES) if studies else [],
        accounts=study_accounts(read_csv(table_path("account")), studies),
        manifests=[read_json(manifest_path(corpus)) for corpus in plan.corpora],
        health=[read_health(corpus) for corpus in plan.corpora],
        facts=run_facts(rows),
    )


def read_confusions(row: Row) -> pd.DataFrame | None:
    """Read what a trained system of classes confuses most often; None of any other."""
    if not row.trained or row.targets:
        return None
    return read_csv(evaluated_dir(row.system) / "confusions.csv")


def read_health(corpus: str) -> dict[str, Any]:
    """Read what `index` counted of a corpus, and say which of it deviates from a complete copy."""
    facts = read_json(index_facts_path(corpus))
    return {**facts, "deviations": sorted(deviations(facts))}


def asked_about(rows: list[Row], audit: dict[str, dict[str, str]]) -> list[Row]:
    """Leave out studies that do not ask which system is best: those of the audit's cases alone, and the matrix."""
    cases = {system for systems in audit.values() for system in systems.values()}
    studies = {row.study for row in rows if row.system not in cases} - {CROSS_CORPORA}
    return [row for row in rows if row.study in studies]


def curation_steps(account: dict[str, Any]) -> list[Step]:
    """Turn a study's account, its counts `n_<step>` in order, into steps."""
    counts = [(name.removeprefix("n_"), value) for name, value in account.items() if name.startswith("n_")]
    before = [value for _, value in counts]
    before = [*before[:1], *before]
    return [Step(name, value, start - value) for (name, value), start in zip(counts, before, strict=False)]


def study_accounts(account: pd.DataFrame, studies: list[str]) -> dict[str, StudyAccount]:
    """Join each study's figures with its part of the account: study, step, corpus, class, n, steps in order."""
    found = {}
    for study in studies:
        rows = account[account["study"] == study]
        left = rows.pivot_table(index="step", columns="corpus", values="n", aggfunc="sum", fill_value=0)
        found[study] = StudyAccount(_pictures(STUDY_FIGURES, study), left.reindex(rows["step"].unique()))
    return found


def _pictures(figures: dict[str, str], study: str | None = None) -> list[Picture]:
    paths = {figure_path(name, study): description for name, description in figures.items()}
    return [
        Picture(description, existing(path).read_bytes(), path.as_posix())
        for path, description in paths.items()
    ]


def read_row(
    profile: str, name: str, system: ReportedSystem, published: Published | None, *, knows_speakers: bool
) -> Row:
    """Read a system's row of the leaderboard.

    Raises:
        PipelineError: A file is not there, or its scores come from another profile.
    """
    path = scores_path(name)
    scores = read_json(path)
    if scores["profile"] != profile:
        raise PipelineError(
            f"{path} was made in profile {scores['profile']!r}, and params.yaml says {profile!r}: "
            "run `dvc repro`, so that all systems come from one profile"
        )
    return Row(
        name,
        scores,
        published=published.flat() if published else {},
        run=read_json(trained_dir(name) / "run.json") if scores["status"] == "trained" else {},
        split=system.protocol,
        shares=system.shares,
        deduplicated=system.deduplicated,
        knows_speakers=knows_speakers,
        speaker_standardised=system.speaker_standardised,
    )
