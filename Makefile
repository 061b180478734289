# Everyday tasks. `make help` lists them.

SHELL := /bin/bash
.DEFAULT_GOAL := help

# The log whose requests `make demo` sends, plain or gzip; empty: modelled traffic for SECONDS at its natural pace.
LOG ?=
# Requests a second of that log; empty: as fast as they are answered.
RATE ?=
SECONDS ?= 60
# What the service and the demonstration are given in addition, such as `make run ARGUMENTS="--port 9000"`.
ARGUMENTS ?=

BINARY = .build/release/parallax
# As old as the newest change that is in the binary.
BUILT = $(BINARY).built
# What the binary is built from. A link is followed: the store's migrations are one.
INPUTS = Sources Package.swift Package.resolved

.PHONY: help run test coverage demo bench build built format lint packages words

# What swift format keeps in shape.
FORMATTED = Sources Tests Benchmarks/Core Benchmarks/Package.swift Package.swift

help: ## This list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /\1\t/' | expand -t 10

run: built ## Start the service in hybrid mode with a private Redis
	@DISTRIBUTED_RATE_LIMITING_ENABLED=true HYBRID_RATE_LIMITING=true exec $(BINARY) serve --embedded-redis $(ARGUMENTS)

test: packages ## Build and pass every test
	swift build --build-tests
	@.ci/tests

coverage: packages ## Pass every test, and print how many lines of each target they run
	@.ci/coverage

# Through the environment, since a path can hold what a shell would obey.
demo: export DEMO_LOG := $(LOG)
demo: export DEMO_RATE := $(RATE)
demo: export DEMO_SECONDS := $(SECONDS)
demo: built ## Two instances under traffic, and the report: LOG=path RATE=n SECONDS=n
	@exec $(BINARY) demo --seconds "$$DEMO_SECONDS" $${DEMO_LOG:+--log "$$DEMO_LOG"} \
		$${DEMO_RATE:+--rate "$$DEMO_RATE"} $(ARGUMENTS)

bench: packages ## Measure decisions, comparisons and the codec in process; `parallax-bench` measures the rest
	cd Benchmarks && swift package benchmark --no-progress

build: packages ## Build for release
	@[ -e Package.resolved ] || swift package resolve
	@mkdir -p .build && touch .build/started
	swift build -c release --product parallax
	@mv .build/started $(BUILT)

# SwiftPM takes half a minute to find that there is nothing to build, so it is asked only if something is newer. A folder
# is newer too if a file was added or removed.
built: packages
	@if [ ! -x $(BINARY) ] || [ ! -e $(BUILT) ] || [ -n "$$(find -L $(INPUTS) -newer $(BUILT) -print -quit)" ]; then \
		$(MAKE) --no-print-directory build; \
	fi

words: ## List words in comments, literals and docs that this project does not use
	@.ci/words

format: ## Put the sources into shape
	swift format --in-place --recursive $(FORMATTED)

lint: ## Check the sources' formatting, the words of comments, messages and docs, and what docs name
	swift format lint --strict --recursive $(FORMATTED)
	@.ci/words
	@.ci/docs

packages: ## Install what is missing of the system's packages
	@.ci/packages
