#!/bin/sh
# Installs, upgrades and removes an ExecGov appliance. Needs no network; says what it does; can be repeated.
set -eu

usage() {
    cat <<'TEXT'
usage: install.sh [install] [options]      install or upgrade
       install.sh uninstall [--purge] [options]

options:
  --binary FILE   the program to install (default: execgov beside this script, else target/release/execgov)
  --prefix DIR    where the program goes (default: /usr/local)
  --root DIR      work below DIR instead of / : no user is made, no service is touched (packaging, tests)
  --purge         with uninstall: also remove settings, data, and the user
TEXT
}

fail() {
    printf 'install.sh: %s\n' "$*" >&2
    exit 1
}

say() { printf '%s\n' "$*"; }

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
action=install
root=
prefix=/usr/local
binary=
purge=no
while [ $# -gt 0 ]; do
    case $1 in
        install | uninstall) action=$1 ;;
        --binary | --prefix | --root)
            [ $# -ge 2 ] || fail "$1 needs a value"
            case $1 in
                --binary) binary=$2 ;;
                --prefix) prefix=$2 ;;
                --root) root=${2%/} ;;
            esac
            shift
            ;;
        --purge) purge=yes ;;
        -h | --help)
            usage
            exit 0
            ;;
        *)
            usage >&2
            fail "unknown word: $1"
            ;;
    esac
    shift
done

case $prefix in /*) ;; *) fail "--prefix must be an absolute path" ;; esac
[ "$purge" = no ] || [ "$action" = uninstall ] || fail "--purge belongs to uninstall"
live=no
[ -n "$root" ] || live=yes
[ "$live" = no ] || [ "$(id -u)" = 0 ] || fail "must run as root (or name a staging directory with --root)"

user=execgov
bin=$root$prefix/bin
share=$root$prefix/share/execgov
manual=$root$prefix/share/man/man1
bash_words=$root$prefix/share/bash-completion/completions
zsh_words=$root$prefix/share/zsh/site-functions
fish_words=$root$prefix/share/fish/vendor_completions.d
etc=$root/etc/execgov
data=$root/var/lib/execgov
unit=$root/etc/systemd/system/execgov.service
socket=$root/etc/systemd/system/execgov.socket

# Where the files to install are: beside this script in a release, one level up in a source tree.
shipped() {
    for place in "$here/$1" "$here/../$2"; do
        if [ -f "$place" ]; then
            printf '%s\n' "$place"
            return
        fi
    done
    fail "$1 is missing from this release"
}

own() {
    if [ "$(id -u)" = 0 ]; then chown "$1" "$2"; fi
}

# place FILE TARGET MODE: puts a file in place whole or not at all, owned by root.
place() {
    if [ -f "$2" ] && cmp -s "$1" "$2"; then
        chmod "$3" "$2"
        say "unchanged  $2"
        return
    fi
    cp -- "$1" "$2.new"
    chmod "$3" "$2.new"
    own 0:0 "$2.new"
    mv -f -- "$2.new" "$2"
    say "installed  $2"
}

directory() {
    if [ ! -d "$1" ]; then
        mkdir -p -- "$1"
        say "made       $1"
    fi
    chmod "$2" "$1"
}

manager() {
    if [ "$live" = yes ] && [ -d /run/systemd/system ]; then systemctl "$@"; fi
}

make_user() {
    [ "$live" = yes ] || return 0
    if id "$user" >/dev/null 2>&1; then
        say "unchanged  user $user"
        return 0
    fi
    nologin=$(command -v nologin || echo /bin/false)
    if command -v useradd >/dev/null 2>&1; then
        useradd --system --user-group --home-dir /var/lib/execgov --no-create-home --shell "$nologin" "$user"
    elif command -v adduser >/dev/null 2>&1; then
        addgroup -S "$user" 2>/dev/null || true
        adduser -S -D -H -h /var/lib/execgov -s "$nologin" -G "$user" "$user"
    else
        fail "neither useradd nor adduser is here: make the system user $user, then run this again"
    fi
    say "made       user $user"
}

# gone PATH: removes a file or link that this script made.
gone() {
    if [ -e "$1" ] || [ -L "$1" ]; then
        rm -f -- "$1"
        say "removed    $1"
    fi
}

# Manual pages and completions, as the installed program itself gives them out.
install_help() {
    made=$(mktemp -d)
    trap 'rm -rf -- "$made"' EXIT
    mkdir -- "$made/man"
    if ! "$bin/execgov" man "$made/man" >"$made/said" 2>&1; then
        fail "the program cannot write its manual pages: $(head -n 1 "$made/said")"
    fi
    for shell in bash zsh fish; do
        "$bin/execgov" completion "$shell" >"$made/$shell" || fail "the program has no completions for $shell"
    done
    for place in "$manual" "$bash_words" "$zsh_words" "$fish_words"; do directory "$place" 755; done
    for page in "$made"/man/execgov*.1; do place "$page" "$manual/${page##*/}" 644; done
    # Pages of commands that this version no longer has.
    for page in "$manual"/execgov.1 "$manual"/execgov-*.1; do
        [ -e "$made/man/${page##*/}" ] || gone "$page"
    done
    place "$made/bash" "$bash_words/execgov" 644
    place "$made/zsh" "$zsh_words/_execgov" 644
    place "$made/fish" "$fish_words/execgov.fish" 644
}

do_install() {
    if [ -z "$binary" ]; then
        for found in "$here/execgov" "$here/../target/release/execgov"; do
            if [ -f "$found" ]; then
                binary=$found
                break
            fi
        done
    fi
    [ -n "$binary" ] && [ -f "$binary" ] || fail "no program to install: build one (cargo build --release) or name it with --binary"
    "$binary" --version >/dev/null 2>&1 || fail "$binary does not run on this host: $("$binary" --version 2>&1 | head -n 1)"
    settings=$(shipped execgov.toml config/execgov.toml)
    notices=$(shipped LICENSE-NOTICES LICENSE-NOTICES)
    service=$(shipped execgov.service systemd/execgov.service)
    listener=$(shipped execgov.socket systemd/execgov.socket)

    umask 022
    make_user
    directory "$bin" 755
    directory "$share" 755
    directory "$etc" 755
    directory "$data" 700
    directory "$(dirname -- "$unit")" 755
    if [ "$live" = yes ]; then chown "$user:$user" "$data"; fi

    if [ -f "$bin/execgov" ] && ! cmp -s "$binary" "$bin/execgov"; then
        cp -p -- "$bin/execgov" "$bin/execgov.previous.new"
        mv -f -- "$bin/execgov.previous.new" "$bin/execgov.previous"
        say "kept       $bin/execgov.previous"
    fi
    place "$binary" "$bin/execgov" 755
    ln -sfn execgov "$bin/execgov-cli"
    place "$notices" "$share/LICENSE-NOTICES" 644
    place "$settings" "$share/execgov.toml" 644
    if [ -f "$etc/execgov.toml" ]; then
        say "kept       $etc/execgov.toml (the documented defaults are in $share/execgov.toml)"
    else
        place "$settings" "$etc/execgov.toml" 644
    fi
    sed "s|^ExecStart=/usr/local/bin/|ExecStart=$prefix/bin/|" "$service" >"$share/execgov.service"
    chmod 644 "$share/execgov.service"
    place "$share/execgov.service" "$unit" 644
    place "$listener" "$socket" 644
    install_help
    manager daemon-reload
    say
    say "Start it:      systemctl enable --now execgov"
    say "Setup token:   journalctl -u execgov, or /var/lib/execgov/setup-token"
    say "Settings:      /etc/execgov/execgov.toml"
}

do_uninstall() {
    if [ "$live" = yes ] && [ -d /run/systemd/system ]; then
        systemctl disable --now execgov.socket execgov.service >/dev/null 2>&1 || true
    fi
    for path in "$unit" "$socket" "$bin/execgov-cli" "$bin/execgov" "$bin/execgov.previous" \
        "$share/LICENSE-NOTICES" "$share/execgov.toml" "$share/execgov.service" \
        "$manual/execgov.1" "$manual"/execgov-*.1 \
        "$bash_words/execgov" "$zsh_words/_execgov" "$fish_words/execgov.fish"; do
        gone "$path"
    done
    rmdir "$share" 2>/dev/null && say "removed    $share"
    manager daemon-reload
    if [ "$purge" = yes ]; then
        for path in "$etc" "$data"; do
            if [ -d "$path" ]; then
                rm -rf -- "$path"
                say "removed    $path"
            fi
        done
        if [ "$live" = yes ] && id "$user" >/dev/null 2>&1; then
            userdel "$user" 2>/dev/null || deluser "$user"
            say "removed    user $user"
        fi
    else
        for path in "$etc" "$data"; do
            [ ! -d "$path" ] || say "kept       $path (--purge removes it)"
        done
    fi
}

"do_$action"
