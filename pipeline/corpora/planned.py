"""What is known of a corpus by its name alone: of one that a table describes, by what `plan` wrote of it."""

from pipeline.config.plans import IndexPlan, load_plan
from pipeline.corpora.contract import Corpus, adapter_names, load_adapter


def describe_corpus(name: str) -> Corpus:
    """Return what is known of a corpus of params.yaml.

    Raises:
        PipelineError: It has neither an adapter nor a plan.
    """
    if name in adapter_names():
        return load_adapter(name).CORPUS
    return load_adapter(name, load_plan(IndexPlan, "index", name).settings).CORPUS
