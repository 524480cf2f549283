#!/usr/bin/env bash
# Stops what up.sh started, last started first:  down.sh STATE_FOLDER
# Ends only the processes whose pid files are in STATE_FOLDER/pids.
set -euo pipefail

state=${1:?usage: down.sh STATE_FOLDER}
# runs PID NAME: whether that process is ours. The pid may have been given to another program since; and one that has
# ended but was not reaped yet has no command line any more.
runs() {
  [[ $({ tr '\0' ' ' <"/proc/$1/cmdline"; } 2>/dev/null) == *"/$2 "* ]]
}
for name in fake-metrics kwok kube-scheduler kube-controller-manager kube-apiserver etcd; do
  file=$state/pids/$name
  [[ -f $file ]] || continue
  pid=$(<"$file")
  # Nothing of it is kept, so nothing has to end gracefully.
  while runs "$pid" "$name"; do
    kill -KILL "$pid" 2>/dev/null || true
    sleep 0.1
  done
  rm -f "$file"
done
rm -rf "$state/etcd"
