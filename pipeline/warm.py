"""Keep the libraries imported, for `make repro` and `make tour`: `python -m pipeline.warm SOCKET`."""

import sys
from pathlib import Path

from pipeline.orchestration.warm import serve

if __name__ == "__main__":
    serve(Path(sys.argv[1]))
