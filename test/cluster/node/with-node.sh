#!/usr/bin/env bash
# Runs a command beside a real node on this machine, which ends with the command whatever becomes of it:
#
#   with-node.sh COMMAND...
#
# The command finds KUBECONFIG (cluster administrator), NODE_STATE (the folder of up.sh), NODE_IMAGE (archive of the
# server's image with the embedded model) and NODE_IMAGE_TINY (with weights of Whisper tiny's shapes, where
# WHISPER_TINY_SHAPED names their folder). Binaries missing in $KUBE_TOOLS (default: ~/.cache/kube-tools) and images are
# built first; an image whose variable is set already is taken as it is. Where no node can be started NODE_UNAVAILABLE
# says why, and the command runs all the same: its tests are skipped and counted.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
repository=$(cd "$here/../../.." && pwd)
export KUBE_TOOLS=${KUBE_TOOLS:-$HOME/.cache/kube-tools}
export PATH=$PATH:$KUBE_TOOLS
: "${1:?usage: with-node.sh COMMAND...}"
step_started=$SECONDS
# step NAME: says how long the step took that ends here.
step() {
  printf 'node: %4ss  %s\n' $((SECONDS - step_started)) "$1"
  step_started=$SECONDS
}

# unavailable: prints why this machine cannot be a node, if so.
unavailable() {
  local tool
  if ((EUID != 0)); then echo 'not root' && return; fi
  if (($(nproc) < 2)); then echo 'one CPU is the system'"'"'s: a node needs two' && return; fi
  local tools=(runc ip unshare openssl)
  if [[ ! ${NODE_IMAGE:-} ]]; then tools+=(buildah mmdebstrap); fi
  for tool in "${tools[@]}"; do
    if ! type -P "$tool" >/dev/null; then echo "$tool is not installed" && return; fi
  done
  if ! unshare --mount --pid --fork mount -t tmpfs tmpfs /mnt 2>/dev/null; then echo 'it may not mount' && return; fi
  for tool in /sys/fs/cgroup{,/cpuset,/memory}; do
    if [[ -w $tool/cgroup.procs ]]; then return; fi
  done
  echo 'its cgroups are not writable'
}
NODE_UNAVAILABLE=$(unavailable)
if [[ $NODE_UNAVAILABLE ]]; then
  echo "node: SKIPPED, no real node here: $NODE_UNAVAILABLE" >&2
  export NODE_UNAVAILABLE
  exec "$@"
fi
unset NODE_UNAVAILABLE

# --- binaries and images --------------------------------------------------------------------------------------------
pinned=$(sed -nE 's#^\s*(require )?k8s.io/kubernetes v([0-9.]+).*#\2#p' "$here/../go.mod")
version() { "$KUBE_TOOLS/$1" --version 2>/dev/null || true; }
for name in etcd kwok fake-metrics kube-apiserver kube-controller-manager kube-scheduler; do
  [[ -x $KUBE_TOOLS/$name ]] || missing=1
done
if [[ ${missing:-} || $(version kube-apiserver) != "Kubernetes v$pinned" ]] || ! type -P kubectl >/dev/null; then
  "$here/../build.sh"
fi
missing=''
for name in containerd containerd-shim-runc-v2 cni/bridge cni/host-local cni/loopback metrics-server registry; do
  [[ -x $KUBE_TOOLS/$name ]] || missing=1
done
if [[ $missing || ! -s $KUBE_TOOLS/images/pause.tar || $(version kubelet) != "Kubernetes v$pinned" ]]; then
  "$here/build.sh"
fi
step 'binaries there'

state=$(mktemp -d "${TMPDIR:-/tmp}/whisper-stt-node.XXXXXX")
started=''
child=''
finish() {
  local result=$?
  trap '' INT TERM
  if [[ $child ]] && kill "$child" 2>/dev/null; then wait "$child" || true; fi
  step_started=$SECONDS
  if [[ $started ]]; then "$here/down.sh" "$state" && step 'node stopped'; fi
  if ((result)); then
    rm -rf "$state/certs" "$state/kubectl" "$state/images"
    echo "node: failed; the logs of kubelet, containerd and control plane are in $state/logs" >&2
  else
    rm -rf "$state"
  fi
  exit "$result"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# The image under the name that the deployment document gives it, and that its manifest asks for.
tag=docker.io/library/stt-service:v1.0.16-amd64
mkdir "$state/images"
if [[ ! ${NODE_IMAGE:-} ]]; then
  NODE_IMAGE=$state/images/nano.tar
  "$repository/service/image/build.sh" --tag "$tag" "$NODE_IMAGE"
fi
export NODE_IMAGE
archives=("$NODE_IMAGE")
if [[ ! ${NODE_IMAGE_TINY:-} && -s ${WHISPER_TINY_SHAPED:-}/config.json ]]; then
  NODE_IMAGE_TINY=$state/images/tiny.tar
  "$repository/service/image/build.sh" --tag "$tag-tiny-shaped" --model "tiny=$WHISPER_TINY_SHAPED" "$NODE_IMAGE_TINY"
fi
if [[ ${NODE_IMAGE_TINY:-} ]]; then
  export NODE_IMAGE_TINY
  archives+=("$NODE_IMAGE_TINY")
fi
step 'images built'

# --- the node -------------------------------------------------------------------------------------------------------
# Beside the ports of with-cluster.sh; a machine is one node at most, so one range is enough.
port=19460
# The autoscaler looks every 2 s instead of 15, and ignores the CPU of a pod for its first 10 s instead of 5 minutes.
export CONTROLLER_FLAGS='--horizontal-pod-autoscaler-sync-period=2s --horizontal-pod-autoscaler-cpu-initialization-period=10s'
export NODE_OWNER=$$
started=1
"$here/up.sh" -p "$port" "$state" "${archives[@]}"
export KUBECONFIG=$state/kubeconfig KUBECACHEDIR=$state/kubectl NODE_STATE=$state
step 'node ready'

"$@" &
child=$!
result=0
wait "$child" || result=$?
child=''
step "$1 ended with $result"
exit "$result"
