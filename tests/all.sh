#!/bin/sh
# Everything that CI runs, in the order in which a mistake costs least: `make test`.
set -eu
cd "$(dirname "$0")/.."

step() { printf '\n==> %s\n' "$*"; }

fail() {
    printf 'make test: %s\n' "$*" >&2
    exit 1
}

# install_package PACKAGE: root on a Debian machine gets it; elsewhere the caller says what is missing.
install_package() {
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
        step "installing $1"
        apt-get install -y --no-install-recommends "$1" >/dev/null || { apt-get update >/dev/null && apt-get install -y --no-install-recommends "$1"; }
    fi
}

# need PROGRAM PACKAGE: the program must be there, or be installable.
need() {
    command -v "$1" >/dev/null 2>&1 && return 0
    install_package "$2"
    command -v "$1" >/dev/null 2>&1 || fail "$1 is missing: install it (Debian: apt-get install $2)"
}

# need_font FAMILY PACKAGE: without it the Chinese console is boxes, and what is clipped cannot be seen.
need_font() {
    need fc-list fontconfig
    fc-list | grep -q "$1" && return 0
    install_package "$2"
    fc-list | grep -q "$1" || fail "the font $1 is missing: install it (Debian: apt-get install $2)"
}

step "tools"
command -v cargo >/dev/null 2>&1 || fail "cargo is missing: install Rust 1.95 or newer (https://rustup.rs)"
need cc gcc
need python3 python3
need age age # reads what the vault writes
cargo fmt --version >/dev/null 2>&1 || rustup component add rustfmt || fail "rustfmt is missing: rustup component add rustfmt"
cargo clippy --version >/dev/null 2>&1 || rustup component add clippy || fail "clippy is missing: rustup component add clippy"

command -v npm >/dev/null 2>&1 || fail "npm is missing: install Node 20.19 or newer, which brings it (https://nodejs.org)"

step "shell scripts parse"
for script in installer/*.sh tests/*.sh; do sh -n "$script"; done

step "format"
cargo fmt --check

step "lints, with the console built on the way"
cargo clippy --locked --all-targets -- -D warnings

step "licence notices"
python3 installer/notices.py --check

step "console"
(cd assets/ui && npm test --silent)

step "tests"
if cargo nextest --version >/dev/null 2>&1; then
    cargo nextest run --locked
else
    cargo test --locked
fi

step "browser: every page and whole journeys in Chromium"
need chromium chromium
need_font "Noto Sans CJK SC" fonts-noto-cjk
tests/e2e/run
