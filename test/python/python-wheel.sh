#!/usr/bin/env bash
# Builds the Python wheel and uses it as a stranger would: in an empty virtual environment, with cdk8s from PyPI.
# The five lines of voice_agent_phase5.py, and all the props of production.py, must write, byte for byte, the YAML that
# the apps of the same names write in TypeScript.
# Needs Python 3.10 or later with its module venv, and the npm registry and PyPI.
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$root"
# Node 20 runs jsii, and warns of its own end at length.
export JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION=20

echo 'python wheel: building it'
npm run --silent wheel -- --outdir "$work"
wheels=("$work"/python/*.whl)

echo 'python wheel: installing it'
python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check "${wheels[0]}" cdk8s cdk8s-plus-28
"$work/venv/bin/pip" list --disable-pip-version-check | grep -E '^(cdk8s|constructs|jsii)'

echo 'python wheel: synthesizing'
mkdir "$work/synth"
cd "$work/synth"
for app in voice_agent_phase5 production; do
  mkdir "$work/synth/$app"
  (cd "$work/synth/$app" && "$work/venv/bin/python" "$here/$app.py")
done

echo 'python wheel: comparing with dist/'
for app in voice_agent_phase5 production; do
  diff "$root/dist/${app//_/-}.k8s.yaml" "$app/dist/${app//_/-}.k8s.yaml"
  diff <(node "$root/build/lib/cli/main.js" explain "$app/dist") <("$work/venv/bin/cdk8s-whisper-stt" explain "$app/dist")
done

echo 'python wheel: ok'
