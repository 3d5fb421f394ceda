#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""vmlinux.py BZIMAGE OUT: the ELF kernel that is in an x86 bzImage.

Linux Documentation/arch/x86/boot.rst: setup_sects at 0x1f1, payload_offset and
payload_length at 0x248, protocol 2.08 and newer. The payload is compressed; its
last four bytes are the length of what is in it.
"""
import bz2
import gzip
import lzma
import struct
import subprocess
import sys


def zstd(data):
    return subprocess.run(["zstd", "-qdc"], input=data, check=True,
                          capture_output=True).stdout


PACKED = [
    (b"\x28\xb5\x2f\xfd", zstd),
    (b"\x1f\x8b", gzip.decompress),
    (b"\xfd7zXZ", lzma.decompress),
    (b"\x5d\x00\x00", lzma.decompress),
    (b"BZh", bz2.decompress),
]


def extract(image):
    """Bytes of the ELF kernel in @image, or None."""
    if image[0x202:0x206] != b"HdrS":
        return None
    start = ((image[0x1f1] or 4) + 1) * 512
    offset, length = struct.unpack_from("<II", image, 0x248)
    payload = image[start + offset:start + offset + length]
    for magic, unpack in PACKED:
        if payload.startswith(magic):
            elf = unpack(payload[:-4] if unpack is zstd else payload)
            return elf if elf.startswith(b"\x7fELF") else None
    return None


def main():
    with open(sys.argv[1], "rb") as f:
        elf = extract(f.read())
    if not elf:
        sys.exit(f"{sys.argv[1]}: no ELF kernel in it")
    with open(sys.argv[2], "wb") as f:
        f.write(elf)


if __name__ == "__main__":
    main()
