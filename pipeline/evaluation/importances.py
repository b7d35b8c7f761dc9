"""Which features a system's forests look at, as training wrote it down beside each of its models.

The importance of a feature is the mean decrease in impurity of the splits at it, over the trees of a forest
(Breiman 2001, doi:10.1023/A:1010933404324); a forest's sum to one. Only forests over features that have names have
them: those over principal components have not.
"""

from pathlib import Path

import pandas as pd

from pipeline.core.tables import read_json

IMPORTANCE_COLUMNS = ["feature", "importance", "sd", "n_models"]


def importance_table(models: Path) -> pd.DataFrame:
    """Average the importances over a system's models, one a seed and fold.

    Args:
        models: The system's folder.

    Returns:
        The columns `IMPORTANCE_COLUMNS`, the most important feature first, equal ones by name; sd is over the
        models, NaN for one. No rows where no model has importances.
    """
    described = [read_json(path) for path in sorted(models.glob("seed*_fold*.json"))]
    found = [about["feature_importances"] for about in described if "feature_importances" in about]
    if not found:
        return pd.DataFrame(columns=IMPORTANCE_COLUMNS)
    by_model = pd.DataFrame(found).fillna(0.0)  # a feature that a model was not given
    table = pd.DataFrame({"importance": by_model.mean(), "sd": by_model.std(ddof=1), "n_models": len(found)})
    table = table.rename_axis("feature").reset_index()
    return table.sort_values(["importance", "feature"], ascending=[False, True], ignore_index=True)
