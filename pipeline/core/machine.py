"""What of this machine a process may use, as the environment says: workers, instructions, device, caches."""

import os
import platform
import re
import tempfile
from pathlib import Path

from pipeline.core.errors import PipelineError
from pipeline.core.paths import cache_dir

# What libraries are told by, each when it is imported, and what it is called below the cache folder.
LIBRARY_CACHES = {
    "NUMBA_CACHE_DIR": "numba",  # librosa's compiled functions: without a place they raise
    "MPLCONFIGDIR": "matplotlib",
    "HF_HOME": "huggingface",
    "XDG_CACHE_HOME": "others",  # of torch, Whisper and whoever else follows it
}

AVX2 = {
    "ATEN_CPU_CAPABILITY": "avx2",  # torch's own kernels
    "ONEDNN_MAX_CPU_ISA": "AVX2",  # its convolutions and LSTMs
    "MKL_CBWR": "AVX2",  # its matrix products and Fourier transforms
    "OPENBLAS_CORETYPE": "Haswell",  # those of NumPy and SciPy
    "NPY_DISABLE_CPU_FEATURES": "X86_V4 AVX512_SKX AVX512_ICL AVX512_SPR",  # NumPy's exp, log and sums
    "NUMBA_CPU_NAME": "haswell",  # some of librosa
    "NUMBA_CPU_FEATURES": "+avx2,+fma",
}


def place_library_caches() -> None:
    """Have libraries keep their caches below the cache folder where there is no home folder to write to.

    So it is in containers and on clusters. What the environment names already stays. To be called before the
    libraries are imported.
    """
    try:
        home = Path(os.environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser())
        home.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=home):
            return
    except (OSError, RuntimeError):  # the latter where this user has no home at all
        pass
    os.environ.pop("XDG_CACHE_HOME", None)  # if there is one, it takes nothing
    folder = cache_dir() / "libraries"
    for variable, name in LIBRARY_CACHES.items():
        if not os.environ.get(variable):
            os.environ[variable] = str((folder / name).absolute())


def pin_instructions() -> None:
    """Have libraries compute with AVX2 where a processor could do more, so that results do not hang on which it is.

    Called before any of them is imported. What the environment names itself stays; `SER_SIMD=native` pins nothing,
    which is faster on processors with AVX-512 and changes the last bits there.

    Raises:
        PipelineError: SER_SIMD is neither "avx2" nor "native".
    """
    wanted = os.environ.get("SER_SIMD") or "avx2"
    if wanted not in ("avx2", "native"):
        raise PipelineError(f"SER_SIMD is {wanted!r}; expected avx2 or native")
    if wanted == "avx2" and platform.machine().lower() in ("x86_64", "amd64"):
        for name, value in AVX2.items():
            os.environ.setdefault(name, value)


def count_of(variable: str) -> int | None:
    """Return the count that an environment variable names; None if it is not set.

    Raises:
        PipelineError: It is no count.
    """
    named = os.environ.get(variable)
    if not named:
        return None
    if not named.isdecimal() or int(named) < 1:
        raise PipelineError(f"{variable} is {named!r}; expected a count of 1 or more")
    return int(named)


def device_name() -> str:
    """Return what torch computes on: `$SER_DEVICE`, else "cuda" where there is a GPU, else "cpu".

    Raises:
        PipelineError: It names no device, or one that torch does not find.
    """
    import torch

    n_gpus = torch.cuda.device_count() if torch.cuda.is_available() else 0
    named = os.environ.get("SER_DEVICE") or ("cuda" if n_gpus else "cpu")
    parts = re.fullmatch(r"(cpu)|cuda(?::(\d+))?", named)
    if parts is None:
        raise PipelineError(f"SER_DEVICE is {named!r}; expected cpu, cuda, or cuda:1 for the second GPU")
    if parts[1] is None and not n_gpus:
        raise PipelineError(f"SER_DEVICE is {named!r}, but torch finds no GPU; unset it to use the CPU")
    if parts[2] is not None and int(parts[2]) >= n_gpus:
        raise PipelineError(
            f"SER_DEVICE is {named!r}, but torch finds {n_gpus} GPU(s), the first of them cuda:0"
        )
    return named
