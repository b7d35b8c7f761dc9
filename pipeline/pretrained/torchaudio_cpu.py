"""Lets torchaudio and torchvision be imported beside a CPU-only torch.

The package registry has both as CUDA builds only. Their compiled parts are linked against CUDA libraries
that a CPU-only torch does not bring, so that `import torchaudio` raises `OSError: libc10_cuda.so` and
`import torchvision` raises `operator torchvision::nms does not exist`. What is used here (transforms,
functional, the model zoo) is plain Python on torch operators and needs none of it, so the compiled parts
are stepped over: torchaudio is told that its extension is absent, torchvision gets the schemas of the two
operators whose shape rules it registers on import. Calling one of the operators stepped over (forced
alignment, non-maximum suppression) is still an error.

Call `prepare()` before the first import of either package:

    from pipeline.pretrained.torchaudio_cpu import prepare

    prepare()
    from torchaudio.transforms import MFCC

It does nothing where torch was built with CUDA, and nothing for a package whose compiled part can be loaded.
"""

import functools
import importlib.util
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

# Kept alive for the life of the process: torch drops a library's operators together with the object.
_libraries: list[Any] = []

_preparing = threading.Lock()  # two threads may need it at once, and torch takes a definition only once


@functools.cache
def prepare() -> None:
    """Make `import torchaudio` and `import torchvision` work; free of cost after the first call."""
    import torch

    if torch.version.cuda is not None:
        return
    with _preparing:
        _step_over_torchaudio()
        _step_over_torchvision()


def _step_over_torchaudio() -> None:
    if "torchaudio" not in sys.modules and not _extension_loads("torchaudio", "lib/_torchaudio*.so"):
        sys.modules["torchaudio._extension"] = _absent_torchaudio_extension()


def _step_over_torchvision() -> None:
    import torch

    if not _libraries and "torchvision" not in sys.modules and not _extension_loads("torchvision", "_C*.so"):
        library = torch.library.Library("torchvision", "DEF")
        library.define("nms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        library.define("qnms(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
        _libraries.append(library)


def _extension_loads(package: str, pattern: str) -> bool:
    """Tell whether a package's compiled part can be loaded; true where there is none to load."""
    import torch

    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        return True
    try:
        for library in sorted(Path(spec.submodule_search_locations[0]).glob(pattern)):
            torch.ops.load_library(library)
    except OSError:
        return False
    return True


def _absent_torchaudio_extension() -> ModuleType:
    """Build the module that torchaudio asks which of its compiled parts are there: none."""
    module = ModuleType("torchaudio._extension", "Stands in for a compiled part that needs CUDA.")

    def fail_if_no_align(function: Callable[..., Any]) -> Callable[..., Any]:
        """Return a function as it is: called, it reports the missing operator by itself."""
        return function

    vars(module).update(
        _IS_TORCHAUDIO_EXT_AVAILABLE=False,
        _IS_ALIGN_AVAILABLE=False,
        fail_if_no_align=fail_if_no_align,
        _check_cuda_version=lambda: None,
    )
    return module
