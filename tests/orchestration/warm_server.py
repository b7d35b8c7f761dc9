"""Starts a warm process of few libraries, which takes no seconds: `python -m tests.orchestration.warm_server SOCKET`."""

import sys
from pathlib import Path

from pipeline.orchestration import warm

if __name__ == "__main__":
    warm.LIBRARIES = ("json",)
    warm.torchaudio_cpu.prepare = lambda: None
    warm.serve(Path(sys.argv[1]))
