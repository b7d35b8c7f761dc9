"""Files of scikit-learn's pipelines are written and read without torch."""

import subprocess
import sys

SAVE_AND_LOAD = """
import sys
from pathlib import Path
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from pipeline.training.estimator_files import load_estimator, save_estimator

save_estimator(Path(sys.argv[1]), 7, 0, make_pipeline(StandardScaler()).fit([[1.0], [3.0]]), {})
loaded, _ = load_estimator(Path(sys.argv[1]), 7, 0)
print(loaded[0].mean_, "torch" in sys.modules, [name for name, module in sys.modules.items() if module is None])
"""


def test_torch_is_not_imported_for_them(tmp_path) -> None:
    told = subprocess.run(
        [sys.executable, "-c", SAVE_AND_LOAD, str(tmp_path)], check=True, stdout=subprocess.PIPE, text=True
    )
    assert told.stdout.split() == ["[2.]", "False", "[]"]
