"""Lease an address of a DHCPv4 server for a MAC, from eth0; run inside a namespace of the lab: ``python dhcp.py MAC``.

Prints the address, or nothing.
"""

from __future__ import annotations

import socket
import struct
import sys
import time
from collections.abc import Iterator

SECONDS = 8.0
"""dnsmasq looks for a second or two whether somebody has the address already."""
COOKIE = bytes.fromhex("63825363")
DISCOVER, REQUEST, END = b"\x35\x01\x01", b"\x35\x01\x03", b"\xff"
WANTED, SERVER = 50, 54
BROADCAST = 0x8000


def options(answer: bytes) -> Iterator[tuple[int, bytes]]:
    """Give an answer's options."""
    rest = answer[240:]
    while rest and rest[0] != END[0]:
        yield rest[0], rest[2 : 2 + rest[1]]
        rest = rest[2 + rest[1] :]


def exchange(client: socket.socket, hardware: bytes, words: bytes) -> bytes:
    """Ask, and give the answer; empty where none comes."""
    number = hardware[2:]
    head = struct.pack("!4B4s2H16x16s192x", 1, 1, 6, 0, number, 0, BROADCAST, hardware)
    client.sendto(head + COOKIE + words + END, ("255.255.255.255", 67))
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        try:
            got = client.recv(2000)
        except TimeoutError:
            continue
        if got[4:8] == number and got[28:34] == hardware:
            return got
    return b""


def leased(mac: str) -> str:
    """Lease an address, and give it."""
    hardware = bytes.fromhex(mac.replace(":", ""))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"eth0")
        client.bind(("", 68))
        client.settimeout(0.5)
        offer = exchange(client, hardware, DISCOVER)
        if not offer:
            return ""
        wanted = bytes([WANTED, 4]) + offer[16:20] + bytes([SERVER, 4]) + dict(options(offer))[SERVER]
        given = exchange(client, hardware, REQUEST + wanted)
        return socket.inet_ntoa(given[16:20]) if given else ""


if __name__ == "__main__":
    print(leased(sys.argv[1]))
