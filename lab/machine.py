# SPDX-License-Identifier: BSD-2-Clause
"""Processes of the lab and what comes out of them: QEMU, the machine's process.

Everything is ended by its id on every way out; a parent that is killed takes
them with it (setpriv --pdeathsig).
"""
import asyncio
import base64
import contextlib
import json
import os
import re
import time

LOG_CAP = 4 << 20

# What no console may show. Linux prints these and little else with such words.
ALARM = re.compile(
    r"WARNING: |\bBUG: |\bBUG at |\bOops\b|Kernel panic|general protection"
    r"|unable to handle|INFO: task .* blocked|possible (?:circular|recursive)"
    r"|inconsistent lock state|suspicious RCU|rcu: INFO|soft lockup|KASAN:"
    r"|UBSAN:|KCSAN:|refcount_t: |list_(?:add|del) corruption|bad page state"
    r"|nobody cared|DEBUG_LOCKS_WARN|stack segment|double free|lock held when")


class Log:
    """A file that ends at a limit: QEMU floods when its server dies."""

    def __init__(self, path):
        self.path = path
        self.file = open(path, "wb")
        self.left = LOG_CAP

    def write(self, data):
        if self.left <= 0:
            return
        self.file.write(data[:self.left])
        self.left -= len(data)
        if self.left <= 0:
            self.file.write(b"\n[the lab: no more is kept]\n")
        self.file.flush()

    def tail(self, lines=3):
        with open(self.path, "rb") as f:
            f.seek(max(0, os.path.getsize(self.path) - 2000))
            return "\n".join(f.read().decode(errors="replace")
                             .splitlines()[-lines:])


class Process:
    """One that the lab started; its output goes to a log."""

    def __init__(self, name, args, log, heard=None):
        """@heard: is called with each line."""
        self.name, self.args = name, args
        self.heard, self.line = heard, b""
        self.log = log if isinstance(log, Log) else Log(log)
        self.proc = None
        self.reader = None

    async def start(self):
        self.proc = await asyncio.create_subprocess_exec(
            "setpriv", "--pdeathsig", "KILL", "--", *self.args,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
            start_new_session=True)
        self.reader = asyncio.create_task(self._read())

    async def _read(self):
        while data := await self.proc.stdout.read(65536):
            self.log.write(data)
            if self.heard:
                *lines, self.line = (self.line + data).split(b"\n")
                for line in lines:
                    self.heard(line.decode(errors="replace"))

    def alive(self):
        return self.proc is not None and self.proc.returncode is None

    async def wait(self, seconds):
        """Its status; None: it did not end."""
        try:
            async with asyncio.timeout(seconds):
                rc = await self.proc.wait()
                await self.reader
                return rc
        except TimeoutError:
            return None

    async def kill(self):
        if not self.proc:
            return
        if self.alive():
            with contextlib.suppress(ProcessLookupError):
                self.proc.kill()
        await self.proc.wait()
        self.reader.cancel()

    async def stop(self):
        if self.alive():
            with contextlib.suppress(ProcessLookupError):
                self.proc.terminate()
            if await self.wait(3) is None:
                await self.kill()


class Qmp:
    """QEMU's machine protocol: commands, and events that are waited for."""

    def __init__(self):
        self.pending = None
        self.events = []
        self.came = asyncio.Event()
        self.lock = asyncio.Lock()

    async def connect(self, path, seconds):
        async with asyncio.timeout(seconds):
            while True:
                try:
                    r, self.w = await asyncio.open_unix_connection(path)
                    break
                except OSError:
                    await asyncio.sleep(0.01)
            await r.readline()
        self.task = asyncio.create_task(self._read(r))
        await self.command("qmp_capabilities")

    async def _read(self, r):
        with contextlib.suppress(ConnectionError):
            while line := await r.readline():
                m = json.loads(line)
                if "event" in m:
                    self.events.append(m)
                    self.came.set()
                elif self.pending and not self.pending.done():
                    self.pending.set_result(m)
        if self.pending and not self.pending.done():
            self.pending.set_result({"error": {"desc": "QEMU has ended"}})

    async def command(self, name, **args):
        async with self.lock:
            self.pending = asyncio.get_running_loop().create_future()
            m = {"execute": name}
            if args:
                m["arguments"] = args
            self.w.write(json.dumps(m).encode() + b"\n")
            answer = await asyncio.wait_for(self.pending, 120)
        if "error" in answer:
            raise RuntimeError(answer["error"]["desc"])
        return answer.get("return")

    async def event(self, name, match, seconds):
        """Waits for an event of that name; those before it are forgotten."""
        async with asyncio.timeout(seconds):
            while True:
                for e in self.events:
                    if e["event"] == name and match(e.get("data", {})):
                        self.events.clear()
                        return
                self.came.clear()
                await self.came.wait()


class Console:
    """A VM's first serial port: logged, watched, and open to a terminal."""

    def __init__(self, path, log, on_line):
        self.path, self.log, self.on_line = path, Log(log), on_line
        self.line = b""
        self.watchers = set()
        self.vm = None
        self.servers = []

    async def listen(self):
        self.servers.append(
            await asyncio.start_unix_server(self._vm, self.path))
        self.servers.append(
            await asyncio.start_unix_server(self._person,
                                            self.path + "-shell"))

    async def _vm(self, r, w):
        self.vm = w
        with contextlib.suppress(ConnectionError):
            await self._bytes(r)
        self.vm = None
        for p in self.watchers:
            p.close()

    async def _bytes(self, r):
        while data := await r.read(4096):
            self.log.write(data)
            for p in self.watchers:
                p.write(data)
            *lines, self.line = (self.line + data).split(b"\n")
            self.line = self.line[-4096:]
            for line in lines:
                self.on_line(line.decode(errors="replace").strip("\r"))

    async def _person(self, r, w):
        self.watchers.add(w)
        try:
            while self.vm and (data := await r.read(4096)):
                self.vm.write(data)
        finally:
            self.watchers.discard(w)

    def close(self):
        for s in self.servers:
            s.close()


class Vm:
    """One QEMU. @told(kind, name, why) hears what its checks come to."""

    def __init__(self, role, boot, tmp, out, told, actions):
        self.role, self.boot = role, boot
        self.told, self.actions = told, actions
        self.name = f"{role}-{boot}"
        self.sock = lambda n: os.path.join(tmp, f"{self.name}.{n}")
        self.out = out
        self.alarms = []
        self.now = None  # the check that runs
        self.began = self.since = time.monotonic()
        self.asking = 0  # actions that it waits for
        self.used = None  # hears which functions of the kernel ran
        self.hello = asyncio.Event()
        self.shell = asyncio.Event()
        self.done = asyncio.Event()
        self.qmp = Qmp()
        self.console = Console(self.sock("console"),
                               os.path.join(out, self.name + ".log"),
                               self._line)
        self.server = None

    def _line(self, line):
        if ALARM.search(line):
            at = f" (in: {self.now})" if self.now else ""
            self.alarms.append(line + at)

    async def start(self, qemu, args):
        await self.console.listen()
        self.server = await asyncio.start_unix_server(
            self._channel, self.sock("line"), limit=32 << 20)
        args = [qemu, *args,
                "-chardev", f"socket,id=con,path={self.sock('console')}",
                "-serial", "chardev:con",
                "-chardev", f"socket,id=line,path={self.sock('line')}",
                "-serial", "chardev:line",
                "-qmp", f"unix:{self.sock('qmp')},server=on,wait=off"]
        self.proc = Process(self.name, args,
                            os.path.join(self.out, self.name + ".qemu"))
        await self.proc.start()
        connecting = asyncio.create_task(
            self.qmp.connect(self.sock("qmp"), 120))
        ended = asyncio.create_task(self.proc.proc.wait())
        await asyncio.wait({connecting, ended},
                           return_when=asyncio.FIRST_COMPLETED)
        if not connecting.done():
            connecting.cancel()
            await self.proc.wait(1)
            raise RuntimeError(f"QEMU of the {self.role} VM: " +
                               self.proc.log.tail())
        await connecting

    async def _channel(self, r, w):
        with contextlib.suppress(ConnectionError):
            await self._lines(r, w)

    async def _lines(self, r, w):
        while line := await r.readline():
            self.since = time.monotonic()
            line = line.decode(errors="replace").rstrip("\n")
            word, _, rest = line.partition(" ")
            name, _, why = rest.partition("\t")
            if word == "ask":
                asyncio.create_task(self._answer(w, rest))
            elif word == "run":
                self.now, self.began = rest, self.since
            elif word == "ok":
                self.told("ok", rest, None, self.since - self.began)
                self.now = None
            elif word == "not":
                self.told("not ok", name.removeprefix("ok "),
                          why.replace("\r", "\n").strip(), None)
                self.now = None
            elif word == "used":
                self.used(name, why.split())
            elif word in ("hello", "shell", "done"):
                getattr(self, word).set()

    async def _answer(self, w, rest):
        number, _, action = rest.partition(" ")
        self.asking += 1
        try:
            text = await self.actions(self, action) or ""
            w.write(f"{number} ok {text}\n".encode())
        except Exception as e:  # whatever it was, the VM waits for an answer
            text = str(e) or type(e).__name__
            w.write(f"{number} no {text}\n".replace("\n", " ").encode() +
                    b"\n")
        self.asking -= 1
        self.since = time.monotonic()

    async def end(self):
        if self.server:
            self.server.close()
            await self.proc.kill()
        self.console.close()


def keep(out, name, data):
    """A file that a VM hands out; its name holds no folder."""
    if not re.fullmatch(r"[\w.-]+", name) or name.startswith("."):
        raise RuntimeError(f"no name for a file: {name}")
    with open(os.path.join(out, name), "wb") as f:
        f.write(base64.b64decode(data))
