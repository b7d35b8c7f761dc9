"""Published weights by their address: a model of the Hugging Face hub, or a single file on the web.

Both are looked for below `$SER_WEIGHTS` before anything is downloaded. What is downloaded from the hub lies in
the hub library's own cache (`HF_HOME`), which other programs share; single files lie in the cache folder, below
`weights`.
"""

import hashlib
import os
import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

from filelock import FileLock

from pipeline.core.errors import PipelineError
from pipeline.core.paths import cache_dir
from pipeline.download.fetch import fetch, set_aside

CONFIG = "config.json"  # what makes a folder a model of the hub
WEIGHT_FILES = ("model.safetensors", "pytorch_model.bin")  # the first that is there is read
BESIDE = [CONFIG, "preprocessor_config.json", "tokenizer*", "vocab*", "merges.txt", "special_tokens_map.json"]

_HUB_ID = re.compile(r"(?P<model>[\w.-]+/[\w.-]+)@(?P<revision>[\w./-]+)")
_COMMIT = re.compile(r"[0-9a-f]{40}")
_HASH_IN_NAME = re.compile(r"-([0-9a-f]{8,})\.\w+$")  # vgg19-dcbb9e9d.pth: how its SHA-256 begins


def is_hub_id(name: str) -> bool:
    """Whether a name is a model of the hub: organisation/model@revision."""
    return _HUB_ID.fullmatch(name) is not None


def is_url(name: str) -> bool:
    """Whether a name is the address of a file."""
    return name.startswith(("https://", "http://"))


def is_model_folder(path: Path) -> bool:
    """Whether a folder holds a model as the hub lays it out, weights included."""
    return (path / CONFIG).is_file() and any((path / name).is_file() for name in WEIGHT_FILES)


def weight_file(folder: Path) -> Path:
    """Return the file of weights in a model's folder.

    Raises:
        PipelineError: There is none.
    """
    for name in WEIGHT_FILES:
        if (folder / name).is_file():
            return folder / name
    raise PipelineError(f"{folder} holds no weights: expected {' or '.join(WEIGHT_FILES)}")


def hub_model(name: str, where: str) -> Path:
    """Return the folder of a model of the hub, downloaded if need be.

    It is `$SER_WEIGHTS/organisation/model`, else `$SER_WEIGHTS/model`, else the hub library's own copy of that
    revision, which is downloaded if it is not there.

    Args:
        name: organisation/model@revision; the revision is a commit, a tag or a branch.
        where: Key in params.yaml, for errors.

    Raises:
        PipelineError: It is in none of these places and cannot be downloaded, or lies there in another revision.
    """
    found = _HUB_ID.fullmatch(name)
    if found is None:
        raise PipelineError(f"{where}: {name!r} is no model of the hub: expected organisation/model@revision")
    model, revision = found["model"], found["revision"]
    weights = os.environ.get("SER_WEIGHTS")
    looked = [Path(weights) / model, Path(weights) / model.partition("/")[2]] if weights else []
    for folder in looked:
        if is_model_folder(folder):
            return _of_revision(folder, revision, name, where)
    try:
        return _from_hub(model, revision)
    except _failures() as error:
        places = " and ".join(map(str, looked)) or "no folder, since $SER_WEIGHTS is not set"
        raise PipelineError(
            f"{where}: the weights {name} are not here: looked in {places} for {CONFIG} and "
            f"{' or '.join(WEIGHT_FILES)}, then asked the hub: {_first_line(error)}\n"
            f"Get them where there is a network, and set SER_WEIGHTS to that folder:\n"
            f"  hf download {model} --revision {revision} --local-dir $SER_WEIGHTS/{model}"
        ) from error


def commit_of(folder: Path) -> str | None:
    """Return the commit that a model's folder was downloaded at; None where nothing tells."""
    if folder.parent.name == "snapshots" and _COMMIT.fullmatch(folder.name):
        return folder.name
    metadata = folder / ".cache" / "huggingface" / "download" / f"{CONFIG}.metadata"  # of --local-dir
    if not metadata.is_file():
        return None
    first, *_ = metadata.read_text("utf-8").splitlines() or [""]
    return first if _COMMIT.fullmatch(first) else None


def web_file(url: str, where: str) -> Path:
    """Return a file of the web, downloaded if need be.

    It is the file of that name below `$SER_WEIGHTS`, else the one in the cache folder. Where its name ends in the
    beginning of its SHA-256, as torchvision's do, it has to agree.

    Args:
        url: Its address.
        where: Key in params.yaml, for errors.

    Raises:
        PipelineError: It cannot be had, or is another file.
    """
    name = unquote(Path(urlsplit(url).path).name)
    weights = os.environ.get("SER_WEIGHTS")
    local = Path(weights) / name if weights else None
    if local is not None and local.is_file():
        _check_hash(local, url, where)
        return local
    target = cache_dir() / "weights" / name
    target.parent.mkdir(parents=True, exist_ok=True)
    with FileLock(f"{target}.lock"):  # several systems may start from the same weights at once
        if not target.exists():
            try:
                fetch([url], target)
            except PipelineError as error:
                raise PipelineError(
                    f"{where}: the weights {url} are not here: looked for {local or name} "
                    f"($SER_WEIGHTS is {weights or 'not set'}) and {target}, then tried to download them: {error}\n"
                    f"Or get them elsewhere, and set SER_WEIGHTS to that folder:\n"
                    f'  curl -L -o "$SER_WEIGHTS/{name}" "{url}"'
                ) from error
        try:
            _check_hash(target, url, where)
        except PipelineError:
            set_aside(target)
            raise
    return target


def _of_revision(folder: Path, revision: str, name: str, where: str) -> Path:
    commit = commit_of(folder)
    if commit is not None and _COMMIT.fullmatch(revision) and commit != revision:
        raise PipelineError(
            f"{where}: {folder} holds commit {commit}, expected {name}: download that revision, or name the one "
            "that is there"
        )
    return folder


def _from_hub(model: str, revision: str) -> Path:
    """Return the hub library's copy of a model; without network, and for a commit, the one it has already."""
    from huggingface_hub import HfApi, snapshot_download
    from huggingface_hub.constants import is_offline_mode
    from huggingface_hub.errors import LocalEntryNotFoundError

    if is_offline_mode() or _COMMIT.fullmatch(revision):
        try:
            folder = Path(snapshot_download(model, revision=revision, local_files_only=True))
        except LocalEntryNotFoundError:
            folder = Path()
        if is_model_folder(folder):
            return folder
        if is_offline_mode():
            raise FileNotFoundError("HF_HUB_OFFLINE is set, and the hub's cache does not hold them")
    info = HfApi().model_info(model, revision=revision)
    offered = {item.rfilename for item in info.siblings or []}
    weights = [name for name in WEIGHT_FILES if name in offered][:1]
    if CONFIG not in offered or not weights:
        raise FileNotFoundError(f"it has no {CONFIG}, or neither of {' and '.join(WEIGHT_FILES)}")
    return Path(snapshot_download(model, revision=info.sha, allow_patterns=[*BESIDE, *weights]))


def _failures() -> tuple[type[Exception], ...]:
    """Return what the hub's library raises where it cannot deliver: no network, no such model, no permission."""
    from httpx2 import HTTPError
    from huggingface_hub.errors import HFValidationError

    return (OSError, HTTPError, HFValidationError)


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0] or type(error).__name__


def _check_hash(path: Path, url: str, where: str) -> None:
    stated = _HASH_IN_NAME.search(path.name)
    if stated is None:
        return
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    if not sha256.startswith(stated[1]):
        raise PipelineError(
            f"{where}: {path} is not what its name says: its SHA-256 is {sha256}, expected one that begins with "
            f"{stated[1]}: download {url} again"
        )
