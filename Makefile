# Everything runs in .venv, which needs no activation. `make` alone prints what there is.
.DEFAULT_GOAL := help
.SUFFIXES:
MAKEFLAGS += --no-builtin-rules --no-print-directory

VENV := .venv
PY := $(VENV)/bin/python
STAMP := $(VENV)/.installed

# Interpreters tried in this order for the environment; `make venv PYTHON=/path/to/python` takes exactly that one.
PYTHON ?=
CANDIDATES := $(or $(PYTHON),python3 python3.14 python3.13 python3.12 python3.11)
# Whoever is idle takes from the other: a few tests take minutes.
PYTEST_ARGS ?= -n auto --dist worksteal

.PHONY: help venv demo demo-destroy test truth lint format types docs goldens goldens-check bench clean

help: ## print this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1|\2/p' Makefile | while IFS='|' read -r target text; do \
		printf '%-19s %s\n' "$$target" "$$text"; done

venv: $(STAMP) ## make .venv with the pinned requirements (again only when they changed)

$(STAMP): requirements.txt requirements-dev.txt policy/requirements.txt pyproject.toml
	@python=; \
	for candidate in $(CANDIDATES); do \
		if "$$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then python=$$candidate; break; fi; \
	done; \
	if [ -z "$$python" ]; then \
		echo "make venv: Python 3.11 or newer is needed; none of these is one: $(CANDIDATES)." >&2; \
		echo "Install one (Debian, Ubuntu: apt-get install python3 python3-venv), or name it: make venv PYTHON=/path/to/python" >&2; \
		exit 1; \
	fi; \
	if ! "$$python" -c 'import ensurepip, venv' 2>/dev/null; then \
		echo "make venv: $$python cannot make virtual environments: its modules venv and ensurepip are missing." >&2; \
		echo "Debian and Ubuntu keep them in a package of their own: apt-get install python3-venv" >&2; \
		exit 1; \
	fi; \
	echo "venv: $(VENV) with $$("$$python" --version) ($$("$$python" -c 'import sys; print(sys.executable)'))"; \
	"$$python" -m venv $(VENV)
	@echo "venv: pinned packages from requirements-dev.txt (half a minute with a warm cache)"
	@$(PY) -m pip install --quiet --disable-pip-version-check --only-binary :all: --no-compile -r requirements-dev.txt
	@echo "venv: this project, editable"
	@$(PY) -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@# The provider SDKs are thousands of files of which a run imports a few; the rest starts twice as fast compiled, also
	@# where PYTHONDONTWRITEBYTECODE keeps Python from doing it at the first import.
	@$(PY) -m compileall -q -j 0 -x '/(debugpy|mypy|mypyc|pip|setuptools|hypothesis|pulumi_kubernetes)/' $(VENV)/lib dualstack components provider policy
	@echo "venv: the policy pack's environment, in your cache"
	@$(PY) -m dualstack.engine.pack >/dev/null
	@touch $@

demo: $(STAMP) ## check, plan, render the demo sites, deploy one with Pulumi (DEMO_ENGINE=0: not that)
	@$(PY) scripts/demo.py

demo-destroy: $(STAMP) ## remove what make demo deployed
	@$(PY) scripts/demo.py destroy

test: $(STAMP) ## run the tests (PYTEST_ARGS="-k addresses" to choose)
	@$(PY) scripts/lab_packages.py
	@# The engine's tests wait more than they work: one worker more than there are cores.
	@PYTEST_XDIST_AUTO_NUM_WORKERS=$$($(PY) -c 'import os; print((os.cpu_count() or 1) + 1)') \
		$(PY) -m pytest --ignore=tests/truth $(PYTEST_ARGS)

truth: $(STAMP) ## run what we write on real software: NetworkManager and others
	@$(PY) scripts/lab_packages.py truth
	@$(PY) -m pytest $(PYTEST_ARGS) tests/truth

lint: $(STAMP) ## ruff: rules and formatting
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .

format: $(STAMP) ## let ruff mend what it can
	@$(PY) -m ruff check --fix --exit-zero --quiet .
	@$(PY) -m ruff format .

types: $(STAMP) ## mypy, strict; the policy pack with the packages of its own environment
	@$(PY) -m mypy
	@MYPYPATH=.:policy $(PY) -m mypy --follow-imports=silent --python-executable "$$($(PY) -m dualstack.engine.pack)" \
		policy/__main__.py policy/dualstack_policies/*.py tests/policy/harness.py tests/policy/decoding.py

docs: $(STAMP) ## write the generated pages and schemas in docs/ again
	@$(PY) -m dualstack.answer.docs

goldens: $(STAMP) ## write the golden answers again, after a change that is meant
	@$(PY) -m tests.goldens write

goldens-check: $(STAMP) ## compare all golden answers; what differs is told with its lines
	@$(PY) -m tests.goldens check

bench: $(STAMP) ## measure start-up and the time per site
	@$(PY) -m bench

clean: ## remove build output and caches (not .venv)
	@rm -rf build dualstack.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
	@find . -path ./$(VENV) -prune -o -path ./.git -prune -o -type d -name __pycache__ -exec rm -rf {} +
