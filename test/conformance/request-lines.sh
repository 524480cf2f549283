#!/usr/bin/env bash
# Requests as the documentation of other servers writes them, unchanged but for host, file and key:
# whisper.cpp's examples/server/README.md, whisper-asr-webservice's docs/endpoints.md and its page /docs, OpenAI's API
# reference.
# Environment: STT_URL, STT_KEY, STT_SAMPLES as for openai_python.py.
set -uo pipefail

sample=$STT_SAMPLES/en-01.wav
# What is not in the documentation: the key, and how the answer is shown.
CURL_HOME=$(mktemp -d)
export CURL_HOME
trap 'rm -rf "$CURL_HOME"' EXIT
printf '%s\n' "header = \"authorization: Bearer $STT_KEY\"" silent include 'max-time = 30' >"$CURL_HOME/.curlrc"

passed=0
failed=0

# answers TITLE PATTERN COMMAND...: the whole answer, head and body without carriage returns, matches the regular
# expression.
answers() {
  local title=$1 pattern=$2 answer
  shift 2
  answer=$("$@" | tr -d '\r')
  if [[ $answer =~ $pattern ]]; then
    passed=$((passed + 1))
    printf 'ok      %s\n' "$title"
  else
    failed=$((failed + 1))
    printf 'FAILED  %s\n        %s\n--- got\n%s\n--- not as %s\n' "$title" "$*" "$answer" "$pattern"
  fi
}

text=$(node -p 'JSON.parse(fs.readFileSync(process.argv[1])).find(({ file }) => file === "en-01.wav").text' \
  "$STT_SAMPLES/transcripts.json")
text=${text//./\\.}
line=$'\n'
time='[0-9]{2}:[0-9]{2}[.,][0-9]{3}'

# whisper.cpp

answers 'whisper.cpp: /inference' "^HTTP/1.1 200 .*content-type: application/json.*\{\"text\":\" $text\\\\n\"\}\$" \
  curl "$STT_URL/inference" \
  -H "Content-Type: multipart/form-data" \
  -F file="@$sample" \
  -F temperature="0.0" \
  -F temperature_inc="0.2" \
  -F response_format="json"

answers 'whisper.cpp: /load' '^HTTP/1.1 400 .*\{"error":".*STT_MODEL' \
  curl "$STT_URL/load" \
  -H "Content-Type: multipart/form-data" \
  -F model="models/ggml-base.en.bin"

answers 'whisper.cpp: the form that its bench.js posts' "^HTTP/1.1 200 .*\{\"text\":\" $text\\\\n\"\}\$" \
  curl -X POST "$STT_URL/inference" \
  -F "file=@$sample;filename=$sample;type=application/octet-stream" -F temperature=0.0 -F temperature_inc=0.2 -F response_format=json

# whisper-asr-webservice

answers 'whisper-asr-webservice: /asr?output=json' "^HTTP/1.1 200 .*\{\"text\":\"$text\",\"segments\":\[.*\"language\":\"en\"\}\$" \
  curl -X POST -H "content-type: multipart/form-data" -F "audio_file=@$sample" "$STT_URL/asr?output=json"

for output in txt vtt srt tsv; do
  case $output in
    txt) body="$text" ;;
    vtt) body="WEBVTT$line$line$time --> $time$line$text" ;;
    srt) body="1${line}00:$time --> 00:$time$line$text" ;;
    tsv) body="start	end	text$line[0-9]+	[0-9]+	$text" ;;
  esac
  answers "whisper-asr-webservice: the line that its page /docs shows, output=$output" \
    "^HTTP/1.1 200 .*content-disposition: attachment; filename=\"en-01\.wav\.$output\".*content-type: text/plain.*$line$line$body\$" \
    curl -X 'POST' \
    "$STT_URL/asr?encode=true&task=transcribe&language=en&word_timestamps=false&output=$output" \
    -H 'accept: application/json' \
    -H 'Content-Type: multipart/form-data' \
    -F "audio_file=@$sample;type=audio/x-wav"
done

answers 'whisper-asr-webservice: /detect-language' \
  '^HTTP/1.1 200 .*\{"detected_language":"spanish","language_code":"es","confidence":0\.[0-9]+\}$' \
  curl -X 'POST' \
  "$STT_URL/detect-language?encode=true" \
  -H 'accept: application/json' \
  -H 'Content-Type: multipart/form-data' \
  -F "audio_file=@$STT_SAMPLES/es-01.wav;type=audio/x-wav"

# OpenAI

# openai_form ENDPOINT FIELD...: what all its examples that send a file begin with.
openai_form() {
  local endpoint=$1
  shift
  curl "$STT_URL/v1/audio/$endpoint" \
    -H "Authorization: Bearer $STT_KEY" \
    -H "Content-Type: multipart/form-data" \
    "$@"
}

answers 'OpenAI: transcription' "^HTTP/1.1 200 .*\{\"text\":\"$text\",\"usage\"" \
  openai_form transcriptions \
  -F file="@$sample" \
  -F model="gpt-4o-transcribe"

answers 'OpenAI: stream' "^HTTP/1.1 200 .*transcript\.text\.delta.*transcript\.text\.done.*\"text\":\"$text\".*data: \[DONE\]" \
  openai_form transcriptions \
  -F file="@$sample" \
  -F model="gpt-4o-mini-transcribe" \
  -F stream=true

answers 'OpenAI: log-probabilities' "^HTTP/1.1 200 .*\"logprobs\":\[\{\"token\":\"[^\"]+\",\"(bytes|logprob)\"" \
  openai_form transcriptions \
  -F file="@$sample" \
  -F "include[]=logprobs" \
  -F model="gpt-4o-transcribe" \
  -F response_format="json"

answers 'OpenAI: words' "^HTTP/1.1 200 .*\"words\":\[\{\"word\":\"" \
  openai_form transcriptions \
  -F file="@$sample" \
  -F "timestamp_granularities[]=word" \
  -F model="whisper-1" \
  -F response_format="verbose_json"

answers 'OpenAI: translation' '^HTTP/1.1 200 .*\{"text":"[^"]+"' \
  openai_form translations \
  -F file="@$STT_SAMPLES/de-01.wav" \
  -F model="whisper-1"

answers 'OpenAI: models' '^HTTP/1.1 200 .*\{"object":"list","data":\[\{"id":"nano","object":"model"' \
  curl "$STT_URL/v1/models" \
  -H "Authorization: Bearer $STT_KEY"

printf '%d passed, %d failed\n' "$passed" "$failed"
((failed == 0))
