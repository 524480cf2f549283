#!/usr/bin/env bash
# Audits the manifests of dist/ with the tools that a platform team would use, and fails at the first one with a
# finding. test/cluster/auditors.sh installs what is missing; with everything installed no network is needed.
#
#   .ci/audit.sh [YAML...]        default: dist/*.k8s.yaml
#
# Exemptions are annotations of the manifests, each with its reason in lib/.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
tools=${KUBE_TOOLS:-$HOME/.cache/kube-tools}
(($#)) || set -- "$root"/dist/*.k8s.yaml
KUBE_TOOLS=$tools "$root/test/cluster/auditors.sh"

# The oldest Kubernetes that an app is for, which its source states where it is not the construct's default.
oldest_of() {
  local source stated=''
  source=$root/apps/$(basename "$1" .k8s.yaml).ts
  [[ -f $source ]] && stated=$(sed -nE "s/.*kubernetesVersion: '([0-9.]+)'.*/\1/p" "$source" | head -1)
  echo "${stated:-1.28}"
}

# at_least VERSION OLDEST
at_least() {
  [[ $(printf '%s\n' "$1" "$2" | sort -V | head -1) == "$2" ]]
}

# Kinds of CRDs, which the schemas of Kubernetes itself do not have: kubectl-validate checks them by the CRDs.
custom=$(sed -nE 's/^    kind: (.*)/\1/p' "$root"/imports/crds/*.yaml | sort -u | paste -sd,)

releases=()
for schemas in $(printf '%s\n' "$tools"/schemas/*/ | sort -V); do
  release=$(basename "$schemas")
  releases+=("${release%.*}")
  fitting=()
  for file; do
    at_least "$release" "$(oldest_of "$file")" && fitting+=("$file")
  done
  ((${#fitting[@]})) || continue
  # The API server's own validation. --version must name a release that the tool has built in (to 1.30); the schemas
  # that count are the local ones.
  built_in=$(printf '%s\n' "${release%.*}" 1.30 | sort -V | head -1)
  answer=$("$tools/kubectl-validate" --version "$built_in" --local-schemas "$schemas/openapi" \
    --local-crds "$root/imports/crds" "${fitting[@]}" 2>&1) || {
    printf '%s\n' "$answer" "kubectl-validate: not valid on $release" >&2
    exit 1
  }
  # A second opinion by JSON schema. Unlike the first it notices an API that the release no longer has.
  "$tools/kubeconform" -strict -skip "$custom" \
    -schema-location "$schemas/jsonschema/{{.ResourceKind}}{{.KindSuffix}}.json" "${fitting[@]}"
  echo "valid on $release: ${fitting[*]##*/}"
done
# The releases that the construct is for (docs/construct.md): one whose schemas are missing must not pass unseen.
for minor in {28..37}; do
  [[ " ${releases[*]} " == *" 1.$minor "* ]] || {
    echo "no schemas of Kubernetes 1.$minor in $tools/schemas: nothing was audited for it" >&2
    exit 1
  }
done

# All optional tests; a warning counts. The version decides which API versions are called stable.
for file; do
  answer=$("$tools/kube-score" score --all-default-optional --exit-one-on-warning \
    --kubernetes-version "v$(oldest_of "$file")" --output-format ci "$file") || {
    grep -v '^\[OK\]' <<<"$answer" >&2
    exit 1
  }
  echo "kube-score: nothing found in ${file##*/}"
done

"$tools/checkov/bin/checkov" --framework kubernetes --compact --quiet --skip-download "${@/#/--file=}"
echo 'checkov: nothing found'
