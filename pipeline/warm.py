"""Keep the libraries imported, for `make repro` and `make tour`: `python -m pipeline.warm SOCKET [few]`."""

import sys
from pathlib import Path

from pipeline.core.machine import pin_instructions

if __name__ == "__main__":
    pin_instructions()
    from pipeline.orchestration.warm import serve  # imports libraries, which read what is pinned

    serve(Path(sys.argv[1]), few=sys.argv[2:] == ["few"])
