# shellcheck shell=bash
# Sourced by scripts that use programs of other Debian packages: what is missing is installed, and the reason is said.

# need COMMAND PACKAGE WHY: nothing to do when COMMAND is there (a name, or a file when it contains a slash).
need() {
    if command -v "$1" >/dev/null; then return; fi
    echo "${0##*/}: installing Debian's $2: $3" >&2
    if [[ $(id -u) != 0 ]]; then
        echo "${0##*/}: not root; please run: apt-get install $2" >&2
        return 1
    fi
    # A new machine has no package lists yet, so a first failure means: fetch them and try again.
    _install "$2" >/dev/null 2>&1 || { apt-get update -qq >&2 && _install "$2" >&2; }
}

_install() {
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$1" </dev/null
}
