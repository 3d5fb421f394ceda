# SPDX-License-Identifier: BSD-2-Clause
"""The checks: files checks/NN-name.sh, as a person or the VM reads them.

The first lines of a file are its head:

    # vm: host            or guest: where it runs
    # boot: alone         or pair (default): with which boot, see BOOTS in run
    # needs: WORD         left out, and said so, where WORD is not there
    # with: NN-name       runs that file too, whenever one of these checks runs

Each line `check "A sentence that can be false" function` is a check.
"""
import fnmatch
import glob
import os
import re

HEAD = re.compile(r"^# (vm|boot|needs|with): (.+?)\s*$")
CHECK = re.compile(r'^check "([^"]+)" (\w+)$')


class File:
    def __init__(self, path):
        self.path = path
        self.stem = os.path.basename(path)[:-3]
        self.vm, self.boot, self.needs = None, "pair", []
        self.names = []
        self.helps = []  # stems of the files that this one runs with
        self.helped = []  # files that run with this one
        with open(path, encoding="utf-8") as f:
            for line in f:
                m = HEAD.match(line)
                if m and m[1] == "vm":
                    self.vm = m[2]
                elif m and m[1] == "boot":
                    self.boot = m[2]
                elif m and m[1] == "with":
                    self.helps += m[2].split()
                elif m:
                    self.needs += m[2].split()
                m = CHECK.match(line)
                if m:
                    self.names.append(m[1])
        if self.vm not in ("host", "guest"):
            raise SystemExit(f"{path}: no line `# vm: host` or guest")

    def chosen(self, only):
        """The checks that a glob of @only names; all without one, and all
        when another file needs this one."""
        names = self.named(only)
        if not names and any(f.named(only) for f in self.helped):
            names = list(self.names)
        return names

    def named(self, only):
        if not only or any(fnmatch.fnmatchcase(self.stem, g) for g in only):
            return list(self.names)
        return [n for n in self.names
                if any(fnmatch.fnmatchcase(n, g) for g in only)]


def load(folders):
    paths = [p for d in folders for p in glob.glob(os.path.join(d, "*.sh"))]
    files = [File(p) for p in sorted(paths, key=os.path.basename)]
    seen = {}
    for f in files:
        for n in f.names:
            if n in seen:
                raise SystemExit(f"{f.path}: {seen[n]} has that check: {n}")
            seen[n] = f.path
    by_stem = {f.stem: f for f in files}
    for f in files:
        for stem in f.helps:
            if stem not in by_stem:
                raise SystemExit(f"{f.path}: no file {stem} to run with")
            by_stem[stem].helped.append(f)
    return files
