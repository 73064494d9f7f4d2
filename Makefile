# The front door. `make help` lists what it opens; CI calls the same targets.
SHELL := /bin/bash
export GOFLAGS := -tags=nolibopusfile
GO  ?= go
WEB := agentui/web
ADDR ?= 127.0.0.1:8080
DATA ?= data

.DEFAULT_GOAL := help
.PHONY: help setup setup-test build run test test-fast test-web test-calls race check fmt generate bench fuzz clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  \033[1m%-11s\033[0m %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## install what is missing to build and run: Debian packages, npm and Go modules, speech models
	@.ci/setup

setup-test: ## setup, and what the tests need beside it: sipp, baresip, Chromium, sox, ffmpeg
	@.ci/setup --test

build: .cache/setup ## build bin/patchbay, the desk embedded
	@.ci/build

.cache/setup: .ci/setup go.mod go.sum $(WEB)/package-lock.json
	@.ci/setup

run: setup build ## start the demo centre and print how to sign in and call
	@exec bin/patchbay serve --demo --data-dir $(DATA) --http $(ADDR)

test: setup-test build check test-fast test-web test-calls ## everything: checks, unit tests, the desk, real calls in a real browser

test-fast: ## unit and component tests of the Go packages
	@pkgs="$$($(GO) list ./... | grep -v 'patchbay/cmd/patchbay$$')" && $(GO) test $$pkgs

test-web: ## the desk's own tests: logic, and every screen by axe in Chromium
	@cd $(WEB) && npm test --silent && npm run --silent test:screens

test-calls: ## real calls: sipp, baresip, Chromium, the recogniser, kills and restarts
	@$(GO) test -count=1 -timeout 20m ./cmd/patchbay

race: ## unit tests under the race detector
	@$(GO) test -race $$($(GO) list ./... | grep -v 'patchbay/cmd/patchbay$$')

check: ## format, vet, staticcheck, module tidiness, web lint and types
	@.ci/check

fmt: ## format everything
	@gofmt -w $$(git ls-files '*.go') && cd $(WEB) && npm run --silent format

generate: ## write the generated files anew: wire types, configuration reference
	@$(GO) generate ./...

bench: setup-test build ## measure the budgets and print each beside its figure
	@$(GO) test -count=1 -timeout 40m -tags=nolibopusfile,bench -run TestBudgets -v ./cmd/patchbay

fuzz: ## fuzz every parser of a stranger's bytes, FUZZTIME each (default 20s)
	@.ci/fuzz $${FUZZTIME:-20s}

clean: ## remove what was built; keeps data and the model cache
	@rm -rf bin .cache $(WEB)/node_modules && find $(WEB)/dist -mindepth 1 ! -name placeholder.html -delete
