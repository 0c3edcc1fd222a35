# Short recipes; what they run is in tools/, tests/ and the siaga24 command. `make` alone prints this help.

VENV   := .venv/bin
READY  := tools/ready
DEMO_SECONDS ?=
PYTEST_ARGS  ?=
ONLY    ?=
JOBS    ?= 3
UPGRADE ?=
PYTEST  := $(VENV)/python -m pytest
# What needs no engine, on two cores at once. Pytest ends with 5 where PYTEST_ARGS leaves nothing to run.
APART    = $(PYTEST) -n 2 -m "not engine and not long" $(PYTEST_ARGS) || [ $$? = 5 ]
# What needs the engine: three at once, whole stacks with one worker each (tests/side_by_side.py), and what judges loss
# or delay alone after them. JOBS=1 runs all of it one after the other.
ifeq ($(JOBS),1)
ENGINE   = $(PYTEST) -m "engine and not long" $(PYTEST_ARGS) || [ $$? = 5 ]
QUIET    = @:
else
ENGINE   = $(PYTEST) -n $(JOBS) --dist loadfile --no-loadscope-reorder -m "engine and not long and not quiet" $(PYTEST_ARGS) || [ $$? = 5 ]
QUIET    = $(PYTEST) -m "quiet and not long" $(PYTEST_ARGS) || [ $$? = 5 ]
endif

.DEFAULT_GOAL := help
.PHONY: help ready demo demo-down test test-fast test-long lint bench lock clean

help:            ## Print this help.
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

ready:           ## Make this machine ready: Python packages, Docker engine, Pulumi, images. NO_INSTALL=1 only tells.
	@$(READY)

demo:            ## Host two agencies and watch them; Ctrl-C ends. DEMO_SECONDS=60 ends by itself.
	@$(READY) --no-dev
	@$(VENV)/siaga24 demo $(if $(DEMO_SECONDS),--seconds $(DEMO_SECONDS))

demo-down:       ## Remove what a demo that was cut off left behind.
	@$(READY) --no-dev
	@$(VENV)/siaga24 demo --down

test:            ## Run lint and all tests, on the real engine. PYTEST_ARGS="-k name" narrows it, JOBS=1 runs the engine's one by one.
	@$(READY)
	@$(MAKE) --no-print-directory lint
	$(APART)
	$(ENGINE)
	$(QUIET)

test-fast:       ## Run the tests that need no Docker engine.
	@$(READY) python peers
	$(APART)

test-long:       ## Run the rehearsals of many minutes.
	@$(READY)
	$(PYTEST) -m long $(PYTEST_ARGS)

lint:            ## Check style, types and who imports whom.
	@$(READY) python
	$(VENV)/ruff check .
	$(VENV)/mypy
	$(VENV)/lint-imports

bench:           ## Measure; prints "name value unit target met|missed". ONLY=name for one.
	@$(READY)
	$(VENV)/python -m tests.bench $(ONLY)

lock:            ## Remake tools/locks/ after a change of pyproject.toml. UPGRADE=1 takes today's versions.
	@$(READY) python
	@$(VENV)/python -m tools.make_lock $(if $(UPGRADE),--upgrade)

clean:           ## Remove what can be made again from this folder; the cache outside it stays.
	rm -rf build dist *.egg-info .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
