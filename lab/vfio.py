# SPDX-License-Identifier: BSD-2-Clause
"""A vfio-user client of one question: what is in configuration space?

QEMU docs/interop/vfio-user.rst: header of 16 bytes, VERSION (1), REGION_READ
(9); region 7 is configuration space (Linux include/uapi/linux/vfio.h).
"""
import asyncio
import struct

HEADER = struct.Struct("<HHIII")
CONFIG = 7


async def config(path):
    """The 4096 bytes of the function at the socket @path."""
    r, w = await asyncio.open_unix_connection(path)

    async def call(number, command, payload):
        w.write(HEADER.pack(number, command, HEADER.size + len(payload), 0, 0)
                + payload)
        _, _, size, _, error = HEADER.unpack(await r.readexactly(HEADER.size))
        body = await r.readexactly(size - HEADER.size)
        if error:
            raise RuntimeError(f"{path}: error {error}")
        return body

    try:
        async with asyncio.timeout(30):
            await call(0, 1, struct.pack("<HH", 0, 0) +
                       b'{"capabilities":{}}\0')
            ask = struct.pack("<QII", 0, CONFIG, 4096)
            return (await call(1, 9, ask))[len(ask):]
    finally:
        w.close()
        await w.wait_closed()
