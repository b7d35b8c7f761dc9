"""Which systems, predictions made elsewhere among them, are tested on speakers whom they were trained on."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from pipeline.config.plans import EvaluatedSplit
from pipeline.core.paths import split_counts_path
from pipeline.core.tables import read_csv
from pipeline.splits.known_speakers import known_speakers_warning


@dataclass(frozen=True)
class KnownSpeakers:
    """Systems that know speakers on whom they are tested, all of one split.

    Attributes:
        systems: Their names.
        warning: A sentence that says of what split they are and how many clips it is about.
    """

    systems: list[str]
    warning: str


def known_speakers_of(splits: Mapping[str, EvaluatedSplit]) -> Iterator[KnownSpeakers]:
    """Yield the systems of each split whose protocol says otherwise.

    Args:
        splits: Of the trained systems, by name; of predictions made elsewhere, those of the variant that they name.

    Raises:
        PipelineError: The counts of a split are not there.
    """
    systems = defaultdict(list)
    for name, split in splits.items():
        if split.new_speakers is not False:
            systems[split.study, split.variant, tuple(split.train_on)].append(name)
    for (study, variant, train_on), names in systems.items():
        split = splits[names[0]]
        counts = read_csv(split_counts_path(study, variant))
        warning = known_speakers_warning(counts, train_on, split.protocol, split.new_speakers)
        if warning:
            sentence = f"{len(names)} systems of {study}/{variant}, such as {names[0]}: {warning}"
            yield KnownSpeakers(names, sentence)
