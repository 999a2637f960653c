"""Ask for the MAC of an IPv4 address from eth0, with a VLAN tag or without; run inside a namespace of the lab.

``python arp.py ADDRESS [TAG]``, the tag in hex, such as ``81000078`` for VLAN 120. Prints ``answered`` or ``silent``.
"""

from __future__ import annotations

import socket
import struct
import sys
import time

SECONDS = 2.0
ANY, ARP = 3, bytes([8, 6])


def asked(target: str, tag: bytes) -> bool:
    """Ask; tell whether anybody answers."""
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ANY)) as link:
        link.bind(("eth0", 0))
        link.settimeout(0.1)
        mac = link.getsockname()[4]
        question = struct.pack("!HHBBH", 1, 0x0800, 6, 4, 1) + mac + bytes(10) + socket.inet_aton(target)
        link.send(bytes([255] * 6) + mac + tag + ARP + question)
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            try:
                got = link.recv(2000)
            except TimeoutError:
                continue
            if got[:6] == mac and got[12:14] == ARP:
                return True
    return False


if __name__ == "__main__":
    print("answered" if asked(sys.argv[1], bytes.fromhex("".join(sys.argv[2:]))) else "silent")
