#!/usr/bin/env bash
# Ends what up.sh started and removes what it made:  down.sh STATE_FOLDER
# Logs stay in STATE_FOLDER/logs.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
state=${1:?usage: down.sh STATE_FOLDER}
state=$(cd "$state" && pwd)

# end NAME PATTERN [SIGNAL]: ends the process of the pid file, if its command line is still like PATTERN.
end() {
  local file=$state/pids/$1 pid
  [[ -f $file ]] || return 0
  pid=$(<"$file")
  # shellcheck disable=SC2053  # a pattern
  if [[ $({ tr '\0' ' ' <"/proc/$pid/cmdline"; } 2>/dev/null) == $2 ]]; then
    kill "${3:--TERM}" "$pid" 2>/dev/null || true
    for ((i = 0; i < 50; i++)); do
      kill -0 "$pid" 2>/dev/null || break
      sleep 0.1
    done
  fi
  rm -f "$file"
}
end metrics-server '*/metrics-server *'
end registry '*/registry *'
# Containers, their runtime and their mounts go with the namespace's first process.
end node "unshare *$state/node *" -KILL

# Pods' cgroups, deepest first: a dead process leaves its cgroup a moment later.
for ((i = 0; i < 50; i++)); do
  left=0
  for folder in /sys/fs/cgroup/{,*/}kubepods; do
    [[ -d $folder && -e $state/node/kubelet.yaml ]] || continue
    find "$folder" -depth -type d -exec rmdir {} + 2>/dev/null || left=1
  done
  ((left)) || break
  sleep 0.1
done
((left == 0)) || echo "some cgroups under kubepods would not go" >&2

if [[ -e $state/node/sysctl ]]; then
  sysctl -q -p "$state/node/sysctl"
  ip link delete kubetest0 2>/dev/null || true
  rmdir /run/containerd /var/log/containers 2>/dev/null || true
  rm -rf "$state/node"
fi
"$here/../down.sh" "$state"
if [[ $(cut -d' ' -f3 /run/whisper-stt-node 2>/dev/null) == "$state" ]]; then rm /run/whisper-stt-node; fi
