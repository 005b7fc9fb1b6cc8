#!/bin/bash
# one-node.sh up | down | import IMAGE.tar… | kubectl ARGS…: a real Kubernetes of one node on the host PREFIX-node of hosts.sh: etcd,
# kube-apiserver, controller-manager, scheduler, containerd, kubelet, and the CNI bridge plugin for real pods.
# `api` instead of `up` starts etcd and kube-apiserver alone. Needs root, the programs of build.sh, and Debian's containerd, runc,
# containernetworking-plugins, iptables, openssl, curl and python3.
# $ONENODE_PREFIX (default pi) names the host, the CNI network (PREFIX-net) and the run folder $ONENODE_RUN (default /tmp/PREFIX-onenode),
# which holds state and logs. Redirect what it prints to a file: daemons keep a pipe open.
set -euo pipefail
prefix=${ONENODE_PREFIX:-pi}
bin=${ONENODE_BIN:-${XDG_CACHE_HOME:-$HOME/.cache}/onenode/v1.36.3}
run=${ONENODE_RUN:-/tmp/$prefix-onenode}
node=$prefix-node
network=$prefix-net
api=https://10.1.0.4:6443
here=$(cd "$(dirname "$0")" && pwd)
daemons=(kubelet containerd kube-scheduler kube-controller-manager kube-apiserver etcd)

# `ip netns exec` would hide /sys/fs/cgroup.
on_node() { nsenter --net="/var/run/netns/$node" "$@"; }

kubectl_() {
  local program=$bin/kubectl
  [ -x "$program" ] || program=kubectl
  on_node "$program" --kubeconfig "$run/admin.kubeconfig" "$@"
}

start() { # name, program, arguments…
  local name=$1
  shift
  nsenter --net="/var/run/netns/$node" setsid "$@" > "$run/$name.log" 2>&1 < /dev/null &
  echo $! > "$run/$name.pid"
}

wait_for() { # what, command…
  local what=$1
  shift
  for _ in $(seq 300); do
    "$@" > /dev/null 2>&1 && return
    sleep 0.2
  done
  echo "one-node: $what did not come up; see $run/*.log" >&2
  exit 1
}

stop_daemon() { # name
  local file=$run/$1.pid pid
  [ -f "$file" ] || return 0
  pid=$(cat "$file")
  rm -f "$file"
  # A number of an earlier boot may be another program's by now.
  grep -qsF "$1" "/proc/$pid/cmdline" || return 0
  kill "$pid" 2> /dev/null || true
  for _ in $(seq 25); do
    kill -0 "$pid" 2> /dev/null || return 0
    sleep 0.2
  done
  kill -9 "$pid" 2> /dev/null || true
}

down() {
  local name pid
  for name in "${daemons[@]}"; do stop_daemon "$name"; done
  for pid in $(pgrep -f "containerd-shim.* -address $run/containerd.sock" || true); do
    # shellcheck disable=SC2046 # a list of process ids
    kill -9 $(pgrep -P "$pid") "$pid" 2> /dev/null || true
  done
  awk -v dir="$run/" 'index($2, dir) == 1 {print $2}' /proc/mounts | sort -r | xargs -r -n1 umount -l
  # The pods' own namespaces, as the CNI wrote them down.
  { grep -oh '"sandbox":"[^"]*' "/var/lib/cni/results/$network"-*-eth0 2> /dev/null || true; } | sed 's#.*/##' |
    while read -r name; do ip netns del "$name" 2> /dev/null || true; done
  # Kubelet sets these for the whole machine.
  [ ! -f "$run/sysctls" ] || sysctl -q -p "$run/sysctls" > /dev/null 2>&1 || true
  # Its links to the logs of containers, in a folder that it does not let choose.
  find /var/log/containers -lname "$run/*" -delete 2> /dev/null || true
  rm -rf "$run" "/var/lib/cni/networks/$network" "/var/lib/cni/results/$network"-*
  remove_loopbacks
  find /sys/fs/cgroup -depth -type d -path '*/kubepods*' -exec rmdir {} + 2> /dev/null || true
}

# Containerd notes each pod's loopback too, under one name for all clusters, and forgets to take the note away.
remove_loopbacks() {
  local file sandbox
  for file in /var/lib/cni/results/cni-loopback-*-lo; do
    [ -f "$file" ] || continue
    sandbox=$(grep -o '"sandbox":"[^"]*' "$file" | cut -d '"' -f 4)
    [ -e "${sandbox:-/nowhere}" ] || rm -f "$file"
  done
  rmdir /var/lib/cni/networks /var/lib/cni/results /var/lib/cni /var/log/containers 2> /dev/null || true
}

write_admin() {
  cat > admin.kubeconfig <<Y
apiVersion: v1
kind: Config
clusters: [{name: onenode, cluster: {server: "$api", insecure-skip-tls-verify: true}}]
users: [{name: admin, user: {token: admintoken}}]
contexts: [{name: onenode, context: {cluster: onenode, user: admin}}]
current-context: onenode
Y
}

control_plane() {
  mkdir -p "$run"
  cd "$run" || exit
  openssl genrsa -out sa.key 2048 2> /dev/null
  openssl rsa -in sa.key -pubout -out sa.pub 2> /dev/null
  echo 'admintoken,admin,1,system:masters' > tokens.csv
  write_admin
  start etcd "$bin/etcd" --data-dir etcd --listen-client-urls http://127.0.0.1:2379 --advertise-client-urls http://127.0.0.1:2379 \
    --listen-peer-urls http://127.0.0.1:2380 --log-level error
  start_api
}

start_api() {
  start kube-apiserver "$bin/kube-apiserver" --etcd-servers=http://127.0.0.1:2379 --cert-dir="$run/certs" --bind-address=0.0.0.0 \
    --advertise-address=10.1.0.4 --secure-port=6443 --service-account-issuer=https://kubernetes.default.svc \
    --service-account-key-file="$run/sa.pub" --service-account-signing-key-file="$run/sa.key" --authorization-mode=Node,RBAC \
    --kubelet-preferred-address-types=InternalIP \
    --token-auth-file="$run/tokens.csv" --service-cluster-ip-range=10.0.0.0/24 --allow-privileged
  wait_for kube-apiserver on_node curl -fsk -H 'Authorization: Bearer admintoken' "$api/readyz"
}

start_controllers() {
  start kube-controller-manager "$bin/kube-controller-manager" --kubeconfig="$run/admin.kubeconfig" \
    --service-account-private-key-file="$run/sa.key" --root-ca-file="$run/certs/apiserver.crt" --leader-elect=false \
    --authentication-skip-lookup --secure-port=0
  start kube-scheduler "$bin/kube-scheduler" --kubeconfig="$run/admin.kubeconfig" --leader-elect=false --authentication-skip-lookup \
    --secure-port=0
}

write_cni() {
  mkdir -p cni
  cat > cni/10.conflist <<J
{"cniVersion": "0.4.0", "name": "$network", "plugins": [
  {"type": "bridge", "bridge": "cbr0", "isGateway": true, "hairpinMode": true,
   "ipam": {"type": "host-local", "ranges": [[{"subnet": "10.244.0.0/16", "rangeStart": "10.244.1.1"}]], "routes": [{"dst": "0.0.0.0/0"}]}},
  {"type": "portmap", "capabilities": {"portMappings": true}}]}
J
}

start_containerd() {
  # Without CAP_SYS_RESOURCE, as in many CI machines, oom scores cannot be lowered.
  cat > containerd.toml <<T
version = 2
root = "$run/containerd"
state = "$run/containerd-state"
[grpc]
  address = "$run/containerd.sock"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "docker.io/onenode/pause:1"
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".containerd]
    default_runtime_name = "runc"
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "$run/cni"
T
  start containerd containerd -c containerd.toml
  wait_for containerd test -S containerd.sock
  mkdir -p pause
  cp "$bin/pause" pause/
  python3 "$here/mkimage.py" pause docker.io/onenode/pause:1 pause.tar /pause
  on_node ctr -a "$run/containerd.sock" -n k8s.io images import pause.tar > /dev/null
}

start_kubelet() {
  cat > kubelet.yaml <<Y
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
authentication: {anonymous: {enabled: true}, webhook: {enabled: false}}
authorization: {mode: AlwaysAllow}
cgroupDriver: cgroupfs
failSwapOn: false
# Also on a host that still has cgroups of version 1, which kubelet refuses unasked since 1.35.
failCgroupV1: false
maxPods: 250
resolvConf: ""
clusterDNS: [10.0.0.10]
containerRuntimeEndpoint: unix://$run/containerd.sock
imageGCHighThresholdPercent: 100
evictionHard: {memory.available: "100Mi"}
podLogsDir: $run/pod-logs
volumePluginDir: $run/volume-plugins
Y
  sysctl -e vm.overcommit_memory kernel.panic kernel.panic_on_oops kernel.keys.root_maxkeys kernel.keys.root_maxbytes > sysctls
  start kubelet "$bin/kubelet" --kubeconfig="$run/admin.kubeconfig" --config="$run/kubelet.yaml" --hostname-override="$node" \
    --node-ip=10.1.0.4 --root-dir="$run/kubelet"
  wait_for 'the node' kubectl_ wait node "$node" --for=condition=Ready --timeout=1s
  wait_for 'the default service account' kubectl_ get serviceaccount default
}

up() {
  down
  control_plane
  # In kube-proxy's stead: the service address of the API.
  local chain
  for chain in OUTPUT PREROUTING; do
    on_node iptables -w -t nat -A $chain -d 10.0.0.1 -p tcp --dport 443 -j DNAT --to 10.1.0.4:6443
  done
  start_controllers
  write_cni
  start_containerd
  start_kubelet
  echo "KUBECONFIG=$run/admin.kubeconfig (on host $node)"
}

case ${1:-} in
  up) up ;;
  down) down ;;
  api)
    down
    control_plane
    ;;
  stop-api) stop_daemon kube-apiserver ;;
  start-api)
    # Controllers wait longer and longer between two tries; started anew they look at once.
    stop_daemon kube-controller-manager
    stop_daemon kube-scheduler
    start_api
    start_controllers
    ;;
  import)
    shift
    for image in "$@"; do on_node ctr -a "$run/containerd.sock" -n k8s.io images import "$image" > /dev/null; done
    ;;
  kubectl)
    shift
    kubectl_ "$@"
    ;;
  *)
    sed -n 2,8p "$0" >&2
    exit 2
    ;;
esac
