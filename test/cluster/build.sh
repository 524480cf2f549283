#!/usr/bin/env bash
# Builds the test control plane from source with the go client: kube-apiserver, kube-controller-manager,
# kube-scheduler, etcd, kwok (plays nodes and pods), fake-metrics (plays metrics-server), and kubectl where the PATH
# has none.
#
#   build.sh [KUBERNETES_VERSION]
#
# KUBERNETES_VERSION  e.g. 1.30.14: that release's three binaries, into a folder of that name beside the pinned
#                     release's (default: the release pinned in go.mod)
# KUBE_TOOLS          where the binaries go (default: ~/.cache/kube-tools)
#
# Needs go (the `go` line of go.mod says which) and Go's module proxy. Go's build cache makes a second run take
# seconds. To pin another release change `k8s.io/kubernetes` and the `replace` lines of go.mod, then `go mod tidy`.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
tools=${KUBE_TOOLS:-$HOME/.cache/kube-tools}
mkdir -p "$tools"
tools=$(cd "$tools" && pwd)
export CGO_ENABLED=0

pinned=$(sed -nE 's#^\s*(require )?k8s.io/kubernetes v([0-9.]+).*#\2#p' "$here/go.mod")
version=${1:-$pinned}

# A release stamps its version at link time; without it the server calls itself v0.0.0.
stamp() {
  local at=k8s.io/component-base/version major minor
  IFS=. read -r major minor _ <<<"$1"
  printf -- '-s -w -X %s.gitVersion=v%s -X %s.gitMajor=%s -X %s.gitMinor=%s -X %s.gitTreeState=clean' \
    "$at" "$1" "$at" "$major" "$at" "$minor" "$at"
}

# compile MODULE_FOLDER OUTPUT LDFLAGS PACKAGE
compile() {
  local started=$SECONDS
  (cd "$1" && go build -ldflags "$3" -o "$2" "$4")
  printf '%-26s %4ss %4s MiB\n' "$(basename "$2")" $((SECONDS - started)) $(($(stat -c %s "$2") >> 20))
}

# write_module FOLDER VERSION COMMAND...: a module that builds these commands of that Kubernetes release.
# k8s.io/kubernetes keeps its sister modules (k8s.io/api, k8s.io/apiserver, ...) in its own tree through
# `replace => ./staging/...`; published, each of them is v0.MINOR.PATCH, so they are replaced by those.
write_module() {
  local folder=$1 release=$2 upstream
  shift 2
  mkdir -p "$folder"
  [[ ! -s $folder/go.sum ]] || return 0
  upstream=$(cd "$folder" && go mod download -json "k8s.io/kubernetes@v$release" | sed -nE 's/.*"GoMod": "(.*)",?/\1/p')
  {
    printf 'module cluster.local/tools\n\ngo %s\n\n' "$(go env GOVERSION | sed -E 's/^go([0-9]+\.[0-9]+).*/\1/')"
    printf 'godebug default=%s\n\n' "$(sed -nE 's/^godebug default=(.*)/\1/p;s/^go ([0-9]+\.[0-9]+).*/go\1/p' "$upstream" | tail -1)"
    printf 'tool k8s.io/kubernetes/cmd/%s\n' "$@"
    printf '\nrequire k8s.io/kubernetes v%s\n\n' "$release"
    sed -nE "s#^\s+(k8s.io/[a-z-]+) => ./staging/.*#replace \1 => \1 v0.${release#1.}#p" "$upstream"
  } >"$folder/go.mod"
  (cd "$folder" && go mod tidy)
}

control_plane=(kube-apiserver kube-controller-manager kube-scheduler)
module=$here out=$tools
if [[ $version != "$pinned" ]]; then
  module=$tools/module-$version out=$tools/$version
  mkdir -p "$out"
  write_module "$module" "$version" "${control_plane[@]}"
fi

for name in "${control_plane[@]}"; do
  compile "$module" "$out/$name" "$(stamp "$version")" "k8s.io/kubernetes/cmd/$name"
done
if [[ $version == "$pinned" ]]; then
  compile "$here" "$tools/etcd" '-s -w' go.etcd.io/etcd/server/v3
  compile "$here" "$tools/kwok" '-s -w' sigs.k8s.io/kwok/cmd/kwok
  compile "$here" "$tools/fake-metrics" '-s -w' ./metrics
fi
# A module of its own: in go.mod kubectl would change what the other binaries are built from.
if ! type -P kubectl >/dev/null; then
  write_module "$tools/module-kubectl-$pinned" "$pinned" kubectl
  compile "$tools/module-kubectl-$pinned" "$tools/kubectl" "$(stamp "$pinned")" k8s.io/kubernetes/cmd/kubectl
fi
echo "Kubernetes $version is in $out"
