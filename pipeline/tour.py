"""Train five systems, one for each kind of input, and write the report: `make tour`."""

import argparse
import sys
from functools import partial

from joblib import cpu_count

from pipeline.core.errors import PipelineError
from pipeline.orchestration.progress import Progress, clock_time
from pipeline.orchestration.schedule import Runner
from pipeline.orchestration.session import require_dvc, warm_process
from pipeline.orchestration.tour import N_STAGES, farewell, take


def main() -> int:
    argparse.ArgumentParser(prog="python -m pipeline.tour", description=__doc__).parse_args()
    try:
        require_dvc()
        progress = Progress(N_STAGES, partial(print, flush=True))
        with warm_process() as environment:
            status = take(Runner(progress, environment), cpu_count())
    except PipelineError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130  # as a shell says it; what is done is kept
    if status == 0:
        print(f"\n{progress.n_begun} stages in {clock_time(progress.seconds)}. {farewell()}")
    return status


if __name__ == "__main__":
    sys.exit(main())
