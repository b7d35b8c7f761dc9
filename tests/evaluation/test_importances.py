"""Feature importances as training wrote them, averaged over the models."""

import matplotlib.image
import numpy as np
import pytest
from sklearn.ensemble import RandomForestClassifier

from pipeline.core.tables import write_json
from pipeline.evaluation.importances import IMPORTANCE_COLUMNS, importance_table
from pipeline.evaluation.model_figures import save_importances


def test_the_mean_over_the_models_the_largest_first(tmp_path):
    write_json(tmp_path / "seed1_fold0.json", {"feature_importances": {"rms": 0.2, "zcr": 0.8}})
    write_json(tmp_path / "seed1_fold1.json", {"feature_importances": {"rms": 0.4, "zcr": 0.6}})
    write_json(tmp_path / "model.json", {"parameters": None})
    table = importance_table(tmp_path)
    assert table.columns.tolist() == IMPORTANCE_COLUMNS
    assert table["feature"].tolist() == ["zcr", "rms"]
    assert table["importance"].tolist() == pytest.approx([0.7, 0.3])
    assert table["sd"].tolist() == pytest.approx([0.02**0.5] * 2)
    assert table["n_models"].tolist() == [2, 2]


def test_a_forest_looks_at_the_feature_that_tells_the_classes_apart(tmp_path):
    values = np.random.default_rng(0).normal(size=(60, 3))
    forest = RandomForestClassifier(20, random_state=0).fit(values, values[:, 1] > 0)
    named = dict(zip("abc", forest.feature_importances_.tolist(), strict=True))
    write_json(tmp_path / "seed0_fold0.json", {"feature_importances": named})
    table = importance_table(tmp_path)
    assert table["feature"].iloc[0] == "b"
    assert table["importance"].sum() == pytest.approx(1, abs=1e-5)
    assert table["sd"].isna().all()


def test_models_without_importances_have_no_rows(tmp_path):
    write_json(tmp_path / "seed1_fold0.json", {"best": {}})
    assert importance_table(tmp_path).columns.tolist() == IMPORTANCE_COLUMNS
    assert importance_table(tmp_path).empty


def test_the_figure_shows_the_first_twenty(tmp_path):
    features = {f"feature_{number:03d}": (50 - number) / 1275 for number in range(50)}
    write_json(tmp_path / "seed1_fold0.json", {"feature_importances": features})
    table = importance_table(tmp_path)
    save_importances(tmp_path / "fifty.png", table, "forest")
    save_importances(tmp_path / "ten.png", table.head(10), "forest")
    fifty, ten = (matplotlib.image.imread(tmp_path / f"{name}.png") for name in ("fifty", "ten"))
    assert 1.4 * ten.shape[0] < fifty.shape[0] < 2.2 * ten.shape[0]
