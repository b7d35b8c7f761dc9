"""The model card of an export: README.md, with the header that the hub of Hugging Face reads."""

from collections.abc import Sequence
from pathlib import Path

from pipeline.corpora.contract import UNKNOWN_LANGUAGE, Corpus
from pipeline.corpora.planned import describe_corpus
from pipeline.features.registry import has_network
from pipeline.inference.exported import ENCODERS, Export
from pipeline.inference.trained import Trained

METRICS = {"uar": "unweighted average recall (UAR)", "ccc": "concordance correlation coefficient (CCC)"}


def write_card(path: Path, export: Export, *, onnx: bool) -> None:
    """Write the card of an exported system.

    Args:
        path: The file.
        export: What export.json says.
        onnx: Whether the models are there as ONNX too.
    """
    trained = export.trained
    corpora = [describe_corpus(name) for name in trained.facts["corpora"]]
    parts = [
        f"---\n{_header(trained, corpora)}---",
        f"# {trained.name}",
        _summary(trained),
        _use(trained, onnx),
        _tested(trained),
        _trained_on(trained, corpora),
        _limits(),
        _versions(export),
    ]
    path.write_text("\n\n".join(parts) + "\n", "utf-8")


def _header(trained: Trained, corpora: Sequence[Corpus]) -> str:
    from huggingface_hub import EvalResult, ModelCardData

    score, results = trained.facts["score"], None
    if score:
        results = [
            EvalResult(
                task_type="audio-classification",
                dataset_type=trained.facts["study"],
                dataset_name=", ".join(corpus.title for corpus in corpora) or trained.facts["study"],
                metric_type=score["name"],
                metric_value=score["value"],
                metric_name=score["name"].upper(),
            )
        ]
    card = ModelCardData(
        language=sorted({corpus.language for corpus in corpora} - {UNKNOWN_LANGUAGE}) or None,
        license="other",
        license_name="see-corpora",
        tags=["speech-emotion-recognition", *(["synthetic"] if trained.facts["synthetic"] else [])],
        model_name=trained.name,
        eval_results=results,
    )
    return card.to_yaml() + "\n"


def _summary(trained: Trained) -> str:
    says = "classes" if trained.kind == "classes" else "dimensions, on the scale of the corpus"
    lines = [
        f"Says of recorded speech how its emotion is taken by listeners. It knows these {says}: "
        f"{', '.join(trained.outputs)}.",
    ]
    if trained.facts["synthetic"]:
        lines.append(
            "**It learnt from synthetic speech. What it says means nothing of people: it shows that the pipeline "
            "runs.**"
        )
    if trained.facts["random_weights"]:
        lines.append(
            "**Random weights stand in it in the place of published ones. What it says means nothing.**"
        )
    return "\n\n".join(lines)


def _use(trained: Trained, onnx: bool) -> str:
    lines = [
        "## Use",
        "With the project that wrote it, from this folder:",
        "    python -m pipeline.predict . speech.wav",
    ]
    if trained.reads_text:
        asr = trained.asr
        whisper = f"Whisper ({asr.model}) listens where no text is given" if asr else "a text has to be given"
        lines.append(f"It reads what is said: {whisper}. Whisper's weights are not in this folder.")
    for one in {one.name: one for part in trained.parts for one in part.feature_sets.values()}.values():
        if one.reads == "text" and one.weights == "published":
            lines.append(
                f"It reads embeddings of {one.settings['model']}, whose weights are not in this folder."
            )
        if has_network(one.kind):
            named = one.settings["model"] if one.weights == "published" else "random weights"
            lines.append(
                f"It reads what the encoder of {named} makes of a clip: `{ENCODERS}/{one.name}` holds that."
            )
    if onnx:
        lines.append(
            "`onnx` holds each model as ONNX, from features to probabilities or values; the metadata of each file "
            "has the names of what comes out and the settings of its features. Computing features is up to you."
        )
    return "\n\n".join(lines)


def _tested(trained: Trained) -> str:
    facts = trained.facts
    lines = [
        "## How it was tested",
        f"- Study: {facts['study']}",
        f"- Protocol: {facts['protocol'] or 'not known'}",
    ]
    new = {
        True: "yes: nobody who was tested was trained on",
        False: "no: it knew the speakers",
        None: "not known",
    }
    lines.append(f"- New speakers: {new[facts['new_speakers']]}")
    score = facts["score"]
    if score is None:
        lines.append("- Score: not evaluated")
    else:
        interval = (
            "" if score["low"] is None else f" (95 % interval {score['low']:.3f} to {score['high']:.3f})"
        )
        lines.append(f"- Score: {METRICS[score['name']]} {score['value']:.3f}{interval}")
    lines.append(f"- Probabilities: {_calibrated(trained)}")
    if (everyone := trained.everyone) is None:
        lines.append(
            f"- Models: {len(trained.models)}, of (seed, fold) {', '.join(map(str, trained.models))}"
        )
    else:
        lines.append(
            f"- Models: {len(trained.models)}, trained after the test on {everyone.in_words()}. The score is that "
            "of the models of the folds, which did not know whom they were tested with: these are not here"
        )
    return "\n".join(lines)


def _calibrated(trained: Trained) -> str:
    calibration = trained.calibration
    if trained.kind == "dimensions" or calibration is None:
        return "none, for it says dimensions"
    if calibration.why_not:
        return f"not calibrated, because {calibration.why_not}"
    values = sorted(calibration.temperatures.values())
    on = "validation clips" if trained.everyone is None else "the folds' test clips"
    span = f"{values[0]:.2f}" if len(values) == 1 else f"{values[0]:.2f} to {values[-1]:.2f}, one a model"
    return f"calibrated on {on} by temperature, {span}"


def _trained_on(trained: Trained, corpora: Sequence[Corpus]) -> str:
    lines = ["## What it was trained on", ""]
    for corpus in corpora:
        lines += [f"- {corpus.title}. Licence: {corpus.licence}. {corpus.citation or corpus.url}".rstrip()]
    if (audio := trained.audio) is not None:
        lines += [
            "",
            f"All but the outermost of its clips are of {audio.level[0]:.0f} to {audio.level[1]:.0f} dBFS and "
            f"{audio.seconds[0]:.1f} to {audio.seconds[1]:.1f} s (1st to 99th percentile); all have "
            f"{audio.lowest_rate} Hz or more, in {', '.join(audio.languages) or 'a language not said'}. "
            "An answer says where a recording is unlike them.",
        ]
    return "\n".join(lines)


def _limits() -> str:
    return """## Intended use and limits

For research on speech emotion recognition: to compare systems, features and protocols. It judges how speech
sounds, by the labels of its corpora, many of them acted. It does not know what a person feels, and is no ground
for a decision about anybody. In the European Union it is prohibited, but for medical and safety reasons, to infer
people's emotions at work and in education (Regulation 2024/1689, article 5). Languages, microphones, rooms and
ages other than those of its corpora were not tested."""


def _versions(export: Export) -> str:
    libraries = ", ".join(f"{name} {version}" for name, version in export.libraries.items())
    families = ", ".join(
        f"{part.name} is a {part.settings.model}" for part in export.trained.parts if part.settings
    )
    commit = export.commit or "outside a repository"
    return f"## Versions\n\nFormat {export.format}, commit {commit}. {families}. Libraries: {libraries}."
