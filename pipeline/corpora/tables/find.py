"""Which layout a file or folder has, and its table."""

from pathlib import Path

from pipeline.corpora.tables.audformat_header import HEADER, read_audformat
from pipeline.corpora.tables.emobox import is_emobox, read_emobox
from pipeline.corpora.tables.files import SUFFIXES, read_file, read_splits, split_of
from pipeline.corpora.tables.folders import read_folders
from pipeline.corpora.tables.hugging_face import metadata_files, read_audio_folder, read_shards, shards_of
from pipeline.corpora.tables.table import Table, TableError

OF_FOLDERS = tuple(
    suffix for suffix in SUFFIXES if suffix not in (".txt", ".json")
)  # which are often other things


def read_table(path: Path) -> Table:
    """Read what describes the clips of a corpus, by its layout.

    Raises:
        TableError: There is nothing, or several tables, or one that cannot be understood.
        LabelTableError: A file is damaged.
    """
    if path.is_file():
        shards = shards_of(path)
        return read_shards(path, shards) if shards else read_file(path)
    if not path.is_dir():
        raise TableError(f"{path}: not there; expected a table, or a folder with one or with clips")
    if (path / HEADER).is_file():
        return read_audformat(path)
    if is_emobox(path):
        return read_emobox(path)
    if lists := metadata_files(path):
        return read_audio_folder(path, lists)
    if shards := shards_of(path):
        return read_shards(path, shards)
    tables = sorted(
        file for file in path.iterdir() if file.suffix.lower() in OF_FOLDERS and not file.is_dir()
    )
    if len(tables) > 1 and all(split_of(file) for file in tables):
        return read_splits(path, tables)
    if len(tables) > 1:
        raise TableError(
            f"{path}: {len(tables)} files may be its table: {', '.join(file.name for file in tables)}; name one of "
            f"them in place of the folder"
        )
    return read_file(tables[0]) if tables else read_folders(path)
