"""A warm process of few libraries, which starts at once: `python -m tests.orchestration.warm_server SOCKET`."""

import sys
from pathlib import Path

from pipeline.orchestration import warm

if __name__ == "__main__":
    warm.LIBRARIES = ("json",)
    warm.LOOK_SECONDS = 0.1
    warm.torchaudio_cpu.prepare = lambda: None
    warm.serve(Path(sys.argv[1]))
