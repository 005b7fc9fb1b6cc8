#!/bin/bash
# remove.sh: ends what tests left when they were killed: processes, networks, mounts and files of the one-node cluster, and the
# network namespaces of the node ring whose test process has ended.
cd "$(dirname "$0")" || exit
export ONENODE_PREFIX=${ONENODE_PREFIX:-podid}
# Without root, or where no cluster ever was, there is nothing to end.
[ "$(id -u)" = 0 ] && command -v ip > /dev/null || exit 0
./one-node.sh down > /dev/null 2>&1
./hosts.sh down > /dev/null 2>&1
ip netns list | sed -nE 's/^(podid-t([0-9]+)-[^ ]+).*/\1 \2/p' | while read -r namespace pid; do
  [ -e "/proc/$pid" ] || ip netns del "$namespace"
done
exit 0
