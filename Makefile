# Each target makes the environment first if it is missing, so each works as the first command after a clone.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PACKAGES := mri segmentation features survival reader pipeline sample_scans
STAMP := $(VENV)/.installed
PROGRAMS := chromium r-base-core r-cran-survival orthanc orthanc-dicomweb dcmtk dicom3tools

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

browser:  ## root, Debian: programs that some tests use; each by itself, so one that is lacking stops no other
	@apt-get update --quiet=2 || true
	@for package in $(PROGRAMS); do \
		apt-get install --yes --no-install-recommends $$package \
			|| echo "$$package was not installed: the tests that use it say that they skip"; \
	done
	@systemctl disable --now orthanc 2>/dev/null || true  # nothing is left running, also where there is no systemd

wheel: $(STAMP)
	$(BIN)/python -m pip wheel --quiet --disable-pip-version-check --no-deps --no-build-isolation --wheel-dir dist .

lock:  ## needs uv
	uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --no-emit-index-url --output-file requirements.lock

clean:
	rm -rf demo dist docs/_build .mypy_cache .ruff_cache .hypothesis
