#!/bin/sh
# Writes the manual pages and completions of PROGRAM to FOLDER.
#   manual.sh PROGRAM FOLDER
set -eu
program=$1
folder=$2
mkdir -p "$folder"
"$program" --help | sed -n '/^Commands:/,/^$/s/^  \([a-z]*\) .*/\1/p' | while read -r command; do
    "$program" man "$command" >"$folder/tandem-$command.1"
done
"$program" completions bash >"$folder/tandem.bash"
"$program" completions zsh >"$folder/_tandem"
"$program" completions fish >"$folder/tandem.fish"
"$program" man >"$folder/tandem.1" # last: it stands for all of them
