# SPDX-License-Identifier: BSD-2-Clause
"""What came out, as it comes: a line for each check, or KTAP version 1."""
import sys


class Verdict:
    def __init__(self, ktap, out=sys.stdout):
        self.ktap = ktap
        self.out = out
        self.passed = self.failed = self.skipped = 0
        self.left = []
        if ktap:
            self._print("KTAP version 1")

    def plan(self, names):
        """@names: all that will be told, no name twice."""
        self.left = list(names)
        if self.ktap:
            self._print(f"1..{len(names)}")

    def _print(self, text):
        print(text, file=self.out, flush=True)

    def _number(self, name):
        if name in self.left:
            self.left.remove(name)
        return self.passed + self.failed + self.skipped

    def note(self, text):
        for line in text.splitlines():
            self._print(f"# {line}" if self.ktap else f"   {line}")

    def ok(self, name, seconds=None):
        self.passed += 1
        n = self._number(name)
        if self.ktap:
            self._print(f"ok {n} {name}")
        else:
            took = f" ({seconds:.1f} s)" if seconds is not None else ""
            self._print(f"ok {name}{took}")

    def not_ok(self, name, why):
        self.failed += 1
        n = self._number(name)
        lines = (why or "no reason given").splitlines()
        if self.ktap:
            self.note(why)
            self._print(f"not ok {n} {name}")
        else:
            self._print(f"not ok {name}: {lines[0]}")
            for line in lines[1:]:
                self._print(f"       {line}")

    def skip(self, name, why):
        self.skipped += 1
        n = self._number(name)
        if self.ktap:
            self._print(f"ok {n} {name} # SKIP {why}")
        else:
            self._print(f"skipped: {name}: {why}")

    def nothing(self, why):
        self._print(f"1..0 # SKIP {why}" if self.ktap else f"skipped: {why}")

    def end(self):
        """The last line; True: all is well, and something was tried."""
        tail = f", {self.skipped} skipped" if self.skipped else ""
        total = f"{self.passed} passed, {self.failed} failed{tail}"
        self._print(f"# {total}" if self.ktap else total)
        return not self.failed and self.passed > 0
