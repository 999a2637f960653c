#!/bin/sh
# Keeps the image directory that a deployment has just written, since the job's machine goes: encrypted, where there is a
# passphrase; else without the files that may hold secrets (mode 0600), which `dualstack render --with-secrets` makes anew.
# usage: keep.sh SITE PROJECT OUT, the folder for the archive; DUALSTACK_ARTIFACT_PASSPHRASE is the passphrase
set -eu
site=$1 build=$2/build out=$3
if [ ! -f "$build/$site/.dualstack.digest" ]; then
    echo "$site: this run wrote no image directory; the artifact of the run that did has it, and so has dualstack render"
    exit 0
fi
mkdir -p "$out"
list=$(mktemp)
trap 'rm -f "$list"' EXIT
keep() { find "$site" \( -path "$site/base-images" -o -path "$site/_build" \) -prune -o -type f "$@" -print > "$list"; }
cd "$build"
if [ -n "${DUALSTACK_ARTIFACT_PASSPHRASE:-}" ]; then
    keep
    tar -czf - -T "$list" | openssl enc -aes-256-cbc -pbkdf2 -iter 600000 -salt \
        -pass env:DUALSTACK_ARTIFACT_PASSPHRASE -out "$out/$site.tar.gz.enc"
    echo "$site: image directory kept, encrypted"
else
    keep ! -perm 0600
    tar -czf "$out/$site.tar.gz" -T "$list"
    echo "$site: image directory kept, without files that may hold secrets: DUALSTACK_ARTIFACT_PASSPHRASE is not set"
fi
