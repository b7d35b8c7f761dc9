"""What is done with predictions once they are there: settings of the stages that train nothing."""

from typing import Literal, Self

from pydantic import Field, model_validator

from pipeline.config.settings import EMOTION, Settings, Split


class Published(Settings):
    """What a document reports of a system: fractions in [0, 1], and CCC, PCC and MSE as printed."""

    accuracy: float | None = None
    uar: float | None = None
    weighted_f1: float | None = None
    f1: float | None = None  # how it is averaged is not said, so nothing is compared with it
    ccc: float | None = None  # mean over the dimensions
    ccc_arousal: float | None = None
    ccc_valence: float | None = None
    ccc_dominance: float | None = None
    mse_arousal: float | None = None
    mse_valence: float | None = None
    mse_dominance: float | None = None
    cross_uar: float | None = None  # of models tested on another corpus
    cross_pcc_arousal: float | None = None
    cross_pcc_valence: float | None = None
    cross_pcc_dominance: float | None = None
    sd: dict[str, float] = Field(default={})  # by score: its standard deviation over the document's runs
    corpora: list[str] | None = None
    protocol: str | None = None  # as `describe_protocol` begins, such as "stratified 70/15/15"
    note: str | None = None

    @model_validator(mode="after")
    def _sd_of_what_is_reported(self) -> Self:
        for name in self.sd:
            if name not in type(self).model_fields or not isinstance(getattr(self, name), float):
                raise ValueError(f"sd.{name}: there is no score {name} to go with it")
        return self


class External(Settings):
    """Predictions made elsewhere, which are scored like those of a system."""

    file: str  # Parquet or CSV
    study: str
    variant: str  # whose test clips they are of; "main", or one of the study's variants
    targets: list[Literal["emotion", "arousal", "valence", "dominance"]] = Field(default=[EMOTION])
    parameters: int | None = None
    pretrained: bool = False
    note: str | None = None

    @property
    def train_on(self) -> list[Split]:
        """Taken for granted: of what else it was trained, nothing is known here."""
        return ["train"]
