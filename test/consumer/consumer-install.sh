#!/usr/bin/env bash
# Installs the packed library as a stranger would: into an empty project, with its peers and nothing else of ours.
# Eight lines must type-check under `strict` and synthesize the YAML that the checkout makes of them.
# Needs the npm registry.
set -euo pipefail

root=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

fact() { node -p "const p = require('$root/package.json'); $1"; }

echo "consumer install: packing"
(cd "$root" && npm run --silent package -- --silent --pack-destination "$work" >/dev/null)
tarball=$(echo "$work"/cdk8s-whisper-stt-*.tgz)

mkdir "$work/project"
cd "$work/project"
cat >main.ts <<'TS'
import { App, Chart, Size } from 'cdk8s';
import { Quantization, WhisperModel, WhisperSttService } from 'cdk8s-whisper-stt';

const app = new App();
const chart = new Chart(app, 'dictation', { namespace: 'dictation' });
const image = 'registry.example.com/voice/stt-service:v1.0.16-amd64';
const small = { model: WhisperModel.custom('small.en'), quantization: Quantization.INT8, memory: Size.gibibytes(2) };
new WhisperSttService(chart, 'stt', { image, cpus: 4, ...small, maxReplicas: 12 });
app.synth();
TS
echo '{ "name": "consumer", "version": "1.0.0", "private": true }' >package.json
printf 'language: typescript\napp: node main.js\noutput: dist\n' >cdk8s.yaml

echo "consumer install: installing the tarball and its peers"
mapfile -t peers < <(fact "Object.entries(p.peerDependencies).map(([n, v]) => n + '@' + v).join('\n')")
tools=("cdk8s-cli@$(fact 'p.devDependencies["cdk8s-cli"]')" "typescript@$(fact 'p.devDependencies.typescript')")
npm install --silent --no-audit --no-fund --ignore-scripts "$tarball" "${peers[@]}" "${tools[@]}"

echo "consumer install: looking for what belongs to the server"
npm ls --all --parseable | sed 's|.*node_modules/||' | sort -u >tree.txt
for forbidden in fastify onnxruntime-node onnxruntime-common @huggingface/transformers @xenova/transformers; do
  if grep -qx "$forbidden" tree.txt; then
    echo "consumer install: $forbidden is in the consumer's tree" >&2
    exit 1
  fi
done
if [ -e node_modules/cdk8s-whisper-stt/build/service ]; then
  echo "consumer install: the tarball carries the server" >&2
  exit 1
fi

echo "consumer install: type-checking and synthesizing"
npx tsc --strict --target es2022 --module commonjs --moduleResolution node10 --ignoreDeprecations 6.0 main.ts
npx cdk8s synth --check-upgrade=false

echo "consumer install: comparing with the checkout"
mkdir -p "$work/checkout/node_modules"
ln -s "$root" "$work/checkout/node_modules/cdk8s-whisper-stt"
for peer in cdk8s cdk8s-plus-28 constructs; do
  ln -s "$root/node_modules/$peer" "$work/checkout/node_modules/$peer"
done
cp main.js "$work/checkout/"
(cd "$work/checkout" && CDK8S_OUTDIR="$work/checkout/dist" node main.js)
diff -r "$work/checkout/dist" dist

echo "consumer install: ok"
