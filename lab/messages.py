# SPDX-License-Identifier: BSD-2-Clause
"""DMA by messages, with QEMU as the client and no guest at all.

Memory that has no descriptor is reached by VFIO_USER_DMA_READ and _WRITE, which
QEMU answers in its main loop, under the lock that a processor holds while it
waits for a register. So qtest (QEMU docs/devel/testing/qtest.rst) does what a
driver does that waits for its interrupt: it starts the command, and looks at no
register of any function until the destination's last bytes are there.
"""
import asyncio
import contextlib
import os
import shutil
import struct
import tempfile

import machine

NAME = "Memory without a descriptor is read and written by messages"
LIMIT = 60

ENGINE, HOST = 0xe0000000, 0xe2000000  # BAR 0 of fn0, of host
TABLE, ROOT = 0x400000, 0x410000       # device table, page table
FROM, TO, SIZE = 0x100000, 0x800000, 1 << 20
# src/pci/dma_engine.h, src/board/regs.h
STATUS, SRC, DST, LEN, CMD = 0x0c, 0x10, 0x18, 0x20, 0x24
DONE, COPY = 2, 3
DEVTAB, DEVTAB_COUNT = 0xc0, 0xc8


class Qtest:
    def __init__(self, r, w):
        self.r, self.w = r, w

    async def __call__(self, command):
        self.w.write(command.encode() + b"\n")
        line = (await self.r.readline()).decode().split()
        if not line or line[0] != "OK":
            raise RuntimeError(f"qtest: {command[:40]}: {' '.join(line)[:80]}")
        return line[1:]

    async def config(self, bus, dev, reg, value):
        await self(f"outl 0xcf8 {1 << 31 | bus << 16 | dev << 11 | reg:#x}")
        await self(f"outl 0xcfc {value:#x}")

    async def put(self, addr, data):
        await self(f"write {addr:#x} {len(data)} 0x{data.hex()}")

    async def get(self, addr, size):
        return bytes.fromhex((await self(f"read {addr:#x} {size}"))[0][2:])


async def place(q, bus, bar, prefetchable):
    """Root port @bus, one page of windows each; its function's BARs 0, 2."""
    await q.config(0, bus, 0x18, bus << 16 | bus << 8)
    await q.config(0, bus, 0x20, (bar | bar >> 16) & 0xfff0fff0)
    await q.config(0, bus, 0x24,
                   (prefetchable | prefetchable >> 16) & 0xfff0fff0)
    await q.config(0, bus, 0x04, 6)
    await q.config(bus, 0, 0x10, bar)
    if bus == 1:
        await q.config(bus, 0, 0x18, prefetchable)
    await q.config(bus, 0, 0x04, 6)


async def translate(q):
    """16 MiB, each address to itself (AMD 48882, 3.08, §2.2.2.1, §2.2.3)."""
    both = 3 << 61
    leaves = (1 | both | page << 12 for page in range(4096))
    await q(f"memset {TABLE:#x} 0x8000 0x0")
    await q(f"memset {ROOT:#x} 0x1000 0x0")
    await q.put(ROOT, struct.pack("<8Q", *(
        1 | 1 << 9 | both | ROOT + 0x1000 * (1 + n) for n in range(8))))
    for n in range(8):
        await q.put(ROOT + 0x1000 * (1 + n), struct.pack(
            "<512Q", *(next(leaves) for _ in range(512))))
    await q.put(TABLE + 32 * 0x100,
                struct.pack("<QQ", 3 | 2 << 9 | both | ROOT, 1))
    await q(f"writeq {HOST + DEVTAB:#x} {TABLE:#x}")
    await q(f"writel {HOST + DEVTAB_COUNT:#x} 512")


async def copy(q):
    data = os.urandom(SIZE - 4) + b"end."
    for at in range(0, SIZE, 4096):
        await q.put(FROM + at, data[at:at + 4096])
    for reg, value in ((SRC, FROM), (DST, TO)):
        await q(f"writeq {ENGINE + reg:#x} {value:#x}")
    await q(f"writel {ENGINE + LEN:#x} {SIZE}")
    await q(f"writel {ENGINE + CMD:#x} {COPY}")
    while await q.get(TO + SIZE - 4, 4) != b"end.":
        await asyncio.sleep(0.05)
    status = int((await q(f"readl {ENGINE + STATUS:#x}"))[0], 16)
    if status != DONE:
        raise RuntimeError(f"status {status:#x} of the engine")
    for at in range(0, SIZE, 4096):
        if await q.get(TO + at, 4096) != data[at:at + 4096]:
            raise RuntimeError(f"other bytes at {at:#x}")


def qemu(root, tmp):
    args = [os.path.join(root, "qemu"), "-nodefaults", "-display", "none",
            "-S", "-m", "64M", "-qtest-log", "none", "-qtest", "stdio",
            "-M", "q35,accel=tcg,memory-backend=mem",
            "-object", "memory-backend-ram,id=mem,size=64M"]
    for n, name in enumerate(("fn0", "host"), 1):
        args += ["-device", f"pcie-root-port,id=rp{n},bus=pcie.0,"
                 f"addr={n:02}.0,chassis={n},slot={n}",
                 "-device", '{"driver":"vfio-user-pci","bus":"rp%d","socket":'
                 '{"type":"unix","path":"%s"}}' % (n, os.path.join(tmp, name))]
    return args


async def talk(root, tmp, log):
    proc = await asyncio.create_subprocess_exec(
        "setpriv", "--pdeathsig", "KILL", "--", *qemu(root, tmp),
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        stderr=log.file)
    try:
        q = Qtest(proc.stdout, proc.stdin)
        async with asyncio.timeout(LIMIT):
            await place(q, 1, ENGINE, ENGINE + 0x1000000)
            await place(q, 2, HOST, HOST + 0x1000000)
            await translate(q)
            await copy(q)
    finally:
        with contextlib.suppress(ProcessLookupError):
            proc.kill()
        await proc.wait()


async def check(o, root, out, verdict):
    ready = asyncio.Event()
    tmp = tempfile.mkdtemp(prefix="interlock-lab-")
    log = machine.Log(os.path.join(out, "messages.log"))
    device = machine.Process(
        "device", [o.interlock, "device", "--vfio-user", tmp, "--identity",
                   os.path.join(out, "identity")], log,
        lambda line: line == "ready" and ready.set())
    try:
        await device.start()
        async with asyncio.timeout(LIMIT):
            await ready.wait()
        await talk(root, tmp, log)
        verdict.ok(NAME)
    except (RuntimeError, OSError, TimeoutError) as e:
        verdict.not_ok(NAME, f"{str(e) or type(e).__name__}; {log.path}")
    finally:
        await device.stop()
        shutil.rmtree(tmp, ignore_errors=True)
