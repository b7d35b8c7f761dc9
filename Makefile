# Three commands do everything on a fresh machine with Python 3.11+, make and git:
#   make tour     set-up, then five systems on the synthetic demo corpus, and the report
#   make repro    set-up, then the whole pipeline
#   make test     set-up, then the tests

PYTHON ?= python3
JOBS ?= 2
PORT ?= 8000
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
# What torch, oneDNN, MKL and OpenBLAS do on a processor without AVX: other kernels, so other roundings.
OLD_CPU := ATEN_CPU_CAPABILITY=default ONEDNN_MAX_CPU_ISA=SSE41 MKL_ENABLE_INSTRUCTIONS=SSE4_2 OPENBLAS_CORETYPE=Nehalem

.PHONY: help setup tour real app repro test test-cpu test-slow test-browser check format bench picture clean
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

real: $(READY)  ## real speech: RAVDESS and Whisper's encoder, the best system for speakers never heard, and the application with it
	$(BIN)/python -m pipeline.real --port $(PORT)

app: $(READY)  ## the web application at http://127.0.0.1:8000 (PORT=, SYSTEM=); needs something trained
	$(BIN)/python -m pipeline.app --port $(PORT) $(if $(SYSTEM),--system $(SYSTEM))

repro: $(READY)  ## rebuild what has changed; JOBS=1 runs one stage at a time, not two
	PATH="$(CURDIR)/$(BIN):$$PATH" python -m pipeline.repro $(JOBS)

test: $(READY)  ## run the tests
	$(BIN)/python -m pytest -n auto --dist loadgroup

test-cpu: $(READY)  ## the tests of networks, with the arithmetic of an old processor: none may hang on rounding
	$(OLD_CPU) $(BIN)/python -m pytest -n auto --dist loadgroup tests/models tests/training tests/pretrained tests/representation

test-slow: $(READY)  ## the tests that take minutes: queues, rebuilding elsewhere
	$(BIN)/python -m pytest -n auto --dist loadgroup -m slow

test-browser: $(READY)  ## the application in Chromium (`apt install chromium`), and fuzzing of its API: four minutes
	$(BIN)/python -m pip install -q --disable-pip-version-check -r requirements-browser.txt
	$(BIN)/python -m pytest -m browser tests/app

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

picture: $(READY)  ## docs/report.png and docs/app.png, the pictures of README; needs chromium and what `make tour` trains
	$(BIN)/python -m pip install -q --disable-pip-version-check -r requirements-browser.txt
	$(BIN)/python -m pipeline.picture
	$(BIN)/python -m tests.app.picture

clean:  ## remove what was computed, not the downloads and row caches
	rm -rf $(filter-out data/cache data/README.md,$(wildcard data/*))
