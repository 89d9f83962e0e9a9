# One door to everything. Python 3.11 or newer and make are all that must be there.

PYTHON ?= $(shell for p in python3.11 python3 python3.12 python3.13; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && { echo $$p; break; }; done)
BIN := .venv/bin
UV := .tools/bin/uv
READY := .venv/.ready
COMPILE := $(UV) pip compile -q --universal --generate-hashes --no-emit-index-url --no-emit-find-links \
	--custom-compile-command 'make lock'

export PIP_DISABLE_PIP_VERSION_CHECK := 1
export UV_NO_PROGRESS := 1
# Trust what the machine trusts: a mirror or proxy may have a certificate of its own.
ifneq ($(wildcard /etc/ssl/certs/ca-certificates.crt),)
export UV_SYSTEM_CERTS ?= 1
endif

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help setup run kill-demo venues-demo test simulate check lint types floors format bench lock clean

help: ## Show what can be done here
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(READY) ## Install everything into .venv, checked against the locks

run: $(READY) ## Run the demo
	$(BIN)/steelyard demo

kill-demo: $(READY) ## Kill ten trading robots with -9 twenty times, show that nothing is lost
	examples/kill_demo.sh

venues-demo: $(READY) ## Trade on four local exchanges, kill the robots, stop them with proof
	examples/venues_demo.sh

test: $(READY) ## Run the tests
	$(BIN)/python -m pytest -n 2

simulate: $(READY) ## Try to break the runtime in 2,500 simulated worlds
	$(BIN)/steelyard simulate --seeds 2500

check: lint types floors test ## Check format, lint, types, floors and tests

lint: $(READY) ## Check format and lint
	$(BIN)/ruff format --check
	$(BIN)/ruff check

types: $(READY) ## Check types
	$(BIN)/mypy

floors: $(READY) ## Check that imports only go down
	$(BIN)/lint-imports

format: $(READY) ## Format the code and mend what lint can mend
	$(BIN)/ruff format
	$(BIN)/ruff check --fix

bench: $(READY) ## Run the benchmarks, print JSON
	@$(BIN)/python -m bench

lock: $(UV) ## Write the locks anew, with the newest versions allowed
	$(COMPILE) requirements/tools.in -o requirements/tools.lock
	$(COMPILE) --upgrade --all-extras --group dev pyproject.toml -o requirements/all.lock
	$(COMPILE) --upgrade -c requirements/all.lock pyproject.toml -o requirements/core.lock

clean: ## Remove what was installed, built or cached
	rm -rf .tools .venv build dist .benchmarks .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find src tests bench -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true

# The stamps make a second setup a no-op.
$(READY): requirements/all.lock pyproject.toml $(UV)
	@test -x $(BIN)/python || $(UV) venv -q --clear --python .tools/bin/python .venv
	$(UV) pip sync -q --python $(BIN)/python --require-hashes --compile-bytecode requirements/all.lock
	$(UV) pip install -q --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@

# Debian keeps venv in a package of its own.
$(UV): requirements/tools.lock
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer was not found; name one with PYTHON=..." >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "$(PYTHON) has no venv module: installing python3-venv"; \
		apt-get update -qq && apt-get install -y -qq python3-venv; }
	$(PYTHON) -m venv --clear .tools
	.tools/bin/python -m pip install -q --require-hashes -r requirements/tools.lock
	@touch $@
