"""Put the report's best results into the README, between two markers: `python -m pipeline.readme`."""

import argparse
from pathlib import Path

from pipeline.core.errors import PipelineError
from pipeline.core.paths import DATA

BEGIN, END = "<!-- results:begin -->", "<!-- results:end -->"


def replace_results(readme: str, results: str) -> str:
    """Return a README whose text between the two markers is replaced.

    Raises:
        PipelineError: The markers are not there exactly once, the first before the second.
    """
    before, begin, rest = readme.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end) or BEGIN in rest or END in before + after:
        raise PipelineError(
            f"README: expected one {BEGIN} and, below it, one {END}; put both where the results belong"
        )
    return f"{before}{begin}\n{results.strip()}\n{end}{after}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--readme", type=Path, default=Path("README.md"))
    parser.add_argument("--results", type=Path, default=DATA / "report" / "readme.md")
    arguments = parser.parse_args()
    for path in (arguments.readme, arguments.results):
        if not path.exists():
            parser.error(f"{path} is not there; run from the root of the repository, after `dvc repro`")
    readme = arguments.readme.read_text("utf-8")
    try:
        changed = replace_results(readme, arguments.results.read_text("utf-8"))
    except PipelineError as error:
        parser.error(str(error))
    if changed != readme:
        arguments.readme.write_text(changed, "utf-8")


if __name__ == "__main__":
    main()
