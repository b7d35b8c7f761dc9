"""What the stages above the report leave, of four made-up systems, so that the report is tested as a whole."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from pipeline.config.params import Params
from pipeline.config.published import Published
from pipeline.config.stress import StressSettings
from pipeline.core.paths import (
    DATA,
    account_path,
    analysis_dir,
    evaluated_dir,
    index_facts_path,
    index_path,
    manifest_path,
    representations_dir,
    split_path,
    stress_dir,
    trained_dir,
    transcripts_path,
)
from pipeline.core.schemas import INDEX, SPLIT, TRANSCRIPTS
from pipeline.core.tables import read_json, write_csv, write_json, write_table
from pipeline.evaluation.why import save_families
from pipeline.exploration.files import CORPUS_FIGURES, STUDY_FIGURES, figure_path, table_path
from pipeline.report.real_results import PATH as REAL_RESULTS
from pipeline.stages import analyse, evaluate, report
from pipeline.stress.judge import DECISION_COLUMNS, judge
from pipeline.stress.results import write_results
from tests.evaluation import made_up
from tests.evaluation.trained import PLAN, write_training
from tests.report.test_real_results import RECORD
from tests.stages.planned import write_plans
from tests.stages.test_evaluate import plan as plan_evaluation
from tests.stages.test_evaluate import ratings
from tests.stages.test_explore import complete

PAGE = DATA / "report" / "index.html"
SYSTEMS = ("net", "forest", "left_out", "ratings")
SPOKEN = "<b>Say</b> the word & go."
CLIPS = made_up.random_predictions(60, accuracy=1.0)["utterance_id"]
ACCOUNT = pd.DataFrame(
    [
        ("study", "combined", "a", "joy", 60),
        ("study", "combined", "b", "joy", 1250),
        ("study", "readable", "a", "joy", 50),
        ("study", "kept", "a", "joy", 30),
        ("study", "kept", "a", "(no class)", 4),
        ("study", "kept", "b", "joy", 7),
    ],
    columns=["study", "step", "corpus", "class", "n"],
)
RUN = {
    "status": "trained",
    "commit": "0123456789abcdef",
    "seconds": 75.0,
    "host": {
        "python": "3.11.7",
        "packages": {"numpy": "2.4.6"},
        "machine": "x86_64",
        "cores": 2,
        "peak_memory_mb": 1749,
        "device": "cpu",
    },
    "settings": {"monitor": "val_uar"},
}
HEALTH = {
    "n_files": 110,
    "n_readable": 95,
    "n_quarantined": 12,
    "n_strays": 2,
    "n_passed_over": 1,
    "n_absent": 0,
    "expected": 107,
    "quarantined": {"no row in <list>": 12},
    "missing_tables": ["votes.csv (the <votes>)"],
}
REAL = [{**RECORD, "note": "Real <speech>"}]


def params(*, synthetic: bool = False) -> Params:
    """Return made-up settings, with a baseline, an audit, a representation and a stressed system."""
    settings = made_up.params(synthetic=synthetic)
    more = {
        "baselines": {"net": ["forest"]},
        "audit": {"Model <1>": {"random split": "net", "speakers never heard": "forest"}},
        "representations": {"net": ["fused"]},
        "stress": {"net": StressSettings(seed=1, most_clips=None)},
    }
    return settings.model_copy(update=more)


def write_systems() -> None:
    """Write what training leaves, and evaluate."""
    net = made_up.random_predictions(60, accuracy=0.7)
    held_out = made_up.random_predictions(60, accuracy=0.6).assign(split="val")
    both = pd.concat([net, held_out.assign(utterance_id="val/" + held_out["utterance_id"])])
    write_training("net", both, made_up.history(3))
    write_training("forest", made_up.random_predictions(60, accuracy=0.4, seed=1), made_up.history(1)[:0])
    write_training("left_out", net[:0], made_up.history(1)[:0])
    write_training("ratings", ratings(), made_up.dimension_history(3))
    for system in SYSTEMS:
        write_json(trained_dir(system) / "run.json", RUN)
    trials = pd.DataFrame(
        {"number": [0, 1, 2], "state": ["complete", "pruned", "complete"], "value": [0.4, 0.3, 0.6]}
    )
    trials.to_csv(trained_dir("net") / "trials.csv", index=False)
    write_json(
        trained_dir("forest") / "seed0_fold0.json", {"feature_importances": {"mfcc_1": 0.75, "zcr": 0.25}}
    )
    plan_evaluation(**dict.fromkeys(SYSTEMS, PLAN))
    evaluate.main()


def write_analysis() -> None:
    """Write what `analyse` reads besides, and run it."""
    index = pd.DataFrame({"utterance_id": CLIPS, "path": "a/" + CLIPS.str[-4:] + ".wav"})
    write_table(index_path("made_up"), complete(index, INDEX), INDEX)
    said = pd.DataFrame({"utterance_id": CLIPS, "text": SPOKEN})
    write_table(transcripts_path(), complete(said, TRANSCRIPTS), TRANSCRIPTS)
    split = pd.DataFrame({"utterance_id": CLIPS, "group": CLIPS, "audio_hash": CLIPS, "speaker": "made_up/0"})
    split = split.assign(split=np.where(split.index < 30, "train", "test"), fold=0, split_seed=42)
    write_table(split_path("study", "main"), complete(split, SPLIT), SPLIT)
    analyse.main()


def write_representation() -> None:
    """Write what `represent` leaves of one network."""
    folder = representations_dir("net")
    about = {
        "n_clips": 6,
        "n_values": 8,
        "perplexity": 1.7,
        "cosine": 0.25,
        "euclidean": 0.125,
        "tsne": -0.5,
        "note": None,
    }
    write_json(folder / "silhouettes.json", {"fused": about})
    points = pd.DataFrame(
        {"utterance_id": CLIPS[:6], "label": made_up.CLASSES * 2, "x": np.arange(6.0), "y": np.arange(6.0)}
    )
    points.to_csv(folder / "fused_tsne.csv", index=False)


def write_why() -> None:
    """Write what permuted families and changed test clips leave of one network."""
    families = pd.DataFrame(
        {"family": ["pitch", "energy"], "n_features": [4, 1200], "drop": [0.25, -0.01], "sd": [0.02, 0.0]}
    )
    write_csv(analysis_dir() / "families" / "net.csv", families.assign(uar=0.7))
    save_families(analysis_dir() / "families" / "net.png", families, "net")
    plain = made_up.random_predictions(60, accuracy=0.7)
    noisy = plain.assign(predicted=made_up.random_predictions(60, accuracy=0.4, seed=1)["predicted"])
    parts = [plain.assign(condition="unchanged"), noisy.assign(condition="white_0")]
    decisions = pd.concat(parts)[DECISION_COLUMNS]
    write_results(stress_dir("net"), "net", judge(decisions, made_up.CLASSES), decisions, 1)


def write_corpora(corpus: str, *, verified_by: str) -> None:
    """Write an account of curation, and the manifest of a corpus."""
    crossings = "toy: 2 of 3 speakers that its own split tests are trained on as well, such as toy/a"
    counts = {"n_combined": 110, "n_readable": 107, "n_left": 100}
    write_json(account_path("study"), {"crossings": crossings, **counts})
    archives = [{"name": "a.zip", "sha256": "0", "n_bytes": 10, "verified_by": verified_by}]
    manifest = {
        "corpus": corpus,
        "source": "archive",
        "mirror": verified_by == "mirror",
        "archives": archives,
    }
    write_json(manifest_path(corpus), {**manifest, "n_files": 110, "n_bytes": 2_000_000})
    write_json(index_facts_path(corpus), HEALTH | {"corpus": corpus})


def write_exploration() -> None:
    """Write what `explore` leaves: figures of one shade each, and the account."""
    paths = [*map(figure_path, CORPUS_FIGURES), *(figure_path(name, "study") for name in STUDY_FIGURES)]
    for shade, path in enumerate(paths):
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("L", (30, 20), shade).save(path)
    table_path("account").parent.mkdir(parents=True, exist_ok=True)
    ACCOUNT.to_csv(table_path("account"), index=False)


def build(folder: Path, settings: Params) -> str:
    """Run the stages evaluate, analyse and report in a folder; return the page."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("SER_CACHE", str(folder / "cache"))
        patch.setenv("SER_WORKERS", "1")
        write_plans(settings, "analyse", "report")
        write_systems()
        write_analysis()
        write_representation()
        write_why()
        write_corpora(next(iter(settings.corpora)), verified_by="publisher")
        write_exploration()
        return _page(patch, settings.published)


def rebuild(folder: Path, settings: Params) -> str:
    """Turn what was built into a run on synthetic speech from a mirror, with kept results; return the page."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        write_plans(settings, "report")
        for system in SYSTEMS:
            path = evaluated_dir(system) / "scores.json"
            write_json(path, {**read_json(path), "profile": settings.profile, "synthetic": True})
        write_corpora(next(iter(settings.corpora)), verified_by="mirror")
        write_json(REAL_RESULTS, REAL)
        return _page(patch, settings.published)


def _page(patch: pytest.MonkeyPatch, published: dict[str, Published]) -> str:
    patch.setattr(report, "load_published", lambda: published)
    report.main()
    return PAGE.read_text("utf-8")
