# `make demo` in a fresh clone shows the first comparison; `make help` lists the rest.
# Everything runs in .venv, which is made on first use and kept up to date with pyproject.toml and constraints.txt.

VENV := .venv
RUN := $(VENV)/bin/python
STAMP := $(VENV)/.installed
PYENV := $${PYENV_ROOT:-$$HOME/.pyenv}/versions

SCENARIO ?= scenarios/everyday_low_price.toml
OUT ?= out/demo
JOBS ?= 2
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help demo test lint format bench docs constraints clean

help:
	@echo "make demo         compare the strategies of $(SCENARIO); picture and results in $(OUT)"
	@echo "make test         run the tests                (ARGS='-k rules' picks some, JOBS=4 uses four processes)"
	@echo "make lint         check style                  (make format repairs most of it)"
	@echo "make bench        measure speed and memory"
	@echo "make docs         write the generated parts of the documentation anew"
	@echo "make constraints  resolve the newest versions of all dependencies into constraints.txt"
	@echo "make clean        remove $(VENV), caches and out/"
	@echo "PYTHON=/path/to/python chooses the Python (3.12 or newer) that $(VENV) is made with."

demo: $(STAMP)
	$(RUN) -m sim compare "$(SCENARIO)" --out "$(OUT)" --force
	@for picture in "$(OUT)"/*.png; do if test -e "$$picture"; then echo "The picture is $$picture"; fi; done

# Work-stealing keeps the tests of a file together, so that a file's expensive fixtures are made once or twice.
test: $(STAMP)
	$(RUN) -m pytest -n $(JOBS) --dist worksteal $(ARGS)

lint: $(STAMP)
	$(RUN) -m ruff check .
	$(RUN) -m ruff format --check .

format: $(STAMP)
	$(RUN) -m ruff check --fix .
	$(RUN) -m ruff format .

bench: $(STAMP)
	$(RUN) -m benchmarks $(ARGS)

docs: $(STAMP)
	$(RUN) docs/generate.py

constraints: $(STAMP)
	@folder=`mktemp -d` && trap 'rm -rf "$$folder"' EXIT && $(RUN) -m venv "$$folder" && \
	"$$folder/bin/python" -m pip install --quiet --disable-pip-version-check ".[all]" && \
	{ grep '^#' constraints.txt; "$$folder/bin/python" -m pip freeze --exclude buyer-seller-sim; } > "$$folder/new" && \
	cp "$$folder/new" constraints.txt

clean:
	rm -rf $(VENV) out build dist .pytest_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The stamp holds the folder it was installed in: a clone that was moved or copied, or whose Python is gone, starts anew.
ifneq ($(shell test -x $(RUN) && cat $(STAMP) 2>/dev/null),$(CURDIR))
.PHONY: $(STAMP)
endif

# Candidates are run, not just looked for: a pyenv shim exists for versions that are not selected, and Debian's python3
# may lack ensurepip. The answer is the interpreter behind a virtual environment, which --clear might be about to empty.
ASK := import sys, venv, ensurepip; sys.version_info >= (3, 12) and print(sys._base_executable)

$(STAMP): pyproject.toml constraints.txt
	@python=; if ! test -x $(RUN) || test "`cat $(STAMP) 2>/dev/null`" != "$(CURDIR)"; then \
	  for candidate in "$(PYTHON)" python3.13 python3.12 "$(PYENV)"/3.13*/bin/python "$(PYENV)"/3.12*/bin/python \
	      "`uv python find --system '>=3.12' 2>/dev/null`" python3 python; do \
	    if test -n "$$candidate"; then python=`"$$candidate" -c '$(ASK)' 2>/dev/null` || python=; fi; \
	    if test -n "$$python"; then break; fi; \
	  done; \
	  if test -z "$$python"; then \
	    echo "No Python 3.12 or newer (with venv and pip) was found. Install one, for example:" >&2; \
	    echo "  pyenv install 3.13 | uv python install 3.13 | apt install python3.13-venv | brew install python@3.13" >&2; \
	    echo "or name one: make $(or $(MAKECMDGOALS),demo) PYTHON=/path/to/python3.13" >&2; \
	    exit 1; \
	  fi; \
	  echo "Making $(VENV) with $$python (once; a minute or two)"; \
	  "$$python" -m venv --clear $(VENV) || exit 1; \
	fi
	@$(RUN) -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[dev]"
	@echo "$(CURDIR)" > $(STAMP)
