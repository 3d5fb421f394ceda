# SPDX-License-Identifier: BSD-2-Clause
"""An initramfs in the newc format (Linux: initramfs/buffer-format.rst).

Not compressed, since to unpack takes the VM longer than to copy; all is
root's. Needs neither root nor cpio(1).
"""
import os
import subprocess


class Archive:
    def __init__(self):
        self.blocks = []
        self.inode = 0
        self.folders = set()

    def _entry(self, name, mode, data=b""):
        self.inode += 1
        name = name.encode() + b"\0"
        fields = (self.inode, mode, 0, 0, 1, 0, len(data), 0, 0, 0, 0,
                  len(name), 0)
        head = b"070701" + b"".join(b"%08X" % f for f in fields) + name
        self.blocks += [head, b"\0" * (-len(head) % 4), data,
                        b"\0" * (-len(data) % 4)]

    def folder(self, path):
        if not path or path in self.folders:
            return
        self.folder(os.path.dirname(path))
        self.folders.add(path)
        self._entry(path, 0o40755)

    def file(self, path, data, mode=0o644):
        self.folder(os.path.dirname(path))
        self._entry(path, 0o100000 | mode, data)

    def copy(self, path, source, mode=None):
        if mode is None:
            mode = 0o755 if os.access(source, os.X_OK) else 0o644
        with open(source, "rb") as f:
            self.file(path, f.read(), mode)

    def link(self, path, target):
        self.folder(os.path.dirname(path))
        self._entry(path, 0o120777, target.encode())

    def write(self, to):
        self._entry("TRAILER!!!", 0)
        with open(to, "wb") as f:
            f.write(b"".join(self.blocks))


def busybox(archive, program):
    """busybox, and its applets by their names."""
    archive.copy("bin/busybox", program)
    names = subprocess.run([program, "--list"], capture_output=True,
                           text=True, check=True).stdout.split()
    for name in names:
        if name != "busybox":
            archive.link("bin/" + name, "busybox")


def dynamic(archive, fs, program, to):
    """A program of the packages, with its loader and libraries."""
    loader = os.path.join(fs, "usr/lib64/ld-linux-x86-64.so.2")
    libs = os.path.join(fs, "usr/lib/x86_64-linux-gnu")
    out = subprocess.run([loader, "--library-path", libs, "--list", program],
                         capture_output=True, text=True, check=True).stdout
    archive.copy("lib64/ld-linux-x86-64.so.2", loader, 0o755)
    for line in out.splitlines():
        path = line.split("=>")[-1].split("(")[0].strip()
        if path.startswith(libs):
            archive.copy("lib/x86_64-linux-gnu/" + os.path.basename(path),
                         path, 0o644)
    archive.copy(to, program, 0o755)
