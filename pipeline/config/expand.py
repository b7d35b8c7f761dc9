"""From params.yaml as it is written to settings spelt out: recipes and defaults taken in.

One rule for all: the particular goes before the general, key by key. `architecture` and `small` are themselves laid
over those below them key by key; any other mapping, and any list, replaces the whole of the one below.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pipeline.config.ablations import ABLATIONS, fill_in_ablations
from pipeline.config.base import Settings
from pipeline.config.cross_corpora import CROSS_CORPORA, fill_in_matrix
from pipeline.config.ensembles import Ensemble
from pipeline.config.mistakes import nearest, one_of
from pipeline.config.new_speakers import NEW_SPEAKERS, fill_in
from pipeline.config.systems import SklearnSystem, TorchSystem
from pipeline.core.errors import PipelineError

Block = dict[str, Any]
GROUPS = ("audio", "text")  # of feature sets: what they are computed from
# What an entry states itself, since the templates of dvc.yaml read it there.
IDENTITY = {
    "systems": ("study", "variant", "model", "features", "second"),
    "ensembles": ("study", "variant", "first", "second"),
}
TRAINERS: dict[Any, type[Settings]] = {"torch": TorchSystem, "sklearn": SklearnSystem}


def merge(below: Mapping[str, Any], above: Mapping[str, Any]) -> Block:
    """Lay settings over others, by the rule of this module."""
    merged = dict(below)
    for key, value in above.items():
        if key == "architecture":
            merged[key] = _merge_deep(merged.get(key), value)
        elif key == "small" and isinstance(value, dict):
            merged[key] = merge(merged.get(key) or {}, value)
        else:
            merged[key] = value
    return merged


def _merge_deep(below: Any, above: Any) -> Any:
    if not isinstance(below, dict) or not isinstance(above, dict):
        return above
    return {**below, **{key: _merge_deep(below.get(key), value) for key, value in above.items()}}


@dataclass
class Expanded:
    """Settings spelt out, and where those stand that an entry does not state itself.

    Attributes:
        values: The blocks of params.yaml without `recipes` and `defaults`; feature sets by name, each with its
            `group`.
        origins: By key of `values`, such as "systems.ravdess_cnn4.lr": key in the file, "recipes.ravdess_cnn.lr".
    """

    values: Block
    origins: dict[str, str] = field(default_factory=dict)

    def lay_over(self, where: str, entry: Block, below: Mapping[str, Mapping[str, Any]]) -> Block:
        """Lay an entry over blocks below it, by their keys in the file, the most general first."""
        merged: Block = {}
        for source, block in below.items():
            merged = merge(merged, block)
            self.origins |= {f"{where}.{key}": f"{source}.{key}" for key in block if key not in entry}
        return merge(merged, entry)

    def find(self, key: str) -> str:
        """Return where in the file a setting stands."""
        parts = key.split(".")
        for length in range(len(parts), 1, -1):
            origin = self.origins.get(".".join(parts[:length]))
            if origin is not None:
                return ".".join([origin, *parts[length:]])
        return key


def expand(written: Any) -> Expanded:
    """Write each recipe and default of params.yaml into the entries it is for.

    What is missing or of a wrong type in an entry is left to the settings' own validation.

    Args:
        written: What params.yaml holds.

    Raises:
        PipelineError: A recipe or default is not there, is used by nobody, or holds a key that nobody takes.
    """
    values = dict(_mapping(written, "the whole file"))
    defaults = _mappings(values.pop("defaults", {}), "defaults")
    recipes = _mappings(values.pop("recipes", {}), "recipes")
    template, matrix = values.get(NEW_SPEAKERS), values.get(CROSS_CORPORA)
    expanded = Expanded(values)
    values[NEW_SPEAKERS] = fill_in(values, expanded.origins) + fill_in_matrix(values, expanded.origins)
    _expand_feature_sets(expanded, defaults)
    _expand_studies(expanded, defaults)
    blocks = ("systems", "dimensions")
    in_template = [one.get("recipe") for block in blocks for _, one in _entries(dict(template or {}), block)]
    in_template += [entry.get("recipe") for _, entry in _entries({CROSS_CORPORA: matrix}, CROSS_CORPORA)]
    _check_recipes(recipes, values, defaults.get("system", {}), in_template)
    for block in IDENTITY:
        for name, entry in _entries(values, block):
            recipe = entry.pop("recipe", None)
            below = {f"recipes.{recipe}": recipes[recipe]} if recipe is not None else {}
            if block == "systems":
                trainer = _trainer(entry, *below.values(), defaults.get("system", {}))
                common = {where: defaults.get(where, {}) for where in ("system", str(trainer))}
                below = {**{f"defaults.{where}": shared for where, shared in common.items()}, **below}
            values[block][name] = expanded.lay_over(f"{block}.{name}", entry, below)
    values[ABLATIONS] = fill_in_ablations(values.get(ABLATIONS), values["systems"], expanded.origins)
    return expanded


def _expand_feature_sets(expanded: Expanded, defaults: Mapping[str, Block]) -> None:
    flat: dict[str, Block] = {}
    for group, sets in _mappings(expanded.values.get("feature_sets", {}), "feature_sets").items():
        one_of(group, GROUPS, "group of feature sets", "feature_sets")
        for name, entry in _mappings(sets, f"feature_sets.{group}").items():
            if name in flat:
                raise PipelineError(
                    f"params.yaml: feature_sets.{group}.{name}: feature_sets.{flat[name]['group']} has one of that "
                    "name; choose another"
                )
            where, kind = f"feature_sets.{name}", entry.get("kind")
            expanded.origins[where] = f"feature_sets.{group}.{name}"
            below = {f"defaults.{kind}": defaults.get(str(kind), {})}
            flat[name] = {**expanded.lay_over(where, entry, below), "group": group}
    expanded.values["feature_sets"] = flat
    kinds = dict.fromkeys(str(entry.get("kind")) for entry in flat.values())
    for name in defaults:
        one_of(name, ["system", *TRAINERS, "split", "curation", *kinds], "default", "defaults")


def _expand_studies(expanded: Expanded, defaults: Mapping[str, Block]) -> None:
    imitated = {
        name: entry["imitates"] for name, entry in _entries(expanded.values, "corpora") if "imitates" in entry
    }
    for name, entry in _entries(expanded.values, "studies"):
        for part in ("split", "curation"):
            own, where = entry.get(part, {}), f"studies.{name}.{part}"
            if isinstance(own, dict):
                below = {f"defaults.{part}": defaults.get(part, {})}
                entry[part] = expanded.lay_over(where, own, below)
        labels = entry.get("labels")
        if isinstance(labels, dict):
            unmapped = {corpus: real for corpus, real in imitated.items() if corpus not in labels}
            copied = {corpus: labels[real] for corpus, real in unmapped.items() if real in labels}
            entry["labels"] = {**labels, **copied}


def _trainer(*blocks: Block) -> Any:
    return next((block["trainer"] for block in blocks if "trainer" in block), None)


def _check_recipes(
    recipes: Mapping[str, Block], values: Block, common: Block, in_template: Iterable[Any]
) -> None:
    n_users = dict.fromkeys(recipes, 0) | dict.fromkeys(in_template, 1)
    for block in IDENTITY:
        for name, entry in _entries(values, block):
            if "recipe" in entry:
                recipe = one_of(entry["recipe"], recipes, "recipe", f"{block}.{name}.recipe")
                n_users[recipe] += 1
                trainer = _trainer(entry, recipes[recipe], common)
                _check_keys(f"recipes.{recipe}", recipes[recipe], block, trainer, f"{block}.{name}")
    for recipe in recipes:
        if not n_users[recipe]:
            raise PipelineError(
                f"params.yaml: recipes.{recipe}: used by nobody; name it as the `recipe` of a system or ensemble, "
                "or delete it"
            )


def _check_keys(recipe: str, settings: Block, block: str, trainer: Any, user: str) -> None:
    model = Ensemble if block == "ensembles" else TRAINERS.get(trainer)
    if model is None:  # the entry's own validation says so
        return
    taker = "an ensemble" if block == "ensembles" else f"trainer {trainer}"
    allowed = [key for key in model.model_fields if key not in IDENTITY[block]]
    for where, keys in ((recipe, settings), (f"{recipe}.small", settings.get("small"))):
        for key in keys if isinstance(keys, dict) else ():
            if key in IDENTITY[block]:
                raise PipelineError(
                    f"params.yaml: {where}.{key}: stands in each entry itself, as {', '.join(IDENTITY[block])} do: "
                    f"write it into {user}"
                )
            if key not in allowed:
                raise PipelineError(
                    f"params.yaml: {where}.{key}: unknown key{nearest(key, allowed)}; {taker}, as of {user}, takes "
                    f"{', '.join(allowed)}"
                )


def _entries(values: Block, block: str) -> Iterable[tuple[str, Block]]:
    """Return copies of a block's entries, put in the place of the originals; those of a wrong type are left out."""
    entries = values.get(block)
    if not isinstance(entries, dict):
        return []
    values[block] = {
        name: dict(entry) if isinstance(entry, dict) else entry for name, entry in entries.items()
    }
    return [(name, entry) for name, entry in values[block].items() if isinstance(entry, dict)]


def _mappings(value: Any, where: str) -> dict[str, Block]:
    return {name: _mapping(block, f"{where}.{name}") for name, block in _mapping(value, where).items()}


def _mapping(value: Any, where: str) -> Block:
    if not isinstance(value, dict):
        raise PipelineError(
            f"params.yaml: {where}: came {type(value).__name__} {str(value)[:80]!r}, expected a mapping such as "
            "name: {key: value}"
        )
    return value
