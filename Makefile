# Each target makes the environment first if it is missing, so each works as the first command after a clone.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PACKAGES := mri segmentation features survival reader pipeline sample_scans
STAMP := $(VENV)/.installed

.PHONY: demo test lint bench docs browser lock wheel clean

$(STAMP): requirements.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $(STAMP)

demo: $(STAMP)  ## DICOM in, report out, under demo/
	$(BIN)/python -m pipeline.demo --scans sample_scans --out demo

test: $(STAMP)  ## every test
	$(BIN)/python -m pytest --numprocesses 2 --dist loadgroup --quiet

lint: $(STAMP)  ## style, types, layers, spelling, unused dependencies
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/codespell $(PACKAGES) tests docs README.md CONTRIBUTING.md CHANGELOG.md
	$(BIN)/deptry $(PACKAGES)

bench: $(STAMP)  ## timings as ratios
	$(BIN)/python -m benchmarks

docs: $(STAMP)  ## HTML documentation in docs/_build
	$(BIN)/sphinx-build --nitpicky --fail-on-warning --quiet docs docs/_build

browser:  ## root, Debian: an archive for the test that uses one; it is not left running
	apt-get install --yes --no-install-recommends orthanc orthanc-dicomweb
	-systemctl disable --now orthanc

wheel: $(STAMP)
	$(BIN)/python -m pip wheel --quiet --disable-pip-version-check --no-deps --no-build-isolation --wheel-dir dist .

lock:  ## needs uv
	uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url --output-file requirements.lock

clean:
	rm -rf demo dist docs/_build .mypy_cache .ruff_cache .hypothesis
