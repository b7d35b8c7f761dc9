"""How true the transcripts of each corpus are: errors against its own texts, and what looks wrong without them."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import pandas as pd

from pipeline.corpora.contract import load_adapter
from pipeline.transcription.decode import is_repeated
from pipeline.transcription.given_texts import SOURCE


def describe_transcripts(transcripts: pd.DataFrame, clips: pd.DataFrame) -> dict[str, dict[str, Any]]:
    """Return the facts about each corpus's transcripts, by corpus.

    Args:
        transcripts: The columns of `TRANSCRIPTS`.
        clips: utterance_id, corpus and text, the corpora's own, of the same clips.

    Returns:
        Of each corpus: `source`, `clips`, and the share of clips with an empty text. Of one that was heard by a
        recogniser also the share of texts that repeat themselves; by Whisper, those that were cut off at the most
        tokens, and that are in another language than the corpus; and where it says itself what was said, the word
        error rate over all words of the `reference_clips`.
    """
    own = clips[["utterance_id", "corpus", "text"]].rename(columns={"text": "own_text"})
    table = transcripts.merge(own, on="utterance_id", validate="one_to_one")
    return {str(corpus): _describe(rows, str(corpus)) for corpus, rows in table.groupby("corpus")}


def _describe(rows: pd.DataFrame, corpus: str) -> dict[str, Any]:
    (source,) = rows["source"].unique()
    facts = {"source": source, "clips": len(rows), "empty": float((rows["text"] == "").mean())}
    if source == "gold":
        return facts
    language = load_adapter(corpus).CORPUS.language
    facts["repeated"] = float(rows["text"].map(is_repeated).mean())
    if not str(source).startswith(SOURCE):
        facts["truncated"] = float(rows["truncated"].mean())
        facts["other_language"] = float((rows["language"] != language).mean())
    known = rows[rows["own_text"].fillna("") != ""]
    if len(known):
        rate = word_error_rate(known["own_text"].tolist(), known["text"].tolist(), language)
        facts |= {"reference_clips": len(known), "word_error_rate": rate}
    return facts


def word_error_rate(references: Sequence[str], texts: Sequence[str], language: str) -> float:
    """Return the errors of texts over the words of what was said.

    Args:
        references: What was said in each clip.
        texts: What was heard.
        language: Of the references. Both sides are normalised as in Whisper's paper (appendix C): case and
            punctuation, and in English spelling, numbers and contractions.
    """
    normalise = _normaliser(language)
    n_errors = n_words = 0
    for reference, text in zip(references, texts, strict=True):
        said = normalise(reference).split()
        n_errors += word_errors(said, normalise(text).split())
        n_words += len(said)
    return n_errors / max(n_words, 1)


def word_errors(said: Sequence[str], heard: Sequence[str]) -> int:
    """Return the fewest words to replace, add or leave out that turn one sequence into the other."""
    row = list(range(len(heard) + 1))
    for i, word in enumerate(said, start=1):
        above, row = row, [i]
        for j, other in enumerate(heard, start=1):
            row.append(min(above[j] + 1, row[j - 1] + 1, above[j - 1] + (word != other)))
    return row[-1]


def _normaliser(language: str) -> Callable[[str], str]:
    from whisper.normalizers import BasicTextNormalizer, EnglishTextNormalizer

    return lru_cache(maxsize=None)(EnglishTextNormalizer() if language == "en" else BasicTextNormalizer())
