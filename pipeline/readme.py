"""Write the tables in README.md and docs from results/real.json and the code: `python -m pipeline.readme`."""

import argparse
import logging
import sys
from pathlib import Path

from pipeline.config.published import load_published
from pipeline.core.errors import PipelineError
from pipeline.report.documents import documents, file_tree, outdated
from pipeline.report.real_boards import BOARDS
from pipeline.report.real_results import read_real_results
from pipeline.report.real_tables import Reported, table_by_name

CODE = Path("pipeline")

log = logging.getLogger(__name__)


def main(check: bool) -> int:
    """Write the tables, or with `check` only name the documents that differ; return an exit status.

    Raises:
        PipelineError: A document or record is not as it should be.
    """
    published = {
        system: Reported(report.flat().get("accuracy"), frozenset(report.corpora or ()))
        for system, report in load_published().items()
    }
    records = read_real_results()

    def table(name: str) -> str:
        if name == "files":
            return file_tree(CODE)
        return BOARDS[name](records) if name in BOARDS else table_by_name(name, records, published)

    changed = outdated(documents(), table)
    for path, text in changed.items():
        if not check:
            path.write_text(text, "utf-8")
        log.info("%s: %s", path, "differs; run python -m pipeline.readme" if check else "written")
    return int(check and bool(changed))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m pipeline.readme", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 where a document differs")
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    try:
        sys.exit(main(parser.parse_args().check))
    except PipelineError as error:
        sys.exit(str(error))
