#!/usr/bin/env bash
# Writes test/fixtures/parity/openai-whisper.json: what the reference implementation makes of the embedded model and its
# samples. Needs Python 3.9 or later with its module venv, PyPI, and 5 GB of disk for PyTorch.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
venv=${PARITY_VENV:-$HOME/.cache/parity/venv}
[[ -x $venv/bin/python ]] || python3 -m venv "$venv"
"$venv/bin/pip" install --quiet --disable-pip-version-check openai-whisper==20250625
target=$root/test/fixtures/parity/openai-whisper.json
mkdir -p "$(dirname "$target")"
"$venv/bin/python" "$here/openai_whisper.py" >"$target.new"
mv "$target.new" "$target"
"$root/node_modules/.bin/prettier" --log-level=warn --write "$target"
