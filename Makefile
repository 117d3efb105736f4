# `make run` and `make test` each do all the set-up, and none twice.
PYTHON ?= python3
VENV := .venv
READY := $(VENV)/.ready

.PHONY: run test docs bench study figures clean

run: $(READY)
	$(VENV)/bin/python -m interaction_probes.run --method comm

test: $(READY)
	$(VENV)/bin/python -m ruff check .
	$(VENV)/bin/python -m ruff format --check .
	$(VENV)/bin/python -m mypy
	$(VENV)/bin/python -m pytest --numprocesses auto --dist worksteal

# seconds: the pages and the API reference as a site; any warning ends it
docs: $(READY)
	$(VENV)/bin/python -m mkdocs build --strict --quiet
	@echo "to read it: $(VENV)/bin/python -m http.server --directory build/site"

# many minutes: benchmarks/speed/bench.py says what it compares
bench: $(READY)
	$(VENV)/bin/python benchmarks/speed/bench.py --out runs/bench.csv

# an hour or more: benchmarks/experiments/study.py says what it is, and with --plan how long it takes here
study: $(READY)
	$(VENV)/bin/python benchmarks/experiments/study.py --out runs/study
	$(VENV)/bin/python -m interaction_probes.collect runs/study --out runs/study.csv

# seconds: the pictures of README and docs, from results/quick
figures: $(READY)
	$(VENV)/bin/python benchmarks/redraw.py

$(READY): setup.cfg pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/python -m pip install --quiet --constraint constraints.txt --editable '.[test]'
	touch $(READY)

clean:
	rm -rf $(VENV) build *.egg-info
