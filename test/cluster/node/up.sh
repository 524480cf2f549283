#!/usr/bin/env bash
# Starts the control plane of ../up.sh, and one real node on this machine: containerd, kubelet
# with the static CPU manager, and metrics-server. Pods are real processes in real cgroups.
#
#   up.sh -p PORT STATE_FOLDER [IMAGE_ARCHIVE...]
#
# PORT           of the API server; PORT to PORT+12 are taken
# IMAGE_ARCHIVE  images for the node, as `buildah push ... oci-archive:` or `docker save` write
#                them; those of build.sh are there already. Pods name them as the archive does, or
#                by digest, with any imagePullPolicy: a loopback registry of the archives stands
#                for every registry there is.
#
# Binaries come from $KUBE_TOOLS (../build.sh and build.sh). Needs root, runc, kubectl and two
# CPUs. CPU 0 is kept for the system; the others can be pinned.
#
# containerd and kubelet live in a mount and a pid namespace of their own: when its first
# process ends, the kernel ends every container and drops every mount.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
usage='usage: up.sh -p PORT STATE_FOLDER [IMAGE_ARCHIVE...]'
name=real-0 port=''
while getopts p: option; do
  case $option in
    p) port=$OPTARG ;;
    *) echo "$usage" >&2 && exit 2 ;;
  esac
done
shift $((OPTIND - 1))
state=${1:?$usage}
: "${port:?$usage}"
shift
tools=$(cd "${KUBE_TOOLS:-$HOME/.cache/kube-tools}" && pwd)
images=("$tools"/images/*.tar "$@")
export KUBE_TOOLS=$tools

fail() {
  echo "$*" >&2
  exit 1
}
((EUID == 0)) || fail 'a node needs root'
runc=$(command -v runc) || fail 'runc is not installed'
(($(nproc) > 1)) || fail 'one CPU is the system'"'"'s: a node needs two'
bridge=kubetest0 node_ip=10.244.0.1 subnet=10.244.0.0/24
# The lease says whose the node is. One whose owner was killed is cleared away: its processes live on without it.
lease=/run/whisper-stt-node
# started PID: when the process was started, in ticks after the machine was; nothing where there is none.
started() { awk '{ print $22 }' "/proc/$1/stat" 2>/dev/null || true; }
if [[ -e $lease ]]; then
  read -r owner owner_started folder <"$lease"
  [[ $(started "$owner") != "$owner_started" ]] ||
    fail "process $owner has a node on this machine: end it, or run $here/down.sh $folder"
  echo "clearing away the node that was left in $folder"
  mkdir -p "$folder"
  "$here/down.sh" "$folder"
fi
[[ ! -e /sys/class/net/$bridge ]] || fail "$bridge is in use; if nobody needs it: ip link delete $bridge"
for folder in /sys/fs/cgroup/{,*/}kubepods; do
  [[ ! -e $folder ]] || fail "$folder is in use: another kubelet runs here"
done

# --- the control plane -----------------------------------------------------------------------------
# The API server shows the loopback certificate to the kubelet (logs, exec) and to metrics-server
# (which then believes it who the user is).
mkdir -p "$state"
state=$(cd "$state" && pwd)
owner=${NODE_OWNER:-$PPID}
echo "$owner $(started "$owner") $state" >"$lease"
cert=$state/certs/loopback.crt key=$state/certs/loopback.key
export APISERVER_FLAGS="--kubelet-client-certificate=$cert --kubelet-client-key=$key
  --kubelet-preferred-address-types=InternalIP
  --client-ca-file=$cert --proxy-client-cert-file=$cert --proxy-client-key-file=$key
  --requestheader-client-ca-file=$cert --requestheader-allowed-names=loopback
  --requestheader-username-headers=X-Remote-User --requestheader-group-headers=X-Remote-Group
  --requestheader-extra-headers-prefix=X-Remote-Extra- ${APISERVER_FLAGS:-}"
"$here/../up.sh" -n 1 -z 1 -p "$port" "$state"
export KUBECONFIG=$state/kubeconfig
trap 'status=$?; ((status == 0)) || "$here/down.sh" "$state"' EXIT

# kwok claims every node, and fake-metrics invents what metrics-server measures: both leave.
for simulator in kwok fake-metrics; do
  kill "$(<"$state/pids/$simulator")"
  rm "$state/pids/$simulator"
done
kubectl delete node --all >/dev/null

# --- the node --------------------------------------------------------------------------------------
node=$state/node
mkdir -p "$node"/{kubelet,cni}

# The kubelet sets these, for the whole machine. down.sh sets them back.
if [[ ! -e $node/sysctl ]]; then
  sysctl vm.overcommit_memory vm.panic_on_oom kernel.panic kernel.panic_on_oops \
    kernel.keys.root_maxkeys kernel.keys.root_maxbytes >"$node/sysctl"
fi

# One bridge joins the pods and this machine. Pods get no default route: they reach this machine
# and each other, nothing else.
ip link add "$bridge" type bridge
ip address add "$node_ip/24" dev "$bridge"
ip link set "$bridge" up
cat >"$node/cni/pods.conflist" <<EOF
{ "cniVersion": "1.0.0", "name": "pods", "plugins": [{ "type": "bridge", "bridge": "$bridge",
  "ipam": { "type": "host-local", "dataDir": "$node/ipam", "ranges": [[{ "subnet": "$subnet" }]] } }] }
EOF

# In a sandbox without CAP_SYS_RESOURCE the pods cannot be put first in the kernel's favour.
restrict=true
if (echo -1 >"/proc/$BASHPID/oom_score_adj") 2>/dev/null; then restrict=false; fi
cat >"$node/containerd.toml" <<EOF
version = 3
root = "$node/containerd"
state = "/run/containerd/state"
disabled_plugins = ["io.containerd.nri.v1.nri"]
[grpc]
  address = "/run/containerd/containerd.sock"
[plugins."io.containerd.metadata.v1.bolt"]
  no_sync = true  # nothing here outlives the node
[plugins."io.containerd.cri.v1.images".pinned_images]
  sandbox = "localhost/pause:1"
[plugins."io.containerd.cri.v1.images".registry]
  config_path = "$node/registry/hosts"
[plugins."io.containerd.cri.v1.runtime"]
  netns_mounts_under_state_dir = true
  restrict_oom_score_adj = $restrict
[plugins."io.containerd.cri.v1.runtime".cni]
  bin_dirs = ["$tools/cni"]
  conf_dir = "$node/cni"
[plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runc]
  runtime_type = "io.containerd.runc.v2"
  [plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runc.options]
    BinaryName = "$runc"
    SystemdCgroup = false
EOF

# Every registry is this one, of the archives.
mkdir -p "$node"/registry/hosts/_default
layouts=()
for image in "${images[@]}"; do
  layout=$node/registry/${#layouts[@]}
  mkdir "$layout"
  tar -xf "$image" -C "$layout"
  layouts+=("$layout")
done
cat >"$node/registry/hosts/_default/hosts.toml" <<EOF
server = "http://127.0.0.1:$((port + 12))"
EOF
nohup "$tools/registry" "127.0.0.1:$((port + 12))" "${layouts[@]}" >"$state/logs/registry.log" 2>&1 </dev/null &
echo $! >"$state/pids/registry"

cat >"$node/kubelet.yaml" <<EOF
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
address: $node_ip
port: $((port + 10))
healthzPort: $((port + 11))
authentication:
  anonymous: { enabled: false }
  webhook: { enabled: false }
  x509: { clientCAFile: "$cert" }
authorization: { mode: AlwaysAllow }
containerRuntimeEndpoint: unix:///run/containerd/containerd.sock
podLogsDir: $node/logs
clusterDomain: cluster.local
clusterDNS: [10.96.0.10]
cgroupDriver: cgroupfs
failCgroupV1: false
failSwapOn: false
makeIPTablesUtilChains: false
# A container of a Guaranteed pod with whole CPUs gets them for itself; the others share the rest.
# (Not strict-cpu-reservation: once all other CPUs are given away, the rest is empty, and
# a container with an empty set may run everywhere.)
cpuManagerPolicy: static
cpuManagerReconcilePeriod: 1s
reservedSystemCPUs: "0"
systemReserved: { memory: 1Gi }
# This is no machine of its own: a full disk elsewhere must not evict the pods under test.
evictionHard: { memory.available: 100Mi, nodefs.available: 1%, nodefs.inodesFree: 1%, imagefs.available: 1%, imagefs.inodesFree: 1% }
imageGCHighThresholdPercent: 100
imageGCLowThresholdPercent: 99
# What a change is seen after; the defaults are meant for thousands of nodes.
nodeStatusUpdateFrequency: 2s
syncFrequency: 5s
EOF

# The kubelet is a service account with the role that kubelets have.
kubectl -n kube-system create serviceaccount kubelet >/dev/null
kubectl create clusterrolebinding kubelet --clusterrole system:node --serviceaccount kube-system:kubelet >/dev/null
token=$(kubectl -n kube-system create token kubelet --duration 24h)
sed -E "s/(user: \{ token: )\"[^\"]*\"/\1\"$token\"/" "$KUBECONFIG" >"$node/kubeconfig"

# await SECONDS WHAT COMMAND...
await() {
  local deadline=$((SECONDS + $1)) what=$2
  shift 2
  until "$@" >/dev/null 2>&1; do
    ((SECONDS < deadline)) || fail "$what is not ready; see $state/logs"
    sleep 0.2
  done
}

# shellcheck disable=SC2016  # the inner shell expands them
inner='
set -e
mount -t tmpfs tmpfs /run/containerd
mount -t tmpfs tmpfs /var/log/containers
containerd --config "$1/containerd.toml" >"$2/containerd.log" 2>&1 &
until [[ -S /run/containerd/containerd.sock ]]; do sleep 0.1; kill -0 $!; done
kubelet --config "$1/kubelet.yaml" --kubeconfig "$1/kubeconfig" --root-dir "$1/kubelet" \
  --hostname-override "$3" --node-ip "$4" --v 2 \
  --node-labels topology.kubernetes.io/region=region,topology.kubernetes.io/zone=zone-a \
  >"$2/kubelet.log" 2>&1 &
wait -n'
mkdir -p /run/containerd /var/log/containers
PATH=$tools:$PATH nohup unshare --mount --propagation private --pid --fork --kill-child --mount-proc \
  bash -c "$inner" node "$node" "$state/logs" "$name" "$node_ip" \
  >"$state/logs/node.log" 2>&1 </dev/null &
echo $! >"$state/pids/node"

await 60 "node $name" kubectl wait --for=condition=Ready "node/$name" --timeout=1s

# It listens where fake-metrics did, so that the APIService finds it.
nohup "$tools/metrics-server" --kubeconfig "$KUBECONFIG" --authentication-kubeconfig "$KUBECONFIG" \
  --authorization-kubeconfig "$KUBECONFIG" --bind-address 127.0.0.1 --secure-port $((port + 3)) \
  --tls-cert-file "$cert" --tls-private-key-file "$key" --metric-resolution 10s --kubelet-request-timeout 5s \
  --kubelet-client-certificate "$cert" --kubelet-client-key "$key" --kubelet-insecure-tls \
  --kubelet-use-node-status-port --kubelet-preferred-address-types InternalIP >"$state/logs/metrics-server.log" 2>&1 </dev/null &
echo $! >"$state/pids/metrics-server"
await 60 'metrics-server' kubectl top node "$name"

echo "ready after ${SECONDS}s: $(kubectl get node "$name" -o 'jsonpath={.metadata.name}, kubelet {.status.nodeInfo.kubeletVersion}, {.status.nodeInfo.containerRuntimeVersion}, {.status.allocatable.cpu} CPUs to give')"
