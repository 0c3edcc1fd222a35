# Short recipes; what they run is in tools/, tests/ and the siaga24 command. `make` alone prints this help.

VENV   := .venv/bin
READY  := tools/ready
DEMO_SECONDS ?=
PYTEST_ARGS  ?=
ONLY    ?=
NONE_CHOSEN := 5  # what pytest ends with where PYTEST_ARGS leaves nothing to run
UPGRADE ?=

.DEFAULT_GOAL := help
.PHONY: help ready demo demo-down test test-fast tests-apart test-long lint bench lock clean

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

test:            ## Run lint and all tests, on the real engine. PYTEST_ARGS="-k name" narrows it.
	@$(READY)
	@$(MAKE) --no-print-directory lint
	@$(MAKE) --no-print-directory tests-apart
	$(VENV)/python -m pytest -m "engine and not long" $(PYTEST_ARGS) || [ $$? = $(NONE_CHOSEN) ]

test-fast:       ## Run the tests that need no Docker engine.
	@$(READY) python
	@$(MAKE) --no-print-directory tests-apart

tests-apart:
	$(VENV)/python -m pytest -n 2 -m "not engine and not long" $(PYTEST_ARGS) || [ $$? = $(NONE_CHOSEN) ]

test-long:       ## Run the rehearsals of many minutes.
	@$(READY)
	$(VENV)/python -m pytest -m long $(PYTEST_ARGS)

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
