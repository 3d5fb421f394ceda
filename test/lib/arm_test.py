#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""The device side on arm: its tests, built for a Cortex-M33, under qemu-arm.

usage: arm_test.py [--all] SOURCE

Without --all the longest stay out; tools/soak has them in.

The library is the one that firmware gets, of tools/device-lib; the tests of the
rooms below it are built with the rooms themselves, by the same flags. Around
them stand newlib, a few system calls (arm/start.c) and as much of cmocka as they
use (arm/cmocka.h); cryptography is the fake table. So bytes that the tests
expect are those that the build for this machine gives.
"""
import concurrent.futures
import glob
import os
import re
import shutil
import subprocess
import sys
import tempfile

CC = "arm-none-eabi-gcc"
FLAGS = ["-mcpu=cortex-m33", "-mthumb", "-Os"]
# qemu-arm runs programs of A-profile kernels; this core knows all of Thumb that
# ours does.
QEMU = ["qemu-arm", "-cpu", "max"]
ROOMS = ("base", "crypto", "doe", "mctp", "pci", "spdm", "idekm", "tdisp", "dsm",
         "evidence", "lib")
NOT_HERE = re.compile(r"/(ossl\w*|identity\w*|openssl|arena)\.c$")
PAIR = ["test/spdm/pair.c", "test/maker_fake.c"]
# Program: its files, its arguments.
PROGRAMS = {
    "doe-mailbox": (["test/doe/mbox_test.c"], []),
    "doe-object": (["test/doe/object_test.c"], []),
    "mctp": (["test/mctp/mctp_test.c"], []),
    "idekm": (["test/idekm/[!r]*.c", "test/idekm/r*_test.c"],
              ["test/idekm/tdisp12.txt"]),
    "tdisp": (["test/tdisp/*.c"], ["test/tdisp/tdisp12.txt"]),
    "dsm": (["test/dsm/[!r]*.c", "test/dsm/rig.c", "test/maker_fake.c"], []),
    "device": (["test/lib/bench.c", "test/lib/device_rig.c",
                "test/lib/device_test.c", "test/maker_fake.c"],
               ["docs/porting.md"]),
    "device-talk": (["test/lib/bench.c", "test/lib/device_rig.c",
                     "test/lib/device_talk_test.c", "test/maker_fake.c"], []),
}
for name in ("codec", "opaque"):
    PROGRAMS["spdm-" + name] = ([f"test/spdm/{name}_test.c"], [])
for name in ("secured", "keys", "mel"):
    PROGRAMS["spdm-" + name] = ([f"test/spdm/{name}_test.c",
                                 "test/maker_fake.c"], [])
for name in ("agree", "cache", "session", "psk", "mix", "own", "reset",
             "rsp_table", "rsp", "wait", "unsupported"):
    PROGRAMS["spdm-" + name] = (PAIR + [f"test/spdm/{name}_test.c"], [])
for name in ("large", "large_rsp", "edge"):
    PROGRAMS["spdm-" + name] = (PAIR + ["test/spdm/large_rig.c",
                                        f"test/spdm/{name}_test.c"], [])
for name in ("mutual", "encap"):
    PROGRAMS["spdm-" + name] = (PAIR + ["test/spdm/mutual_rig.c",
                                        f"test/spdm/{name}_test.c"], [])
for name in ("csr", "cert", "pair", "said"):
    PROGRAMS["spdm-prov-" + name] = (PAIR + ["test/spdm/prov_rig.c",
                                             f"test/spdm/prov_{name}_test.c"],
                                     [])
PROGRAMS["spdm-pqc"] = (PAIR + ["test/spdm/large_rig.c", "test/spdm/pqc_rig.c",
                                "test/spdm/pqc_test.c"], [])
LONG = {"spdm-" + n for n in (
    "agree", "cache", "mix", "own", "reset", "rsp_table", "rsp", "wait",
    "unsupported", "large", "large_rsp", "edge", "mutual", "encap", "prov-csr",
    "prov-cert", "prov-pair", "prov-said", "pqc")}
# These link to the library as firmware does, and find none of its insides.
INSTALLED = {"device", "device-talk"}


def skip(why):
    print("skipped: " + why)
    sys.exit(77)


def needed(tmp):
    for tool, package in ((CC, "gcc-arm-none-eabi"), (QEMU[0], "qemu-user")):
        if not shutil.which(tool):
            skip(f"there is no {tool} (Debian: {package})")
    probe = os.path.join(tmp, "probe.c")
    with open(probe, "w", encoding="utf-8") as f:
        f.write("#include <stdio.h>\nint x;\n")
    if subprocess.run([CC, "-c", probe, "-o", probe + ".o"],
                      capture_output=True).returncode:
        skip("there is no newlib (Debian: libnewlib-arm-none-eabi)")


def run(*args, **kw):
    out = subprocess.run(args, capture_output=True, text=True, **kw)
    if out.returncode:
        sys.exit("not ok: " + " ".join(args)[:300] + "\n" + out.stdout +
                 out.stderr)
    return out.stdout


def compile_one(job):
    source, path, out = job
    run(CC, "-std=gnu11", *FLAGS, "-ffunction-sections", "-fdata-sections",
        "-DCRYPTO_PQC=1", "-D_GNU_SOURCE", "-I" + source + "/include",
        "-I" + source + "/src", "-I" + source + "/test/lib/arm",
        "-I" + source + "/test", "-I" + os.path.dirname(path), "-c", path,
        "-o", out)
    return out


class Objects:
    """Each file is compiled once."""

    def __init__(self, source, tmp, pool):
        self.source, self.tmp, self.pool, self.of = source, tmp, pool, {}

    def add(self, paths):
        todo = [p for p in paths if p not in self.of]
        jobs = []
        for p in todo:
            name = os.path.relpath(p, self.source).replace("/", "_")
            jobs.append((self.source, p, os.path.join(self.tmp, name + ".o")))
        for p, out in zip(todo, self.pool.map(compile_one, jobs)):
            self.of[p] = out
        return [self.of[p] for p in paths]

    def glob(self, pattern):
        found = sorted(glob.glob(os.path.join(self.source, pattern)))
        if not found:
            sys.exit(f"not ok: there is no {pattern}")
        return [p for p in found if not p.endswith("/recording_test.c")]


def main():
    args = sys.argv[1:]
    if args[:1] == ["--all"]:
        args = args[1:]
    else:
        for name in LONG:
            del PROGRAMS[name]
    source = os.path.abspath(args[0])
    tmp = tempfile.mkdtemp()
    try:
        needed(tmp)
        return build_and_run(source, tmp)
    finally:
        shutil.rmtree(tmp)


def build_and_run(source, tmp):
    library = os.path.join(tmp, "libinterlock-device.a")
    run(os.path.join(source, "tools/device-lib"), "--cc", CC, "--flags",
        " ".join(FLAGS), library)
    pool = concurrent.futures.ThreadPoolExecutor(os.cpu_count())
    objects = Objects(source, tmp, pool)
    rooms = [p for r in ROOMS for p in objects.glob(f"src/{r}/*.c")
             if not NOT_HERE.search(p)]
    archive = os.path.join(tmp, "rooms.a")
    below = os.path.join(tmp, "below.a")
    run("arm-none-eabi-ar", "rcD", archive, *objects.add(rooms))
    run("arm-none-eabi-ar", "rcD", below, *objects.add(
        [p for p in rooms if "/lib/device" not in p]))
    around = objects.add(objects.glob("test/lib/arm/*.c"))
    failed, total = [], 0

    def one(name):
        files, args = PROGRAMS[name]
        exe = os.path.join(tmp, name + ".elf")
        libs = [library, below] if name in INSTALLED else [archive]
        out = subprocess.run([CC, *FLAGS, "--specs=nosys.specs",
                              "-nostartfiles", "-Wl,--gc-sections",
                              *parts[name], *around, *libs, "-o", exe],
                             capture_output=True, text=True)
        if out.returncode:
            return name, out
        out = subprocess.run(QEMU + [exe] + [os.path.join(source, a)
                                             for a in args],
                             capture_output=True, text=True, timeout=300)
        return name, out

    parts = {name: objects.add([p for f in files for p in objects.glob(f)])
             for name, (files, _) in PROGRAMS.items()}
    for name, out in pool.map(one, PROGRAMS):
        done = [tuple(map(int, m)) for m in re.findall(
            r"^(\d+) tests, (\d+) failed, (\d+) skipped$", out.stdout, re.M)]
        ran = sum(d[0] - d[2] for d in done)
        print(f"{name}: {ran} tests")
        total += ran
        if out.returncode or not ran or any(d[1] for d in done):
            failed.append(name)
            print(out.stdout + out.stderr)
    print("not ok: " + " ".join(failed) if failed else f"ok: {total} tests")
    return 1 if failed else 0


sys.exit(main())
