#!/bin/bash
# hosts.sh up [PODS] [bridged|routed] | down: a node, Azure behind it and bare pods, as network namespaces on one machine (root, iproute2).
# $ONENODE_PREFIX (default pi) begins every name, so that several stand side by side:
#   PREFIX-azure   10.1.0.1 and 169.254.169.254, where a stand-in for IMDS listens
#   PREFIX-node    10.1.0.4 on eth0, bridge cbr0 10.244.0.1/16, forwards; iptables in here touches nothing outside
#   PREFIX-pod1…N  10.244.0.10 …, a veth each: on the bridge, as with kubenet; or routed by a host route each, as with Azure CNI
# A program runs on a host with `nsenter --net=/var/run/netns/PREFIX-node PROGRAM`: `ip netns exec` hides /sys/fs/cgroup from kubelet.
set -euo pipefail
prefix=${ONENODE_PREFIX:-pi}
azure=$prefix-azure
node=$prefix-node

down() {
  local host
  ip netns list | awk '{print $1}' | { grep -E "^$prefix-(azure|node|pod[0-9]+)\$" || true; } | while read -r host; do ip netns del "$host"; done
}

lay_azure() {
  ip link add eth0 netns "$node" type veth peer name eth0 netns "$azure"
  ip -n "$node" addr add 10.1.0.4/24 dev eth0
  ip -n "$node" link set eth0 up
  ip -n "$azure" addr add 10.1.0.1/24 dev eth0
  ip -n "$azure" addr add 169.254.169.254/32 dev eth0
  ip -n "$azure" link set eth0 up
  ip -n "$node" route add default via 10.1.0.1
  ip -n "$azure" route add 10.244.0.0/16 via 10.1.0.4
}

lay_pod() { # number, kind
  local pod=$prefix-pod$1 veth=veth$1 address=10.244.0.$((9 + $1))
  ip netns add "$pod"
  ip -n "$pod" link set lo up
  ip link add "$veth" netns "$node" type veth peer name eth0 netns "$pod"
  ip -n "$pod" link set eth0 up
  if [ "$2" = routed ]; then
    ip -n "$node" link set "$veth" up
    ip netns exec "$node" sysctl -qw "net.ipv4.conf.$veth.proxy_arp=1" "net.ipv4.neigh.$veth.proxy_delay=0"
    ip -n "$node" route add "$address/32" dev "$veth"
    ip -n "$pod" addr add "$address/32" dev eth0
    ip -n "$pod" route add 169.254.1.1 dev eth0
    ip -n "$pod" route add default via 169.254.1.1 dev eth0
  else
    ip -n "$node" link set "$veth" master cbr0 up
    ip -n "$pod" addr add "$address/16" dev eth0
    ip -n "$pod" route add default via 10.244.0.1
  fi
}

up() { # pods, kind
  local host i
  down
  for host in "$azure" "$node"; do
    ip netns add "$host"
    ip -n "$host" link set lo up
  done
  lay_azure
  if [ "$2" = bridged ]; then
    ip -n "$node" link add cbr0 type bridge
    ip -n "$node" addr add 10.244.0.1/16 dev cbr0
    ip -n "$node" link set cbr0 up
  fi
  # kube-proxy in iptables mode sets route_localnet on a real node.
  ip netns exec "$node" sysctl -qw net.ipv4.ip_forward=1 net.ipv4.conf.all.route_localnet=1
  for i in $(seq "$1"); do lay_pod "$i" "$2"; done
}

case ${1:-} in
  up) up "${2:-2}" "${3:-bridged}" ;;
  down) down ;;
  *)
    sed -n 2,7p "$0" >&2
    exit 2
    ;;
esac
