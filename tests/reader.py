#!/usr/bin/env python3
"""A second reader of Woodland's files, written from docs/format.md alone; standard library only.

    reader.py [--heads] [--trust] PATH...

PATH is a log file, a segment file, or a dataset directory (its segments/*.wls); all of one dataset.
Prints one line per commit of the version, in order: turn author seq id.
--heads    instead: the heads, ascending, one per line, then: version ID
--masked   instead: the commits that a revocation beside them masks, in order, one id per line
--trust    signatures are not verified: any signature vouches, and so does any certificate's for its name.
           The rule "only up to a signed point" is then kept by the presence of a signature.
Damage gives a line on stderr (file, byte, expected, found) and exit status 1; what is whole is read and printed.
Commits that wait are reported on stderr; that is no damage.
"""
import glob
import hashlib
import os
import struct
import sys
import zlib

M = 0xFFFFFFFF

# ---------------------------------------------------------------- BLAKE3, derive_key, 32 bytes of output

IV = (0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A, 0x510E527F, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19)
CHUNK_START, CHUNK_END, PARENT, ROOT, CONTEXT, MATERIAL = 1, 2, 4, 8, 32, 64

def _compress_source():
    """The source of compress(), with all seven rounds written out: twice as fast as loops."""
    permute = (2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8)
    quarters = ((0, 4, 8, 12), (1, 5, 9, 13), (2, 6, 10, 14), (3, 7, 11, 15),
                (0, 5, 10, 15), (1, 6, 11, 12), (2, 7, 8, 13), (3, 4, 9, 14))
    out = ["def compress(cv, block, counter, length, flags):",
           " " + ",".join(f"m{i}" for i in range(16)) + " = unpack(block)",
           " v0,v1,v2,v3,v4,v5,v6,v7 = cv",
           f" v8,v9,v10,v11 = {IV[:4]}",
           f" v12 = counter & {M}; v13 = counter >> 32; v14 = length; v15 = flags"]
    order = list(range(16))
    for _ in range(7):
        for n, (a, b, c, d) in enumerate(quarters):
            for x, r1, r2 in ((order[2 * n], 16, 12), (order[2 * n + 1], 8, 7)):
                out.append(f" v{a} = v{a} + v{b} + m{x} & {M}; v{d} ^= v{a}; v{d} = v{d} >> {r1} | v{d} << {32 - r1} & {M}")
                out.append(f" v{c} = v{c} + v{d} & {M}; v{b} ^= v{c}; v{b} = v{b} >> {r2} | v{b} << {32 - r2} & {M}")
        order = [order[i] for i in permute]
    out.append(" return (" + ", ".join(f"v{i} ^ v{i + 8}" for i in range(8)) + ")")
    return "\n".join(out)

exec(_compress_source(), _space := {"unpack": struct.Struct("<16I").unpack})
compress = _space["compress"]

def _chunk(key, data, counter, flags, last):
    """The chaining value of one chunk; `last` goes to its last block."""
    cv, n, at = key, len(data), 0
    start = CHUNK_START
    while n - at > 64:
        cv = compress(cv, data[at:at + 64], counter, 64, flags | start)
        start, at = 0, at + 64
    return compress(cv, data[at:].ljust(64, b"\0"), counter, n - at, flags | start | CHUNK_END | last)

def _blake3(key, data, flags):
    if len(data) <= 1024:
        return struct.pack("<8I", *_chunk(key, data, 0, flags, ROOT))
    stack, count = [], (len(data) + 1023) // 1024
    def parent(left, right, last):
        return compress(key, struct.pack("<16I", *left, *right), 0, 64, flags | PARENT | last)
    for i in range(count - 1):
        cv, total = _chunk(key, data[i * 1024:i * 1024 + 1024], i, flags, 0), i + 1
        while total & 1 == 0:
            cv, total = parent(stack.pop(), cv, 0), total >> 1
        stack.append(cv)
    cv = _chunk(key, data[(count - 1) * 1024:], count - 1, flags, 0)
    while stack:
        left = stack.pop()
        cv = parent(left, cv, 0 if stack else ROOT)
    return struct.pack("<8I", *cv)

_keys = {}

def derive(context, data):
    """BLAKE3 in derive_key mode. `context` without the "woodland 2026-11 " that all have."""
    if context not in _keys:
        _keys[context] = struct.unpack("<8I", _blake3(IV, b"woodland 2026-11 " + context.encode(), CONTEXT))
    return _blake3(_keys[context], data, MATERIAL)

# ---------------------------------------------------------------- Ed25519, verification only

P, L = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493
D, SQRT_M1 = -121665 * pow(121666, -1, P) % P, pow(2, (P - 1) // 4, P)
ZERO = (0, 1, 1, 0)

def _add(a, b):
    (x1, y1, z1, t1), (x2, y2, z2, t2) = a, b
    e, f = (y1 - x1) * (y2 - x2) % P, (y1 + x1) * (y2 + x2) % P
    g, h = 2 * t1 * t2 * D % P, 2 * z1 * z2 % P
    e, f, g, h = f - e, h - g, h + g, f + e
    return e * f % P, g * h % P, f * g % P, e * h % P

def _times(n, a):
    out = ZERO
    while n:
        out, a, n = _add(out, a) if n & 1 else out, _add(a, a), n >> 1
    return out

def _same(a, b):
    return (a[0] * b[2] - b[0] * a[2]) % P == 0 and (a[1] * b[2] - b[1] * a[2]) % P == 0

def _point(data, is_key=False):
    """The point, or None where it does not decode or is of small order. Only a key's y may be p or more."""
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & (1 << 255) - 1
    u, v = (y * y - 1) % P, (D * y * y + 1) % P
    x = u * v**3 * pow(u * v**7, (P - 5) // 8, P) % P
    x = x if (v * x * x - u) % P == 0 else x * SQRT_M1 % P
    x = x if x & 1 == sign else P - x
    point = (x, y, 1, x * y % P)
    return None if (y >= P and not is_key) or (v * x * x - u) % P or _same(_times(8, point), ZERO) else point

BASE = _point(bytes([0x58]) + bytes([0x66]) * 31)

def verify(key, message, signature):
    a, r, s = _point(key, True), _point(signature[:32]), int.from_bytes(signature[32:], "little")
    k = int.from_bytes(hashlib.sha512(signature[:32] + key + message).digest(), "little") % L
    return bool(a and r and s < L and _same(_times(s, BASE), _add(r, _times(k, a))))

# ---------------------------------------------------------------- canonical encoding

U32, U64 = struct.Struct("<I"), struct.Struct("<Q")
PAYLOAD_MAX, HEADER_MAX, PARENTS_MAX, NAME_MAX = 67_108_864, 16_384, 256, 128
FRAME_MAX, HEAD_MAX, COMMITS_MAX, LIKE_MAX = 67_126_272, 256, 16_777_216, 512

class Bad(Exception):
    """Bytes that are not what they should be: what was expected, what was found."""

    def __init__(self, expected, found):
        super().__init__(f"expected {expected}, found {found}")

def need(holds, expected, found):
    if not holds:
        raise Bad(expected, found)

class Take:
    """Takes things off the front of some bytes."""

    def __init__(self, data, at=0):
        self.data, self.at = data, at

    def raw(self, n, what):
        end = self.at + n
        need(end <= len(self.data), f"{n} bytes of {what}", f"{len(self.data) - self.at} bytes")
        out, self.at = self.data[self.at:end], end
        return out

    def int(self, n, what):
        return int.from_bytes(self.raw(n, what), "little")

    def number(self, what):
        """LEB128 in its shortest form, below 2 to the 64."""
        out, shift, byte = 0, 0, 128
        while byte & 128:
            byte = self.int(1, what)
            out, shift = out | (byte & 127) << shift, shift + 7
            need(out < 1 << 64 and (byte or shift == 7), f"{what} below 2**64 in its shortest form", f"byte {byte}")
        return out

    def option(self, what):
        tag = self.int(1, what)
        need(tag < 2, f"0 or 1 before {what}", tag)
        return tag == 1

    def ids(self, n, what):
        need(n <= PARENTS_MAX, f"at most {PARENTS_MAX} {what}", n)
        all_ids = self.raw(32 * n, what)
        out = tuple(all_ids[i:i + 32] for i in range(0, 32 * n, 32))
        need(all(a < b for a, b in zip(out, out[1:])), f"{what} ascending strictly", "another order")
        return out

    def end(self, what):
        need(self.at == len(self.data), f"the end of {what}", f"{len(self.data) - self.at} bytes more")

FOUNDING, FIRST, NEXT, OWNED, RIGHTS = range(5)
KEEP, ADOPT, INTRODUCE = range(3)
GRANT_READ, GRANT_WRITE, REVOKE = range(3)

class Commit:
    """What admission and order need of a commit. `author` of a `next` is filled in when its chain is known."""
    author = backlink = schema = None
    identity = rights = None
    seq, change = 0, KEEP

    def __init__(self, **parts):
        self.__dict__.update(parts)
        self.signatures = set()

def decode_header(data, trust):
    """A canonical founding, owned or first header as a Commit. Later ones are only ever built, in Segment.row."""
    need(len(data) <= HEADER_MAX, f"at most {HEADER_MAX} bytes of header", len(data))
    t = Take(data)
    form = t.int(1, "header format")
    need(form == 1, "header format 1", form)
    c = Commit(kind=t.int(4, "position"))
    need(c.kind in (FOUNDING, FIRST, OWNED), "a founding, owned or first header", f"position {c.kind}")
    c.author, other, c.schema = t.raw(32, "author"), t.raw(32, "nonce or dataset"), t.raw(32, "schema id")
    c.change, c.refs = (ADOPT, (other,)) if c.kind == FIRST else (INTRODUCE, ())
    if c.kind == OWNED or t.option("certificate"):
        c.identity = identity = t.raw(32, "identity")
        length = t.int(8, "length of name")
        need(length <= NAME_MAX, f"a name of at most {NAME_MAX} bytes", length)
        name, signature = t.raw(length, "name"), t.raw(64, "signature")
        need(name.decode(errors="replace").encode() == name, "a name in UTF-8", name.hex())
        need(trust or verify(identity, b"woodland 2026-11 certificate" + identity + c.author + name, signature),
             "a certificate's valid signature", signature.hex()[:8])
    c.payload_hash, c.payload_bytes = t.raw(32, "payload hash"), t.int(4, "payload bytes")
    need(c.payload_bytes <= PAYLOAD_MAX, f"at most {PAYLOAD_MAX} bytes of payload", c.payload_bytes)
    c.turn = t.int(8, "turn")
    parents = t.ids(t.int(8, "number of parents"), "parents")
    t.end("the header")
    need(c.kind == FIRST or (c.turn == 0 and not parents), "turn 0 and no parents in a founding header",
         f"turn {c.turn}, {len(parents)} parents")
    c.refs, c.id = c.refs + parents, derive("commit header", data)
    return c

# ---------------------------------------------------------------- frames, heads, blocks, rows

class Segment:
    def __init__(self, body, dataset):
        need(len(body) <= HEAD_MAX, f"a head of at most {HEAD_MAX} bytes", len(body))
        t = Take(body)
        form = t.int(1, "head format")
        need(form == 2, "head format 2", form)
        found = t.raw(32, "dataset")
        need(dataset in (None, found), f"dataset {(dataset or b'').hex()}", found.hex())
        self.dataset, self.author, self.first = found, t.raw(32, "author"), t.int(8, "first seq")
        self.previous = t.raw(32, "previous") if t.option("previous") else None
        self.last, self.commits, self.blocks = t.raw(32, "last"), t.int(4, "commits"), t.int(4, "blocks")
        t.end("the head")
        need((self.previous is None) == (self.first == 0), "a previous commit exactly where first seq is not 0",
             f"first seq {self.first}")
        need(1 <= self.commits <= COMMITS_MAX, f"1 to {COMMITS_MAX} commits", self.commits)
        need(1 <= self.blocks <= self.commits, f"1 to {self.commits} blocks", self.blocks)
        need(self.first + self.commits <= 1 << 64, "seqs of 64 bits", self.first)
        # Where the next row stands; a block begins without the turn and the payload before it.
        self.before, self.seq, self.left, self.blocks_left = self.previous, self.first, self.commits, self.blocks

    def block(self, body, hand_out, trust):
        t = Take(body)
        first, count = t.int(8, "first seq"), t.int(4, "commits")
        self.blocks_left, self.turn, self.payload = self.blocks_left - 1, None, b""
        need(first == self.seq, f"a block from seq {self.seq}", f"seq {first}")
        most = self.left - self.blocks_left
        least = 1 if self.blocks_left else most
        need(least <= count <= most, f"{least} to {most} commits", count)
        for n in range(count):
            try:
                commit = self.row(t, trust)
            except Bad as bad:
                raise Bad(f"a whole row {n} (seq {self.seq})", f"one that is not: {bad}") from None
            hand_out(commit)
            self.before, self.turn, self.seq, self.left = commit.id, commit.turn, self.seq + 1, self.left - 1
        t.end("the block")

    def row(self, t, trust):
        flags = t.int(1, "flags")
        need(not (flags & 1 and flags & 30) and flags & 160 != 160, "flags that go together", flags)
        need(flags & 1 == (self.before is None), "a header in a chain's first row and in no other", f"flags {flags}")
        need(flags & 3 or self.turn is not None, "a turn in a block's first row", f"flags {flags}")
        if flags & 1:
            commit = decode_header(t.raw(t.number("header length"), "header"), trust)
            need(commit.author == self.author, f"author {self.author.hex()}", commit.author.hex())
        else:
            turn = t.number("turn") if flags & 2 else self.turn
            parents = t.ids(t.number("number of parents"), "parents") if flags & 4 else ()
            need(parents or not flags & 4, "at least 1 parent", "none")
            rights, change, schema = None, (KEEP, ADOPT, INTRODUCE, KEEP)[flags >> 3 & 3], None
            if flags & 24 == 24:
                rights = t.int(1, "rights change"), t.raw(32, "identity")
                need(rights[0] <= REVOKE, "a grant to read or write, or a revocation", rights[0])
            elif change:
                schema = t.raw(32, "schema id")
            commit = None
        size = t.number("payload length")
        need(size <= PAYLOAD_MAX, f"at most {PAYLOAD_MAX} bytes of payload", size)
        if not flags & 32:
            self.payload = self.edited(t, size) if flags & 128 else t.raw(size, "payload")
        digest = t.raw(32, "payload hash") if flags & 32 else derive("commit payload", self.payload)
        signature = t.raw(64, "signature") if flags & 64 else None
        if commit:
            need(commit.payload_bytes == size, f"{commit.payload_bytes} bytes of payload as in the header", size)
            need(commit.payload_hash == digest, f"payload hash {commit.payload_hash.hex()}", digest.hex())
        else:
            kind, said = NEXT, U32.pack(change) + (schema or b"")
            if rights:
                kind, said = RIGHTS, U32.pack(rights[0] == REVOKE) + rights[1]
                said += b"" if rights[0] == REVOKE else U32.pack(rights[0] == GRANT_WRITE)
            header = b"".join((b"\1", U32.pack(kind), self.before, U64.pack(self.seq), said, digest, U32.pack(size), U64.pack(turn),
                               U64.pack(len(parents)), *parents))
            commit = Commit(kind=kind, rights=rights, id=derive("commit header", header), backlink=self.before, refs=(self.before,) + parents,
                            seq=self.seq, turn=turn, change=change, schema=schema, payload_hash=digest, payload_bytes=size)
        if signature:
            commit.signatures.add(signature)
        return commit

    def edited(self, t, size):
        """The payload of this length that is like the one before."""
        old, new = self.payload, b""
        need(old and max(len(old), size) <= LIKE_MAX, f"1 to {LIKE_MAX} bytes and the like", f"{len(old)} and {size}")
        while len(new) < size:
            end, most = len(new) + t.number("keep"), min(size, len(old))
            need(end <= most, f"bytes kept up to {most}", end)
            new += old[len(new):end]
            if len(new) < size:
                put = t.number("put")
                need(1 <= put <= size - len(new), f"1 to {size - len(new)} bytes put", put)
                new += t.raw(put, "bytes put")
        return new

class File:
    """One file of segments: `read` hands commits to the dataset and damage to `report`."""

    def __init__(self, name, data, dataset):
        self.name, self.data, self.into, self.spent = name, data, dataset, 0

    def report(self, at, text):
        self.into.damage(f"{self.name}: byte {at}: {text}")

    def header(self):
        """Where reading starts: after a good header; at the first whole segment after a damaged one; nowhere if it is foreign."""
        data, known, start = self.data, self.into.id, None
        try:
            need(len(data) >= 48 and data[:8] == b"WOODLAND", "48 bytes from WOODLAND on", data[:8].hex())
            found, crc = zlib.crc32(data[16:48], zlib.crc32(data[:12])), U32.unpack_from(data, 12)[0]
            need(found == crc, f"checksum {found:08x}", f"{crc:08x}")
            start = len(data)
            need(data[8] == 1, "file format 1", data[8])
            need(data[9] in (1, 2), "purpose 1 or 2", data[9])
            need(known in (None, data[16:48]), f"dataset {(known or b'').hex()}", data[16:48].hex())
            self.into.id = data[16:48]
            return 48
        except Bad as bad:
            self.report(0, str(bad))
            return start or self.search(0)

    def frame(self, at):
        """Tag and end of the whole frame at `at`."""
        data = self.data
        tag = data[at:at + 4]
        need(tag in (b"SEGH", b"SEGB"), "tag SEGH or SEGB", tag.hex())
        need(at + 12 <= len(data), "12 bytes of frame", f"{len(data) - at} bytes")
        length, crc = struct.unpack_from("<II", data, at + 4)
        limit = HEAD_MAX if tag == b"SEGH" else FRAME_MAX
        need(length <= limit, f"a body of at most {limit} bytes", length)
        need(at + 12 + length <= len(data), f"{length} bytes of body", f"{len(data) - at - 12} bytes to the end of the file")
        found = zlib.crc32(memoryview(data)[at + 12:at + 12 + length], zlib.crc32(data[at:at + 8]))
        if found != crc:
            self.spent += 12 + length
            raise Bad(f"checksum {found:08x} of tag, length and body", f"{crc:08x}")
        return tag, at + 12 + length

    def search(self, at):
        """The next whole SEGH at or after `at`, or the end of the file."""
        while (at := self.data.find(b"SEG", at)) >= 0:
            before = self.spent
            try:
                tag, end = self.frame(at)
            except Bad:
                claimed = 12 + U32.unpack_from(self.data, at + 4)[0] if self.spent > before else 1
                at += claimed if self.spent > 4 * len(self.data) else 1
                continue
            if tag == b"SEGH":
                return at
            at = end
        return len(self.data)

    def read(self):
        at, number = self.header(), -1
        while at < len(self.data):
            at, number = self.segment(at, number)

    def segment(self, at, number):
        start = at
        try:
            tag, end = self.frame(at)
        except Bad as bad:
            self.report(at, f"after segment {number}: {bad}" if number >= 0 else str(bad))
            return self.search(at + 1), number
        if tag == b"SEGB":
            self.report(at, f"after segment {number}: expected SEGH, found SEGB")
            return self.search(end), number
        number += 1
        try:
            segment = Segment(self.data[at + 12:end], self.into.id)
        except Bad as bad:
            self.report(at, f"segment {number}: {bad}")
            return self.search(end), number
        self.into.id = segment.dataset
        where = f"segment {number} of {segment.author.hex()}"
        if segment.previous:
            self.into.claims.append((segment.previous, segment.author, self, start, where))
        at = end
        for _ in range(segment.blocks):
            end = None
            try:
                tag, end = self.frame(at)
                if tag == b"SEGH":
                    self.report(at, f"{where}: expected SEGB, found SEGH")
                    return at, number
                segment.block(self.data[at + 12:end], self.into.add, self.into.trust)
            except Bad as bad:
                self.report(at, f"{where}: {bad}")
                return self.search(end or at + 1), number
            at = end
        if segment.before != segment.last:
            self.report(start, f"{where}: expected last commit {segment.last.hex()}, found {segment.before.hex()}")
        return at, number

# ---------------------------------------------------------------- the version

class Dataset:
    def __init__(self, trust=False, say=lambda line: print(line, file=sys.stderr)):
        self.id, self.trust, self.say, self.damaged = None, trust, say, 0
        self.commits, self.claims, self.admitted, self.rights, self.owner = {}, [], {}, [], None

    def damage(self, line):
        self.damaged += 1
        self.say(line)

    def add(self, commit):
        held = self.commits.setdefault(commit.id, commit)
        held.signatures |= commit.signatures

    def signed(self, c):
        point = b"woodland 2026-11 signed point" + c.id
        return any(self.trust or verify(c.author, point, s) for s in c.signatures)

    def resolve(self):
        commits, admitted, users, missing = self.commits, self.admitted, {}, {}
        for c in commits.values():
            for r in c.refs:
                users.setdefault(r, []).append(c)
            missing[c.id] = len(set(c.refs))
        # Authors go down the chains.
        known = [c for c in commits.values() if c.author]
        for c in known:
            for user in users.get(c.id, ()):
                if user.backlink == c.id:
                    if not user.author:
                        known.append(user)
                    user.author, user.identity = c.author, c.identity
        for previous, author, file, at, where in self.claims:
            held = commits.get(previous)
            if held and held.author and held.author != author:
                file.report(at, f"{where}: expected the author of its previous commit, {held.author.hex()}, found {author.hex()}")
        # Admission, each commit when the last of its past is.
        introduced, broken = {}, []
        ready = [c for c in commits.values() if not c.refs]
        while ready:
            c = ready.pop()
            if wrong := self.breaks(c, introduced):
                broken.append(c)
                self.say(f"commit {c.id.hex()} breaks a rule: {wrong}")
                continue
            admitted[c.id] = c
            if c.rights:
                self.rights.append(c)
            if c.change == INTRODUCE:
                introduced.setdefault(c.schema, []).append(c)
            for user in {u.id: u for u in users.get(c.id, ())}.values():
                missing[user.id] -= 1
                if missing[user.id] == 0:
                    ready.append(user)
        unsigned = self.take_out_unsigned(users)
        if len(admitted) < len(commits):
            absent = sum(1 for r in users if r not in commits)
            self.say(f"waiting: {len(commits) - len(admitted)} of {len(commits)} commits: {unsigned} without a valid signature "
                     f"at or after them, {len(broken)} that break a rule, the others behind these or behind {absent} missing commits")

    def take_out_unsigned(self, users):
        """Takes out what nothing admitted vouches for, and what refers to it, as long as there is any. Answers how many."""
        count = 0
        while True:
            # Signatures vouch up the chains, the latest first, so that few are verified.
            vouched = set()
            for c in sorted(self.admitted.values(), key=lambda c: -c.seq):
                if c.signatures and c.id not in vouched and self.signed(c):
                    while c and c.id not in vouched:
                        vouched.add(c.id)
                        c = self.admitted.get(c.backlink)
            bare = [i for i in self.admitted if i not in vouched]
            if not bare:
                return count
            count += len(bare)
            while bare:
                if self.admitted.pop(i := bare.pop(), None):
                    bare += [user.id for user in users.get(i, ())]

    def breaks(self, c, introduced):
        """The rule of the past that `c` breaks, or None. All that it refers to is admitted."""
        if c.kind in (FOUNDING, OWNED):
            self.owner = c.identity if c.kind == OWNED else None
            return None if c.id == self.id else "not the founding commit of this dataset"
        if c.kind == FIRST and c.refs[0] != self.id:
            return "another dataset"
        before = self.admitted[c.backlink] if c.backlink else None
        if before and c.seq != before.seq + 1:
            return f"expected seq {before.seq + 1}, found {c.seq}"
        others = [self.admitted[r].turn + 1 for r in (c.refs[1:] if before else c.refs)]
        turn = max(others + [before.turn] if before else others)
        if c.turn != turn:
            return f"expected turn {turn}, found {c.turn}"
        if c.change == ADOPT and not self.reaches(c, introduced.get(c.schema, ())):
            return f"expected a schema that its past introduces, found {c.schema.hex()}"
        if not self.is_allowed(c):
            return "its author has no right to it"
        return None

    def is_allowed(self, c):
        is_owner = self.owner is not None and c.identity == self.owner
        if c.kind == RIGHTS or self.owner is None or is_owner:
            return is_owner or (c.kind != RIGHTS and self.owner is None)
        mine = [r for r in self.rights if r.rights[1] == c.identity and self.reaches(c, (r,))]
        revoked = [r for r in mine if r.rights[0] == REVOKE]
        return any(g.rights[0] == GRANT_WRITE and all(self.reaches(g, (r,)) for r in revoked) for g in mine)

    def masked(self):
        revoked = [r for r in self.rights if r.id in self.admitted and r.rights[0] == REVOKE and r.rights[1] != self.owner]
        beside = lambda c, r: c is not r and not self.reaches(c, (r,)) and not self.reaches(r, (c,))
        return [c for c in self.order() if any(c.identity == r.rights[1] and beside(c, r) for r in revoked)]

    def reaches(self, c, goals):
        """Whether one of `goals` is in the past of `c`. Turns never fall along the way, so little is walked."""
        ids, low = {g.id for g in goals}, min((g.turn for g in goals), default=1 << 64)
        seen = stack = {self.id} & ids or set(c.refs)
        while stack and not ids & stack:
            stack = {r for i in stack for r in self.admitted[i].refs if self.admitted[r].turn >= low} - seen
            seen |= stack
        return bool(stack)

    def order(self):
        return sorted(self.admitted.values(), key=lambda c: (c.turn, c.author, c.seq, c.id))

    def heads(self):
        named = {r for c in self.admitted.values() for r in c.refs}
        return sorted(i for i in self.admitted if i not in named)

def main(arguments):
    paths = [a for a in arguments if not a.startswith("--")]
    if not paths or set(arguments) - set(paths) - {"--heads", "--masked", "--trust"}:
        sys.exit(__doc__)
    data = Dataset(trust="--trust" in arguments)
    for path in paths:
        inside = sorted(glob.glob(os.path.join(glob.escape(path), "segments", "*.wls")))
        for name in inside if os.path.isdir(path) else [path]:
            with open(name, "rb") as f:
                File(name, f.read(), data).read()
    data.resolve()
    if "--heads" in arguments:
        heads = data.heads()
        print("".join(h.hex() + "\n" for h in heads) + "version " + derive("version", b"".join(heads)).hex())
    elif "--masked" in arguments:
        sys.stdout.writelines(c.id.hex() + "\n" for c in data.masked())
    else:
        sys.stdout.writelines(f"{c.turn} {c.author.hex()} {c.seq} {c.id.hex()}\n" for c in data.order())
    return 1 if data.damaged else 0

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
