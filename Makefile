# Three entry points. Needed: Rust 1.95, Python 3, and for the console Node 20 with npm.
#
#   make run     build, start an appliance in ./data, run a sample end to end, show receipt, verification and address
#   make test    everything that CI runs
#   make bench   the figures (release build; takes a while)

SHELL := /bin/sh
.DEFAULT_GOAL := run
.PHONY: run test bench

run:
	@sh installer/demo.sh

test:
	@sh tests/all.sh

bench:
	@sh tests/bench.sh
