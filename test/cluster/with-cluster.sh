#!/usr/bin/env bash
# Runs a command beside a test control plane of its own, which ends with the command whatever becomes of it:
#
#   with-cluster.sh [-v KUBERNETES_VERSION] COMMAND...
#
# Without -v the release is $KUBERNETES_VERSION, else the one pinned in go.mod. The command finds KUBECONFIG (cluster
# administrator), CLUSTER_STATE (the folder of up.sh) and CLUSTER_VERSION in its environment. Binaries that are missing
# in $KUBE_TOOLS (default: ~/.cache/kube-tools) are built first. Several runs at a time are fine: each has its own ports
# and folder. Prints how long each step took.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
pinned=$(sed -nE 's#^\s*(require )?k8s.io/kubernetes v([0-9.]+).*#\2#p' "$here/go.mod")
version=${KUBERNETES_VERSION:-$pinned}
while getopts v: option; do
  case $option in
    v) version=$OPTARG ;;
    *) echo 'usage: with-cluster.sh [-v KUBERNETES_VERSION] COMMAND...' >&2 && exit 2 ;;
  esac
done
shift $((OPTIND - 1))

export KUBE_TOOLS=${KUBE_TOOLS:-$HOME/.cache/kube-tools}
export PATH=$PATH:$KUBE_TOOLS
state=$(mktemp -d "${TMPDIR:-/tmp}/whisper-stt-cluster.XXXXXX")
child=''
step_started=$SECONDS
# step NAME: says how long the step took that ends here.
step() {
  printf 'cluster: %4ss  %s\n' $((SECONDS - step_started)) "$1"
  step_started=$SECONDS
}

finish() {
  local result=$?
  trap '' INT TERM
  if [[ $child ]] && kill "$child" 2>/dev/null; then wait "$child" || true; fi
  if [[ -s $state/left-out ]]; then
    echo "cluster: $(wc -l <"$state/left-out") left out:"
    sed 's/^/  /' "$state/left-out"
  fi
  step_started=$SECONDS
  "$here/down.sh" "$state"
  step 'control plane stopped'
  if ((result)); then
    rm -rf "$state/certs" "$state/kubectl"
    echo "cluster: failed; the logs of the control plane are in $state/logs" >&2
  else
    rm -rf "$state"
  fi
  exit "$result"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# --- binaries -------------------------------------------------------------------------------------------------------
# built VERSION FOLDER: whether FOLDER has that release.
built() {
  [[ -x $2/kube-controller-manager && -x $2/kube-scheduler ]] &&
    [[ $("$2/kube-apiserver" --version 2>/dev/null) == "Kubernetes v$1" ]]
}
if ! built "$pinned" "$KUBE_TOOLS" || ! [[ -x $KUBE_TOOLS/etcd && -x $KUBE_TOOLS/kwok && -x $KUBE_TOOLS/fake-metrics ]] ||
  ! type -P kubectl >/dev/null; then
  "$here/build.sh"
fi
if [[ $version != "$pinned" ]] && ! built "$version" "$KUBE_TOOLS/$version"; then
  "$here/build.sh" "$version"
fi
step 'binaries there'

# --- control plane --------------------------------------------------------------------------------------------------
# A lock a range of ports, held as long as a process of the control plane lives: they inherit it.
port=''
for ((candidate = 18440; candidate < 19440; candidate += 10)); do
  exec {lock}>"${TMPDIR:-/tmp}/whisper-stt-cluster-$candidate.lock"
  taken=0
  flock --nonblock "$lock" || taken=1
  for ((i = candidate; i < candidate + 7 && !taken; i++)); do
    if (exec 3<>"/dev/tcp/127.0.0.1/$i") 2>/dev/null; then taken=1; fi
  done
  if ((!taken)); then
    port=$candidate
    break
  fi
  exec {lock}>&-
done
: "${port:?no free range of ports from 18440 to 19439}"

# The autoscaler looks every second instead of every 15: its windows still count, its tests take a fifteenth. Then it
# needs more than 20 requests a second, the default.
export CONTROLLER_FLAGS="--horizontal-pod-autoscaler-sync-period=1s --concurrent-horizontal-pod-autoscaler-syncs=10
  --kube-api-qps=400 --kube-api-burst=800 ${CONTROLLER_FLAGS:-}"
"$here/up.sh" -p "$port" -v "$version" "$state"
# kubectl remembers which kinds a server has by its address, and the next server at this address has others.
export KUBECONFIG=$state/kubeconfig KUBECACHEDIR=$state/kubectl CLUSTER_STATE=$state CLUSTER_VERSION=$version
step "Kubernetes $version ready on port $port"

# --- the command ----------------------------------------------------------------------------------------------------
# In the background, so that a signal ends it and the control plane at once.
"$@" {lock}>&- &
child=$!
result=0
wait "$child" || result=$?
child=''
step "$1 ended with $result"
exit "$result"
