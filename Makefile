# Every word is a thin line over a script or over dotnet; `make help` lists them.
.PHONY: help build test test-all run kernel-test conformance mutants fuzz faults lint bench bench-unpack bench-net bench-layers publish install clean

help: ## the words of this Makefile
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  \1\t/' | expand -t 16

build: ## compile everything and publish the native programs to out/
	@conformance/setup.sh build
	@conformance/publish.sh

run: build ## make a bundle from busybox and run a first container
	@conformance/setup.sh run
	@conformance/first-container.sh out/sharprun

test: build ## unit, kernel and conformance tests on this machine, and one VM (about 10 minutes)
	@conformance/test.sh

test-all: build ## everything: peers, managers, VM matrix, mutants (up to 75 minutes, resumable)
	@conformance/test-all.sh

kernel-test: build ## the verbs and the clone against the real kernel, in the published native program
	@tests/Kernel.Tests/run.sh

conformance: build ## the black-box suite; RUNTIME=path tests another runtime
	@conformance/setup.sh test
	@conformance/run

mutants: build ## skip one step, check or undo at a time: a test must turn red
	@conformance/mutants.sh

SECONDS ?= 60
fuzz: ## inputs changed at random through every reader (config, bus, tar), for SECONDS=60
	@conformance/setup.sh build
	@conformance/fuzz.sh $(SECONDS)

faults: build ## make system calls of create, start and delete fail, one at a time (up to 10 minutes)
	@conformance/setup.sh test
	@conformance/faults.sh

lint: ## formatting and the rules of the rooms
	@conformance/setup.sh build
	@conformance/lint.sh

bench: build ## ratios against runc, crun and a C floor, in one interleaved run
	@conformance/bench/bench.sh

bench-unpack: build ## how quick images are unpacked, beside tar, umoci, podman and containerd
	@conformance/bench/unpack.sh

bench-net: build ## how quick ADD and DEL are, beside Debian's CNI plugins, newer ones and a C floor
	@conformance/bench/net.sh

bench-layers: build ## how quick unions of 100 and 500 layers are mounted, beside `mount -t overlay`
	@conformance/bench/layers.sh

publish: build ## the native programs: out/sharprun, sharprun-image, sharprun-layers, sharprun-net

install: build ## copy the programs to $(DESTDIR)/usr/local/bin
	install -D -m 0755 -t $(DESTDIR)/usr/local/bin out/sharprun out/sharprun-image out/sharprun-layers out/sharprun-net

clean: ## remove what was built
	rm -rf out
	find src tests conformance -type d \( -name bin -o -name obj \) -prune -exec rm -rf {} +
