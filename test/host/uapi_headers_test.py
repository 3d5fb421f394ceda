#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Every number, size and offset of our uapi headers against Linux's own.

Two C programs print every macro, struct and member that our headers have: one
is built with our headers, the other with Linux's, which tools/uapi-headers
keeps in a cache; without them the test is skipped. What Linux lacks is listed
in uapi_skip.txt with the version that has it and a reason. Then: the numbers
of interlock_ext.h are none that Linux has taken.

usage: uapi_headers_test.py TREE COMPILER
"""
import os
import re
import subprocess
import sys
import tempfile

LINUX = ["stddef.h", "linux/version.h", "linux/kvm.h", "linux/kvm_para.h",
         "linux/vfio.h", "linux/iommufd.h"]
OURS = ["host/uapi/kvm.h", "host/uapi/vfio.h", "host/uapi/iommufd.h",
        "arch/sev_tio/uapi.h", "arch/tdx/uapi.h"]
EXT = "host/uapi/interlock_ext.h"

# Who else may have taken a number: names of Linux that begin like this.
TAKEN = {
    "KVM_MEM_VFIO_DMABUF": ("linux/kvm.h", r"KVM_MEM_[A-Z_0-9]+"),
    "KVM_EXIT_TVM_CALL": ("linux/kvm.h", r"KVM_EXIT_[A-Z_0-9]+"),
    "IOMMU_IOAS_MAP_AFTER_LAUNCH": ("linux/iommufd.h",
                                    r"IOMMU_IOAS_MAP_[A-Z]+(?:_[A-Z]+)*"),
    "IOMMU_VIOMMU_TYPE_TSM": ("linux/iommufd.h",
                              r"IOMMU_VIOMMU_TYPE_[A-Z_0-9]+"),
    "IOMMU_HWPT_ALLOC_TRUSTED": ("linux/iommufd.h",
                                 r"IOMMU_HWPT_(?:ALLOC|FAULT)_[A-Z_]+"),
    "KVM_GUEST_MEMFD_HUGE": ("linux/kvm.h", r"GUEST_MEMFD_FLAG_[A-Z_]+"),
    "KVM_GUEST_MEMFD_IN_PLACE": ("linux/kvm.h", r"GUEST_MEMFD_FLAG_[A-Z_]+"),
}
# Families of which Linux has none.
FREE = r"IOMMU_TSM_|IOMMU_PAGE_SIZE_"
IOCTLS = r"#define[ \t]+((?:IOMMU|VFIO|KVM)_\w+)[ \t]+_IO"


def tokens(text):
    text = re.sub(r"/\*.*?\*/", " ", text, flags=re.S)
    text = re.sub(r"^#.*?(?<!\\)$", " ", text, flags=re.M | re.S)
    return re.findall(r"\w+|\S", text)


def macros(text):
    text = re.sub(r"/\*.*?\*/", " ", text, flags=re.S)
    # What is text is no number that could clash.
    return re.findall(r"^#define[ \t]+(\w+)[ \t]+[^\s\"]", text, re.M)


def body(tok, i, prefix, out):
    """Members of the braces that open at tok[i]; the index behind them."""
    i += 1
    decl = []
    while tok[i] != "}":
        if tok[i] == "{":
            inner = []
            i = body(tok, i, "", inner)
            name = tok[i] if tok[i] != ";" else ""
            if name:
                out.append((prefix + name, False))
                i += 1
            dot = name + "." if name else ""
            out += [(prefix + dot + m, flex) for m, flex in inner]
            decl = []
        elif tok[i] == ";":
            if decl:
                names = [t for t in decl if re.match(r"[A-Za-z_]", t)]
                out.append((prefix + names[-1]
                            if "[" not in decl else
                            prefix + decl[decl.index("[") - 1],
                            decl[-2:] == ["[", "]"]))
            decl = []
        else:
            decl.append(tok[i])
        i += 1
    return i + 1


def structs(text):
    tok = tokens(text)
    i = 0
    while i < len(tok):
        if tok[i] == "struct" and i + 2 < len(tok) and tok[i + 2] == "{":
            members = []
            name = tok[i + 1]
            i = body(tok, i + 2, "", members)
            yield name, members
        else:
            i += 1


def skips(path):
    out = {}
    for line in open(path, encoding="utf-8"):
        line = line.split("#")[0].strip()
        if line:
            name, since, why = line.split(None, 2)
            out[name] = (since, why)
    return out


def entries(src, headers):
    for path in headers:
        text = open(os.path.join(src, path), encoding="utf-8").read()
        for m in macros(text):
            yield m, f'\tN("{m}", {m});'
        for s, members in structs(text):
            yield s, f'\tS("{s}", sizeof(struct {s}));'
            for m, flex in members:
                size = "0" if flex else f"sizeof(((struct {s} *)0)->{m})"
                yield (f"{s}.{m}", f'\tM("{s}.{m}", offsetof(struct {s}, {m}),'
                       f" {size});")


def rule_of(name, skip):
    """The name itself, what it is a member of, or a beginning with a star."""
    parts = name.split(".")
    for n in range(len(parts), 0, -1):
        if ".".join(parts[:n]) in skip:
            return ".".join(parts[:n])
    return next((s for s in skip if s[-1] == "*" and
                 name.startswith(s[:-1])), None)


def program(includes, lines):
    return ("#include <stdio.h>\n" +
            "".join(f"#include {i}\n" for i in includes) + '''
#define N(s, v) printf("%s %#llx\\n", s, (unsigned long long)(v))
#define S(s, v) printf("%s %zu bytes\\n", s, (size_t)(v))
#define M(s, o, v) \\
\tprintf("%s %zu bytes at %zu\\n", s, (size_t)(v), (size_t)(o))
#define LACKS(s, w) printf("%s lacks: %s\\n", s, w)

int main(void)
{
''' + "\n".join(lines) + "\n\treturn 0;\n}\n")


def as_linux(line):
    """iommufd's reserved members begin with what C keeps for itself."""
    if "struct iommu_" not in line:
        return line
    head, rest = line.split(",", 1)
    return head + "," + re.sub(r"\breserved", "__reserved", rest)


def programs(src, headers, skip):
    """Sources of both programs."""
    plain, theirs, used = [], [], set()
    for name, line in entries(src, headers):
        plain.append(line)
        line = as_linux(line)
        rule = rule_of(name, skip)
        if not rule:
            theirs.append(line)
            continue
        used.add(rule)
        since, why = skip[rule]
        guard = f"#ifdef {name.split('.')[0]}"
        if since != "-":
            major, minor = since.split(".")
            guard = (f"#if LINUX_VERSION_CODE >= "
                     f"KERNEL_VERSION({major}, {minor}, 0)")
            why = f"since Linux {since}: {why}"
        theirs += [guard, line, "#else", f'\tLACKS("{name}", "{why}");',
                   "#endif"]
    unused = set(skip) - used
    assert not unused, f"uapi_skip.txt: not in our headers: {unused}"
    return (program(["<stddef.h>"] + [f'"{h}"' for h in headers], plain),
            program([f"<{h}>" for h in LINUX], theirs))


def run(cc, include, source, folder):
    path = os.path.join(folder, "t.c")
    out = os.path.join(folder, "t")
    with open(path, "w", encoding="utf-8") as f:
        f.write(source)
    subprocess.run(cc + ["-w"] + include + [path, "-o", out], check=True)
    text = subprocess.run([out], check=True, capture_output=True,
                          text=True).stdout
    return dict(line.split(" ", 1) for line in text.splitlines())


def differ(ours, linux):
    """Names whose lines are not the same; what Linux lacks is none."""
    assert ours.keys() == linux.keys()
    return [n for n in ours
            if ours[n] != linux[n] and not linux[n].startswith("lacks: ")]


def ext_clashes(tree, cc, cache, folder):
    """Numbers of interlock_ext.h that Linux has under another name."""
    src = os.path.join(tree, "src")
    text = open(os.path.join(src, EXT), encoding="utf-8").read()
    names = macros(text)
    ioctls = re.findall(r"^#define[ \t]+(\w+)[ \t]+UAPI_IO", text, re.M)
    for n in names:
        assert n in TAKEN or n in ioctls or re.match(FREE, n), (
            f"{n}: say in TAKEN which names of Linux it must be clear of")
    flags = ["-I", src]
    ours = run(cc, flags, program([f'"{EXT}"'],
                                  [f'\tN("{n}", {n});' for n in names]),
               folder)
    value = {n: int(v, 16) for n, v in ours.items()}
    bad = []
    for name, (header, like) in TAKEN.items():
        assert name in value, f"{name} is not in {EXT}"
        theirs = read_numbers(cc, cache, header, like, folder)
        assert len(theirs) > 1, f"{header} has no {like}"
        bad += [(name, n) for n, v in theirs.items() if v == value[name]]
    theirs = {}
    for header in LINUX[2:]:
        theirs.update(read_numbers(cc, cache, header, IOCTLS, folder))
    assert len(theirs) > 100
    for name in ioctls:
        # Type and number: a size would not keep two apart for long.
        bad += [(name, n) for n, v in theirs.items()
                if v & 0xffff == value[name] & 0xffff]
    return bad, len(TAKEN) + len(ioctls), len(theirs)


def read_numbers(cc, cache, header, like, folder):
    text = open(os.path.join(cache, header), encoding="utf-8").read()
    text = re.sub(r"/\*.*?\*/", " ", text, flags=re.S)
    if "define" in like:
        names = re.findall(like, text)
    else:
        names = re.findall(rf"\b({like})\b(?=[ \t]*=|[ \t]+[\d(_])", text)
    lines = [f'\tN("{n}", {n});' for n in dict.fromkeys(names)]
    # Without their sizes: some structs are another architecture's.
    source = program([f"<{h}>" for h in LINUX], lines).replace(
        "int main", "#undef _IOC_TYPECHECK\n#define _IOC_TYPECHECK(t) 0\n"
        "int main", 1)
    got = run(cc, ["-isystem", cache], source, folder)
    return {n: int(v, 16) for n, v in got.items()}


def version(cache):
    text = open(os.path.join(cache, "linux/version.h"), encoding="utf-8").read()
    return ".".join(re.search(rf"LINUX_VERSION_{n}\s+(\d+)", text).group(1)
                    for n in ("MAJOR", "PATCHLEVEL", "SUBLEVEL"))


def must_notice(ours, linux):
    """A wrong number and a member that moved are found."""
    for name in ("KVM_RUN", "kvm_run.memory_fault.gpa"):
        wrong = dict(ours)
        wrong[name] += "1"
        assert name in differ(wrong, linux)


def main():
    tree, *cc = sys.argv[1:]
    tool = os.path.join(tree, "tools", "uapi-headers")
    got = subprocess.run([tool, "--have"], capture_output=True, text=True,
                         check=False)
    if got.returncode:
        print(got.stdout.strip())
        sys.exit(77)
    cache = got.stdout.strip()
    src = os.path.join(tree, "src")
    skip = skips(os.path.join(tree, "test/host/uapi_skip.txt"))
    a, b = programs(src, OURS, skip)
    with tempfile.TemporaryDirectory() as folder:
        ours = run(cc, ["-I", src], a, folder)
        linux = run(cc, ["-isystem", cache], b, folder)
        bad = differ(ours, linux)
        must_notice(ours, linux)
        clash, n_ext, n_linux = ext_clashes(tree, cc, cache, folder)
    for n in bad:
        print(f"{n}: ours {ours[n]}, Linux {linux[n]}")
    for n, other in clash:
        print(f"{n} has the number of Linux's {other}")
    for n, v in linux.items():
        if v.startswith("lacks: "):
            print(f"{n}: Linux {v}")
    print(f"{len(ours)} numbers, sizes and offsets compared with Linux "
          f"{version(cache)}, {len(bad)} differ; {n_ext} extensions against "
          f"{n_linux} ioctls, {len(clash)} clash")
    sys.exit(1 if bad or clash else 0)


main()
