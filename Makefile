# webpress: targets. `make help` lists them.

SHELL = bash
GO ?= go
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null | sed 's/^v//' || true)
IMAGE ?= webpress:local

# libwebp is compiled into the binary, and this is where the time goes: -O3 is
# 8 % faster than Go's -O2. On amd64 the x86-64-v2 level (every processor since
# 2009) compiles in its SSE4.1 code, and GOAMD64 makes an older processor say so
# at the start. One set of flags for build and test, so that they share a cache.
ifeq ($(strip $(CGO_CFLAGS)),) # set and empty, it would be no optimization at all
CGO_CFLAGS := -O3
endif
ifeq ($(shell $(GO) env GOARCH 2>/dev/null),amd64)
CGO_CFLAGS += -march=x86-64-v2
export GOAMD64 ?= v2
endif
export CGO_CFLAGS

LDFLAGS = -s -w -X main.version=$(VERSION)
ACTIONLINT = $(GO) run github.com/rhysd/actionlint/cmd/actionlint@v1.7.7
WORKFLOWS = $(wildcard .github/workflows/*.yml) internal/setup/files/github.yml $(filter-out testdata/workflows/gitlab-% %/woodpecker.yml,$(wildcard testdata/workflows/*.yml))
GOLANGCI = $(GO) run github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.15.0
FUZZTIME ?= 1m

.DEFAULT_GOAL = help
.PHONY: help deps build remote demo test fuzz bench lint generate image e2e clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z0-9]+:.*## / {printf "  make %-9s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

deps: ## install what is missing: compiler, codec libraries
	@scripts/deps

build: deps ## build ./webpress
	$(GO) build -trimpath -ldflags '$(LDFLAGS)' -o webpress .

remote: ## build dist/webpress-VERSION-remote-*, without codecs, for all systems
	scripts/build-remote $(VERSION) dist

demo: build ## convert the demo images and show what it saves
	@scripts/demo

test: deps ## run all tests, with the race detector
	$(GO) test -race -shuffle=on ./...
	$(GO) test -run 'TestMemoryUse|TestHostile' ./internal/engine ./internal/report ./internal/references # the race detector takes memory and time of its own

fuzz: deps ## run every fuzz target for a while (FUZZTIME=1m)
	@GO='$(GO)' scripts/fuzz $(FUZZTIME)

bench: build ## benchmark against sharp, vips, cwebp, ImageMagick (BENCH='flags')
	$(GO) run ./bench $(BENCH)

lint: deps ## vet, golangci-lint, gofmt, actionlint
	@test -z "$$(gofmt -l . | tee /dev/stderr)" || { echo 'run gofmt -w on the files above' >&2; exit 1; }
	$(GOLANGCI) run
	CGO_CFLAGS= GOAMD64= $(ACTIONLINT) $(WORKFLOWS)

generate: deps ## regenerate action.yml, the schema, the tables in docs
	$(GO) generate ./...

image: ## build the container image
	@scripts/need-docker
	docker build --network host --build-arg VERSION=$(VERSION) -t $(IMAGE) .

# In its own folder, where go test lets the names of skipped tests through.
e2e: image ## run real workflows in containers, and hooks
	@scripts/deps e2e
	cd e2e && WEBPRESS_E2E_IMAGE=$(IMAGE) $(GO) test -count=1 -timeout 60m -tags e2e .

clean: ## remove what was built
	rm -rf webpress dist .bench
