# Everyday tasks. `make help` lists them.

SHELL := /bin/bash
.DEFAULT_GOAL := help

# The log whose requests `make demo` sends, plain or gzip; empty: modelled traffic for SECONDS at its natural pace.
LOG ?=
# Requests a second of that log; empty: as fast as they are answered.
RATE ?=
SECONDS ?= 60
# What the service and the demonstration are given besides, such as `make run ARGUMENTS="--port 9000"`.
ARGUMENTS ?=

BINARY = .build/release/parallax

.PHONY: help run test demo bench build format lint packages

# What swift format keeps in shape.
FORMATTED = Sources Tests Benchmarks/Core Benchmarks/Package.swift Package.swift

help: ## This list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /\1\t/' | expand -t 10

run: build ## Start the service in hybrid mode with a private Redis
	@DISTRIBUTED_RATE_LIMITING_ENABLED=true HYBRID_RATE_LIMITING=true exec $(BINARY) serve --embedded-redis $(ARGUMENTS)

# One test after the other: many start servers and wait for them, and the simulations would take the two cores away.
test: packages ## Build and pass every test
	swift build --build-tests
	swift test --skip-build --no-parallel

# Through the environment, since a path can hold what a shell would obey.
demo: export DEMO_LOG := $(LOG)
demo: export DEMO_RATE := $(RATE)
demo: export DEMO_SECONDS := $(SECONDS)
demo: build ## Two instances under traffic, and the report: LOG=path RATE=n SECONDS=n
	@exec $(BINARY) demo --seconds "$$DEMO_SECONDS" $${DEMO_LOG:+--log "$$DEMO_LOG"} \
		$${DEMO_RATE:+--rate "$$DEMO_RATE"} $(ARGUMENTS)

bench: packages ## Measure decisions, comparisons and the codec in process; `parallax bench` measures the rest
	cd Benchmarks && swift package benchmark --no-progress

build: packages ## Build for release
	swift build -c release --product parallax

format: ## Put the sources into shape
	swift format --in-place --recursive $(FORMATTED)

lint: ## Check the sources' shape
	swift format lint --strict --recursive $(FORMATTED)

packages: ## Install what is missing of the system's packages
	@.ci/packages
