# What scripts/grammars and scripts/lexbor share: sources that are fetched once, checked, compiled
# apart into a folder of .cache, and moved into place at the end. Sourced in the project's folder.

cc=${CC:-cc}

# begin NAME FILE...: ends the script if .cache/NAME was made of the same files by this compiler.
begin() {
    into=$PWD/.cache/$1
    shift
    wanted=$(cat scripts/sources.sh "$@" && "$cc" --version)
    [ "$(cat "$into/made-of" 2>/dev/null)" != "$wanted" ] || exit 0
    mkdir -p "$into/archives"
}

# is_good FILE SHA256: whether the archive of that name is here and the right one.
is_good() {
    echo "$2  $into/archives/$1" | sha256sum -c --status 2>/dev/null
}

# refuse WORD...: ends the script.
refuse() {
    echo "$0: $*" >&2
    exit 1
}

# unpack FILE FOLDER: without the archive's own outermost folder.
unpack() {
    mkdir "$2"
    tar -xzf "$into/archives/$1" -C "$2" --strip-components 1 --no-same-owner
}

# start_work: a folder $work for what is unpacked and compiled. What begins to build between the
# moves out of it must be begun again.
start_work() {
    work=$(mktemp -d "$into/work.XXXXXX")
    trap 'rm -rf "$work"' EXIT
    mkdir "$work/o"
}

# compile FLAG...: each "SOURCE OBJECT" line of the standard input, both below $work, which is where
# the compiler runs; with the headers of the source's own folder, and of `include` beside that.
compile() {
    export cc flags="$*"
    # shellcheck disable=SC2016
    (cd "$work" && xargs -n 2 -P "$(nproc)" sh -c '
        "$cc" -std=gnu11 -w -fPIC -fno-common -fstack-protector-strong $flags \
            -I "${1%/*}" -I "${1%/*}/../include" -c "$1" -o "$2"
    ' sh)
}

# finish INCLUDE: moves the objects and the folder with the headers into place.
finish() {
    rm -rf "$into/made-of" "$into/o" "$into/include"
    mv "$1" "$into/include"
    mv "$work/o" "$into/o"
    printf '%s\n' "$wanted" >"$into/made-of"
}
