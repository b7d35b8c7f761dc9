"""What a file says of a clip: classes, probabilities and dimensions, and what is none of them."""

import numpy as np
import pandas as pd
import pytest

from pipeline.core.errors import PipelineError
from pipeline.evaluation.external_outputs import class_outputs, dimension_outputs, some

CLASSES = ["angry", "happy", "none"]


def probabilities(*rows: tuple[float, ...], **columns: object) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=[f"p_{name}" for name in CLASSES])
    return table.assign(utterance_id=[f"made_up/{i}" for i in range(len(table))], **columns)


def test_the_most_probable_class_is_predicted_and_of_equal_ones_the_first():
    given = probabilities((0.1, 0.7, 0.2), (0.4, 0.2, 0.4), (0.0, 0.5, 0.5))
    assert class_outputs(given, CLASSES)["predicted"].tolist() == ["happy", "angry", "happy"]


def test_of_equally_probable_classes_the_file_may_say_which():
    given = probabilities((0.4, 0.2, 0.4), predicted="none")
    assert class_outputs(given, CLASSES)["predicted"].tolist() == ["none"]


def test_probabilities_are_taken_as_they_are_to_six_decimals_in_the_order_of_the_classes():
    given = probabilities((0.12345649, 0.8765, 0.0))[["p_none", "utterance_id", "p_happy", "p_angry"]]
    outputs = class_outputs(given, CLASSES)
    assert outputs.columns.tolist() == ["predicted", "p_angry", "p_happy", "p_none"]
    assert outputs.iloc[0, 1:].tolist() == [0.123456, 0.8765, 0.0]


@pytest.mark.parametrize("off", [-0.0099, 0.0, 0.0099])
def test_sums_may_be_off_by_a_rounding(off):
    assert class_outputs(probabilities((0.5 + off, 0.3, 0.2)), CLASSES)["predicted"].tolist() == ["angry"]


def test_classes_alone_have_no_probabilities():
    given = pd.DataFrame({"utterance_id": ["a", "b"], "predicted": ["none", "happy"]}).astype("category")
    outputs = class_outputs(given, CLASSES)
    assert outputs["predicted"].tolist() == ["none", "happy"]
    assert outputs.drop(columns="predicted").isna().to_numpy().all()


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (probabilities((0.5, 0.6, 0.2)), r"1 rows do not sum to 1 \(but, at worst, to 1.3\): made_up/0"),
        (probabilities((0.3, 0.3, 0.4), (0.5, 0.4, 0.0)), r"1 rows do not sum to 1 .* to 0.9\): made_up/1;"),
        (
            probabilities((-2.0, 1.0, 2.0)),
            "1 rows have a probability below 0: made_up/0; .* take the softmax",
        ),
        (probabilities((np.nan, 0.5, 0.5)), "1 rows have no finite number in p_angry: made_up/0"),
        (probabilities((np.inf, 0.5, 0.5)), "1 rows have no finite number in p_angry"),
        (probabilities((0.5, 0.25, 0.25), p_none="a"), "1 rows have no finite number in p_none"),
        (
            probabilities((0.5, 0.25, 0.25), p_hapy=0.0),
            "column p_hapy: 'hapy' is none .* did you mean 'happy'",
        ),
        (
            probabilities((0.5, 0.5, 0.0)).drop(columns="p_none"),
            "no column p_none; .* 0 for one that is never",
        ),
        (
            probabilities((0.5, 0.25, 0.25), predicted="joy"),
            "column predicted: 'joy' is none of .* angry, happy",
        ),
        (probabilities((0.5, 0.25, 0.25), predicted=None), "column predicted: (None|nan) is none"),
        (
            probabilities((0.5, 0.25, 0.25), (0.1, 0.2, 0.7), predicted="angry"),
            "not the most probable class in 1 of 2 rows, such as made_up/1. Are columns mixed up",
        ),
        (pd.DataFrame({"utterance_id": ["a"], "class": ["happy"]}), "neither predicted nor p_angry, .*came"),
    ],
)
def test_what_is_no_prediction_of_a_class_is_refused(given, message):
    with pytest.raises(PipelineError, match=message):
        class_outputs(given, CLASSES)


def values(**columns: object) -> pd.DataFrame:
    return pd.DataFrame({"utterance_id": ["a", "b"], **columns})


def test_values_of_dimensions_keep_their_scale():
    given = values(y_valence=[-3.5, 1.0], y_arousal=[4.1234567, "5"])
    outputs = dimension_outputs(given, ["arousal", "valence"])
    assert outputs.to_dict("list") == {"y_arousal": [4.123457, 5.0], "y_valence": [-3.5, 1.0]}


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (values(y_arousal=[1.0, 2.0]), "are y_arousal; expected y_arousal, y_valence"),
        (values(predicted=["happy", "sad"]), "are none; expected y_arousal, y_valence, as its `targets`"),
        (
            values(y_arousal=[1.0, 2.0], y_valence=[1.0, 2.0], y_dominance=[1.0, 2.0]),
            "expected y_arousal, y_v",
        ),
        (values(y_arousal=[1.0, np.nan], y_valence=[1.0, 2.0]), "no finite number in y_arousal: b; expected"),
    ],
)
def test_what_is_no_prediction_of_the_dimensions_is_refused(given, message):
    with pytest.raises(PipelineError, match=message):
        dimension_outputs(given, ["arousal", "valence"])


def test_of_many_clips_a_few_are_named():
    assert some(["b", "a", "b"]) == "a, b"
    assert some(range(7)) == "0, 1, 2, 3, 4 and 2 more"
