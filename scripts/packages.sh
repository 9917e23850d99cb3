# Which Debian/Ubuntu packages tandem needs, and how they get here. Sourced by the other scripts.

# What the program is built from.
packages_build="gcc libc6-dev cmake ninja-build pkg-config libcurl4-openssl-dev libgumbo-dev
libsqlite3-dev libjansson-dev libxxhash-dev libutf8proc-dev zlib1g-dev"

# What the tests need besides: sanitizers, fuzzers, oneDNN as the kernels' oracle, real clients.
packages_test="libcmocka-dev libdnnl-dev clang clang-format libclang-rt-dev git python3 python3-pytest
curl openssl"

# install_packages NAME...: installs those that are missing, with apt; says what to do elsewhere.
install_packages() {
    missing=""
    for package in "$@"; do
        dpkg-query -W -f '${Status}\n' "$package" 2>/dev/null | grep -q '^install ok installed' ||
            missing="$missing $package"
    done
    [ -n "$missing" ] || return 0
    if ! command -v apt-get >/dev/null 2>&1; then
        echo "This system has no apt. Install what these Debian packages hold, then run again:" >&2
        echo " $missing" >&2
        exit 1
    fi
    as_root=""
    if [ "$(id -u)" != 0 ]; then
        command -v sudo >/dev/null 2>&1 || {
            echo "Not root, and no sudo. Have these packages installed, then run again:$missing" >&2
            exit 1
        }
        as_root="sudo"
    fi
    echo "installing:$missing"
    $as_root apt-get update -qq
    # shellcheck disable=SC2086
    $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing \
        >/dev/null
}
