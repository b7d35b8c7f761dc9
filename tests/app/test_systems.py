"""The catalogue of systems, the choice of the default one, and their cards."""

from types import SimpleNamespace

import pytest

from pipeline.app.cards import make_card
from pipeline.app.replies import Score
from pipeline.app.systems import Catalogue, choose
from pipeline.core.errors import PipelineError
from tests.app.conftest import Pitch, card


def score(value, chance):
    return Score(metric="UAR", value=value, low=None, high=None, chance=chance, words=f"{100 * value:.1f} %")


def test_each_system_is_loaded_once_and_the_last_few_are_kept():
    loaded = []

    def load(name):
        loaded.append(name)
        return Pitch(name)

    catalogue = Catalogue([card("a"), card("b"), card("c")], load, "a", n_loaded=2)
    for name in ("a", "b", "a", "c", "a", "b"):
        assert catalogue.get(name).name == name
    assert loaded == ["a", "b", "c", "b"]


def test_the_default_is_marked():
    catalogue = Catalogue([card("a"), card("b")], Pitch, "b")
    assert [(one.name, one.default) for one in catalogue.cards] == [("a", False), ("b", True)]


def test_a_default_that_is_not_there_is_told():
    with pytest.raises(PipelineError, match="unknown system 'pitchh', did you mean 'pitch'"):
        Catalogue([card()], Pitch, "pitchh")


def test_the_wanted_system_is_chosen_where_it_is_trained():
    assert choose("b", [card("a"), card("b")]) == ("b", None)


def test_else_the_one_furthest_above_chance_is_chosen_and_said():
    cards = [
        card("sixty_of_two", score=score(0.6, 0.5)),
        card("fifty_of_eight", score=score(0.5, 0.125)),
        card("dimensions", kind="dimensions", score=score(0.9, 0.0)),
        card("unscored", score=None),
    ]
    name, said = choose("stacked", cards)
    assert name == "fifty_of_eight"
    assert (
        said
        == "stacked is not trained (`dvc repro` trains it): fifty_of_eight, UAR 50.0 %, answers in its place"
    )


def test_where_none_is_trained_it_says_what_to_do():
    with pytest.raises(PipelineError, match="`make tour` trains five"):
        choose("stacked", [])


def trained(**changes):
    """Return what a card reads of `pipeline.inference.trained.Trained`."""
    facts = {
        "study": "s",
        "corpora": ["x", "y"],
        "protocol": "5-fold",
        "new_speakers": None,
        "synthetic": None,
        "random_weights": None,
        "score": {"name": "uar", "value": 0.5, "low": 0.4, "high": 0.6},
    }
    known = {
        "name": "svm",
        "kind": "classes",
        "outputs": ["a", "b", "c", "d"],
        "reads_text": False,
        "calibrated": True,
    }
    return SimpleNamespace(**{**known, "facts": {**facts, **changes.pop("facts", {})}, **changes})


def test_a_card_says_what_is_known():
    card = make_card(trained())
    assert card.score.words == "50.0 % (40.0–60.0 %)"
    assert (card.score.metric, card.score.chance) == ("UAR", 0.25)
    assert (card.corpora, card.new_speakers, card.synthetic) == (["x", "y"], None, False)


def test_a_coefficient_has_no_unit():
    score = {"name": "ccc", "value": 0.41234, "low": None, "high": None}
    card = make_card(trained(kind="dimensions", facts={"score": score}))
    assert (card.score.words, card.score.chance) == ("0.412", 0.0)
