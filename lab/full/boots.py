# SPDX-License-Identifier: BSD-2-Clause
"""What `./dev lab --full` adds: boots on emulated IOMMUs, a boot for each
hazard, and which functions of the kernel each check exercised."""
import asyncio
import contextlib
import glob
import os
import re
import subprocess

FULL = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(os.path.dirname(FULL))

BOOTS = {
    "intel": (["host"], "vfio-pci and iommufd on an emulated Intel IOMMU; KVM"),
    "hazard": (["host"], "a kernel of its own for each hazard"),
    "sev-tio": (["host"], "the same, of Linux's own SEV-TIO driver"),
}

PORT = {"driver": "pcie-root-port", "bus": "pcie.0"}
# Two functions, and one below another port: any PCIe function serves.
HAZARD = [
    {**PORT, "id": "rp0", "addr": "01.0", "chassis": 1, "slot": 1},
    {**PORT, "id": "rp1", "addr": "02.0", "chassis": 2, "slot": 2},
    {"driver": "virtio-rng-pci", "bus": "rp0", "addr": "0.1",
     "multifunction": True},
    {"driver": "virtio-rng-pci", "bus": "rp0", "addr": "0.0",
     "multifunction": True},
    {"driver": "virtio-rng-pci", "bus": "rp1", "addr": "0.0"},
    # PCIe on the root bus: QEMU shows it as integrated into the root complex.
    {"driver": "nvme", "serial": "lab", "bus": "pcie.0", "addr": "4.0"},
]
# FLR and a BAR of 16 KiB; and an engine that reads and writes memory. Below
# a port without ACS in common, each is an IOMMU group of its own.
VFIO = [
    {**PORT, "id": "rp1", "addr": "02.0", "chassis": 2, "slot": 2},
    {"driver": "nvme", "serial": "lab", "bus": "rp1", "addr": "0.0"},
    {"driver": "edu", "bus": "pcie.0", "addr": "5.0"},
]


def modules(o):
    """What lab/build makes besides, of hazard/."""
    return ("hazard/tsm_hazard",) if o.full or o.hazards else ()


def folders(o, usual):
    """Of checks."""
    if o.hazards:
        return [os.path.join(FULL, "hazard")]
    if o.sev_tio:
        return [os.path.join(FULL, "ccp", d) for d in ("checks", "hazard")]
    return [usual] + [os.path.join(FULL, d)
                      for d in ("checks", "hazard") if o.full]


def sev_tio(o, tree, root, out):
    """Builds ccp/ with what the kernel's source has; the module."""
    kbuild, args = o.build, []
    if not kbuild:
        kbuild = os.path.realpath(os.path.join(root, "kbuild"))
        args = ["CC=gcc", "CONFIG_DEBUG_INFO_BTF_MODULES=",
                "CONFIG_PAHOLE_VERSION=0"]
        if subprocess.run(["gcc", "-fmin-function-alignment=16", "-E", "-x",
                           "c", "/dev/null"], capture_output=True).returncode:
            args.append("CONFIG_CC_HAS_MIN_FUNCTION_ALIGNMENT=")
    to = os.path.join(out, "sev_tio")
    subprocess.run([os.path.join(FULL, "ccp", "build"), tree, kbuild, to,
                    *args], check=True)
    return os.path.join(to, "sev_tio.ko")


def programs(o, out):
    """Static programs, by the kernel's own user headers."""
    to = os.path.join(out, "bin-full")
    os.makedirs(to, exist_ok=True)
    sources = {os.path.basename(f)[:-2]: [f]
               for f in glob.glob(os.path.join(FULL, "*.c"))}
    sources["calls"] = glob.glob(os.path.join(FULL, "calls", "*.c"))
    for name, files in sources.items():
        subprocess.run(["gcc", "-std=gnu11", "-O2", "-Wall", "-Wextra",
                        "-Werror", "-static", "-DCALLS_LINUX", "-isystem",
                        os.path.join(o.full, "include"), "-o",
                        os.path.join(to, name), *files], check=True)
    return to


def fill(archive, o, out):
    """What the initramfs has besides; with --full its kernel is profiled."""
    if o.full or o.hazards:
        archive.copy("lab/hazard.sh", os.path.join(FULL, "hazard.sh"))
    if not o.full:
        return
    to = programs(o, out)
    for name in os.listdir(to):
        archive.copy("bin/" + name, os.path.join(to, name), 0o755)
    archive.copy("lab/as_linux.txt",
                 os.path.join(TOP, "test", "host", "as_linux.txt"))
    archive.copy("lab/profile.sh", os.path.join(FULL, "profile.sh"))
    archive.file("lab/functions", "".join(
        name + "\n" for name in sorted(o.functions.files)).encode())


class Functions:
    """Of the kernel, by source file; which of them ran, and when first."""

    def __init__(self, o):
        self.files = {}  # by function
        self.of = {}  # by file
        self.ran = set()
        self.checks = []
        with open(os.path.join(o.full, "functions"), encoding="ascii") as f:
            for line in f:
                file, name = line.split()
                if name.startswith("_sub_"):
                    continue  # KASAN's, of each object
                self.files.setdefault(name, []).append(file)
                self.of.setdefault(file, set()).add(name)

    def by_file(self, names):
        out = {}
        for n in sorted(names):
            for f in self.files.get(n, ()):
                out.setdefault(f, []).append(n)
        return sorted(out.items())

    def note(self, check, names, verdict):
        names = {n for n in names if n in self.files}
        new = names - self.ran
        self.ran |= names
        self.checks.append((check, names))
        per = {f: len(ns) for f, ns in self.by_file(names)}
        if per:
            verdict.note("functions: " + ", ".join(
                f"{f} {n}" for f, n in per.items()))
        for f, ns in self.by_file(new):
            verdict.note(f"  first here, {f}: " + " ".join(ns))

    def end(self, out, verdict):
        """The whole table to a file, its sums to the verdict."""
        path = os.path.join(out, "functions.txt")
        with open(path, "w", encoding="ascii") as f:
            for check, names in self.checks:
                f.write(check + "\n")
                for file, ns in self.by_file(names):
                    f.write(f"  {file}: {' '.join(ns)}\n")
            f.write("\nNever ran:\n")
            for file, names in sorted(self.of.items()):
                never = sorted(names - self.ran)
                if never:
                    f.write(f"  {file} {len(never)} of {len(names)}: "
                            f"{' '.join(never)}\n")
        for file, names in sorted(self.of.items()):
            ran = len(names & self.ran)
            if ran:
                verdict.note(f"{file}: {ran} of {len(names)} functions ran")
        verdict.note("which, and by which check: " + os.path.relpath(path, TOP))


def classes(boot):
    """The boots of --full, by name."""

    class Intel(boot):
        bare = True

        def memory(self, role):
            return 1536

        def devices(self, role):
            # QEMU's legacy mode: what it has of scalable mode does not nest.
            return [{"driver": "intel-iommu", "intremap": "on",
                     "caching-mode": True}, *VFIO]

    class Hazard(boot):
        """One file; what docs/linux-findings.md says must be on its console."""
        bare = True
        # What is expected is in the traces, which are information to it.
        append = "loglevel=7"

        def __init__(self, *args):
            super().__init__(*args)
            self.name = "hazard-" + self.files[0].stem

        @staticmethod
        def split(files):
            return [[f] for f in files]

        @classmethod
        def closing(cls, name):
            return []

        def devices(self, role):
            return HAZARD

        def expected(self):
            with open(self.files[0].path, encoding="utf-8") as f:
                return [re.compile(m[1]) for m in
                        (re.match(r"# expect: (.+)$", x) for x in f) if m]

        def missing(self):
            """Patterns that the console does not show yet."""
            text = ""
            with contextlib.suppress(OSError, KeyError):
                with open(self.vms["host"].console.log.path, "rb") as f:
                    text = f.read().decode(errors="replace")
            return [p.pattern for p in self.expected() if not p.search(text)]

        def told(self, *args):
            """Whatever the VM says of it, the console decides."""

        async def watch(self, vm):
            look = asyncio.create_task(super().watch(vm))
            while not look.done():
                await asyncio.wait({look}, timeout=1)
                if not self.missing():
                    # Whoever died of it does not power off.
                    look.cancel()
                    return None
            return look.result()

        async def second_judge(self):
            """No traffic of a kernel that dies is judged."""

        def sum_up(self, wrong, took):
            left = self.missing()
            for f in self.files:
                for n in f.names:
                    if wrong or left:
                        self.verdict.not_ok(n, "\n".join(
                            wrong + ["not on the console: " + p
                                     for p in left]))
                    else:
                        self.verdict.ok(n, took)

    class SevTio(Hazard):
        """With the machine and its device."""
        bare = False

        def devices(self, role):
            return boot.devices(self, role)

        def device_args(self, *args):
            args = super().device_args(*args)
            args[2] = os.path.join(TOP, "lab", "device-alone.json")
            return args

    return {"intel": Intel, "hazard": Hazard, "sev-tio": SevTio}
