#!/usr/bin/env bash
# Writes test/fixtures/parity/: what other implementations make of the embedded model and its samples, and PyTorch of the
# model of Whisper tiny's shapes where WHISPER_TINY_SHAPED names its folder. Needs Python 3.11 or later with its module
# venv, PyPI, and 6 GB of disk for PyTorch. `refresh.sh NAME...` writes these alone.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
venv=${PARITY_VENV:-$HOME/.cache/parity/venv}
[[ -x $venv/bin/python ]] || python3 -m venv "$venv"
"$venv/bin/pip" install --quiet --disable-pip-version-check --requirement "$here/requirements.txt"
mkdir -p "$root/test/fixtures/parity"

witness() { # NAME SCRIPT [ARGUMENT...]
  local target=$root/test/fixtures/parity/$1.json
  "$venv/bin/python" "$here/$2" "${@:3}" >"$target.new"
  mv "$target.new" "$target"
  "$root/node_modules/.bin/prettier" --log-level=warn --write "$target"
}

(($#)) || set -- openai-whisper openai-whisper-features openai-whisper-writers transformers faster-whisper tiny-shaped
for name; do
  case $name in
    openai-whisper) witness "$name" openai_whisper.py ;;
    openai-whisper-features) witness "$name" openai_whisper_features.py ;;
    openai-whisper-writers) witness "$name" openai_whisper_writers.py ;;
    transformers) witness "$name" with_transformers.py ;;
    faster-whisper) witness "$name" with_faster_whisper.py ;;
    tiny-shaped)
      if [[ ${WHISPER_TINY_SHAPED:-} ]]; then
        witness "$name" with_tiny_shaped.py "$WHISPER_TINY_SHAPED"
      else
        echo "left as it is: $name.json (WHISPER_TINY_SHAPED is not set)" >&2
      fi
      ;;
    *)
      echo "no witness $name" >&2
      exit 2
      ;;
  esac
done
