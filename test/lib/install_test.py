#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Installs the library into an empty folder, and is its user there: each
header alone in C and C++, each example built against what pkg-config says,
shared and static, and run against a device.

usage: install_test.py MESON BUILD SOURCE CC
"""
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor

MESON, BUILD, SOURCE, CC = sys.argv[1:5]
PATIENCE = 60  # seconds that any one step may take
WARN = ["-Wall", "-Wextra", "-Werror"]
# How an example that is a device is run, so that examples/requester can talk
# to it: {socket}, a path to listen at; {identity}, a folder of `interlock
# identity new`. It says `ready` on a line once it listens.
DEVICES = {
    "device": ["{socket}", "{identity}"],
    "device-async": ["{socket}", "{identity}"],
    "two-processors": ["{socket}", "{identity}"],
}
# What the judge of the installed tool tries on each of them, all of which a
# device passes.
CASES = ["doe/discovery-counts-up", "spdm-1.2/key-exchange-*",
         "ide-km/refresh-takes-the-other-set",
         "ide-km/stop-of-no-port-stops-nothing", "tdisp/lock-locks",
         "tdisp/nonce-is-of-each-session",
         "cascade/end-session-fails-running-tdi"]
failed = []


def check(good, what):
    if not good:
        failed.append(what)
        print(f"not ok: {what}", flush=True)
    return good


def run(args, **kw):
    return subprocess.run(args, capture_output=True, text=True,
                          timeout=PATIENCE, **kw)


def must(args, **kw):
    r = run(args, **kw)
    if r.returncode:
        print(r.stdout + r.stderr)
        sys.exit(f"failed: {' '.join(args)}")
    return r.stdout


class Tree:
    """What was installed, seen from outside."""

    def __init__(self, dest):
        self.dest = dest
        must([MESON, "install", "-C", BUILD, "--no-rebuild", "--quiet",
              "--destdir", dest])
        self.files = sorted(
            os.path.relpath(os.path.join(d, n), dest)
            for d, _, names in os.walk(dest) for n in names)
        pc = [f for f in self.files if f.endswith("/interlock.pc")]
        if len(pc) != 1:
            sys.exit(f"one interlock.pc is wanted, there are {pc}")
        self.env = dict(os.environ, PKG_CONFIG_SYSROOT_DIR=dest,
                        PKG_CONFIG_PATH=os.path.join(
                            dest, os.path.dirname(pc[0])))
        self.libdir = os.path.join(dest, self.pc("--variable=libdir")[0]
                                   .lstrip("/"))
        if not os.path.isdir(self.libdir):  # some put the sysroot in front
            self.libdir = self.pc("--variable=libdir")[0]
        self.include = os.path.join(dest, self.one("include/interlock/wire.h"))
        self.include = os.path.dirname(os.path.dirname(self.include))
        self.tool = os.path.join(dest, self.one("bin/interlock"))

    def one(self, end):
        hits = [f for f in self.files if f.endswith(end)]
        if len(hits) != 1:
            sys.exit(f"{end}: {hits}")
        return hits[0]

    def pc(self, *args):
        return must(["pkg-config", *args, "interlock"],
                    env=self.env).split()


def what_is_there(tree):
    """Nothing is missing, and nothing of the rooms is there."""
    headers = {os.path.basename(f) for f in tree.files if f.endswith(".h")}
    ours = set(os.listdir(os.path.join(SOURCE, "include/interlock")))
    check(headers == ours, f"headers: {sorted(headers ^ ours)}")
    libs = [os.path.basename(f) for f in tree.files if "/lib" in f and
            re.search(r"\.(a|so[.\d]*)$", f)]
    version = tree.pc("--modversion")[0]
    want = {"libinterlock.a", "libinterlock.so", f"libinterlock.so.{version}"}
    check(want <= set(libs) and len(libs) == 4, f"libraries: {libs}")
    real = os.path.join(tree.libdir, f"libinterlock.so.{version}")
    soname = re.search(r"SONAME.*\[(.*)\]", must(["readelf", "-d", real]))
    check(soname and soname.group(1) in libs, "its soname is one of them")
    for f in tree.files:
        check(re.search(r"/(include/interlock/\w+\.h|bin/interlock|lib.*/"
                        r"libinterlock\.(a|so[.\d]*)|pkgconfig/interlock\.pc|"
                        r"man/man[13]/[\w-]+\.[13])$", f),
              f"{f}: what is that?")
    for page in ("man1/interlock.1", "man3/il_requester_init.3"):
        tree.one(page)


def headers_alone(tree, work):
    """C11 and C++, pedantic, nothing in front of it."""
    langs = [[*CC.split(), "-x", "c", "-std=c11"]]
    for cxx in (["c++"], ["clang", "-x", "c++"]):
        probe = os.path.join(work, "probe.cc")
        open(probe, "w", encoding="utf-8").close()
        if shutil.which(cxx[0]) and run(
                [*cxx, "-fsyntax-only", probe]).returncode == 0:
            langs.append([*cxx, "-x", "c++", "-std=c++11"])
            break
    else:
        print("skipped: no compiler for C++")
    jobs = []
    for name in sorted(os.listdir(os.path.join(tree.include, "interlock"))):
        src = os.path.join(work, name + ".c")
        with open(src, "w", encoding="utf-8") as f:
            f.write(f"#include <interlock/{name}>\n"
                    f"#include <interlock/{name}>\n")
        for lang in langs:
            jobs.append([*lang, "-pedantic", *WARN, "-fsyntax-only",
                         *tree.pc("--cflags"), src])
    return jobs


def programs(tree, work):
    """(name, how, command, program): each example, shared and static."""
    flags = tree.pc("--cflags")
    shared = tree.pc("--libs")
    static = []
    for x in tree.pc("--static", "--libs"):
        static += (["-Wl,-Bstatic", x, "-Wl,-Bdynamic"]
                   if x == "-linterlock" else [x])
    folder = os.path.join(SOURCE, "examples")
    out = []
    for name in sorted(os.listdir(folder)):
        src = [os.path.join(folder, name)]
        if os.path.isdir(src[0]):
            src = sorted(os.path.join(src[0], n) for n in os.listdir(src[0]))
        src = [x for x in src if x.endswith(".c")]
        if not src:
            continue
        name = name.removesuffix(".c")
        for how, libs in (("shared", shared), ("static", static)):
            exe = os.path.join(work, f"{name}-{how}")
            out.append((name, how,
                        [*CC.split(), "-std=gnu11", "-O0", *WARN, *src,
                         *flags, *libs, "-o", exe], exe))
    return out


def compile_all(jobs):
    with ThreadPoolExecutor(max_workers=2) as pool:
        for cmd, r in zip(jobs, pool.map(run, jobs)):
            check(r.returncode == 0, f"{' '.join(cmd)}\n{r.stderr}")


class Device:
    """A device behind a socket, until the end of the block. It says `ready`
    on a line of its own once it listens."""

    def __init__(self, args, env):
        self.args, self.env = args, env

    def __enter__(self):
        self.p = subprocess.Popen(self.args, env=self.env, text=True,
                                  stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT)
        said = []
        for line in self.p.stdout:
            said.append(line)
            if line.strip() == "ready":
                return self
        self.p.wait(PATIENCE)
        sys.exit(f"{self.args[0]} is not ready: {''.join(said)}")

    def __exit__(self, *_):
        self.p.kill()
        self.p.wait(PATIENCE)
        self.p.stdout.close()


def requester(exe, sock, root, env, what):
    try:
        r = run([exe, sock, root], env=env)
    except subprocess.TimeoutExpired:
        check(False, f"{what}: no end within {PATIENCE} s")
        return
    check(r.returncode == 0 and ": accepted" in r.stdout and
          "interface: state 0" in r.stdout, f"{what}:\n{r.stdout}{r.stderr}")


def tool(tree, sock, root, env, what):
    """The tool's own requester, through all it knows, and its judge."""
    r = run([tree.tool, "request", "unix:" + sock, "--trust", root], env=env)
    check(r.returncode == 0 and "RUN" in r.stdout,
          f"{what}, interlock request:\n{r.stdout}{r.stderr}")
    only = [x for c in CASES for x in ("--only", c)]
    r = run([tree.tool, "validate", "unix:" + sock, *only], env=env)
    check(r.returncode == 0 and " 0 failed, 0 not tested" in r.stdout,
          f"{what}, interlock validate:\n{r.stdout}{r.stderr}")


def frame(sock):
    head = sock.recv(12, socket.MSG_WAITALL)
    n = int.from_bytes(head[8:12], "big")
    return head + sock.recv(n, socket.MSG_WAITALL) if len(head) == 12 else b""


def through(tree, at, env, before=None, last=0):
    """What `interlock request` said, up to an interface that runs, and how
    many frames it sent; @before is called when frame @last is due."""
    here, there = socket.socket(socket.AF_UNIX), socket.socket(socket.AF_UNIX)
    count = []

    def carry():
        one, _ = here.accept()
        there.connect(at)
        with one:
            while f := frame(one):
                count.append(f)
                if len(count) == last:
                    before()
                try:
                    there.sendall(f)
                    f = frame(there)
                except OSError:
                    break
                if not f:
                    break
                one.sendall(f)

    with here, there:
        here.bind(at + ".mid")
        here.listen()
        t = threading.Thread(target=carry, daemon=True)
        t.start()
        r = run([tree.tool, "request", f"unix:{at}.mid", "--timeout", "1",
                 "--steps", "connect,session,ide,tdisp"], env=env)
        there.shutdown(socket.SHUT_RDWR)
        t.join(PATIENCE)
    os.unlink(at + ".mid")
    return r, len(count)


def halves(tree, exe, at, ident, env):
    """Each half is killed while an interface runs. Then nothing of that is
    left: its session does not go on, and all begins anew."""
    with Device([exe, at, ident], env) as dev:
        def pids():
            said = []
            for line in dev.p.stdout:
                said.append(line)
                if m := re.match(r"front (\d+) back (\d+)$", line):
                    return said, [int(x) for x in m.groups()]
            sys.exit(f"two-processors: {said}")

        now = [pids()]
        r, n = through(tree, at, env)
        check(r.returncode == 0, f"two-processors:\n{r.stdout}{r.stderr}")
        for which, half in enumerate(("front", "back")):
            def kill():
                os.kill(now[-1][1][which], signal.SIGKILL)
                now.append(pids())

            # STOP is due, then come state and END_SESSION
            r, _ = through(tree, at, env, kill, n - 2)
            check(r.returncode == 1 and "RUN" in r.stdout and
                  now[-1][1][1] != now[-2][1][1] and
                  (now[-1][1][0] != now[-2][1][0]) == (half == "front"),
                  f"{half} is killed: {now}\n{r.stdout}{r.stderr}")
            r, _ = through(tree, at, env)
            check(r.returncode == 0,
                  f"after the {half}'s end:\n{r.stdout}{r.stderr}")
        said = "".join(sum((x[0] for x in now), []))
        while "without a front" not in said:
            said += dev.p.stdout.readline() or sys.exit(said)
        check("interface was RUN, is UNLOCKED" in said,
              f"the back without its front: {said}")


def run_all(tree, progs, work):
    env = dict(os.environ, LD_LIBRARY_PATH=tree.libdir)
    ident = os.path.join(work, "id")
    must([tree.tool, "identity", "new", ident])
    root = os.path.join(ident, "root.pem")
    sock = os.path.join(work, "s")
    exe = {(n, how): e for n, how, _, e in progs}
    with Device([tree.tool, "device", "--spdm-socket", "unix:" + sock,
                 "--identity", ident], env):
        for how in ("shared", "static"):
            requester(exe["requester", how], sock, root, env,
                      f"requester ({how}) and interlock device")
    for n, how in sorted(exe):
        if not check(n in DEVICES or n == "requester", f"{n} is not run"):
            continue
        if n == "requester":
            continue
        at = os.path.join(work, f"{n}-{how}.sock")
        args = [a.format(socket=at, identity=ident) for a in DEVICES[n]]
        with Device([exe[n, how], *args], env):
            requester(exe["requester", how], at, root, env, f"{n} ({how})")
            tool(tree, at, root, env, f"{n} ({how})")
    halves(tree, exe["two-processors", "shared"], os.path.join(work, "two"),
           ident, env)
    # A device under another root is not believed.
    other = os.path.join(work, "other")
    must([tree.tool, "identity", "new", other])
    with Device([tree.tool, "device", "--spdm-socket", "unix:" + sock + "2",
                 "--identity", other], env):
        r = run([exe["requester", "shared"], sock + "2", root], env=env)
        check(r.returncode == 1 and "auth" in r.stdout,
              "a requester that trusts another root refuses")


def main():
    with tempfile.TemporaryDirectory() as d:
        tree = Tree(os.path.join(d, "dest"))
        work = os.path.join(d, "work")
        os.mkdir(work)
        what_is_there(tree)
        progs = programs(tree, work)
        compile_all(headers_alone(tree, work) + [p[2] for p in progs])
        for name, how, cmd, exe in progs:
            if not os.path.exists(exe):
                sys.exit(f"{name} ({how}) was not built")
        run_all(tree, progs, work)
    print(f"{len(failed)} failed")
    sys.exit(1 if failed else 0)


main()
