#!/usr/bin/env bash
# Builds what a real node needs from source with the go client: kubelet, containerd (with its shim), three CNI plugins,
# metrics-server, a read-only registry, and the image that holds a pod's namespaces (pause).
#
#   build.sh
#
# KUBE_TOOLS  where they go, beside the control plane of ../build.sh (default: ~/.cache/kube-tools)
#
# Go's build cache makes a second run take seconds; the image is made again when its files changed. Needs go, Go's
# module proxy and buildah. runc is not built but installed.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
folder=${KUBE_TOOLS:-$HOME/.cache/kube-tools}
mkdir -p "$folder"/{cni,images}
folder=$(cd "$folder" && pwd)
export CGO_ENABLED=0

# version MODULE_FOLDER MODULE
version() { (cd "$1" && go list -m -f '{{.Version}}' "$2"); }

# compile MODULE_FOLDER OUTPUT LDFLAGS PACKAGE [TAGS]
compile() {
  local started=$SECONDS
  (cd "$1" && go build -tags "${5:-}" -ldflags "-s -w $3" -o "$2" "$4")
  printf '%-26s %4ss %4s MiB\n' "$(basename "$2")" $((SECONDS - started)) $(($(stat -c %s "$2") >> 20))
}

# The kubelet is of the control plane's own release: same module, same go.sum.
kubernetes=$(version "$here/.." k8s.io/kubernetes)
IFS=. read -r major minor _ <<<"${kubernetes#v}"
at=k8s.io/component-base/version
compile "$here/.." "$folder/kubelet" "-X $at.gitVersion=$kubernetes -X $at.gitMajor=$major -X $at.gitMinor=$minor" \
  k8s.io/kubernetes/cmd/kubelet

containerd=github.com/containerd/containerd/v2
stamp="-X $containerd/version.Version=$(version "$here/runtime" $containerd)"
for name in containerd containerd-shim-runc-v2; do
  compile "$here/runtime" "$folder/$name" "$stamp" $containerd/cmd/$name 'osusergo netgo no_zfs no_devmapper urfave_cli_no_docs'
done
for name in main/bridge main/loopback ipam/host-local; do
  compile "$here/runtime" "$folder/cni/$(basename $name)" '' github.com/containernetworking/plugins/plugins/$name
done
compile "$here/metrics-server" "$folder/metrics-server" '' sigs.k8s.io/metrics-server/cmd/metrics-server
compile "$here" "$folder/registry" '' ./registry

# --- image -----------------------------------------------------------------------------------------
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
build() { buildah --root "$work/storage" --runroot "$work/run" --storage-driver vfs "$@"; }

# changed NAME FILE...: whether the archive of NAME is of other files than these.
changed() {
  local name=$1
  shift
  sum=$(cat "$@" | sha256sum)
  [[ ! -s $folder/images/$name.tar || $sum != "$(cat "$folder/images/$name.sum" 2>/dev/null)" ]]
}
# archive NAME CONTAINER: as NAME:1, under the name that means "not from a registry".
archive() {
  rm -f "$folder/images/$1.tar"
  build commit --quiet --disable-compression "$2" "oci-archive:$folder/images/$1.tar:localhost/$1:1" >/dev/null
  echo "$sum" >"$folder/images/$1.sum"
  echo "localhost/$1:1 is in $folder/images/$1.tar"
}

if changed pause "$here"/pause/* "$here/build.sh"; then
  compile "$here" "$work/pause" '' ./pause
  container=$(build from scratch)
  build copy --quiet "$container" "$work/pause" /pause >/dev/null
  build config --entrypoint '["/pause"]' --user 65535:65535 "$container"
  archive pause "$container"
fi

echo "the node's tools are in $folder"
