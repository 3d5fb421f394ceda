#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""The device library as firmware takes it: what it asks of its surroundings,
what it shows, how much stack its entries take, how much memory a small device
needs.

usage: freestanding_test.py SOURCE CC NAME [FLAGS]
"""
import json
import os
import re
import subprocess
import sys
import tempfile

SOURCE, CC, NAME = sys.argv[1:4]
FLAGS = sys.argv[4] if len(sys.argv) > 4 else ""
PATIENCE = 120  # seconds that any one step may take
# What a C library or the compiler's own has for code without a C library.
MAY_ASK = re.compile(r"mem(cpy|move|set|cmp)|il_panic_hook|__aeabi_\w+|__gnu_\w+")
STACK_MAX = 2048  # bytes, by the compilers that it was measured with: gcc 12
PREFIX = CC[:-len("gcc")] if CC.endswith("-gcc") else ""
failed = 0


def check(good, claim, why=""):
    global failed
    failed += not good
    print(f"{'ok' if good else 'not ok'} - {NAME}: {claim}"
          f"{'' if good else ': ' + why}", flush=True)


def run(*args):
    r = subprocess.run(args, capture_output=True, text=True, timeout=PATIENCE)
    if r.returncode:
        print(r.stdout + r.stderr)
        print(f"not ok - {NAME}: {' '.join(args)}")
        sys.exit(1)
    return r.stdout


def public():
    """The functions that device.h declares."""
    with open(f"{SOURCE}/include/interlock/device.h", encoding="utf-8") as f:
        return sorted(re.findall(r"^IL_API [^;(]*?\b(il_\w+)\(", f.read(),
                                 re.M))


def main():
    if subprocess.run(["sh", "-c", f"command -v {CC}"],
                      capture_output=True).returncode:
        print(f"{NAME}: skipped: {CC} is not there")
        return 0
    with tempfile.TemporaryDirectory() as tmp:
        out, ci = f"{tmp}/device.o", f"{tmp}/ci"
        run(f"{SOURCE}/tools/device-lib", "--cc", CC, "--flags",
            f"-Os {FLAGS}", "--ci", ci, out)
        symbols = [l.split()[-2:] for l in run(PREFIX + "nm", out).splitlines()]
        asks = sorted(n for kind, n in symbols if kind == "U")
        odd = [n for n in asks if not MAY_ASK.fullmatch(n)]
        check(not odd and "il_panic_hook" in asks,
              "asks for mem*, the panic hook and the compiler's helpers alone",
              " ".join(odd))
        shown = sorted(n for kind, n in symbols if kind in "TDRBVW")
        check(shown == public(), "shows what device.h declares, and no more",
              " ".join(set(shown) ^ set(public())))
        data = [n for kind, n in symbols if kind in "dDbBC"]
        check(not data, "has no variables", " ".join(data))
        known = run(CC, "-dumpversion").strip().split(".")[0] == "12"
        most = STACK_MAX if known else STACK_MAX + STACK_MAX // 8
        deep = json.loads(run(f"{SOURCE}/tools/stack", "--source", SOURCE,
                              "--json", ci, *public()))
        check(deep["deepest"] <= most,
              f"no entry takes more than {most} bytes of stack",
              f"{deep['entry']} takes {deep['deepest']}: {deep['frames']}")
    return 1 if failed else 0


os.environ["LC_ALL"] = "C"
sys.exit(main())
