# make demo and make test need only Python >= 3.11 and make: they create .venv and install what is pinned.
.DELETE_ON_ERROR:
.PHONY: demo test test-full lint bench reports fuzz robustness versions clean

PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
BIN := .venv/bin
STAMP := .venv/.installed

demo: $(STAMP)
	$(BIN)/inspect-pipe diff demo:sd15-traps --exit-zero

test: $(STAMP)
	$(BIN)/python -m pytest

test-full: $(STAMP)
	INSPECT_PIPE_FULL=1 $(BIN)/python -m pytest

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(STAMP)
	$(BIN)/python -m tests.benchmarks reports/benchmarks.md

# What fuzzing finds is kept in tests/data/fuzz, where make test tries it again.
MINUTES ?= 10
fuzz: $(STAMP)
	$(BIN)/python -m tests.fuzz --minutes $(MINUTES)

# Hostile folders, weakened guards, fuzzes and faults, each counted; what is not at 100 % fails it.
robustness: $(STAMP)
	MINUTES=$(MINUTES) $(BIN)/python -m tests.benchmarks.robustness reports/robustness.md

reports: bench
	$(BIN)/python -m tests.benchmarks.gallery reports/gallery.md
	$(BIN)/inspect-pipe sigmas --format markdown --output reports/sigmas-cpu.md --exit-zero
	$(BIN)/python -m tests.benchmarks.laws reports/roundtrip-laws.md
	$(BIN)/python -m tests.benchmarks.upstream reports/upstream-defects.md

# Every reproduction on every release of tests/benchmarks/versions.toml; a release that cannot be run fails it at the end.
versions: $(STAMP)
	$(BIN)/python -m tests.benchmarks.versions reports/versions.json; status=$$?; \
	$(BIN)/python -m tests.benchmarks.upstream reports/upstream-defects.md && exit $$status

clean:
	rm -rf .venv .versions .pytest_cache .mypy_cache .ruff_cache

$(STAMP): pyproject.toml constraints.txt
	@test -n "$(PYTHON)" || { echo "inspect-pipe needs Python 3.11 or newer: make PYTHON=/path/to/python3"; exit 2; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[dev]'
	@touch $@
