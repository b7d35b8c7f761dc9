"""Settings and studies for the tests of the splits."""

import numpy as np

from pipeline.config.splits import Resampling, SplitSettings
from tests.curation.signals import curated

THREE = {"train": 0.7, "val": 0.15, "test": 0.15}
NO_VAL = {"train": 1.0, "val": 0.0}
NOTHING = Resampling(method="none", n_per_class=None, transforms={})
TRANSFORMS = {"noise": (0.001, 0.01), "time_stretch": (0.8, 1.2), "pitch_shift": (-2.0, 2.0)}


def settings(protocol="stratified", **changes):
    chosen = {
        "protocol": protocol,
        "group_duplicates": True,
        "fractions": THREE,
        "folds": 4,
        "corpora": None,
        "test_corpora": ["ravdess"],
        "seeds": [0],
        "resampling": NOTHING,
    }
    return SplitSettings(**{**chosen, **changes})


def resampling(method, n_per_class=None, **transforms):
    transforms = transforms or TRANSFORMS
    return Resampling(method=method, n_per_class=n_per_class, transforms=transforms)


def study(seed, n=240, n_speakers=12):
    """Clips of three uneven classes by speakers of uneven diligence, two a session; a fifth are copies of others.

    There are two corpora, RAVDESS with official splits of all three kinds, three sentences, and three folds of
    speakers.
    """
    rng = np.random.default_rng(seed)
    diligence = rng.dirichlet(np.full(n_speakers, 5.0))
    rows = []
    for i in range(n):
        if rows and rng.random() < 0.2:
            rows.append({**rows[rng.integers(len(rows))], "utterance_id": f"{i:04}"})
            continue
        speaker = rng.choice(n_speakers, p=diligence)
        label = rng.choice(["angry", "happy", "sad"], p=[0.5, 0.3, 0.2])
        corpus = ["ravdess", "tess"][speaker >= n_speakers // 2]
        rows.append(
            {
                "utterance_id": f"{i:04}",
                "speaker": f"{corpus}/s{speaker:02}",
                "session": f"{corpus}/x{speaker // 2:02}",
                "corpus": corpus,
                "label": label,
                "sex": "female" if speaker % 2 else "male",
                "group": f"g{i}",
                "text": f"Sentence {i % 3}.",
                "official_split": f"{rng.choice(['train', 'val', 'test'], p=[0.6, 0.2, 0.2])} fold_{speaker % 3}",
            }
        )
    return curated(rows)


def alike(labels, n, copies=1, **columns):
    """As many recordings of each label, each as often, each by a speaker of its own."""
    names = [(f"{label}{i:03}", label) for label in labels for i in range(n)]
    return curated(
        [
            {"utterance_id": f"{name}@{copy}", "group": name, "label": label, "speaker": name, **columns}
            for name, label in names
            for copy in range(copies)
        ]
    )


def dialogues(n_sessions=5, n=3, labels="ab"):
    """As many clips of each label by each of two speakers of each session, as in IEMOCAP."""
    return curated(
        [
            {
                "utterance_id": f"Ses{session}{sex}_{label}{i}",
                "speaker": f"iemocap/Ses{session}{sex}",
                "session": f"iemocap/Session{session}",
                "corpus": "iemocap",
                "label": label,
                "sex": {"F": "female", "M": "male"}[sex],
            }
            for session in range(1, n_sessions + 1)
            for sex in "FM"
            for label in labels
            for i in range(n)
        ]
    )


def roles(table, column="speaker"):
    """Return who is in which split of each fold: {(fold, split): names}."""
    used = table[table["split"] != "unused"]
    return {
        key: sorted(names.str.rpartition("/")[2].unique())
        for key, names in used.groupby(["fold", "split"])[column]
    }


def counts(table):
    return table["split"].value_counts().to_dict()


def n_splits_of_each(table, column):
    """Return in how many splits of a fold each of something is; unused is none."""
    return table[table["split"] != "unused"].groupby(["fold", column])["split"].nunique()
