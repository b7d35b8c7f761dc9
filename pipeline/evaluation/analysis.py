"""The files of the stage `analyse`, which looks at all systems together.

| below data/analysis | what |
| --- | --- |
| significance.csv | a row a pair of systems tested on the same clips: `pipeline.evaluation.significance` |
| change/<system>/<baseline>.csv, .png | the change of the confusion matrix: `pipeline.evaluation.change` |
| change/recall.csv, change/scores.csv | that of the recall of each class, and of each score |
| audit.csv, audit.json | what leaks are worth; the second with words: `pipeline.evaluation.audit` |
| failures/<system>.csv | the 50 most confident failures, or largest errors: `pipeline.evaluation.failures` |
| unsure/<system>.csv | the 20 least confident right predictions of classes |
| families/<system>.csv, .png | what families of features are worth: `pipeline.evaluation.why` |
| cross_corpora.csv, .png | what a system of one corpus finds in another: `pipeline.evaluation.matrix` |
| listed.csv | system, list, n_test, n, n_listed: of how many each of these shows the first |

Systems that were skipped are left out, and baselines that were tested on other clips as well.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from tqdm import tqdm

from pipeline.config.cross_corpora import CASES, system_of
from pipeline.config.plans import AnalysePlan, PermutedSystem, SystemPlan
from pipeline.core.paths import index_path, predictions_path, split_path, trained_dir, transcripts_path
from pipeline.core.tables import read_table, write_csv, write_json
from pipeline.core.tree import hash_file, list_files
from pipeline.evaluation.audit import audit_rows, audit_table, audit_text, count_leaks
from pipeline.evaluation.change import (
    CONFUSION_COLUMNS,
    RECALL_COLUMNS,
    SCORE_COLUMNS,
    confusion_change,
    recall_change,
    score_change,
)
from pipeline.evaluation.comparable import Group, Groups, Member, first_runs
from pipeline.evaluation.failures import (
    N_FAILURES,
    N_UNSURE,
    Paths,
    failures,
    first_run,
    largest_errors,
    unsure,
    with_sources,
)
from pipeline.evaluation.matrix import write_matrix
from pipeline.evaluation.regression import target_order
from pipeline.evaluation.remembered import remembered_files

PAIR = ["system", "baseline"]
LISTED_COLUMNS = ["system", "list", "n_test", "n", "n_listed"]
_SPLIT_COLUMNS = ["utterance_id", "group", "speaker", "audio_hash", "split_seed", "fold", "split"]


def write_rounded(path: Path, table: pd.DataFrame) -> None:
    """Write a table to six digits, so that small p-values keep theirs."""
    write_csv(path, table, "%.6g")


def read_transcripts() -> pd.Series:
    """Return what was heard by utterance id."""
    return read_table(transcripts_path(), ["utterance_id", "text"]).set_index("utterance_id")["text"]


def read_paths(corpus: str) -> pd.Series:
    """Return where a corpus's clips lie below its folder, by utterance id."""
    return read_table(index_path(corpus), ["utterance_id", "path"]).set_index("utterance_id")["path"]


def write_failures(
    folder: Path, system: str, predictions: pd.DataFrame, paths: Paths, transcripts: pd.Series, code: str
) -> list[dict[str, Any]]:
    """Write a system's lists of clips; return their rows of listed.csv.

    Args:
        folder: Where to.
        system: Its name.
        predictions: Of every split.
        paths: Gives a corpus's paths, as `read_paths`.
        transcripts: As `read_transcripts`.
        code: Digest of the code that lists.
    """
    indices = [index_path(corpus) for corpus in sorted(set(predictions["corpus"]))]
    files = [predictions_path(system), transcripts_path(), *(path for path in indices if path.exists())]
    key = [code, system, _hashes(files)]
    return remembered_files(
        "failures", key, folder, lambda place: _list_failures(place, system, predictions, paths, transcripts)
    )


def _hashes(files: Sequence[Path]) -> list[str]:
    return [hash_file(path)[0] for path in files]


def _list_failures(
    folder: Path, system: str, predictions: pd.DataFrame, paths: Paths, transcripts: pd.Series
) -> list[dict[str, Any]]:
    first = first_run(predictions)
    if target_order(first):
        lists = [("failures", largest_errors(first), N_FAILURES)]
    else:
        lists = [("failures", failures(first), N_FAILURES), ("unsure", unsure(first), N_UNSURE)]
    rows = []
    for name, table, most in lists:
        shown = with_sources(table.head(most), paths, transcripts)
        write_rounded(folder / name / f"{system}.csv", shown)
        counts = (system, name, len(first), len(table), len(shown))
        rows.append(dict(zip(LISTED_COLUMNS, counts, strict=True)))
    return rows


def write_changes(
    folder: Path,
    groups: Groups,
    baselines: Mapping[str, Sequence[str]],
    scores: Mapping[str, Mapping[str, Any]],
    code: str,
) -> int:
    """Write what each system changes against each of its baselines.

    Args:
        folder: Where to.
        groups: Of comparable systems.
        baselines: Of each system that has some.
        scores: Of each system, as evaluation leaves them.
        code: Digest of the code that draws.

    Returns:
        The number of such pairs.
    """
    pairs = [
        (group, members[system], members[baseline])
        for group in groups
        for members in [{member.system: member for member in group.members}]
        for system in members
        for baseline in baselines.get(system, [])
        if baseline in members
    ]
    recall, by_score = [], []
    for group, member, baseline in tqdm(pairs, desc="change", unit="pair", disable=None):
        names = {"system": member.system, "baseline": baseline.system}
        change = score_change(scores[member.system], scores[baseline.system])
        by_score.append(change.assign(**names))
        if not group.targets:
            recall.append(_write_confusion(folder, group, member, baseline, code).assign(**names))
    for name, tables, columns in (("recall", recall, RECALL_COLUMNS), ("scores", by_score, SCORE_COLUMNS)):
        table = pd.concat(tables) if tables else pd.DataFrame(columns=[*PAIR, *columns])
        write_rounded(folder / f"{name}.csv", table[[*PAIR, *columns]])
    return len(pairs)


def _write_confusion(folder: Path, group: Group, member: Member, baseline: Member, code: str) -> pd.DataFrame:
    """Write the change of the confusion matrix; return that of the recall."""
    ours, theirs = first_runs(member, baseline)
    counts = group.confusion(member, ours), group.confusion(baseline, theirs)
    change = confusion_change(*counts, group.classes)
    stem = folder / member.system / baseline.system
    write_rounded(stem.with_name(f"{stem.name}.csv"), change[CONFUSION_COLUMNS])
    n_clips, seed = len(member.predicted[ours]), member.runs[ours][1]
    title = f"{member.system} against {baseline.system}: {n_clips} test clips, seed {seed}"
    _draw_change(stem.with_name(f"{stem.name}.png"), change, group.classes, title, code)
    return recall_change(*counts, group.classes)


def _draw_change(path: Path, change: pd.DataFrame, classes: Sequence[str], title: str, code: str) -> None:
    """Draw a change, or take the drawing from the cache: each takes half a second, few systems change at a time."""

    def draw(folder: Path) -> None:
        from pipeline.evaluation.change_figure import save_change  # with it comes matplotlib

        save_change(folder / path.name, change, classes, title)

    remembered_files("changes", [code, title, list(classes), change.to_csv()], path.parent, draw)


def write_importances(folder: Path, system: str, permuted: PermutedSystem, code: str) -> None:
    """Write what the families of a system's features are worth; its predictions change with its features.

    Args:
        folder: Where to.
        system: Its name.
        permuted: All that is planned of it, and how it is permuted.
        code: Digest of the code that permutes.
    """
    trained = trained_dir(system)
    files = [trained / name for name in list_files(trained) if name != "run.json"]
    settings = permuted.plans.plan.system if isinstance(permuted.plans.plan, SystemPlan) else None
    split = [split_path(settings.study, settings.variant)] if settings else []

    def write(place: Path) -> None:
        from pipeline.evaluation.why import write_families  # with it come scikit-learn and matplotlib

        write_families(place, system, permuted)

    key = [code, system, permuted.model_dump(), _hashes([*files, *split])]
    remembered_files("families", key, folder, write)


def write_cross_corpora(
    folder: Path, corpora: Mapping[str, bool], scores: Mapping[str, Mapping[str, Any]], code: str
) -> None:
    """Write the cross-corpus matrix.

    Args:
        folder: Where to.
        corpora: Those of the matrix: whether they are synthetic.
        scores: Of each system, as evaluation leaves them.
        code: Digest of the code that scores and draws.
    """
    if not corpora:
        return

    def write(place: Path) -> None:
        write_matrix(place, corpora, scores)

    systems = [name for case in CASES for name in (system_of(case, corpus) for corpus in corpora)]
    there = {name: scores[name]["status"] for name in systems if name in scores}
    files = [predictions_path(name) for name in there]
    remembered_files("matrix", [code, dict(corpora), there, _hashes(files)], folder, write)


def write_audit(folder: Path, plan: AnalysePlan, scores: Mapping[str, Mapping[str, Any]]) -> None:
    """Write the audit's table, and the same with words; a case whose system is not trained yet is left out.

    Args:
        folder: Where to.
        plan: Which systems are audited, and how their clips are split.
        scores: Of each system, as evaluation leaves them.
    """
    every, texts = [], {}
    for title, cases in plan.audit.items():
        there = {case: system for case, system in cases.items() if system in scores}
        skipped = [case for case, system in there.items() if scores[system]["status"] == "skipped"]
        trained = [system for case, system in there.items() if case not in skipped]
        leaks = {}
        for system in trained:
            path = split_path(plan.systems[system], plan.splits[system].variant)
            leaks[system] = count_leaks(read_table(path, _SPLIT_COLUMNS), plan.splits[system].train_on)
        rows = audit_rows(title, there, scores, leaks)
        synthetic = any(scores[system]["synthetic"] for system in trained)
        texts[title] = {"text": audit_text(rows, skipped, synthetic=synthetic), "cases": rows}
        every += rows
    write_rounded(folder / "audit.csv", audit_table(every))
    write_json(folder / "audit.json", texts)
