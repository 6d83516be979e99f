# Everything a newcomer needs: `make run` and `make test` do all set-up themselves. `make` alone prints this help.
PYTHON ?= python3
export SEEDS SEED FAULT WAITS SERVICE
ENV = @$(PYTHON) deploy/dev/bootstrap.py
PY = @.venv/bin/python -m

.DEFAULT_GOAL := help
.PHONY: help run test test-all check chaos mutants bench token recount status schemas lock clean images pin \
        compose-prepare compose-test manifests cluster-tools cluster-test backup-test client

help: ## this help
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-15s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: ## start everything here, with the demonstration (ILP_PORT, ILP_DATA_DIR, ILP_DEMO=off, ILP_DEMO_HISTORY=off)
	$(ENV)
	$(PY) deploy.dev.up

test: ## everything a change must pass (SERVICE=screening: what concerns one service)
	$(ENV)
	$(PY) tests

test-all: ## everything there is, for hours; goes on where it was cut (FRESH=1 begins again)
	$(ENV)
	$(PY) tests --all $(if $(FRESH),--fresh)

check: ## lint, types, architecture contracts
	$(ENV)
	$(PY) tests check

chaos: ## every fault with SEEDS=n seeds (or SEED=… FAULT=… to replay one run; WAITS=1: production waits)
	$(ENV)
	$(PY) tests.faults

mutants: ## take each safeguard away and see which test notices
	$(ENV)
	$(PY) tests.mutants

bench: ## speed; rates of the write path beside the raw limit of the same run
	$(ENV)
	$(PY) tests.load

manifests: ## Kubernetes: write what follows from the product, render every preset (SITE=file of a site's values)
	$(ENV)
	$(PY) deploy.k8s.generate write
	$(PY) deploy.k8s.render $(if $(SITE),--site "$(SITE)")

cluster-tools: ## build etcd, API server, scheduler … from source into the user's cache, once (half an hour, no root)
	$(ENV)
	$(PY) tests.cluster.tools

cluster-test: ## the manifests before a real API server and scheduler: validation, mutations, placement, drain, a lost zone
	$(ENV)
	$(PY) tests cluster

backup-test: ## lose the server of all databases under load, restore it to a moment by pgBackRest (Debian 12; installs it as root)
	$(ENV)
	$(PY) tests backup

token: ## print a development token: make token ROLE=kader AREA=13.76.01.1002
	$(ENV)
	$(PY) deploy.dev.issue_token --role "$(ROLE)" --area "$(AREA)"

client: ## a machine client of the development issuer: make client NAME=simpus ROLE=integrator AREA=13.76 (TOKEN=1: its token)
	$(ENV)
	$(PY) deploy.dev.machine_client --name "$(NAME)" --role "$(ROLE)" --area "$(AREA)" $(if $(TOKEN),--token)

recount: ## compare every cell with the event archive; exit code 1 on a difference
	$(ENV)
	$(PY) deploy.dev.recount

status: ## how far a start is; processes, lag, parked events, alarms, last recount (make -s status JSON=1: for programs)
	$(ENV)
	$(PY) deploy.dev.status $(if $(JSON),--json)

schemas: ## write what is made from the code: schemas, asyncapi.yaml, tables of permissions and settings, rules
	$(ENV)
	$(PY) ilp_shared.bus.contract.schemas write && .venv/bin/python -m ilp_screening.packs.published
	$(PY) deploy.dev.access_table write && for each in dev.settings_table observability; do .venv/bin/python -m deploy.$$each write; done

lock: ## recompile the hash-locked requirement files
	$(ENV)
	$(PY) deploy.dev.lock

clean: ## remove the data of `make run` (ILP_DATA_DIR)
	$(ENV)
	$(PY) deploy.dev.clean

images: ## build the image, pin it, write its bill of materials (BASE=local: without a registry; PUSH=registry/path; ARCHIVE=file)
	$(ENV)
	$(PY) deploy.images.build

pin: ## pin the images of others by digest, with this machine's engine (FOR=compose|kubernetes MIRROR=registry/path PIN_NAME=…)
	$(ENV)
	$(PY) deploy.images.pins

compose-prepare: ## write deploy/compose/.env and secrets/, as root (HOST=name ISSUER=… JWKS=address or file)
	$(ENV)
	$(PY) deploy.compose.prepare

compose-test: ## build and run the compose project in private namespaces; needs root and Debian 12
	$(ENV)
	$(PY) tests images
