#!/usr/bin/env bash
# Unpacks an image's archive:  unpack.sh ARCHIVE FOLDER
# FOLDER gets rootfs/ and config.json (the image's configuration). As root the owners are kept.
set -euo pipefail

usage='usage: unpack.sh ARCHIVE FOLDER'
archive=${1:?$usage} folder=${2:?$usage}
layout=$(mktemp -d)
trap 'rm -rf "$layout"' EXIT
tar -xf "$archive" -C "$layout"
# blob DIGEST: its file.
blob() { echo "$layout/blobs/${1/://}"; }
# field FILE EXPRESSION: of a JSON file, `it`.
field() { node -p "const it = JSON.parse(require('fs').readFileSync('$1', 'utf8')); $2"; }

manifest=$(blob "$(field "$layout/index.json" 'it.manifests[0].digest')")
mkdir -p "$folder/rootfs"
cp "$(blob "$(field "$manifest" 'it.config.digest')")" "$folder/config.json"
for digest in $(field "$manifest" 'it.layers.map(({ digest }) => digest).join(" ")'); do
  # No layer takes away what an earlier one brought, so there are no whiteouts to heed.
  tar -xzf "$(blob "$digest")" -C "$folder/rootfs"
done
