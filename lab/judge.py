# SPDX-License-Identifier: BSD-2-Clause
"""The second judge: what the device's mailbox took and answered, decoded by
`interlock decode`. Packets of a device that misbehaved are not looked at, nor
what comes after them until a connection begins anew (GET_VERSION).
"""
import asyncio
import json
import os
import re

ARMED = re.compile(r"^misbehaves: (\S+), from packet (\d+) on$")
HONEST = re.compile(r"^honest, from packet (\d+) on$")


class Captured:
    """One process: its capture, its key log, and when it misbehaved."""

    def __init__(self, folder, name, args):
        self.pcap = os.path.join(folder, f"{name}.pcap")
        self.keys = os.path.join(folder, f"{name}.keys")
        for p in (self.pcap, self.keys):
            if os.path.exists(p):
                os.unlink(p)
        self.turns = [(1, "--misbehave" not in args)]  # packet, honest?

    def args(self):
        return ["--capture", self.pcap, "--key-log", self.keys]

    def heard(self, line):
        """A line that the process printed."""
        m = ARMED.match(line)
        if m:
            self.turns.append((int(m[2]), False))
        m = HONEST.match(line)
        if m:
            self.turns.append((int(m[1]), True))

    def honest(self, packet):
        return [h for at, h in self.turns if at <= packet][-1]

    async def judge(self, tool):
        """(messages that were looked at, what is wrong)"""
        if not os.path.exists(self.pcap):
            return 0, []
        args = ["--keys", self.keys] if os.path.exists(self.keys) else []
        p = await asyncio.create_subprocess_exec(
            tool, "decode", self.pcap, *args, "--json",
            stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE)
        async with asyncio.timeout(120):
            out, err = await p.communicate()
        try:
            rows = json.loads(out)
        except ValueError:
            return 0, [err.decode(errors="replace").strip() or "no JSON"]
        return self.look(rows)

    def look(self, rows):
        n, wrong, trusted = 0, [], True
        for r in rows:
            if "sum" in r:
                if not r["sum"]["whole"]:
                    wrong.append("the capture is not whole")
                continue
            if not self.honest(r["packet"]):
                trusted = False
                continue
            trusted = trusted or r["name"] == "GET_VERSION"
            if not trusted:
                continue
            n += 1
            at = f"{os.path.basename(self.pcap)}, packet {r['packet']}: " \
                f"{r['name'] or 'message'}"
            if r["what"] == "unknown":
                wrong.append(f"{at}: unknown: {r.get('why')}")
            wrong += [f"{at}: {c['of']} does not hold: {c.get('why')}"
                      for c in r.get("checks", [])
                      if c["verdict"] == "does not hold"]
        return n, wrong
