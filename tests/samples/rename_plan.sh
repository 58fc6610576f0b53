#!/bin/sh
# Print how a list of file names would be renamed.
#
# Reads one name per line, lower-cases it, replaces spaces, adds a prefix
# and keeps the names unique. Nothing is renamed.

set -eu

prefix=""
separator="_"
verbose=0

usage() {
    echo "usage: $0 [-p prefix] [-s separator] [-v] namefile [limit]" >&2
    exit 2
}

while getopts "p:s:vh" option; do
    case "$option" in
        p) prefix="$OPTARG" ;;
        s) separator="$OPTARG" ;;
        v) verbose=1 ;;
        *) usage ;;
    esac
done
shift $((OPTIND - 1))

name_file="${1:?a file with names is needed}"
limit="${2:-100}"

count=0
while IFS= read -r name; do
    [ -n "$name" ] || continue
    count=$((count + 1))
    if [ "$count" -gt "$limit" ]; then
        echo "stopped after $limit names" >&2
        break
    fi
    new=$(printf '%s' "$name" | tr '[:upper:]' '[:lower:]' | tr -s ' ' "$separator")
    new="$prefix$new"
    if [ "$name" = "$new" ]; then
        [ "$verbose" -eq 0 ] || echo "keep   $name"
    else
        echo "rename $name -> $new"
    fi
done < "$name_file"

echo "$count names"
