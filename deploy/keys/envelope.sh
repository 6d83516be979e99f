#!/bin/bash
# Key envelopes: files of keys, encrypted with age first to one holder and then to another. Two persons open one: the
# second holder takes the outer layer off, the first the inner one. Each has a private key of their own (age-keygen);
# sealing needs their public keys only (files of recipients, age -R).
#   seal     <folder> <first's recipients> <second's recipients> <envelope>   the files of a folder become an envelope
#   hand-on  <envelope> <second's private key> <half>                         by the second holder; a half tells nothing
#   open     <half> <first's private key> <folder>                            by the first holder, into an empty folder
# Nothing is written in the clear but by `open`, and only into memory (tmpfs), for this account alone.
set -euo pipefail
umask 077

refuse() {
    echo "envelope: $1 / $2" >&2
    exit 1
}

case "${1:-} $#" in
"seal 5")
    [ ! -e "$5" ] || refuse "$5 sudah ada" "$5 exists"
    if grep -E '^(age1|ssh-)' "$3" | grep -qxFf - "$4"; then
        refuse "satu pemegang untuk dua lapisan" "one holder for both layers"
    fi
    [ -n "$(find "$2" -type f -size +0 | head -n 1)" ] || refuse "$2 tanpa berkas" "$2 has no files"
    tar -C "$2" --owner=0 --group=0 -cf - . | age -R "$3" | age -R "$4" >"$5" || { rm -f "$5"; exit 1; }
    ;;
"hand-on 4")
    [ ! -e "$4" ] || refuse "$4 sudah ada" "$4 exists"
    age -d -i "$3" "$2" >"$4" || { rm -f "$4"; exit 1; }
    ;;
"open 4")
    [ "$(stat -f -c %T "$4")" = tmpfs ] || refuse "$4 bukan di memori" "$4 is not in memory (tmpfs, e.g. /dev/shm)"
    [ -z "$(ls -A "$4")" ] || refuse "$4 tidak kosong" "$4 is not empty"
    chmod 700 "$4"
    age -d -i "$3" "$2" | tar -C "$4" --no-same-owner --no-same-permissions -xf - || { find "$4" -mindepth 1 -delete; exit 1; }
    find "$4" -type f -exec chmod 600 {} +
    ;;
*)
    sed -n '/^#   /s/^#   //p' "$0" >&2
    exit 2
    ;;
esac
