#!/usr/bin/env bash
# Installs the manifest auditors at pinned versions. Once installed they need no network.
#
#   auditors.sh
#
# KUBE_TOOLS (default: ~/.cache/kube-tools) gets kubectl-validate, kubeconform, kube-score, the API schemas of
# Kubernetes 1.28 to 1.37 (schemas/) and checkov in a virtual environment of its own (300 MB). What is there is left
# alone. Needs go with Go's module proxy, node, and python3 with PyPI: about 6 minutes on two cores.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
tools=${KUBE_TOOLS:-$HOME/.cache/kube-tools}
mkdir -p "$tools"
tools=$(cd "$tools" && pwd)

# install_go NAME PACKAGE@VERSION
install_go() {
  [[ -x $tools/$1 ]] && return
  local started=$SECONDS
  # From a folder without a go.mod, so that the command gets exactly the dependencies that its release names.
  (cd "$tools" && CGO_ENABLED=0 GOBIN=$tools go install -ldflags '-s -w' "$2")
  echo "$1: $((SECONDS - started))s"
}
install_go kubeconform github.com/yannh/kubeconform/cmd/kubeconform@v0.8.0
install_go kube-score github.com/zegl/kube-score/cmd/kube-score@v1.20.0
install_go kubectl-validate sigs.k8s.io/kubectl-validate@v0.0.4

# Into a scratch folder first: a run that was cut off must not leave half a release behind.
mkdir -p "$tools/schemas"
for release in 1.28.15 1.29.6 1.30.14 1.31.14 1.32.13 1.33.13 1.34.4 1.35.4 1.36.3 1.37.2; do
  [[ -d $tools/schemas/$release ]] && continue
  scratch=$(mktemp -d "$tools/schemas.XXXXXX")
  "$here/schemas.mjs" "$scratch" "$release"
  mv "$scratch/$release" "$tools/schemas/"
  rm -r "$scratch"
done

if [[ ! -x $tools/checkov/bin/checkov ]]; then
  started=$SECONDS
  python3 -m venv "$tools/checkov"
  "$tools/checkov/bin/pip" install -q --disable-pip-version-check checkov==3.3.30
  echo "checkov: $((SECONDS - started))s"
fi
