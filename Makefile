# Three commands do everything on a fresh machine with Python 3.11+, make and git:
#   make tour     set-up, then five systems on the synthetic demo corpus, and the report
#   make repro    set-up, then the whole pipeline
#   make test     set-up, then the tests

PYTHON ?= python3
JOBS ?= 2
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
# What torch, oneDNN, MKL and OpenBLAS do on a processor without AVX: other kernels, so other roundings.
OLD_CPU := ATEN_CPU_CAPABILITY=default ONEDNN_MAX_CPU_ISA=SSE41 MKL_ENABLE_INSTRUCTIONS=SSE4_2 OPENBLAS_CORETYPE=Nehalem

.PHONY: help setup tour repro test test-cpu test-slow check format bench picture clean
help:  ## what there is
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

setup: $(READY)  ## make .venv and install everything

$(READY): requirements.txt requirements-dev.txt
	@$(PYTHON) -c 'import sys; v = sys.version_info; sys.exit(v < (3, 11) and f"Python 3.11 or newer is needed, this is {v.major}.{v.minor}: make PYTHON=python3.11 $(MAKECMDGOALS)")'
	$(PYTHON) -m venv $(VENV)
	grep -v '^openai-whisper' requirements.txt | $(BIN)/python -m pip install -q --disable-pip-version-check -r /dev/stdin -r requirements-dev.txt
	$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps $$(grep '^openai-whisper' requirements.txt)
	@test -e .git || (echo "no .git here (a tarball?): running git init, which DVC needs" && git init -q)
	@touch $@

tour: $(READY)  ## five systems, one for each kind of input, and the report; what git keeps stays as it is
	PATH="$(CURDIR)/$(BIN):$$PATH" python -m pipeline.tour

repro: $(READY)  ## rebuild what has changed; JOBS=1 runs one stage at a time, not two
	PATH="$(CURDIR)/$(BIN):$$PATH" python -m pipeline.repro $(JOBS)

test: $(READY)  ## run the tests
	$(BIN)/python -m pytest -n auto --dist loadgroup

test-cpu: $(READY)  ## the tests of networks, with the arithmetic of an old processor: none may hang on rounding
	$(OLD_CPU) $(BIN)/python -m pytest -n auto --dist loadgroup tests/models tests/training tests/pretrained tests/representation

test-slow: $(READY)  ## the tests that take minutes: queues, rebuilding elsewhere
	$(BIN)/python -m pytest -n auto --dist loadgroup -m slow

check: $(READY)  ## lint, format, types, spelling: what CI runs
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/codespell

format: $(READY)  ## rewrite the code in the project's format
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(READY)  ## speed, as ratios in one run
	$(BIN)/python -m benchmarks.features
	$(BIN)/python -m benchmarks.curation
	$(BIN)/python -m benchmarks.training

picture: $(READY)  ## docs/report.png, the README's picture of data/report/index.html; needs chromium
	$(BIN)/python -m pipeline.picture

clean:  ## remove what was computed, not the downloads and row caches
	rm -rf $(filter-out data/cache data/README.md,$(wildcard data/*))
