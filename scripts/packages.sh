# Which Debian and Ubuntu packages tandem needs, and how they get here. Sourced by the other scripts.

# What the program is built from, and the certificates without which no https page is trusted.
packages_build="gcc libc6-dev cmake ninja-build pkg-config ca-certificates libcurl4-openssl-dev
libgumbo-dev libsqlite3-dev libjansson-dev libxxhash-dev libutf8proc-dev zlib1g-dev
libexpat1-dev libpcre2-dev libssl-dev libmicrohttpd-dev libgnutls28-dev"

# What the tests need besides: oneDNN as the kernels' oracle, sanitizers and fuzzers, real clients.
packages_test="libcmocka-dev libdnnl-dev clang libclang-rt-dev git openssl curl mandoc npm python3
python3-venv"

# What a Debian package is made with: it lists the libraries that the program needs.
packages_deb="dpkg-dev file"

# What they use where apt knows it; without it some of them have nothing to do, and say so. The one
# by version, because each lays out a few lines in its own way; the browser opens the dashboard and
# draws pages (Ubuntu has it as a snap alone); poppler reads PDFs.
packages_if_known="clang-format-14 chromium poppler-utils"

# has PACKAGE: whether it is installed; on a system without dpkg, whether what it is for is here.
has() {
    [ "$1" != npm ] || ! command -v npm >/dev/null 2>&1 || return 0 # Node's own package has it too
    if command -v dpkg-query >/dev/null 2>&1; then
        dpkg-query -W -f '${Status}\n' "$1" 2>/dev/null | grep -q '^install ok installed'
        return
    fi
    case "$1" in
        gcc) command -v cc ;;
        ninja-build) command -v ninja ;;
        libcurl4-openssl-dev) pkg-config --exists libcurl ;;
        libsqlite3-dev) pkg-config --exists sqlite3 ;;
        libssl-dev) pkg-config --exists libcrypto ;;
        libgumbo-dev | libjansson-dev | libcmocka-dev)
            name=${1#lib} && pkg-config --exists "${name%-dev}" ;;
        libxxhash-dev | libutf8proc-dev) pkg-config --exists "${1%-dev}" ;;
        python3-venv) python3 -c 'import ensurepip, venv' ;;
        zlib1g-dev) pkg-config --exists zlib ;;
        libexpat1-dev) pkg-config --exists expat ;;
        libpcre2-dev) pkg-config --exists libpcre2-8 ;;
        libc6-dev | ca-certificates | libdnnl-dev | libclang-rt-dev | dpkg-dev) true ;;
        *) command -v "$1" ;;
    esac >/dev/null 2>&1
}

refuse() {
    printf '%s\n' "$@" >&2
    exit 1
}

# install_packages PACKAGE...: installs those that are missing, or says why it cannot.
install_packages() {
    missing=""
    for package in "$@"; do
        has "$package" || missing="$missing $package"
    done
    [ -z "$missing" ] || install_missing
    version=$(cmake --version | sed -n '1s/[^0-9]*//p')
    printf '3.25\n%s\n' "$version" | sort -V -C ||
        refuse "This is cmake $version; tandem needs 3.25 (Debian 12 and Ubuntu 24.04 have it)."
}

# renew_lists: apt's lists of packages, once a run. Those that cannot be renewed are no reason to
# stop: the packages may be known already.
renew_lists() {
    [ -n "${lists_are_new:-}" ] || ! "$@" apt-get update -qq || lists_are_new=yes
}

# offers PACKAGE: whether apt has a version of it, and not the name alone.
offers() {
    LC_ALL=C apt-cache policy "$1" 2>/dev/null | grep -q 'Candidate: [0-9]'
}

# knows PACKAGE: the same. A new system has no lists at all, so they are renewed before the answer is
# no; nobody is asked for a password for that.
knows() {
    command -v apt-cache >/dev/null 2>&1 || return
    ! offers "$1" || return 0
    if [ "$(id -u)" = 0 ]; then renew_lists env; else renew_lists sudo -n; fi >/dev/null 2>&1
    offers "$1"
}

# install_if_known PACKAGE...: after install_packages; leaves out what this system's apt has not.
install_if_known() {
    missing=""
    for package in "$@"; do
        has "$package" || ! knows "$package" || missing="$missing $package"
    done
    [ -z "$missing" ] || (install_missing) || echo "going on without$missing"
}

# The tests in Python, and the clients they drive, in .cache/venv: made anew whenever the versions
# asked for, or the system's Python, differ from those it was made of.
make_venv() {
    python=/usr/bin/python3 # the one that python3-venv belongs to
    [ -x "$python" ] || python=python3
    wanted=$("$python" -V && cat tests/real/requirements*.txt)
    [ "$(cat .cache/venv/made-of 2>/dev/null)" != "$wanted" ] || return 0
    rm -rf .cache/venv
    pip=".cache/venv/bin/pip install -q --disable-pip-version-check --only-binary :all:"
    "$python" -m venv .cache/venv && $pip -r tests/real/requirements.txt &&
        $pip --no-deps --target .cache/venv/langchain -r tests/real/requirements-langchain.txt &&
        echo "$wanted" >.cache/venv/made-of
}

install_missing() {
    command -v apt-get >/dev/null 2>&1 ||
        refuse "There is no apt here. Install what Debian calls" " $missing" "and run this again."
    as_root=""
    if [ "$(id -u)" != 0 ]; then
        as_root=sudo
        command -v sudo >/dev/null 2>&1 ||
            refuse "Packages are missing, you are not root, and there is no sudo. Have root run" \
                "  apt-get install --no-install-recommends$missing" "and run this again."
    fi
    echo "installing with ${as_root:+sudo }apt-get:$missing"
    log=$(mktemp)
    # shellcheck disable=SC2086
    if {
        renew_lists ${as_root:-env}
        $as_root env LC_ALL=C DEBIAN_FRONTEND=noninteractive apt-get install -y \
            -o DPkg::Lock::Timeout=300 --no-install-recommends $missing
    } >"$log" 2>&1 </dev/null; then
        sed -n 's/^Need to get \(.*\) of archives.*/downloaded \1 of packages/p' "$log"
        rm -f "$log"
    else
        tail -20 "$log" >&2
        rm -f "$log"
        refuse "apt could not install:$missing" "See its words above; then run this again."
    fi
}
