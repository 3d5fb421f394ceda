# SPDX-License-Identifier: BSD-2-Clause
"""Reads the installed headers: what they declare, and what they say of it.

Not a C parser: it knows the forms that include/interlock/ is written in (see
docs/library.md), and stops at anything else, so that nothing is left out of
the manual or of the ABI file unseen.
"""
import os
import re

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
INCLUDE = os.path.join(TOP, "include", "interlock")
# Ours, in front of or behind a prototype; they say nothing of its type.
ATTRIBUTE = re.compile(r"\b(IL_API|IL_MUST|__attribute__\s*\(\(.*?\)\))\s*",
                       re.S)


class Item:
    """One declaration: kind is macro, enum, struct, union, type, function,
    inline, forward or data."""

    def __init__(self, kind, name, text, comment, line, header):
        self.kind, self.name, self.text = kind, name, text
        self.comment, self.line, self.header = comment, line, header

    def flat(self):
        """The declaration on one line, without comments and attributes."""
        text = ATTRIBUTE.sub("", no_comments(self.text))
        text = re.sub(r"\s+", " ", text).strip()
        text = re.sub(r"\*\s+(?=\w)", "*", text)
        return re.sub(r"\s+([;,)])", r"\1", text)


class Strange(Exception):
    """A form that this reader does not know."""


def no_comments(text):
    return re.sub(r"/\*.*?\*/", " ", text, flags=re.S)


def headers(folder=INCLUDE):
    return sorted(os.path.join(folder, n) for n in os.listdir(folder)
                  if n.endswith(".h"))


def _comment(text):
    """The words of a comment, without its frame."""
    body = re.sub(r"^/\*+", "", text)
    body = re.sub(r"\*/$", "", body)
    lines = [re.sub(r"^\s*\* ?", "", x) for x in body.split("\n")]
    lines[0] = lines[0].strip()
    return "\n".join(x.rstrip().expandtabs() for x in lines).strip("\n")


def _end_of(text, at):
    """Behind the declaration that begins at @at: its ';', or the brace that
    ends the body of a function."""
    depth = 0
    braced = False
    i = at
    while i < len(text):
        if text.startswith("/*", i):
            i = text.index("*/", i) + 2
            continue
        c = text[i]
        if c in "({[":
            depth += 1
            if c == "{" and depth == 1:
                braced = re.search(r"\)\s*$", no_comments(text[at:i])) \
                    is not None
        elif c in ")}]":
            depth -= 1
            if c == "}" and depth == 0 and braced:
                return i + 1
        elif c == ";" and depth == 0:
            return i + 1
        i += 1
    raise Strange("a declaration without an end")


def _kind(flat):
    m = re.match(r"(struct|union|enum) (\w+) \{", flat)
    if m:
        return m.group(1), m.group(2)
    m = re.match(r"(struct|union|enum) (\w+);", flat)
    if m:
        return "forward", m.group(2)
    m = re.match(r"typedef .*?\(?\*?\b(\w+)\)?\s*\(.*\);$", flat)
    if m:
        return "type", m.group(1)
    m = re.match(r"static inline .*?\b(\w+)\(", flat)
    if m:
        return "inline", m.group(1)
    m = re.match(r"extern .*?\b(\w+)(\[.*\])?;$", flat)
    if m and "(" not in flat:
        return "data", m.group(1)
    m = re.match(r"(?:extern )?[\w\s*]*?\b(\w+)\(.*\);$", flat)
    if m:
        return "function", m.group(1)
    if re.match(r"(_Static_assert|static_assert)\b", flat):
        return "assert", ""
    raise Strange(flat)


def _blank(text, what):
    return what.sub(lambda m: re.sub(r"[^\n]", " ", m.group(0)), text)


def read(path):
    """The declarations of one header, in its order."""
    text = open(path, encoding="utf-8").read()
    text = _blank(text, re.compile(
        r"^#ifdef __cplusplus$.*?^#endif.*?$", re.S | re.M))
    items = []
    comment, comment_end, shared = "", -1, ""
    at = 0
    while True:
        m = re.compile(r"\S").search(text, at)
        if not m:
            return items
        i = m.start()
        # A comment speaks for what follows at once, and for as long as no
        # empty line comes between.
        if comment_end >= 0 and text.count("\n", comment_end, i) > 1:
            comment, shared, comment_end = "", "", -1
        line = text.count("\n", 0, i) + 1
        if text.startswith("/*", i):
            at = text.index("*/", i) + 2
            comment, comment_end = _comment(text[i:at]), at
            continue
        if text[i] == "#":
            m = re.compile(r"(?:[^\n\\]|\\.|\\\n|/\*.*?\*/)*", re.S)
            at = m.match(text, i).end()
            d = re.match(r"#\s*define\s+(\w+)(\([^)]*\))?(.*)", text[i:at],
                         re.S)
            if d and d.group(3).strip():
                items.append(Item("macro", d.group(1), text[i:at], comment,
                                  line, path))
                items[-1].args = d.group(2)
                comment_end = at
            continue
        at = _end_of(text, i)
        # What stands behind it on its line belongs to it.
        item = Item("", "", text[i:at], comment, line, path)
        try:
            item.kind, item.name = _kind(item.flat())
        except Strange as e:
            raise Strange(f"{path}:{line}: what is this? {e}") from e
        items.append(item)
        comment_end = at


def read_all(folder=INCLUDE):
    return [i for h in headers(folder) for i in read(h)]


def fields(item):
    """(path, type) of each member of a struct or union, those of nested ones
    behind their own; "" is a member without a name, which offsetof does not
    need."""
    return _fields(item.flat(), "")


def _split(body):
    depth, start, out = 0, 0, []
    for i, c in enumerate(body):
        depth += c in "({["
        depth -= c in ")}]"
        if c == ";" and depth == 0:
            out.append(body[start:i].strip())
            start = i + 1
    if body[start:].strip():
        raise Strange(body[start:])
    return out


def _fields(decl, prefix):
    body = decl[decl.index("{") + 1:decl.rindex("}")]
    out = []
    for f in _split(body):
        nest = re.match(r"(struct|union)\s*(\w*)\s*\{.*\}\s*(\w*)(.*)$", f)
        if nest:
            name = nest.group(3)
            if nest.group(4):
                raise Strange(f"array of nested structs: {f}")
            inner = prefix + name + "." if name else prefix
            if name:
                out.append((prefix + name, nest.group(1)))
            out += _fields(f, inner)
            continue
        fn = re.match(r"(.*?)\(\s*\*\s*(?:const\s+)?(\w+)\s*\)\s*(\(.*\))$", f)
        if fn:
            out.append((prefix + fn.group(2),
                        f"{fn.group(1).strip()} (*){fn.group(3)}"))
            continue
        # One type, one or more names.
        names = f.split(",")
        m = re.match(r"(.*?[\s*])(\w+)((?:\s*\[[^\]]*\])*)$", names[0])
        if not m:
            raise Strange(f)
        base = m.group(1).strip()
        out.append((prefix + m.group(2), base + m.group(3)))
        for n in names[1:]:
            m = re.match(r"\s*(\**)(\w+)((?:\s*\[[^\]]*\])*)$", n)
            if not m:
                raise Strange(f)
            out.append((prefix + m.group(2),
                        base.rstrip(" *") + " " * bool(m.group(1)) +
                        m.group(1) + m.group(3)))
    return out


def values(item):
    """Names of an enum's values."""
    body = item.flat()
    body = body[body.index("{") + 1:body.rindex("}")]
    return [re.match(r"\w+", v.strip()).group(0)
            for v in body.split(",") if v.strip()]
