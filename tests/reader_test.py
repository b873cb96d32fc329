#!/usr/bin/env python3
"""Holds reader.py to the golden vectors: reader_test.py [DOC], by default docs/format.md beside it.

Hashes, signatures, headers, the whole log; the payloads, values, types and schema are decoded and encoded again by a
decoder of the document's grammar that is only here; and the log is read with a bit of each byte turned over, and cut at
each length. It takes some seconds.
"""
import os
import re
import struct
import sys

import reader
from reader import Bad, Dataset, File, Take, derive, need

HERE = os.path.dirname(os.path.abspath(__file__))
DOC = sys.argv[1] if len(sys.argv) > 1 else os.path.join(HERE, "..", "docs", "format.md")
with open(DOC, encoding="utf-8") as f:
    BLOCK = re.search(r"```vectors\n(.*?)```", f.read(), re.S).group(1)
V = {name: bytes.fromhex(value) for name, value in re.findall(r"^(\S+) = ([0-9a-f]*)$", BLOCK, re.M)}
done = 0


def same(name, found, expected=None):
    global done
    expected = V[name] if expected is None else expected
    assert found == expected, f"{name}: expected {expected.hex()}, found {found.hex()}"
    done += 1


# ---- A grammar: each rule takes a thing off `t` and returns its bytes, encoded again from what was understood.

def number(size):
    return lambda t: t.int(size, "number").to_bytes(size, "little")


def raw(n):
    return lambda t: t.raw(n, "bytes")


u8, u32, u64 = number(1), number(4), number(8)


def sized(t):
    n = t.int(8, "length")
    return n.to_bytes(8, "little") + t.raw(n, "bytes")


def text(t):
    out = sized(t)
    out[8:].decode()
    return out


def listed(item):
    def rule(t):
        n = t.int(8, "items")
        return n.to_bytes(8, "little") + b"".join(item(t) for _ in range(n))
    return rule


def struct_of(*rules):
    return lambda t: b"".join(r(t) for r in rules)


def enum(*variants):
    def rule(t):
        tag = t.int(4, "variant")
        need(tag < len(variants), f"a variant below {len(variants)}", tag)
        return tag.to_bytes(4, "little") + variants[tag](t)
    return rule


def boolean(t):
    n = t.int(1, "bool")
    need(n < 2, "0 or 1", n)
    return bytes([n])


def float_of(t):
    bits = t.int(8, "float")
    meant = struct.unpack("<d", struct.pack("<Q", bits))[0]
    one_form = 0x7FF8 << 48 if meant != meant else bits if meant else 0
    need(bits == one_form, f"bits {one_form:016x}", f"{bits:016x}")
    return struct.pack("<d", meant) if meant == meant else struct.pack("<Q", bits)


def meant(t):
    """A value as something that Python sorts as the page says."""
    tag = t.int(4, "variant")
    if tag == 1:
        return tag, int.from_bytes(t.raw(8, "int"), "little", signed=True)
    if tag in (2, 3):
        return tag, sized(t)[8:]
    if tag == 7:
        number = struct.unpack("<d", t.raw(8, "float"))[0]
        return tag, (0, number) if number == number else (1, 0)
    if tag in (5, 6, 8):
        key = {5: lambda: 0, 6: lambda: t.int(4, "number"), 8: lambda: meant(t)}[tag]
        return tag, [(key(), meant(t)) for _ in range(t.int(8, "items"))]
    return tag, t.raw(1 if tag == 0 else 16, "bool or pointer")


def ascending(key, item):
    """A list whose items ascend strictly by what `key` takes off their bytes."""
    def rule(t):
        n = t.int(8, "items")
        out = [item(t) for _ in range(n)]
        keys = [key(Take(one)) for one in out]
        need(all(a < b for a, b in zip(keys, keys[1:])), "an ascending list", keys)
        return n.to_bytes(8, "little") + b"".join(out)
    return rule


def by_number(t):
    return t.int(4, "number")


def name(t):
    out = text(t)
    need(len(out) <= 136, "a name of at most 128 bytes", len(out))
    return out


def later(rule):
    """A rule that is made further down."""
    return lambda t: globals()[rule](t)


any_value, any_type = later("value"), later("value_type")
entries = ascending(meant, struct_of(any_value, any_value))
parts = ascending(by_number, struct_of(u32, any_value))
members = listed(struct_of(u32, name, any_type))
value = enum(boolean, u64, text, sized, raw(16), listed(any_value), parts, float_of, entries)
value_type = enum(raw(0), raw(0), raw(0), raw(0), u64, any_type, raw(0), value, listed(any_type), members,
                  struct_of(name, any_type), any_type, struct_of(any_type, value),
                  struct_of(u64, enum(raw(0), raw(0), raw(0))))
CONFIGS = {"register": value_type, "atom": value_type, "record": members, "set": value_type, "map": struct_of(value_type, value_type),
           "list": value_type, "events": name, "key": value_type, "text": raw(0), "counter": raw(0),
           "deletion": enum(raw(0), raw(0)), "unique": listed(u64)}
items = ascending(meant, value)
OPS = {"register": enum(value, raw(0)), "record": enum(parts, ascending(by_number, u32)), "counter": enum(u64),
       "set": enum(items, items), "map": enum(entries, items), "text": enum(struct_of(u32, text), struct_of(u32, u32)),
       "list": enum(struct_of(u32, listed(value)), struct_of(u32, u32), struct_of(u32, u32), struct_of(u32, value))}


def whole(rule, data):
    t = Take(data)
    out = rule(t)
    t.end("it")
    return out


def field(t):
    head, kind, config = struct_of(u64, text)(t), text(t), sized(t)
    assert whole(CONFIGS[kind[8:].decode()], config[8:]) == config[8:]
    return head + kind + config


type_of_node = struct_of(u64, text, u32, listed(field))
schema = listed(type_of_node)


def default_type(t):
    out = sized(t)
    assert whole(value_type, out[8:]) == out[8:]
    return out


migration = listed(enum(type_of_node, u64, struct_of(u64, name), struct_of(u64, field), u64, struct_of(u64, name),
                        struct_of(u64, sized), struct_of(u64, u64), struct_of(u64, default_type), u64))


def payload(kind):
    def edit(t):
        head, op = struct_of(raw(16), u64)(t), sized(t)
        if kind:
            assert whole(OPS[kind], op[8:]) == op[8:]
        return head + op
    return struct_of(u8, listed(enum(schema, struct_of(u64, u64), edit, struct_of(u64, value),
                                        struct_of(u64, value, u32), raw(16), migration)))


KINDS = {"register.set": "register", "record.set": "record", "text.insert": "text", "text.delete": "text", "keystroke": "text"}
for name, data in V.items():
    first, _, rest = name.partition(".")
    kind = rest.partition(".")[0]
    if first in ("value", "value_type", "config", "op") or name in ("schema", "type", "node.keyed.key", "migration"):
        rules = {"value_type": value_type, "config": CONFIGS.get(kind), "op": OPS.get(kind), "schema": schema, "type": type_of_node,
                 "migration": migration}
        same(name, whole(rules.get(first, value), data))
    if first == "payload" and not rest.endswith("hash"):
        same(name, whole(payload(KINDS.get(rest)), data))
        same(name + ".hash", derive("commit payload", data))
    if rest == "header":
        same(first + ".id", derive("commit header", data))

# ---- Hashes and signatures.

for name in [n for n in V if n.startswith("hash.")]:
    same(name, derive("commit payload", bytes(i % 251 for i in range(int(name[5:])))))
same("schema.id", derive("schema", V["schema"]))
same("node.id", derive("node", V["key.1.public"] + struct.pack("<QIQ", 3, 2, 0x0123456789ABCDEF))[:16])
same("node.keyed", derive("keyed node", struct.pack("<Q", 1) + V["node.keyed.key"])[:16])
same("node.recreated", derive("recreated node", struct.pack("<QI", 1, 2) + V["node.keyed.key"])[:16])
folder, rank = (struct.pack("<Q", len(one)) + one for one in (b"Folder", b"rank"))
rank = struct.pack("<Q", 1) + rank + struct.pack("<Q", 8) + b"register" + struct.pack("<QI", 4, 1)
same("id.type.new", derive("new type", folder + struct.pack("<I", 0))[:8])
for attempt, name in enumerate(("id.field.new", "id.field.again")):
    same(name, derive("new field", rank + struct.pack("<I", attempt))[:8])
same("type.digest", derive("type", V["type"]))
same("version.id", derive("version", V["version.heads"]))
same("version.id.empty", derive("version", b""))
same("digest.place", derive("digest key", V["digest.key"]))
same("digest.leaf", derive("digest leaf", V["digest.place"] + V["digest.value"]))
same("digest.branch", derive("digest branch", V["digest.leaf"] + V["digest.place"]))
same("segment.root", derive("segment root", bytes(32) + b"segment"))
same("certificate.message", b"woodland 2026-11 certificate" + V["key.9.public"] + V["key.2.public"] + b"Ada")
same("certificate", V["key.9.public"] + struct.pack("<Q", 3) + b"Ada" + V["certificate"][-64:])
same("signature.point.message", b"woodland 2026-11 signed point" + V["founding.id"])
assert reader.verify(V["key.9.public"], V["certificate.message"], V["certificate"][-64:])
assert reader.verify(V["key.1.public"], V["signature.point.message"], V["signature.point"])
assert not reader.verify(V["key.2.public"], V["signature.point.message"], V["signature.point"])
same("founding.id", reader.decode_header(V["founding.header"], False).id)
same("first.id", reader.decode_header(V["first.header"], False).id)
forged = V["first.header"].replace(b"Ada", b"Eve")
try:
    reader.decode_header(forged, False)
    assert False, "a forged certificate was taken"
except Bad:
    pass

# ---- Numbers and edits; forms that are refused.


def refused(act, expected):
    try:
        act()
    except Bad as bad:
        assert expected in str(bad), bad
        return
    assert False, f"taken, not refused: {expected}"


for data in ("0000000000000080", "010000000000f87f", "000000000000f8ff"):
    refused(lambda: whole(value, bytes.fromhex("07000000" + data)), "expected bits")
for rule, data in ((value, V["value.map"]), (OPS["set"], V["op.set.add"]), (OPS["record"], V["op.record.clear"])):
    twice = data[:4] + struct.pack("<Q", 4) + data[12:] * 2
    refused(lambda: whole(rule, twice), "an ascending list")

for n, data in ((0, "00"), (127, "7f"), (128, "8001"), (2**64 - 1, "ff" * 9 + "01")):
    assert Take(bytes.fromhex(data)).number("n") == n
for data in ("8000", "ff00", "ff" * 9 + "02", "ff" * 9 + "8101", "80" * 10 + "01"):
    refused(lambda: Take(bytes.fromhex(data)).number("n"), "shortest form")
refused(lambda: Take(b"\x80").number("n"), "1 bytes of n")


def edited(old, size, data):
    segment = reader.Segment.__new__(reader.Segment)
    segment.payload, t = old, Take(data)
    out = segment.edited(t, size)
    t.end("the edits")
    return out


for old, new, data in ((b"abc", b"abc", b"\3"), (b"abc", b"", b""), (b"abc", b"ab", b"\2"), (b"abc", b"abcd", b"\3\1d"),
                       (b"abc", b"xbyz", b"\0\1x\1\2yz"), (b"a", b"xy", b"\0\1x\0\1y")):
    assert edited(old, len(new), data) == new
for old, size, data, expected in ((b"", 1, b"\0\1x", "and the like"), (bytes(513), 1, b"\1", "and the like"),
                                  (bytes(512), 513, b"\1", "and the like"), (b"abc", 4, b"\4", "bytes kept up to 3"),
                                  (b"abc", 2, b"\3", "bytes kept up to 2"), (b"abc", 3, b"\0\0", "1 to 3 bytes put"),
                                  (b"abc", 3, b"\1\3xxx", "1 to 2 bytes put"), (b"a", 4, b"\0\2xy\0\2zz", "bytes kept up to 1"),
                                  (b"abc", 3, b"\3\0", "the end of the edits")):
    refused(lambda: edited(old, size, data), expected)

# ---- The log.


def read(trust, *files):
    lines = []
    data = Dataset(trust, lines.append)
    for file in files:
        File("log", file, data).read()
    data.resolve()
    return data, lines


LOG = V["log.file"]
for trust in (False, True):
    data, lines = read(trust, LOG)
    assert not lines, lines
    same("log.order", b"".join(c.id for c in data.order()))
    same("log.heads", b"".join(data.heads()))
    same("log.version", derive("version", b"".join(data.heads())))
    linked = {c.backlink for c in data.admitted.values()}
    tips = sorted((c.author, c.seq, c.id) for c in data.admitted.values() if c.id not in linked)
    same("log.frontier", b"".join(a + struct.pack("<Q", s) + i for a, s, i in tips))
same("file.header.log", LOG[:48])
same("segment.head", LOG[60:60 + len(V["segment.head"])])
for name in ("introduce", "adopt", "next"):  # built headers, not decoded ones
    assert V[name + ".id"] in data.commits
ids = set(data.commits)

# Cut: what is whole is read, and the rest is said. Only where a segment ends is nothing damaged.
starts = [m.start() for m in re.finditer(b"SEGH", LOG)]
for end in range(len(LOG)):
    data, lines = read(True, LOG[:end])
    assert bool(data.damaged) == (end not in [48] + starts[1:]), (end, lines)
    assert set(data.commits) <= ids
# Turned over: always said; nothing foreign is read, and each segment before and after is.
for at in range(len(LOG)):
    bad = bytearray(LOG)
    bad[at] ^= 1 << at % 8
    data, lines = read(True, bytes(bad))
    assert data.damaged, at
    assert set(data.commits) <= ids
    assert len(data.commits) >= (7 if at < 48 else 4), (at, lines)
# A payload bit with the checksum made good: the ids part from the head's `last`, and the signature does not hold.
whole_frames = bytearray(LOG)
at = LOG.index(b"\x80\x3e\x25\x01\x11") + 4  # the keystroke's row: like the one before, 62 bytes, keep 37, put 17
whole_frames[at] ^= 1
frame = LOG.rindex(b"SEGB", 0, at)
length = struct.unpack_from("<I", LOG, frame + 4)[0]
crc = reader.zlib.crc32(bytes(whole_frames[frame:frame + 8] + whole_frames[frame + 12:frame + 12 + length]))
struct.pack_into("<I", whole_frames, frame + 8, crc)
data, lines = read(False, bytes(whole_frames))
assert data.damaged == 1 and "last commit" in lines[0], lines
# Author 2 is out as a whole, and with it the commit of author 1 that names it, and the one that only that one's signature vouches for.
assert {c.id for c in data.admitted.values()} == {V["founding.id"], data.commits[V["introduce.id"]].backlink}
# A fork, and a tail that nobody signed.
data, lines = read(False, V["fork.file"])
assert not data.damaged and len(lines) == 1 and lines[0].startswith("waiting: 1 of 4"), lines
same("fork.order", b"".join(c.id for c in data.order()))
same("fork.waits", b"".join(set(data.commits) - set(data.admitted)))
same("fork.version", derive("version", b"".join(data.heads())))
# Payloads that are like one another.
data, lines = read(False, V["alike.file"])
assert not lines, lines
same("alike.order", b"".join(c.id for c in data.order()))
same("alike.version", derive("version", b"".join(data.heads())))
# Twice over, and in two files: one version.
data, lines = read(False, LOG + LOG[48:], V["file.header.store"] + LOG[starts[1]:])
assert not lines
same("log.order", b"".join(c.id for c in data.order()))
print(f"{done} vectors agree; damage is named, the whole is read")
