#!/usr/bin/env bash
# Fetches the CRDs that imports/ is generated from, at pinned versions:
#
#   crds.sh FOLDER        e.g. crds.sh imports/crds
#
# They are files of the projects' Go modules, so the go client fetches and verifies them.
set -euo pipefail

folder=${1:?usage: crds.sh FOLDER}
mkdir -p "$folder"

# copy MODULE@VERSION FILE...
copy() {
  local dir file
  # From a folder without a go.mod: the module is fetched, nothing depends on it.
  dir=$(cd "$(mktemp -d)" && go mod download -json "$1" | sed -nE 's/.*"Dir": "(.*)",?/\1/p')
  shift
  for file; do install -m 644 "$dir/$file" "$folder/"; done
}
copy sigs.k8s.io/gateway-api@v1.6.1 config/crd/standard/gateway.networking.k8s.io_httproutes.yaml
copy github.com/prometheus-operator/prometheus-operator@v0.93.0 \
  example/prometheus-operator-crd/monitoring.coreos.com_servicemonitors.yaml
