#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""The face of the library: symbols, ABI, manual. One test each, by its name:

symbols SHARED STATIC     only il_… can be linked to, and all that is declared
abi SHARED FILE           the face is the one that is kept, and a field that
                          moves or a symbol that goes is noticed
man BUILD TOOL            each function and command has its page, in full
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile

TOP = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(TOP, "tools"))
import face  # noqa: E402

failed = []


def check(good, what):
    if not good:
        failed.append(what)
        print(f"not ok: {what}")


def run(*args, **kw):
    return subprocess.run(args, capture_output=True, text=True, **kw)


def names_of(*args):
    out = run(*args, check=True).stdout
    return {x.split()[-1].split("@")[0] for x in out.splitlines()
            if re.match(r"[0-9a-f]+ \w ", x)}


def declared():
    return {i.name for i in face.read_all() if i.kind in ("function", "data")}


def symbols(shared, static):
    said = declared()
    for what, got in (("shared", names_of("nm", "-D", "--defined-only",
                                          shared)),
                      ("static", names_of("nm", "-g", "--defined-only",
                                          static))):
        check(got, f"the {what} library has symbols")
        for s in sorted(got - said):
            check(False, f"{what}: {s} is exported and in no header")
        for s in sorted(said - got):
            check(False, f"{what}: {s} is declared and not there")
        check(all(s.startswith("il_") for s in got),
              f"{what}: a name that is not il_…")
    # What the static one leaves open is not ours.
    out = run("nm", "-u", static, check=True).stdout
    for s in re.findall(r"^\s+U (\w+)", out, re.M):
        check(not s.startswith(("il_", "spdm_", "crypto_")),
              f"static: {s} is left open")


def moved(text):
    """A header whose first struct with two members has them the other way."""
    return re.sub(r"(struct il_span \{\n)(\t[^\n]*\n)(\t[^\n]*\n)",
                  r"\1\3\2", text, count=1)


def abi(shared, kept):
    tool = os.path.join(TOP, "tools", "abi")
    r = run(sys.executable, tool, "--check", kept, shared)
    print(r.stdout, end="")
    if r.returncode == 77:
        sys.exit(77)
    check(r.returncode == 0, "the face is the one that is kept "
          + r.stderr[-2000:])
    with tempfile.TemporaryDirectory() as d:
        inc = os.path.join(d, "include", "interlock")
        shutil.copytree(face.INCLUDE, inc)
        wire = os.path.join(inc, "wire.h")
        text = open(wire, encoding="utf-8").read()
        with open(wire, "w", encoding="utf-8") as f:
            f.write(moved(text))
        check(moved(text) != text, "a field was moved")
        r = run(sys.executable, tool, "--include", inc, "--check", kept,
                shared)
        check(r.returncode == 1 and "moved or went" in r.stdout,
              "a field that moves is noticed")
        with open(wire, "w", encoding="utf-8") as f:
            f.write(text.replace("IL_IDE_CPL = 2", "IL_IDE_CPL = 3"))
        r = run(sys.executable, tool, "--include", inc, "--check", kept,
                shared)
        check(r.returncode == 1 and "+  IL_IDE_CPL 3" in r.stdout,
              "a number that changes is noticed")
        more = os.path.join(d, "kept")
        with open(more, "w", encoding="utf-8") as f:
            f.write(open(kept, encoding="utf-8").read().replace(
                "symbols:\n", "symbols:\n  il_gone: void il_gone(void);\n", 1))
        r = run(sys.executable, tool, "--check", more, shared)
        check(r.returncode == 1 and "moved or went" in r.stdout,
              "a symbol that goes is noticed")


SECTIONS = ("NAME", "SYNOPSIS", "DESCRIPTION", "ERRORS", "SOURCE")


def section(text, name):
    m = re.search(rf"^\.SH {name}\n(.*?)(?=^\.SH |\Z)", text, re.M | re.S)
    return m.group(1).strip() if m else ""


def man(build, tool):
    want = {f"man3/{i.name}.3" for i in face.read_all()
            if i.kind in ("function", "inline")}
    out = run(tool, "help", check=True).stdout
    cmds = re.findall(r"^  (\S+)", out.split("commands of scenarios")[0],
                      re.M)
    check(len(cmds) > 5, "the tool has commands")
    want |= {f"man1/interlock-{c}.1" for c in cmds}
    want |= {"man1/interlock.1", "man1/spdm_responder_emu.1"}
    have = {f"{d}/{n}" for d in ("man1", "man3")
            for n in os.listdir(os.path.join(build, d))}
    check(have == want, f"a page for each: {sorted(want ^ have)}")
    for name in sorted(want & have):
        text = open(os.path.join(build, name), encoding="utf-8").read()
        for s in SECTIONS:
            check(section(text, s), f"{name}: {s}")
        check(" \\- " in section(text, "NAME"), f"{name}: what it is for")
        if name.startswith("man3"):
            check(len(section(text, "DESCRIPTION")) > 20,
                  f"{name}: a description")
    lint(build, sorted(want & have))


def lint(build, pages):
    if not shutil.which("mandoc"):
        print("skipped: no mandoc to check the pages' form")
        return
    r = run("mandoc", "-T", "lint", "-W", "warning", *pages, cwd=build)
    check(r.returncode == 0, "mandoc: " + r.stdout[-2000:])


def main():
    {"symbols": symbols, "abi": abi, "man": man}[sys.argv[1]](*sys.argv[2:])
    print(f"{len(failed)} failed")
    sys.exit(1 if failed else 0)


main()
