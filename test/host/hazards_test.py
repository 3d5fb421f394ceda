#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Each test that docs/hazards.md names is one that runs."""
import os
import re
import sys


def main():
    tree = sys.argv[1]
    doc = open(os.path.join(tree, "docs/hazards.md"), encoding="utf-8").read()
    named = set(re.findall(r"`([a-z][a-z0-9]*(?:_[a-z0-9]+){2,})`", doc))
    code = ""
    for at, _, files in os.walk(os.path.join(tree, "test")):
        for name in files:
            if name.endswith("_test.c"):
                path = os.path.join(at, name)
                code += open(path, encoding="utf-8").read()
    code = re.sub(r"\s+", " ", code)
    gone = [n for n in sorted(named)
            if not re.search(rf"static void {n}\(", code)
            or not re.search(rf"cmocka_unit_test\( ?{n} ?\)|"
                             rf"\bAT\( ?\w+, {n} ?\)", code)]
    for name in gone:
        print(f"{name}: docs/hazards.md names it, and no test runs it")
    assert len(named) > 20, "the table was not read"
    print(f"{len(named)} tests of docs/hazards.md run")
    return 1 if gone else 0


if __name__ == "__main__":
    sys.exit(main())
