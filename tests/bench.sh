#!/bin/sh
# `make bench`: the figures, on a release build. Arguments go to tests/bench/bench.py.
set -eu
cd "$(dirname "$0")/.."
cargo build --release --locked --bin execgov --example seed --example http_rate --example access_rate
exec python3 tests/bench/bench.py "$@"
