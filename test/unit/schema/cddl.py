"""The part of CDDL (RFC 8610) that doc/*.cddl use, and the part of CBOR (RFC
8949) that they describe, deterministic encoding demanded (4.2.1).

Rules, type choices, arrays and maps with occurrences, groups of map members,
ranges, integers, .size and .cbor; uint, int, bytes, text, bool, null.
"""
import re

TOKEN = re.compile(r"\s*(;[^\n]*|=>|\.\.|\.size\b|\.cbor\b|-?\d+\*\d+|-?\d+|"
                   r"[A-Za-z][\w-]*|[=/\[\]{}(),:?])")


class Wrong(Exception):
    """A schema that cannot be read, or bytes that are no CBOR of ours."""


class Node:
    """A type; counts what matched it, and the highest number met."""

    def __init__(self, kind, line, **parts):
        self.kind = kind
        self.line = line
        self.__dict__.update(parts)
        self.met = 0
        self.high = None


class Schema:
    def __init__(self, text):
        self.tokens = []
        at = 0
        text = text.rstrip()
        while at < len(text):
            found = TOKEN.match(text, at)
            if not found:
                raise Wrong("line %d: %r" % (
                    text.count("\n", 0, at) + 1, text[at:at + 20]))
            at = found.end()
            if not found[1].startswith(";"):
                self.tokens.append(
                    (found[1], text.count("\n", 0, found.start(1)) + 1))
        self.at = 0
        self.nodes = []
        self.rules = {}
        self.groups = {}
        while self.at < len(self.tokens):
            name = self.take()
            self.take("=")
            if name in self.rules or name in self.groups:
                raise Wrong("%s twice" % name)
            if self.peek() == "(":
                self.take("(")
                self.groups[name] = self.members(")")
            else:
                self.rules[name] = self.type()
        self.used = set()

    def peek(self, ahead=0):
        i = self.at + ahead
        return self.tokens[i][0] if i < len(self.tokens) else ""

    def take(self, wanted=None):
        word = self.peek()
        if not word or (wanted and word != wanted):
            raise Wrong("line %d: %r, not %r" % (
                self.tokens[min(self.at, len(self.tokens) - 1)][1], word,
                wanted))
        self.at += 1
        return word

    def node(self, kind, **parts):
        node = Node(kind, self.tokens[self.at - 1][1], **parts)
        self.nodes.append(node)
        return node

    def type(self):
        choices = [self.controlled()]
        while self.peek() == "/":
            self.take("/")
            choices.append(self.controlled())
        return choices[0] if len(choices) == 1 else \
            self.node("choice", of=choices)

    def controlled(self):
        base = self.single()
        if self.peek() == ".size":
            self.take(".size")
            if self.peek() == "(":
                self.take("(")
                low, high = int(self.take()), self.take("..") and \
                    int(self.take())
                self.take(")")
            else:
                low = high = int(self.take())
            return self.node("size", of=base, low=low, top=high)
        if self.peek() == ".cbor":
            self.take(".cbor")
            return self.node("cbor", of=base, inner=self.single())
        return base

    def single(self):
        word = self.take()
        if word == "[":
            return self.node("array", of=self.elements())
        if word == "{":
            return self.node("map", of=self.members("}"))
        if re.fullmatch(r"-?\d+", word):
            if self.peek() == "..":
                self.take("..")
                return self.node("range", low=int(word),
                                 top=int(self.take()))
            return self.node("number", value=int(word))
        return self.node("name", name=word)

    def elements(self):
        found = []
        while self.peek() != "]":
            low = high = 1
            if "*" in self.peek():
                low, high = (int(n) for n in self.take().split("*"))
            if self.peek(1) == ":":
                self.take()
                self.take(":")
            found.append(self.node("element", of=self.type(), low=low,
                                   top=high))
            if self.peek() != "]":
                self.take(",")
        self.take("]")
        return found

    def members(self, end):
        found = []
        while self.peek() != end:
            optional = self.peek() == "?"
            if optional:
                self.take("?")
            if self.peek(1) == "=>":
                key = int(self.take())
                self.take("=>")
                found.append(self.node("member", key=key, optional=optional,
                                       of=self.type()))
            else:
                found.append(self.node("group", name=self.take()))
            if self.peek() != end:
                self.take(",")
        self.take(end)
        return found

    # --- matching: an empty string, or why not ---

    def match(self, node, value):
        why = getattr(self, "match_" + node.kind)(node, value)
        if not why:
            node.met += 1
        return why

    def number_met(self, node, n):
        node.high = n if node.high is None else max(node.high, n)

    def match_choice(self, node, value):
        whys = [self.match(choice, value) for choice in node.of]
        return "" if "" in whys else " and ".join(whys)

    def match_name(self, node, value):
        prelude = {
            "uint": lambda v: type(v) is int and v >= 0,
            "int": lambda v: type(v) is int,
            "bool": lambda v: type(v) is bool,
            "bytes": lambda v: type(v) is bytes,
            "text": lambda v: type(v) is str,
            "null": lambda v: v is None,
        }
        if node.name in prelude:
            return "" if prelude[node.name](value) else \
                "line %d: %.60r is no %s" % (node.line, value, node.name)
        if node.name not in self.rules:
            raise Wrong("line %d: there is no %s" % (node.line, node.name))
        self.used.add(node.name)
        return self.match(self.rules[node.name], value)

    def match_number(self, node, value):
        return "" if type(value) is int and value == node.value else \
            "line %d: %.60r is not %d" % (node.line, value, node.value)

    def match_range(self, node, value):
        if type(value) is not int or not node.low <= value <= node.top:
            return "line %d: %.60r is not in %d..%d" % (
                node.line, value, node.low, node.top)
        self.number_met(node, value)
        return ""

    def match_size(self, node, value):
        why = self.match(node.of, value)
        if why:
            return why
        if type(value) is int:      # octets of a number, RFC 8610 3.8.1
            size = (value.bit_length() + 7) // 8
            good = size <= node.top
        else:
            size = len(value.encode() if type(value) is str else value)
            good = node.low <= size <= node.top
        self.number_met(node, size)
        return "" if good else "line %d: %d octets" % (node.line, size)

    def match_cbor(self, node, value):
        return self.match(node.of, value) or \
            self.match(node.inner, decode(value))

    def match_array(self, node, value):
        if type(value) is not list:
            return "line %d: %.60r is no array" % (node.line, value)
        at = 0
        for element in node.of:
            count = 0
            why = ""
            while at < len(value) and count < element.top:
                why = self.match(element.of, value[at])
                if why:
                    break
                at += 1
                count += 1
            if count < element.low:
                return why or "line %d: an element is missing" % element.line
            element.met += 1
            self.number_met(element, count)
        return "" if at == len(value) else \
            "line %d: %d elements too many" % (node.line, len(value) - at)

    def flat(self, members):
        for member in members:
            if member.kind == "group":
                member.met += 1
                self.used.add(member.name)
                yield from self.flat(self.groups[member.name])
            else:
                yield member

    def match_map(self, node, value):
        if type(value) is not dict:
            return "line %d: %.60r is no map" % (node.line, value)
        left, met, members = dict(value), [], list(self.flat(node.of))
        for member in members:      # first what tells alternatives apart
            if member.of.kind == "number" and member.key in left:
                why = self.match(member.of, left[member.key])
                if why:
                    return why
        for member in members:
            if member.key not in left:
                if member.optional:
                    continue
                return "line %d: no member %d" % (node.line, member.key)
            why = self.match(member.of, left.pop(member.key))
            if why:
                return why
            met.append(member)
        if left:
            return "line %d: members %s are not in it" % (
                node.line, sorted(left))
        for member in met:      # not by what another alternative takes
            member.met += 1
        return ""


def encode(value):
    """The one encoding of a value."""
    def head(major, n):
        if n < 24:
            return bytes([major << 5 | n])
        size = next(s for s in (1, 2, 4, 8) if n < 1 << 8 * s)
        return bytes([major << 5 | 23 + size.bit_length()]) + \
            n.to_bytes(size, "big")
    if value is None or type(value) is bool:
        return {False: b"\xf4", True: b"\xf5", None: b"\xf6"}[value]
    if type(value) is int:
        return head(0, value) if value >= 0 else head(1, -1 - value)
    if type(value) is bytes:
        return head(2, len(value)) + value
    if type(value) is str:
        return head(3, len(value.encode())) + value.encode()
    if type(value) is list:
        return head(4, len(value)) + b"".join(encode(v) for v in value)
    return head(5, len(value)) + b"".join(sorted(
        encode(key) + encode(v) for key, v in value.items()))


def decode(data):
    value, at = item(data, 0)
    if at != len(data):
        raise Wrong("octets behind the end")
    return value


def item(data, at):
    major, small = data[at] >> 5, data[at] & 31
    at += 1
    if small >= 24 and major != 7:
        size = {24: 1, 25: 2, 26: 4, 27: 8}[small]
        n = int.from_bytes(data[at:at + size], "big")
        at += size
        if n < (24 if size == 1 else 1 << 4 * size):
            raise Wrong("a number is not in its shortest form")
    else:
        n = small
    if major < 2:
        return (n if major == 0 else -1 - n), at
    if major < 4:
        piece = data[at:at + n]
        if len(piece) != n:
            raise Wrong("it is cut off")
        return (piece if major == 2 else piece.decode()), at + n
    if major == 4:
        found = []
        for _ in range(n):
            value, at = item(data, at)
            found.append(value)
        return found, at
    if major == 5:
        pairs = {}
        last = b""
        for _ in range(n):
            begin = at
            key, at = item(data, at)
            if data[begin:at] <= last:
                raise Wrong("keys are not in order")
            last = data[begin:at]
            pairs[key], at = item(data, at)
        return pairs, at
    if major == 7 and n in (20, 21, 22):
        return {20: False, 21: True, 22: None}[n], at
    raise Wrong("CBOR that none of ours writes")
