"""Ask a DHCPv4 server for an offer to a MAC, from eth0; run inside a namespace of the lab: ``python dhcp.py MAC``.

Prints the address that is offered, or nothing.
"""

from __future__ import annotations

import socket
import struct
import sys
import time

SECONDS = 8.0
"""dnsmasq looks for a second or two whether somebody has the address already."""
COOKIE = bytes.fromhex("63825363")
DISCOVER, END = bytes.fromhex("350101"), bytes.fromhex("ff")
BROADCAST = 0x8000


def offered(mac: str) -> str:
    """Ask; give the address."""
    hardware = bytes.fromhex(mac.replace(":", ""))
    number = hardware[2:]
    asked = struct.pack("!4B4s2H16x16s192x", 1, 1, 6, 0, number, 0, BROADCAST, hardware) + COOKIE + DISCOVER + END
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"eth0")
        client.bind(("", 68))
        client.settimeout(0.5)
        end = time.monotonic() + SECONDS
        client.sendto(asked, ("255.255.255.255", 67))
        while time.monotonic() < end:
            try:
                got = client.recv(2000)
            except TimeoutError:
                continue
            if got[4:8] == number and got[28:34] == hardware:
                return socket.inet_ntoa(got[16:20])
    return ""


if __name__ == "__main__":
    print(offered(sys.argv[1]))
