#!/usr/bin/env bash
# Schemathesis against a running server: no answer that its OpenAPI document does not describe, no valid request refused.
# Environment: STT_URL, STT_KEY, STT_SAMPLES as for openai_python.py; PYTHON, of an environment with requirements.txt.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# It keeps a folder of its own where it is started.
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cp "$here/openapi_requests.py" "$folder"
cd "$folder"

status=0
timeout 180 "$(dirname "$PYTHON")/schemathesis" --config-file "$here/schemathesis.toml" run "$STT_URL/openapi.json" \
  --header "Authorization: Bearer $STT_KEY" >log 2>&1 || status=$?
# Reproductions hold whole audio files.
cut -c1-400 log
exit "$status"
