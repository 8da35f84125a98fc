# make run    builds Switchgram and runs its demo: no account, no FreeSWITCH, no internet needed
# make test   everything a change must pass, with the race detector
# make browser-test   the part of it that needs browsers, by itself
# make fuzz   a minute for each fuzz target
# make bench  what calls cost (docs/performance.md); ARGS=-help explains. make bench-go: the benchmarks of the code
# make interop PEER=/path/to/peer   calls of our engine with another one (docs/peer.md), or with itself; ARGS=-help explains
# make freeswitch-test FREESWITCH=127.0.0.1:8021 PASSWORD=…   calls through a real FreeSWITCH on this machine; ARGS=-help explains

# libopus is enough: without this tag the Opus binding wants libopusfile too.
export GOFLAGS += -tags=nolibopusfile

FUZZTIME ?= 60s
VERSION  ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)

BUILD_PACKAGES := gcc libc6-dev libopus-dev pkg-config
TEST_PACKAGES  := $(BUILD_PACKAGES) baresip-core chromium firefox-esr iproute2 espeak-ng kamailio sip-tester nodejs npm postgresql

.PHONY: run build test browser-test lint fuzz bench bench-go interop freeswitch-test clean need-build need-test

run: build
	bin/switchgram demo

build: need-build
	go build -trimpath -ldflags "-X main.version=$(VERSION)" -o bin/switchgram ./cmd/switchgram

test: need-test lint
	go test -race -timeout 20m ./...

browser-test: need-test
	@scripts/browser-test

lint: need-build
	@unformatted=$$(git ls-files '*.go' | xargs gofmt -l); test -z "$$unformatted" || { echo "not formatted by gofmt: $$unformatted"; exit 1; }
	go vet ./...
	go run -modfile=tools/go.mod honnef.co/go/tools/cmd/staticcheck ./...

fuzz: need-build
	scripts/fuzz $(FUZZTIME)

bench: build
	bin/switchgram bench $(ARGS)

bench-go: need-build
	go test -run '^$$' -bench . -benchmem ./...

interop: build
	@scripts/need iproute2
	go build -o bin/interop ./cmd/interop
	bin/interop -peer "$(PEER)" $(ARGS)

freeswitch-test: need-build
	@go build -o bin/freeswitchtest ./cmd/freeswitchtest
	@FREESWITCH_PASSWORD="$(PASSWORD)" bin/freeswitchtest -address "$(FREESWITCH)" $(ARGS)

clean:
	rm -rf bin

need-build:
	@scripts/need $(BUILD_PACKAGES)

need-test:
	@scripts/need $(TEST_PACKAGES)
