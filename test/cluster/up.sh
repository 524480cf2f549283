#!/usr/bin/env bash
# Starts a test control plane on loopback, without containers or root: etcd, kube-apiserver, kube-controller-manager,
# kube-scheduler, kwok (simulated nodes and pods) and fake-metrics (metrics.k8s.io).
#
#   up.sh -p PORT [-v VERSION] [-n NODES] [-z ZONES] [-c CPUS_PER_NODE] STATE_FOLDER
#
# Ports PORT to PORT+6 are taken. Binaries come from $KUBE_TOOLS (see build.sh), those of another release than the
# pinned one from $KUBE_TOOLS/VERSION. Leaves in STATE_FOLDER: kubeconfig (cluster administrator), usage (what
# fake-metrics answers), logs/, pids/ (for down.sh).
#
# CONTROLLER_FLAGS  more flags for kube-controller-manager, e.g. --horizontal-pod-autoscaler-sync-period=1s
# APISERVER_FLAGS   more flags for kube-apiserver, e.g. --feature-gates=...
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
usage='usage: up.sh -p PORT [-v VERSION] [-n NODES] [-z ZONES] [-c CPUS_PER_NODE] STATE_FOLDER'
nodes=9 zones=3 cpus=64 version='' port=''
while getopts n:z:c:v:p: option; do
  case $option in
    n) nodes=$OPTARG ;; z) zones=$OPTARG ;; c) cpus=$OPTARG ;; v) version=$OPTARG ;; p) port=$OPTARG ;;
    *) echo "$usage" >&2 && exit 2 ;;
  esac
done
shift $((OPTIND - 1))
state=${1:?$usage}
: "${port:?$usage}"
tools=${KUBE_TOOLS:-$HOME/.cache/kube-tools}
pinned=$(sed -nE 's#^\s*(require )?k8s.io/kubernetes v([0-9.]+).*#\2#p' "$here/go.mod")
kube=$tools
[[ ${version:-$pinned} == "$pinned" ]] || kube=$tools/$version

if compgen -G "$state/pids/*" >/dev/null; then
  echo "$state is in use: run down.sh $state first" >&2
  exit 1
fi
mkdir -p "$state"/{pids,logs,certs}
state=$(cd "$state" && pwd)
rm -rf "$state/etcd"
touch "$state/usage"

api_port=$port etcd_port=$((port + 1)) peer_port=$((port + 2)) metrics_port=$((port + 3))
manager_port=$((port + 4)) scheduler_port=$((port + 5)) kwok_port=$((port + 6))
api=https://127.0.0.1:$api_port

# One key pair serves everything: TLS of the API server and of fake-metrics, and the signing of service account
# tokens. It never leaves this folder.
cert=$state/certs/loopback.crt key=$state/certs/loopback.key
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=loopback \
  -addext 'subjectAltName=IP:127.0.0.1,DNS:localhost,DNS:fake-metrics.kube-system.svc' \
  -keyout "$key" -out "$cert" 2>/dev/null

# Each component is a user of its own, so that RBAC is exercised as in a real cluster.
admin=$(openssl rand -hex 16) manager=$(openssl rand -hex 16)
scheduler=$(openssl rand -hex 16) simulator=$(openssl rand -hex 16)
cat >"$state/certs/tokens.csv" <<CSV
$admin,admin,admin,system:masters
$manager,system:kube-controller-manager,manager
$scheduler,system:kube-scheduler,scheduler
$simulator,simulator,simulator,system:masters
CSV

# kubeconfig NAME TOKEN
kubeconfig() {
  cat >"$state/$1" <<YAML
apiVersion: v1
kind: Config
current-context: test
clusters: [{ name: test, cluster: { server: "$api", certificate-authority: "$cert" } }]
users: [{ name: test, user: { token: "$2" } }]
contexts: [{ name: test, context: { cluster: test, user: test } }]
YAML
}
kubeconfig kubeconfig "$admin"
kubeconfig certs/manager.kubeconfig "$manager"
kubeconfig certs/scheduler.kubeconfig "$scheduler"
kubeconfig certs/kwok.kubeconfig "$simulator"

# start NAME COMMAND...: in the background, with a log and a pid file.
start() {
  local name=$1
  shift
  nohup "$@" >"$state/logs/$name.log" 2>&1 </dev/null &
  echo $! >"$state/pids/$name"
}

# await SECONDS WHAT COMMAND...: until the command succeeds, the time is up, or a component died.
await() {
  local deadline=$((SECONDS + $1)) what=$2 file
  shift 2
  until "$@" >/dev/null 2>&1; do
    for file in "$state"/pids/*; do
      kill -0 "$(<"$file")" 2>/dev/null || { what+=", $(basename "$file") has ended" && deadline=0; }
    done
    if ((SECONDS >= deadline)); then
      echo "no $what; see $state/logs" >&2
      "$here/down.sh" "$state"
      exit 1
    fi
    sleep 0.2
  done
}

kubectl=(kubectl --kubeconfig "$state/kubeconfig")

start etcd "$tools/etcd" --data-dir "$state/etcd" --unsafe-no-fsync --log-level warn \
  --listen-client-urls "http://127.0.0.1:$etcd_port" --advertise-client-urls "http://127.0.0.1:$etcd_port" \
  --listen-peer-urls "http://127.0.0.1:$peer_port" --initial-advertise-peer-urls "http://127.0.0.1:$peer_port" \
  --initial-cluster "default=http://127.0.0.1:$peer_port"

# shellcheck disable=SC2086  # the flags are meant to be split
start kube-apiserver "$kube/kube-apiserver" \
  --etcd-servers "http://127.0.0.1:$etcd_port" --etcd-prefix "/registry-$port" \
  --bind-address 127.0.0.1 --advertise-address 127.0.0.1 --secure-port "$api_port" \
  --endpoint-reconciler-type none --service-cluster-ip-range 10.96.0.0/16 \
  --tls-cert-file "$cert" --tls-private-key-file "$key" --cert-dir "$state/certs" \
  --token-auth-file "$state/certs/tokens.csv" --authorization-mode RBAC --anonymous-auth=false --allow-privileged \
  --service-account-issuer "$api" --service-account-key-file "$key" --service-account-signing-key-file "$key" \
  ${APISERVER_FLAGS:-}
await 60 kube-apiserver "${kubectl[@]}" get --raw /readyz

# shellcheck disable=SC2086
start kube-controller-manager "$kube/kube-controller-manager" \
  --kubeconfig "$state/certs/manager.kubeconfig" --use-service-account-credentials \
  --service-account-private-key-file "$key" --root-ca-file "$cert" --leader-elect=false \
  --bind-address 127.0.0.1 --secure-port "$manager_port" --cert-dir "$state/certs" ${CONTROLLER_FLAGS:-}
start kube-scheduler "$kube/kube-scheduler" \
  --kubeconfig "$state/certs/scheduler.kubeconfig" --leader-elect=false \
  --bind-address 127.0.0.1 --secure-port "$scheduler_port" --cert-dir "$state/certs"
start kwok "$tools/kwok" --kubeconfig "$state/certs/kwok.kubeconfig" --config "$here/stages.yaml" \
  --manage-all-nodes --node-lease-duration-seconds 40 --server-address "127.0.0.1:$kwok_port"
start fake-metrics "$tools/fake-metrics" --listen "127.0.0.1:$metrics_port" --cert "$cert" --key "$key" \
  --server "$api" --token "$simulator" --usage "$state/usage"

# Nodes node-0, node-1, ... dealt to zone-a, zone-b, ... in turn; one CPU and 1Gi of each is the system's, as on a node
# whose kubelet runs the static CPU manager policy. Then the APIService that hands metrics.k8s.io to fake-metrics: the
# aggregator cannot reach a ClusterIP here (there is no kube-proxy), but follows an ExternalName.
letters=abcdefghij
{
  for ((i = 0; i < nodes; i++)); do
    zone=zone-${letters:i % zones:1}
    cat <<YAML
apiVersion: v1
kind: Node
metadata:
  name: node-$i
  labels: { kubernetes.io/hostname: node-$i, kubernetes.io/os: linux, kubernetes.io/arch: amd64, topology.kubernetes.io/region: region, topology.kubernetes.io/zone: $zone }
status:
  capacity: { cpu: "$cpus", memory: 64Gi, pods: "110", ephemeral-storage: 200Gi, nvidia.com/gpu: "4" }
  allocatable: { cpu: "$((cpus - 1))", memory: 63Gi, pods: "110", ephemeral-storage: 190Gi, nvidia.com/gpu: "4" }
---
YAML
  done
  cat <<YAML
apiVersion: v1
kind: Service
metadata: { name: fake-metrics, namespace: kube-system }
spec: { type: ExternalName, externalName: localhost, ports: [{ port: $metrics_port }] }
---
apiVersion: apiregistration.k8s.io/v1
kind: APIService
metadata: { name: v1beta1.metrics.k8s.io }
spec:
  group: metrics.k8s.io
  version: v1beta1
  groupPriorityMinimum: 100
  versionPriority: 100
  caBundle: $(base64 -w0 <"$cert")
  service: { name: fake-metrics, namespace: kube-system, port: $metrics_port }
YAML
} >"$state/certs/objects.yaml"
await 30 'kube-system namespace' "${kubectl[@]}" get namespace kube-system
"${kubectl[@]}" apply -f "$state/certs/objects.yaml" >/dev/null

await 30 'ready nodes' "${kubectl[@]}" wait --for=condition=Ready nodes --all --timeout=1s
await 30 'metrics.k8s.io' "${kubectl[@]}" wait --for=condition=Available apiservice/v1beta1.metrics.k8s.io --timeout=1s
await 30 'service accounts' "${kubectl[@]}" -n default get serviceaccount default
