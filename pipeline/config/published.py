"""What the documents report of the systems: results/published.yaml, which is no parameter: it changes no result."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import Field, PositiveInt, ValidationError, model_validator
from ruamel.yaml import YAML, YAMLError

from pipeline.config.base import Settings, Split
from pipeline.config.mistakes import describe
from pipeline.core.errors import PipelineError

PUBLISHED = Path("results/published.yaml")

Score = Literal[
    "accuracy",
    "uar",
    "precision",  # of a class; of all classes it is one whose average the document does not say, as `f1`
    "recall",
    "f1",
    "weighted_precision",
    "weighted_recall",
    "weighted_f1",
    "macro_precision",
    "macro_recall",
    "macro_f1",
    "auc",
    "loss",
    "final_loss",  # of the last epoch
    "final_accuracy",
    "best_epoch",  # whose weights were kept
    "ccc",  # mean over the dimensions
    "ccc_arousal",
    "ccc_valence",
    "ccc_dominance",
    "pcc_arousal",
    "pcc_valence",
    "pcc_dominance",
    "mse_arousal",
    "mse_valence",
    "mse_dominance",
]
# Of which clips: `cross` are those of a corpus that was not trained on, `cross_validation` a mean over folds.
Part = Literal["test", "train", "val", "cross_validation", "cross"]


class PublishedProtocol(Settings):
    """How a document splits its clips."""

    name: str  # an entry of pipeline/splits/protocols.py
    shares: dict[Split, float] | None = None  # None: not compared


class Result(Settings):
    """A row of a document's table, or what its text or a figure says.

    Scores are fractions in [0, 1]; CCC, PCC, MSE, losses and epochs are as printed.
    """

    scores: dict[Score, float] = Field(min_length=1)
    sd: dict[Score, float] = Field(default={})  # standard deviation over the document's runs
    marks: dict[Score, str] = Field(default={})  # printed behind the value, such as "*"
    n: PositiveInt | None = None  # clips that it is of
    part: Part = "test"
    class_name: str | None = None  # of this class alone
    corpus: str | None = None  # of this corpus's clips alone
    source: str | None = None  # such as "table 3"
    note: str | None = None

    @model_validator(mode="after")
    def _of_what_is_reported(self) -> Self:
        for key, values in (("sd", self.sd), ("marks", self.marks)):
            for name in values:
                if name not in self.scores:
                    raise ValueError(f"{key}.{name}: there is no score {name} to go with it")
        return self

    @property
    def whole(self) -> bool:
        """Whether it is of all clips of its part."""
        return self.class_name is None and self.corpus is None


class Published(Settings):
    """What a document reports of a system."""

    document: str = ""
    corpora: list[str] | None = None  # used by the document; with others, nothing is compared
    protocol: PublishedProtocol | None = None
    results: list[Result]  # where two rows state the same score, the first is compared
    parameters: PositiveInt | None = None  # trainable ones
    hyper_parameters: dict[str, Any] = Field(
        default={}
    )  # the best that its search found, or those of an ablation
    note: str | None = None

    def flat(self) -> dict[str, Any]:
        """Return the scores of all clips by name, "cross_uar" of part cross, beside `sd`, `corpora` and so on."""
        scores: dict[str, Any] = {}
        deviations: dict[str, float] = {}
        for result in self.results:
            if not result.whole:
                continue
            prefix = "" if result.part == "test" else f"{result.part}_"
            for name, value in result.scores.items():
                if prefix + name not in scores:
                    scores[prefix + name] = value
                    if name in result.sd:
                        deviations[prefix + name] = result.sd[name]
        about = self.model_dump(include={"corpora", "protocol", "note"}, exclude_none=True)
        return {**scores, "sd": deviations, **about}


class Document(Settings):
    """A document, and what most of its systems have in common."""

    corpora: list[str] | None = None
    protocol: PublishedProtocol | None = None
    systems: dict[str, Published]
    not_built: dict[str, Published] = Field(default={})  # systems that are not here

    @property
    def reported(self) -> dict[str, Published]:
        """All of its systems, those that are not built here as well."""
        return {**self.systems, **self.not_built}

    def completed(self, document: str) -> Iterator[tuple[str, Published]]:
        """Yield its systems, each with what it does not say itself."""
        for name, system in self.systems.items():
            corpora, protocol = system.corpora or self.corpora, system.protocol or self.protocol
            yield (
                name,
                system.model_copy(update={"document": document, "corpora": corpora, "protocol": protocol}),
            )


class PublishedFile(Settings):
    """All of results/published.yaml."""

    documents: dict[str, Document]


def load_published(path: Path = PUBLISHED) -> dict[str, Published]:
    """Read what is published, by system that is built here; nothing where there is no such file.

    Raises:
        PipelineError: The file is not YAML, or holds something that is not allowed.
    """
    return by_system(load_documents(path), path)


def load_documents(path: Path = PUBLISHED) -> dict[str, Document]:
    """Read what is published, by document; results and errors as of `load_published`."""
    if not path.exists():
        return {}
    try:
        values = YAML(typ="safe").load(path.read_text("utf-8"))
    except YAMLError as error:
        raise PipelineError(f"{path} is not valid YAML: {error}") from error
    return check_documents(values, path)


def check_documents(values: Any, path: Path = PUBLISHED) -> dict[str, Document]:
    """Validate what such a file holds; errors as `load_published`."""
    try:
        return PublishedFile.model_validate(values).documents
    except ValidationError as error:
        raise PipelineError(f"{path}: {describe(error, '', PublishedFile)}") from error


def check_published(values: Any, path: Path = PUBLISHED) -> dict[str, Published]:
    """Validate what such a file holds, and return it by system; errors as `load_published`."""
    return by_system(check_documents(values, path), path)


def by_system(documents: Mapping[str, Document], path: Path = PUBLISHED) -> dict[str, Published]:
    """Return what the documents report of each system that is built here.

    Raises:
        PipelineError: Two documents have the same system, or one has it as built and as not built.
    """
    published: dict[str, Published] = {}
    for title, document in documents.items():
        if twice := sorted(document.systems.keys() & document.not_built.keys()):
            raise PipelineError(
                f"{path}: documents.{title}: {', '.join(twice)} stands below systems and below not_built; "
                "leave it below systems alone"
            )
        for name, system in document.completed(title):
            if name in published:
                raise PipelineError(
                    f"{path}: documents.{title}.systems.{name}: document {published[name].document!r} has it too; "
                    "put all of its results below one"
                )
            published[name] = system
    return published
