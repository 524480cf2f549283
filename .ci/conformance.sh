#!/usr/bin/env bash
# Real clients against the real server: OpenAI's Python SDK, two of Go's, request lines from other servers'
# documentation, and requests made from the OpenAPI document. Needs the compiled server (`npm run build`); installs what
# else it needs into CONFORMANCE_TOOLS (default ~/.cache/conformance), by the pinned versions of test/conformance. A
# part whose tools cannot be had here is said to be skipped, and counted. Ends with the counts, and appends them to the
# file that TEST_COUNTS names.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
parts=$root/test/conformance
tools=${CONFORMANCE_TOOLS:-$HOME/.cache/conformance}
work=$(mktemp -d)
server=''
passed=0
failed=0
skipped=0

finish() {
  local status=$?
  if [[ $server ]]; then
    kill "$server" 2>/dev/null || true
    wait "$server" || true
  fi
  # A step of this script itself that failed, and no check.
  if ((status != 0 && failed == 0)); then failed=1; fi
  if [[ ${TEST_COUNTS:-} ]]; then echo "$passed $failed $skipped" >>"$TEST_COUNTS"; fi
  rm -rf "$work"
  echo "conformance: $passed passed, $failed failed, $skipped skipped"
  exit "$status"
}
trap finish EXIT

# Python's packages, anew when requirements.txt has changed. Says so where they cannot be had.
install_python() {
  local venv=$tools/venv
  PYTHON=$venv/bin/python
  export PYTHON
  if [[ -x $PYTHON ]] && cmp -s "$parts/requirements.txt" "$venv/requirements.txt"; then return 0; fi
  rm -rf "$venv"
  if python3 -m venv "$venv" && "$PYTHON" -m pip install --quiet --requirement "$parts/requirements.txt"; then
    cp "$parts/requirements.txt" "$venv/requirements.txt"
  else
    echo 'no Python 3 with venv, or no PyPI'
    return 1
  fi
}

install_go() {
  command -v go >/dev/null && (cd "$parts/go" && go mod download) || {
    echo 'no go, or no modules for it'
    return 1
  }
}

# Limits so low that a few stalled uploads reach them: 429 for who has four requests in, 503 for anybody beyond four.
start_server() {
  STT_KEY=conformance-$RANDOM$RANDOM$RANDOM
  STT_OTHER_KEY=conformance-$RANDOM$RANDOM$RANDOM
  printf 'client %s\nother %s\n' "$STT_KEY" "$STT_OTHER_KEY" >"$work/keys"
  env -i PATH="$PATH" HOME="$HOME" STT_PORT=0 STT_API_KEYS_FILE="$work/keys" STT_MODEL_NAMES=known \
    STT_MAX_QUEUE=3 STT_MAX_REQUESTS_PER_CALLER=4 STT_MAX_BODY_BYTES=3000000 \
    node "$root/service/bin/whisper-stt.js" serve >"$work/log" 2>&1 &
  server=$!
  local port='' tries=0
  until [[ $port ]] && curl --silent --fail --output "$work/ready" "http://127.0.0.1:$port/readyz"; do
    port=$(sed -nE 's/.*"port":([0-9]+).*"msg":"listening".*/\1/p' "$work/log")
    tries=$((tries + 1))
    if ((tries > 300)) || ! kill -0 "$server"; then
      cat "$work/log"
      echo 'the server did not become ready'
      return 1
    fi
    sleep 0.1
  done
  STT_URL=http://127.0.0.1:$port
  STT_SAMPLES=$root/service/models/whisper-nano/samples
  export STT_URL STT_KEY STT_OTHER_KEY STT_SAMPLES
}

# part NAME COUNTS COMMAND...: runs it; COUNTS prints what passed and what failed, of its output on standard input.
part() {
  local name=$1 counts=$2 started=$SECONDS status=0 right wrong
  shift 2
  printf '\n--- %s\n' "$name"
  "$@" 2>&1 | tee "$work/output" || status=$?
  read -r right wrong < <("$counts" <"$work/output")
  # It ended before it could say what failed.
  if ((status != 0 && wrong == 0)); then wrong=1; fi
  passed=$((passed + right))
  failed=$((failed + wrong))
  printf -- '--- %s: %d passed, %d failed, %d s\n' "$name" "$right" "$wrong" $((SECONDS - started))
}

skip() {
  skipped=$((skipped + 1))
  printf '\n--- %s: SKIPPED, its tools cannot be had here\n' "$1"
}

of_closing_line() { awk '/^[0-9]+ passed, [0-9]+ failed$/ { p = $1; f = $3 } END { print p + 0, f + 0 }'; }
of_go() { awk '/^ *--- PASS/ { p++ } /^ *--- FAIL/ { f++ } END { print p + 0, f + 0 }'; }
# Schemathesis counts operations, a line each phase.
of_schemathesis() {
  awk '$1 == "✅" && $3 == "passed" { p += $2 } { for (i = 1; i < NF; i++) if ($i == "❌" && $(i + 2) == "failed") f += $(i + 1) } END { print p + 0, f + 0 }'
}

go_clients() { (cd "$parts/go" && go vet ./... && go test -count=1 -v ./... | grep -v '^=== RUN'); }

start_server
part 'request lines' of_closing_line "$parts/request-lines.sh"
if install_python; then
  part "OpenAI's Python SDK" of_closing_line "$PYTHON" -B "$parts/openai_python.py"
  part 'OpenAPI document' of_schemathesis "$parts/openapi.sh"
else
  skip "OpenAI's Python SDK"
  skip 'OpenAPI document'
fi
if install_go; then
  part "Go's clients" of_go go_clients
else
  skip "Go's clients"
fi
((failed == 0))
