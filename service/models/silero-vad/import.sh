#!/bin/sh
# Copies the detector and its licence out of Silero's own package on PyPI, whose bytes are checked against the hash
# below, compiles it, and writes what they hash to: `npm run import:silero`. To go to another release, change the
# two lines, the README, and what tests compare the published file with.
set -eu
version=6.2.3
wheel_sha256=7b7f5436cfcb02fae583a05b512ea96467fd449fe54cb49a5e4f06c51a1e43b8

folder=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
echo "silero-vad==$version --hash=sha256:$wheel_sha256" > "$work/requirements.txt"
python3 -m pip download --quiet --no-deps --require-hashes --dest "$work" --requirement "$work/requirements.txt"
python3 -m zipfile -e "$work/silero_vad-$version-py3-none-any.whl" "$work"
cp "$work/silero_vad-$version.dist-info/licenses/LICENSE" "$folder"
mkdir -p "$folder/published"
cp "$work/silero_vad/data/silero_vad_16k_sequence.onnx" "$folder/published"
node "$folder/compile.mjs"
cd "$folder"
sha256sum LICENSE silero_vad_16k.onnx > SHA256SUMS
cd published
sha256sum silero_vad_16k_sequence.onnx > SHA256SUMS
