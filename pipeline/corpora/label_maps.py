"""The studies' label maps, held against the labels that the corpora's adapters declare."""

from pipeline.config.mistakes import one_of
from pipeline.config.params import Params
from pipeline.corpora.contract import load_adapter


def check_label_maps(params: Params) -> None:
    """Raise where a study maps a label that the corpus does not have: the clips that it means would be dropped.

    Raises:
        PipelineError: It names the nearest label; or there is no adapter for a corpus.
    """
    for study, settings in params.studies.items():
        for corpus, labels in settings.labels.items():
            declared = load_adapter(corpus, params.corpora.get(corpus)).CORPUS.labels
            for label in labels if declared else ():  # of a table none may be listed
                one_of(label, declared, "label", f"studies.{study}.labels.{corpus}")
