"""Inner representations: the right layer of every network, silhouettes, the plane of t-SNE, its figures."""

from pathlib import Path

import matplotlib
import matplotlib.image
import numpy as np
import pytest
import torch
from matplotlib.colors import to_rgb
from PIL import Image
from scipy.spatial.distance import cdist
from torch import Tensor, nn

from pipeline.core.errors import PipelineError
from pipeline.core.tables import read_table
from pipeline.representation.extract import examples_of, extract
from pipeline.representation.figure import STYLES, save_classes, save_values
from pipeline.representation.files import write_representation
from pipeline.representation.layers import EMBEDDING, LAYERS, check_names, layers_of, recorded, vectors
from pipeline.representation.separation import perplexity_of, plane, separation
from pipeline.training.batches import Examples
from pipeline.training.network import Design, Network, build_network
from pipeline.training.ragged import ragged
from tests.models.cases import TORCH_CASES, Case
from tests.training import toy

CPU = torch.device("cpu")
SETTINGS = toy.torch_system(batch_size=4)
NAMED = {  # representation: a case of tests/models that has it, and whether it is of maps
    "temporal": "speech_bilstm_attention",
    "contextual": "text_bilstm_attention",
    "fused": "fusion_bilstm_attention",
    "speech_branch": "fusion_bilstm_attention",
    "text_branch": "fusion_bilstm_attention",
    "image_branch": "ravdess_cnn_mlp",
    "scalar_branch": "ravdess_cnn_mlp",
}
every_network = pytest.mark.parametrize("case", TORCH_CASES.values(), ids=TORCH_CASES)


class Sums(nn.Module):
    """The embedding of a clip is the sum of its steps."""

    def __init__(self) -> None:
        super().__init__()
        self.output = nn.Linear(3, 2)

    def forward(self, features: Tensor, lengths: Tensor | None = None) -> Tensor:
        return self.output(features.sum(dim=1))


class Backwards(Sums):
    """Its last linear layer is not the one that makes the outputs."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = nn.Linear(3, 3)

    def forward(self, features: Tensor, lengths: Tensor | None = None) -> Tensor:
        return self.output(self.inner(features.sum(dim=1)))


def record(model: nn.Module, inputs: dict[str, Tensor], names: list[str]) -> tuple[dict[str, Tensor], Tensor]:
    with torch.no_grad(), recorded(model.eval(), names) as kept:
        outputs = model(**inputs)
    return kept, outputs


def clusters(n_classes: int, n_each: int, apart: float, n_values: int = 5) -> tuple[np.ndarray, np.ndarray]:
    """Draw clips around the corners of a simplex; return their vectors, float32, and labels."""
    labels = np.arange(n_classes * n_each) % n_classes
    noise = np.random.default_rng(0).normal(size=(len(labels), n_values))
    return (noise + apart * np.eye(n_values)[labels]).astype(np.float32), labels.astype(str)


# Layers


def test_the_embedding_of_a_known_network_is_what_it_must_be():
    clips = [np.full((n, 3), n + 1, np.float32) for n in (5, 1, 4, 2, 3, 7, 6, 1, 9)]
    examples = Examples({"features": ragged(clips)}, torch.zeros(9, dtype=torch.int64))
    found = extract(Network(Sums(), {}, None), examples, [EMBEDDING], SETTINGS)
    assert found[EMBEDDING].dtype == np.float32
    np.testing.assert_array_equal(found[EMBEDDING], [clip.sum(axis=0) for clip in clips])


@every_network
def test_the_output_layer_makes_the_outputs_of_every_embedding(case: Case):
    model = case.build(case.small_shapes)
    kept, outputs = record(model, case.inputs(3), [EMBEDDING])
    last = [module for module in model.modules() if isinstance(module, nn.Linear)][-1]
    assert kept[EMBEDDING].shape == (3, last.in_features)
    torch.testing.assert_close(last(kept[EMBEDDING]), outputs)


def test_an_output_layer_that_is_not_the_last_is_refused():
    with pytest.raises(
        PipelineError, match=r"Backwards: the last nn.Linear .* register the output layer last"
    ):
        record(Backwards(), {"features": torch.ones(2, 4, 3)}, [EMBEDDING])


def test_a_network_without_linear_layers_has_no_embedding():
    with pytest.raises(PipelineError, match=r"Identity: the last nn\.Linear"):
        record(nn.Identity(), {"input": torch.ones(2, 3)}, [EMBEDDING])


def test_nothing_is_left_in_a_network_that_was_recorded():
    model = Sums()
    kept, _ = record(model, {"features": torch.ones(2, 4, 3)}, [EMBEDDING])
    before = kept[EMBEDDING]
    model(torch.zeros(2, 4, 3))
    assert kept[EMBEDDING] is before
    assert not model._forward_hooks
    assert not model.output._forward_hooks


def test_every_name_of_the_table_belongs_to_a_network():
    assert {name for names in LAYERS.values() for name in names} == NAMED.keys()


@pytest.mark.parametrize(("name", "of"), NAMED.items(), ids=NAMED)
def test_a_named_representation_is_what_its_module_gives_by_itself(name: str, of: str):
    case = TORCH_CASES[of]
    model, inputs = case.build(case.small_shapes).eval(), case.inputs(3)
    kept, _ = record(model, inputs, [name])
    expected = {
        "temporal": lambda: model.speech(inputs["features"]),
        "contextual": lambda: model.text(inputs["tokens"]),
        "speech_branch": lambda: model.speech(inputs["features"]),
        "text_branch": lambda: model.text(inputs["tokens"]),
        "fused": lambda: model.fusion(
            torch.cat([model.speech(inputs["features"]), model.text(inputs["tokens"])], 1)
        ),
        "image_branch": lambda: model.image(inputs["features"].unsqueeze(1)).mean(dim=(2, 3)),
        "scalar_branch": lambda: model.scalars(inputs["second"]),
    }
    torch.testing.assert_close(kept[name], expected[name]())


@pytest.mark.parametrize(
    ("name", "width"),
    [("fused", 256), ("speech_branch", 256), ("text_branch", 256), ("embedding", 128)],
)
def test_the_fusion_network_has_the_widths_of_the_document(name: str, width: int):
    case = TORCH_CASES["fusion_bilstm_attention"]
    kept, _ = record(case.build(case.small_shapes), case.inputs(3), [name])
    assert kept[name].shape == (3, width)


def test_maps_become_the_means_of_their_channels():
    maps = torch.arange(24.0).reshape(2, 3, 2, 2)
    torch.testing.assert_close(vectors(maps), maps.mean(dim=(2, 3)))


def test_an_unknown_name_is_told_which_there_are():
    case = TORCH_CASES["fusion_bilstm_attention"]
    model = case.build(case.small_shapes)
    message = (
        "params.yaml: representations.net: unknown representation 'fussed', did you mean 'fused'?; a "
        "FusionClassifier has: fused, speech_branch, text_branch, embedding"
    )
    with pytest.raises(PipelineError) as error:
        check_names(["fused", "fussed"], model, "representations.net")
    assert str(error.value) == message


def test_a_network_that_the_table_does_not_know_has_its_embedding():
    assert layers_of(Sums()) == {}
    with pytest.raises(PipelineError, match=r"a Sums has: embedding$"):
        check_names(["temporal"], Sums(), "representations.net")


# Extraction


def fusion() -> tuple[Network, Design]:
    design = Design(
        model="bilstm_attention",
        architecture=toy.FUSION["architecture"],
        classes=toy.CLASSES,
        shapes={"features": (10, 3), "tokens": (4,)},
        dtypes={"features": "float32", "tokens": "int64"},
        vocabulary=["<pad>", "<unk>", "go", "away", "well", "done"],
    )
    torch.manual_seed(0)
    return build_network(design).eval(), design


@torch.no_grad()
def test_branches_in_a_fusion_network_are_what_its_encoders_make_of_the_clips():
    data, (network, design) = toy.study("frames", "transcripts"), fusion()
    rows = np.array([30, 3, 17, 8, 21])
    found = extract(network, examples_of(data, rows, design, CPU), ["speech_branch", "text_branch"], SETTINGS)
    frames = network.normalisers["features"](torch.from_numpy(data.features["features"][rows]))
    # By their classes: "go away", "so sorry" (unknown words), and then "please", which no vocabulary has
    tokens = {"angry": [2, 3, 1, 0], "happy": [4, 5, 1, 0], "sad": [1, 1, 1, 0]}
    words = torch.tensor([tokens[label] for label in data.clips["label"].iloc[rows]])
    np.testing.assert_allclose(found["speech_branch"], network.model.speech(frames), atol=1e-6)
    np.testing.assert_allclose(found["text_branch"], network.model.text(words), atol=1e-6)
    assert found["text_branch"].shape == (5, 2 * toy.BILSTM["hidden"])


def test_a_representation_does_not_depend_on_the_batches():
    data, (network, design) = toy.study("frames", "transcripts"), fusion()
    examples = examples_of(data, np.arange(11), design, CPU)
    by_four = extract(network, examples, ["fused"], SETTINGS)["fused"]
    at_once = extract(network, examples, ["fused"], toy.torch_system(batch_size=11))["fused"]
    np.testing.assert_allclose(by_four, at_once, atol=1e-6)


def test_neither_dropout_nor_augmentation_takes_part():
    network = Network(Sums(), {"features": nn.Dropout(0.9)}, nn.Dropout(0.9)).train()
    examples = Examples({"features": torch.ones(4, 2, 3)}, torch.zeros(4, dtype=torch.int64))
    np.testing.assert_array_equal(extract(network, examples, [EMBEDDING], SETTINGS)[EMBEDDING], 2.0)


# Silhouettes


def silhouette(distances: np.ndarray, labels: np.ndarray) -> float:
    """The definition: (b - a) / max(a, b), 0 for a clip alone in its class."""
    same = labels[:, np.newaxis] == labels
    classes = np.unique(labels)
    sums = np.stack([distances[:, labels == name].sum(axis=1) for name in classes], axis=1)
    sizes = np.array([(labels == name).sum() for name in classes])
    own = classes == labels[:, np.newaxis]  # (clips, classes)
    n_others = same.sum(axis=1) - 1
    a = sums[own] / np.maximum(n_others, 1)
    b = np.where(own, np.inf, sums / sizes).min(axis=1)
    return float(np.where(n_others > 0, (b - a) / np.maximum(a, b), 0).mean())


def test_silhouettes_of_four_clips_are_those_worked_out_by_hand():
    values = np.array([[0, 1], [0, 2], [4, 1], [4, 2]], np.float32)
    scores = separation(values, np.array(["a", "a", "b", "b"]), plane(values))
    # A clip is 1 from its own, and 4 and sqrt(17) from the others.
    assert scores["euclidean"] == pytest.approx(1 - 1 / (2 + 17**0.5 / 2), abs=1e-6)


def test_cosine_silhouettes_look_at_directions_alone():
    values = np.array([[1, 0], [5, 0], [0, 1], [0, 9]], np.float32)
    scores = separation(values, np.array(["a", "a", "b", "b"]), plane(values))
    assert scores["cosine"] == pytest.approx(1.0)
    assert scores["euclidean"] < 0.5


@pytest.mark.parametrize("kind", ["cosine", "euclidean", "tsne"])
def test_silhouettes_are_those_of_the_definition(kind: str):
    values, labels = clusters(3, 7, apart=2.0)
    labels[0] = "alone"
    points = plane(values)
    space, metric = (points, "euclidean") if kind == "tsne" else (values, kind)
    expected = silhouette(cdist(space.astype(float), space.astype(float), metric), labels)
    assert separation(values, labels, points)[kind] == pytest.approx(expected, abs=1e-5)


def test_classes_that_lie_apart_have_higher_silhouettes():
    labels = clusters(3, 10, apart=0)[1]
    far, near = (clusters(3, 10, apart=apart)[0] for apart in (20.0, 0.0))
    found = [separation(values, labels, plane(values)) for values in (far, near)]
    assert min(found[0][kind] for kind in ("cosine", "euclidean", "tsne")) > 0.6
    assert max(found[1][kind] for kind in ("cosine", "euclidean", "tsne")) < 0.1


@pytest.mark.parametrize(
    ("labels", "note"),
    [
        (["a"] * 5, "1 class(es) among 5 clips: a silhouette needs 2 or more"),
        (
            list("abcde"),
            "each of the 5 clips is of a class of its own: a silhouette needs fewer classes than clips",
        ),
        (None, "no classes are learned"),
    ],
    ids=["one class", "a class each", "dimensions"],
)
def test_classes_without_silhouettes_are_explained(labels, note):
    values = clusters(1, 5, apart=0)[0]
    given = None if labels is None else np.array(labels)
    assert separation(values, given, plane(values)) == {
        "n_clips": 5,
        "n_values": 5,
        "perplexity": pytest.approx(4 / 3),
        "cosine": None,
        "euclidean": None,
        "tsne": None,
        "note": note,
    }


@pytest.mark.parametrize(
    ("values", "note"),
    [
        (np.eye(3), "3 clip(s): t-SNE needs 4 or more"),
        (np.arange(1, 7)[:, np.newaxis], "1 value a clip: t-SNE needs 2 or more"),
    ],
    ids=["three clips", "one value"],
)
def test_without_a_plane_the_other_silhouettes_stay(values, note):
    values = values.astype(np.float32)
    points = plane(values)
    assert points.shape == (len(values), 2)
    assert np.isnan(points).all()
    scores = separation(values, np.array(list("aabbab"))[: len(values)], points)
    assert (scores["tsne"], scores["perplexity"], scores["note"]) == (None, None, note)
    assert None not in (scores["cosine"], scores["euclidean"])


def test_a_collapsed_representation_has_no_silhouettes():
    noise = 1e-8 * np.random.default_rng(0).normal(size=(6, 5))  # what float32 rounds off
    values = (np.full((6, 5), 0.3) + noise).astype(np.float32)
    scores = separation(values, np.array(list("aabbab")), plane(values))
    assert [scores[kind] for kind in ("cosine", "euclidean", "tsne")] == [None] * 3
    assert scores["note"] == "all clips have the same representation"


def test_vectors_of_zeros_are_counted():
    values, labels = clusters(2, 5, apart=3.0)
    values[:2] = 0
    scores = separation(values, labels, plane(values))
    assert scores["note"] == "2 clip(s) have a representation of zeros"
    assert np.isfinite(scores["cosine"])


# The plane and its files


@pytest.mark.parametrize(("n_clips", "expected"), [(4, 1), (10, 3), (91, 30), (840, 30)])
def test_perplexity_is_thirty_or_a_third_of_the_other_clips(n_clips, expected):
    assert perplexity_of(n_clips) == pytest.approx(expected)


def test_a_plane_is_the_same_each_time_and_keeps_neighbours():
    values, labels = clusters(3, 12, apart=20.0)
    points = plane(values)
    assert points.tobytes() == plane(values).tobytes()
    distances = cdist(points, points) + np.diag(np.full(len(points), np.inf))
    assert (labels[distances.argmin(axis=1)] == labels).all()


def written(folder: Path, values: np.ndarray, labels: np.ndarray, **dimensions: np.ndarray) -> dict:
    ids = [f"toy/{i:03d}" for i in range(len(labels))]
    clips = (
        toy.study("vectors").clips.iloc[:0].reindex(range(len(labels)))[["utterance_id", "corpus", "label"]]
    )
    clips = clips.assign(utterance_id=ids, corpus="toy", label=labels, **dimensions)
    return write_representation(folder / "inner", values, clips, ["0", "1", "2"], "net, inner")


def test_of_many_clips_some_are_drawn_and_the_rest_keeps_its_silhouettes(tmp_path, monkeypatch):
    values, labels = clusters(3, 12, 6.0)
    everyone = separation(values, labels, plane(values))
    monkeypatch.setattr("pipeline.representation.separation.MOST", 20)
    about = written(tmp_path, values, labels)
    lines = (tmp_path / "inner_tsne.csv").read_text().splitlines()[1:]
    assert [len(lines), sum(line.endswith(",,") for line in lines)] == [36, 16]
    assert about["note"] == "t-SNE of 20 of 36 clips, drawn at random"
    assert about["perplexity"] == pytest.approx(19 / 3)
    assert about["tsne"] > 0.3
    assert [about["cosine"], about["euclidean"]] == [everyone["cosine"], everyone["euclidean"]]


def test_a_second_run_gives_the_same_bytes(tmp_path):
    values, labels = clusters(3, 5, apart=4.0)
    first, second = written(tmp_path / "a", values, labels), written(tmp_path / "b", values, labels)
    names = ["inner.parquet", "inner_tsne.csv", "inner_tsne.png"]
    assert sorted(path.name for path in (tmp_path / "a").iterdir()) == names
    assert [(tmp_path / "a" / name).read_bytes() for name in names] == [
        (tmp_path / "b" / name).read_bytes() for name in names
    ]
    assert first == second


def test_the_table_has_the_vectors_and_the_csv_the_plane(tmp_path):
    values, labels = clusters(3, 5, apart=4.0)
    written(tmp_path, values, labels, arousal=np.linspace(1, 5, 15, dtype=np.float32))
    table = read_table(tmp_path / "inner.parquet")
    assert table.columns.tolist() == ["utterance_id", "corpus", "label", "arousal", "values"]
    np.testing.assert_array_equal(np.stack(table["values"].tolist()), values)
    lines = (tmp_path / "inner_tsne.csv").read_text().splitlines()
    x, y = plane(values)[0]
    assert lines[:2] == ["utterance_id,label,arousal,x,y", f"toy/000,0,1.000000,{x:.6f},{y:.6f}"]


def test_without_a_plane_there_is_no_picture_and_the_csv_is_empty_there(tmp_path):
    about = written(tmp_path, np.eye(3, dtype=np.float32), np.array(["0", "0", "1"]))
    assert about["tsne"] is None
    assert not (tmp_path / "inner_tsne.png").exists()
    assert (tmp_path / "inner_tsne.csv").read_text().splitlines()[1:] == [
        "toy/000,0,,",
        "toy/001,0,,",
        "toy/002,1,,",
    ]


# Figures


def test_a_class_looks_alike_whichever_others_are_there(tmp_path):
    points, labels = clusters(3, 10, apart=9.0, n_values=5)[0][:, :2], clusters(3, 10, apart=9.0)[1]
    save_classes(tmp_path / "all.png", points, labels, ["0", "1", "2"], "net")
    save_classes(tmp_path / "two.png", points[labels != "0"], labels[labels != "0"], ["0", "1", "2"], "net")
    shown = {name: [is_shown(tmp_path / f"{name}.png", i) for i in range(3)] for name in ("all", "two")}
    assert shown == {"all": [True, True, True], "two": [False, True, True]}


def is_shown(path: Path, place: int) -> bool:
    """Tell whether a class's colour, over white as the figure has it, is in a picture."""
    found = np.array([colour for _, colour in Image.open(path).convert("RGB").getcolors(2**24)])
    expected = 0.85 * 255 * np.array(to_rgb(STYLES[place][0])) + 0.15 * 255
    return bool((np.abs(found - expected).max(axis=1) < 12).any())


def test_a_figure_of_dimensions_has_a_panel_for_each(tmp_path):
    points, values = clusters(2, 8, apart=3.0)[0][:, :2], np.linspace(1, 5, 16)
    save_values(tmp_path / "one.png", points, {"arousal": values}, "net")
    save_values(tmp_path / "two.png", points, {"arousal": values, "valence": values}, "net")
    one, two = (matplotlib.image.imread(tmp_path / f"{name}.png") for name in ("one", "two"))
    assert one.shape[0] == two.shape[0]
    assert two.shape[1] > 1.8 * one.shape[1]


def test_figures_do_not_depend_on_a_users_settings(tmp_path):
    points, labels = clusters(3, 5, apart=4.0)[0][:, :2], clusters(3, 5, apart=4.0)[1]
    save_classes(tmp_path / "ours.png", points, labels, ["0", "1", "2"], "net")
    with matplotlib.rc_context({"font.size": 20, "axes.facecolor": "red"}):
        save_classes(tmp_path / "theirs.png", points, labels, ["0", "1", "2"], "net")
    assert (tmp_path / "ours.png").read_bytes() == (tmp_path / "theirs.png").read_bytes()
