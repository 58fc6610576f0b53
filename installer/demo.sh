#!/bin/sh
# `make run`: builds the program, starts an appliance in ./data, runs a sample end to end and shows that it can be proved.
# The server stays in the foreground until Ctrl-C; RUN_ONCE=1 ends it after the tour. LISTEN chooses another address.
set -eu
cd "$(dirname "$0")/.."

listen=${LISTEN:-127.0.0.1:7443}
program=$PWD/target/release/execgov
data=$PWD/data
# Beside the data directory, not in it: what belongs to the person who looks around.
desk=$PWD/target/demo
server=

say() { printf '\n==> %s\n' "$*"; }

fail() {
    printf 'make run: %s\n' "$*" >&2
    exit 1
}

stop() {
    [ -z "$server" ] || kill "$server" 2>/dev/null || true
    [ -z "$server" ] || wait "$server" 2>/dev/null || true
    server=
}

command -v cargo >/dev/null 2>&1 || fail "cargo is missing: install Rust 1.95 or newer (https://rustup.rs)"
command -v python3 >/dev/null 2>&1 || fail "python3 is missing: install Python 3 (Debian: apt-get install python3)"

say "building (the first time takes about ten minutes)"
cargo build --release --locked

umask 077
mkdir -p "$desk"
rm -f "$desk/ready"
trap stop EXIT
trap 'exit 130' INT TERM

say "starting an appliance in ./data"
"$program" serve --data-dir "$data" --listen "$listen" --ready-file "$desk/ready" &
server=$!
while [ ! -s "$desk/ready" ]; do
    kill -0 "$server" 2>/dev/null || fail "the server did not start; its words are above"
    sleep 0.05
done
url=$(cat "$desk/ready")

# A home of its own for the command line, so that nobody's sign-ins are touched.
export XDG_CONFIG_HOME="$desk/config"
unset EXECGOV_URL EXECGOV_TOKEN EXECGOV_CONTEXT || true

if [ -f "$data/setup-token" ]; then
    say "first set-up: administrator admin, password in target/demo/password"
    python3 -c 'import secrets; print(secrets.token_urlsafe(18))' >"$desk/password"
    cat "$data/setup-token" "$desk/password" | "$program" setup "$url" --username admin --mode solo --stdin
elif [ -f "$desk/password" ]; then
    say "signing in as admin, password in target/demo/password"
    "$program" login "$url" --username admin --password-stdin <"$desk/password"
else
    fail "./data was set up before and target/demo/password is gone: sign in by yourself, or remove ./data"
fi

say "a script becomes a capability (tests/samples/loan_schedule.py, unmodified)"
"$program" register tests/samples/loan_schedule.py --name loan-schedule --publish --yes

say "its inputs, from the code"
"$program" run loan-schedule --help

say "running it"
started=$("$program" run loan-schedule --amount 12000 --rate 3.5 --first-payment 2027-01-31 --years 2 --export)
run=$(printf '%s\n' "$started" | grep -o 'run_[0-9a-f]\{32\}' | head -n 1)
"$program" runs logs "$run" --follow
"$program" runs show "$run"

say "the receipt, and its verification"
"$program" runs receipt "$run" >"$desk/receipt.json"
"$program" audit key >"$desk/audit.key"
printf 'receipt: target/demo/receipt.json (%s bytes)\n' "$(wc -c <"$desk/receipt.json")"
"$program" receipt verify "$desk/receipt.json" --key "$desk/audit.key"
"$program" audit verify

say "the appliance is at $url (administrator admin, password in target/demo/password)"
[ "${RUN_ONCE:-0}" = 1 ] || { printf 'Ctrl-C ends it.\n'; wait "$server"; }
