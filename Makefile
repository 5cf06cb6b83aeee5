# Anomalyze: everything one types. `make` alone lists it.

SWIFT ?= swift
# The processor to build for: `native` is this machine's; use x86-64-v3 or x86-64 for machines that differ.
MARCH ?= native
PORT ?= 8080
# Where the demo, retraining and serving keep their data, snapshots and registry.
WORKSPACE ?= var
# How often `make test-kills` kills.
KILLS ?= 1000

export SWIFT
SCRIPTS := Sources/Programs/scripts
RELEASE := -c release --static-swift-stdlib -Xcc -march=$(MARCH) -Xswiftc -Xcc -Xswiftc -march=$(MARCH)
BIN := .build/release

.DEFAULT_GOAL := help
.PHONY: help deps deps-test build demo test test-fast test-s3 test-mlflow test-kills lint format
.PHONY: bench bench-quality notebooks deb test-deb retrain serve bench-data bench-onnx sanitize
.PHONY: test-cluster worker bench-server docs soak test-api test-proxy test-dashboard clean sbom

help: ## List the targets.
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

deps: ## Check the toolchain and install the C libraries that are missing.
	@$(SCRIPTS)/install-dependencies.sh build

deps-test:
	@$(SCRIPTS)/install-dependencies.sh test

build: deps ## Build both programs for this processor, optimised, into .build/release.
	@$(SWIFT) build $(RELEASE) --product anomalyze
	@$(SWIFT) build $(RELEASE) --product anomalyze-server

demo: build ## Generate transactions, train, evaluate, register, promote, serve and score: the whole job.
	@$(SCRIPTS)/demo.sh $(BIN) $(WORKSPACE)

test: deps-test lint ## Run every test, a real PostgreSQL included.
	@$(SCRIPTS)/run-tests.sh

test-fast: deps ## Run the tests that need no PostgreSQL server.
	@ANOMALYZE_SKIP_POSTGRESQL=1 $(SCRIPTS)/run-tests.sh

test-s3: deps ## Test push and pull of versions against a real S3 API server from PyPI.
	@$(SCRIPTS)/test-s3.sh

test-cluster: build ## Hold that one process, shuffled shards, Dask and a Spark cluster with workers killed give one model.
	@$(SCRIPTS)/test-cluster.sh $(BIN)

worker: build ## Pack a worker for other machines with the libraries it loads into .build/worker, and run it in an empty root.
	@$(SCRIPTS)/bundle-worker.sh $(BIN)

test-mlflow: build ## Prove that MLflow from PyPI loads, registers and serves what is exported.
	@$(SCRIPTS)/test-mlflow.sh $(BIN)

docs: deps ## Build the reference pages of the library targets with DocC into .build/docs; a warning fails.
	@$(SCRIPTS)/make-docs.sh .build/docs

sbom: build ## Write the bills of materials of both programs (CycloneDX JSON) beside them.
	@for program in anomalyze anomalyze-server; do $(SCRIPTS)/make-sbom.sh $(BIN)/$$program > $(BIN)/$$program.cdx.json; done

test-kills: deps ## Kill writers of the registry (KILLS=1000) and whole runs (a tenth) at random moments and check what is left.
	@ANOMALYZE_SOAK=$(KILLS) $(SWIFT) test --filter FaultTests
	@ANOMALYZE_SOAK=$$(($(KILLS) / 10)) $(SWIFT) test --filter KillTests

soak: deps ## Run the server under mixed load for SOAK_SECONDS (default 3600) and check that its memory does not grow.
	@ANOMALYZE_SOAK_SECONDS=$(or $(SOAK_SECONDS),3600) $(SWIFT) test --filter 'ServerFaultTests.*soak'

lint: ## Check formatting and the house rules.
	@$(SWIFT) format lint --strict -r Sources Tests Package.swift
	@$(SCRIPTS)/check-house-rules.sh

format: ## Format all Swift sources.
	@$(SWIFT) format -i -r Sources Tests Package.swift

bench: deps ## Measure speed beside the peers, forest and server; prints JSON.
	@MARCH=$(MARCH) $(SCRIPTS)/bench.sh

bench-data: deps ## Measure pulls from PostgreSQL and features beside the peers; ROWS of the table, default 10000000.
	@MARCH=$(MARCH) $(SCRIPTS)/bench-data.sh

bench-weekly: build ## Time whole weekly runs at several sizes (USERS="2500 7500 25000") and reruns without news; PICTURE=file.svg draws them.
	@$(SCRIPTS)/bench-weekly.sh $(BIN)

bench-quality: deps ## Measure detection quality beside the peers on the data in ANOMALYZE_SHARED_DATA.
	@MARCH=$(MARCH) $(SCRIPTS)/bench-quality.sh

bench-onnx: build ## Compare the exported ONNX graph with skl2onnx's; PEER_PYTHON has onnxruntime and skl2onnx.
	@$(or $(PEER_PYTHON),python3) $(SCRIPTS)/peers/onnx_export.py $(BIN)/anomalyze

sanitize: deps-test ## Run the tests of memory and threads under the address and the thread sanitizer.
	@$(SCRIPTS)/sanitize.sh

bench-server: build ## Measure the server beside a static answer, FastAPI, MLServer and MLflow; needs wrk.
	@mkdir -p .build/bench-server && chmod -R u+w .build/bench-server && rm -rf .build/bench-server/* && $(SCRIPTS)/small-model.sh $(BIN) .build/bench-server
	@REGISTRY=$(CURDIR)/.build/bench-server/artifacts $(SCRIPTS)/bench-server.sh $(BIN)/anomalyze-server $(PEER_PYTHON)

test-api: build ## Validate the OpenAPI description, run schemathesis and Triton's client against the server (PyPI).
	@$(SCRIPTS)/test-api.sh $(BIN) $(API_PYTHON)

test-proxy: build ## Send malformed requests through nginx with the recipe for untrusted clients.
	@$(SCRIPTS)/test-proxy.sh $(BIN)

test-dashboard: build ## Open the dashboard in headless Chromium and take screenshots.
	@$(SCRIPTS)/test-dashboard.sh $(BIN)

notebooks: build ## Run the markdown notebooks and check what they print.
	@$(SCRIPTS)/run-notebooks.sh $(BIN)

deb: deps ## Build the Debian package .build/deb/anomalyze_*.deb, for processors from x86-64-v3 on.
	@$(SWIFT) build $(subst =native,=x86-64-v3,$(RELEASE)) --scratch-path .build/package --product anomalyze
	@$(SWIFT) build $(subst =native,=x86-64-v3,$(RELEASE)) --scratch-path .build/package --product anomalyze-server
	@$(SCRIPTS)/make-deb.sh .build/package/release

test-deb: deb ## Install, use, upgrade, remove and purge the package in a clean Debian root (needs root).
	@$(SCRIPTS)/test-deb.sh .build/deb

retrain: build ## Run the retraining job once with ./anomalyze.yaml.
	@$(BIN)/anomalyze retrain

serve: build ## Serve the champion on PORT (default 8080).
	@$(BIN)/anomalyze-server --port $(PORT)

clean: ## Remove what was built; data, snapshots and the registry stay.
	@rm -rf .build
