"""Asking a system about clips under all conditions."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from tqdm import tqdm

from pipeline.core.parallel import batched
from pipeline.core.paths import transcripts_path
from pipeline.core.tables import read_table
from pipeline.inference.predictor import CLIPS, Predictor
from pipeline.stress.clips import Tested, Voices, read_mono
from pipeline.stress.conditions import Condition, change
from pipeline.stress.judge import DECISION_COLUMNS


def ask(
    predictor: Predictor, tested: Tested, conditions: Sequence[Condition], voices: Voices, seed: int
) -> pd.DataFrame:
    """Return what a system decides of each clip under each condition; a clip is asked of the model that tests it.

    A system that reads text is told what was said: noise then harms what it hears alone.

    Args:
        predictor: The system.
        tested: Its test clips.
        conditions: What is done to them.
        voices: For a babble.
        seed: Of what is random.

    Returns:
        The columns `pipeline.stress.judge.DECISION_COLUMNS`, a row a clip and condition.
    """
    texts = _texts(tested) if predictor.reads_text else None
    outputs = np.asarray(predictor.outputs, dtype=object)
    parts = []
    with tqdm(total=len(tested.clips) * len(conditions), desc="stress", unit="clip", disable=None) as bar:
        for (model_seed, fold), clips in tested.clips.groupby(["seed", "fold"], sort=True):
            for rows in batched(range(len(clips)), CLIPS):
                batch = clips.iloc[list(rows)]
                sounds = [read_mono(path) for path in batch["path"]]
                around = [
                    voices.around(clip, speaker)
                    for clip, speaker in zip(batch["utterance_id"], batch["speaker"], strict=True)
                ]
                said = None if texts is None else [texts[clip] for clip in batch["utterance_id"]]
                for condition in conditions:
                    changed = [
                        (change(condition, wave, rate, clip, seed, others), rate)
                        for clip, (wave, rate), others in zip(
                            batch["utterance_id"], sounds, around, strict=True
                        )
                    ]
                    says = predictor.predict(changed, said, models=[(int(model_seed), int(fold))])
                    decided = batch.assign(condition=condition.name, predicted=outputs[says.argmax(axis=1)])
                    parts.append(decided[DECISION_COLUMNS])
                    bar.update(len(batch))
    return pd.concat(parts, ignore_index=True)


def _texts(tested: Tested) -> dict[str, str]:
    table = read_table(transcripts_path(), ["utterance_id", "text"]).set_index("utterance_id")["text"]
    return table.loc[tested.clips["utterance_id"]].to_dict()
