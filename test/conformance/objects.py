"""JWS and COSE_Sign1 for the conformance cases: requests written, vouchers judged.
Base64 and JSON are Python's, signatures and chains the openssl command's. The
judge of every JWS voucher is Debian's jose; of every COSE voucher libcbor, which
takes it apart (cose_apart.c), and `openssl pkeyutl`. Nothing here is of the
programs under test.
"""
import base64
import datetime
import hashlib
import json
import ssl

import world

# MP 10.2: differences to the SID of the container.
REQUEST_SID, VOUCHER_SID = 2501, 2451
REQUEST = {"assertion": 1, "created-on": 2, "domain-cert-revocation-checks": 3,
           "expires-on": 4, "idevid-issuer": 5, "last-renewal-date": 6,
           "nonce": 7, "pinned-domain-cert": 8,
           "prior-signed-voucher-request": 9, "proximity-registrar-cert": 10,
           "proximity-registrar-pubk-sha256": 11,
           "proximity-registrar-pubk": 12, "serial-number": 13,
           "agent-provided-proximity-registrar-cert": 14,
           "agent-sign-cert": 15, "agent-signed-data": 16}
REQUEST_2019 = {"assertion": 1, "created-on": 2, "nonce": 7,
                "serial-number": 10, "prior-signed-voucher-request": 11,
                "proximity-registrar-cert": 12}
VOUCHER = {1: "assertion", 2: "created-on", 3: "domain-cert-revocation-checks",
           4: "expires-on", 5: "idevid-issuer", 7: "nonce",
           8: "pinned-domain-cert", 9: "pinned-domain-pubk",
           10: "pinned-domain-pubk-sha256", 11: "serial-number",
           12: "additional-configuration-url", 13: "est-domain",
           14: "manufacturer-proprietary"}
APART = world.BIN.parent / "test" / "conformance" / "cose_apart"
ASSERTIONS = ["verified", "logged", "proximity", "agent-proximity"]
BINARY = ("idevid-issuer", "nonce", "pinned-domain-cert",
          "prior-signed-voucher-request", "proximity-registrar-cert",
          "proximity-registrar-pubk-sha256", "proximity-registrar-pubk",
          "agent-provided-proximity-registrar-cert", "agent-sign-cert",
          "agent-signed-data")


class Tagged:
    def __init__(self, tag, value):
        self.tag, self.value = tag, value


def head(major, n):
    for size, small in ((1, 24), (2, 25), (4, 26), (8, 27)):
        if n < 24:
            return bytes([major << 5 | n])
        if n < 1 << 8 * size:
            return bytes([major << 5 | small]) + n.to_bytes(size, "big")


def cbor(value):
    """Definite lengths; a map is a list of pairs, so that anything can be said
    twice, in (), and an array is a list in []."""
    if value is None:
        return b"\xf6"
    if isinstance(value, bool):
        return bytes([0xf4 + value])
    if isinstance(value, int):
        return head(0, value) if value >= 0 else head(1, -1 - value)
    if isinstance(value, bytes):
        return head(2, len(value)) + value
    if isinstance(value, str):
        return head(3, len(value.encode())) + value.encode()
    if isinstance(value, list):
        return head(4, len(value)) + b"".join(map(cbor, value))
    if isinstance(value, Tagged):
        return head(6, value.tag) + cbor(value.value)
    return head(5, len(value)) + b"".join(cbor(k) + cbor(v) for k, v in value)


def url64(data):
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def unurl64(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


# --- signatures ---

WIDTHS = {"ES256": ("sha256", 32), "ES384": ("sha384", 48),
          "ES512": ("sha512", 66), -7: ("sha256", 32), -35: ("sha384", 48)}


def sign_raw(identity, covered):
    """Ed25519, which takes no digest before."""
    path = identity.key.with_suffix(".covered")
    path.write_bytes(covered)
    return world.openssl("pkeyutl", "-sign", "-inkey", identity.key, "-rawin",
                         "-in", path)


def sign(identity, covered, alg="ES256"):
    """As JWS and COSE write it: r || s for ECDSA."""
    if alg in ("EdDSA", -8):
        return sign_raw(identity, covered)
    digest, width = WIDTHS.get(alg, ("sha256", 32))
    signature = world.openssl("dgst", "-" + digest, "-sign", identity.key,
                              data=covered)
    if alg == "RS256":
        return signature
    pair = world.element(signature)[1]
    numbers = []
    while pair:
        _, content, length = world.element(pair)
        numbers.append(content.lstrip(b"\0").rjust(width, b"\0"))
        pair = pair[length:]
    return b"".join(numbers)


def public_key(folder, certificate):
    """The key of a certificate (DER): a PEM file, and the DER of it."""
    path = folder / "signer.pub"
    path.write_bytes(world.openssl("x509", "-inform", "DER", "-noout",
                                   "-pubkey", data=certificate))
    return path, world.pem_der(path, "PUBLIC KEY")


def der_signature(signature):
    """r || s as openssl wants it."""
    def number(octets):
        octets = octets.lstrip(b"\0")
        if not octets or octets[0] & 0x80:
            octets = b"\0" + octets
        return bytes([2, len(octets)]) + octets
    if len(signature) != 64:
        raise RuntimeError("a signature of %d octets" % len(signature))
    pair = number(signature[:32]) + number(signature[32:])
    return bytes([0x30, len(pair)]) + pair


def chain_check(folder, chain, anchor):
    """Signer first, self-signed anchor last (MP 9, MP 10.1), by openssl."""
    pems = [ssl.DER_cert_to_PEM_cert(c) for c in chain]
    (folder / "chain.pem").write_text("".join(pems[1:] or pems))
    (folder / "signer.pem").write_text(pems[0])
    world.openssl("verify", "-purpose", "any", "-CAfile", anchor, "-untrusted",
                  folder / "chain.pem", folder / "signer.pem")
    if chain[-1] != world.pem_der(anchor):
        raise RuntimeError("the anchor is not the last certificate")


# --- CMS ---

def der(tag, *parts):
    body = b"".join(parts)
    size = (len(body).bit_length() + 7) // 8
    head = bytes([len(body)]) if len(body) < 128 else \
        bytes([0x80 | size]) + len(body).to_bytes(size, "big")
    return bytes([tag]) + head + body


def oid(text):
    arcs = [int(arc) for arc in text.split(".")]
    out = bytes([40 * arcs[0] + arcs[1]])
    for arc in arcs[2:]:
        septets = [arc & 0x7f]
        while arc > 0x7f:
            arc >>= 7
            septets.insert(0, arc & 0x7f | 0x80)
        out += bytes(septets)
    return der(6, out)


DIGESTS = {"sha1": der(0x30, oid("1.3.14.3.2.26")),
           "sha256": der(0x30, oid("2.16.840.1.101.3.4.2.1")),
           "sha384": der(0x30, oid("2.16.840.1.101.3.4.2.2")),
           "sha512": der(0x30, oid("2.16.840.1.101.3.4.2.3"))}
SIGNATURES = {"ecdsa-sha256": oid("1.2.840.10045.4.3.2"),
              "ecdsa-sha384": oid("1.2.840.10045.4.3.3"),
              "ecdsa-sha512": oid("1.2.840.10045.4.3.4"),
              "rsa-sha256": oid("1.2.840.113549.1.1.11") + b"\5\0",
              "rsa-sha512": oid("1.2.840.113549.1.1.13") + b"\5\0",
              "rsa": oid("1.2.840.113549.1.1.1") + b"\5\0",
              "ed25519": oid("1.3.101.112")}


def long_lengths(made):
    """The outermost length in four octets: BER, but definite (MP 8)."""
    tag, content, _ = world.element(made)
    return bytes([tag, 0x84]) + len(content).to_bytes(4, "big") + content


def cms(content, signer, certificates, words):
    """SignedData beyond what the openssl command writes. words: version, algorithm
    (of SIGNATURES), digest, listed (digestAlgorithms), key_id, attribute_type,
    attribute_digest, no_attributes, twice (contentType), reversed
    (certificates), unsigned (an attribute), crls, ber, type."""
    digest = words.get("digest", "sha256")
    kind = oid(words.get("type", world.ANIMA))
    hashed = hashlib.new(digest, content).digest()
    if words.get("attribute_digest"):
        hashed = bytes(len(hashed))
    types = [der(0x30, oid("1.2.840.113549.1.9.3"), der(
        0x31, oid(words.get("attribute_type", words.get("type",
                                                         world.ANIMA)))))]
    attributes = types * (1 + words.get("twice", False)) + [
        der(0x30, oid("1.2.840.113549.1.9.4"), der(0x31, der(4, hashed)))]
    attributes = sorted(attributes)
    covered = content if words.get("no_attributes") else \
        der(0x31, *attributes)
    algorithm = words.get("algorithm", "ecdsa-sha256")
    if algorithm == "ed25519":
        signature = sign_raw(signer, covered)
    else:
        signature = world.openssl("dgst", "-" + digest, "-sign", signer.key,
                                  data=covered)
    if words.get("key_id"):
        sid = der(0x80, signer.field("X509v3 Subject Key Identifier")[2:])
    else:
        sid = der(0x30, signer.issuer_name(), signer.serial())
    info = [der(2, bytes([3 if words.get("key_id") else 1])), sid,
            DIGESTS[digest]]
    if not words.get("no_attributes"):
        info.append(der(0xa0, *attributes))
    info += [der(0x30, SIGNATURES[algorithm]), der(4, signature)]
    if words.get("unsigned"):
        info.append(der(0xa1, der(0x30, oid("1.2.3.4"),
                                  der(0x31, der(4, b"x")))))
    if words.get("reversed"):
        certificates = certificates[::-1]
    data = [der(2, bytes([words.get("version", 3)])),
            der(0x31, DIGESTS[words.get("listed", digest)]),
            der(0x30, kind, der(0xa0, der(4, content))),
            der(0xa0, *certificates)]
    if words.get("crls"):
        data.append(der(0xa1, der(0xa1, oid("1.2.3.4"), der(5))))
    made = der(0x30, oid("1.2.840.113549.1.7.2"),
               der(0xa0, der(0x30, *data, der(0x31, der(0x30, *info)))))
    return long_lengths(made) if words.get("ber") else made


# --- JWS ---

def jws(content, signer, certificates, words):
    """General JSON; words: padded, alg, typ, crit, unprotected, wrong, again = a second
    signature (which is none), form = "compact" | "flattened"."""
    protected = {"alg": words.get("alg", "ES256"),
                 "typ": words.get("typ", "voucher-jws+json")}
    if certificates:
        protected["x5c"] = [world.b64(c) for c in certificates]
    if "crit" in words:
        protected["crit"] = words["crit"]
    header = url64(json.dumps(protected).encode())
    payload = url64(content)
    if words.get("padded"):
        header += "=" * (-len(header) % 4) or "="
    signature = url64(sign(signer, (header + "." + payload).encode(),
                           protected["alg"]))
    if words.get("wrong"):
        signature = url64(bytes(63) + b"\1")
    form = words.get("form")
    if form == "compact":
        return ".".join((header, payload, signature)).encode()
    one = {"protected": header, "signature": signature}
    if form == "flattened":
        return json.dumps(dict(one, payload=payload)).encode()
    if "unprotected" in words:
        one["header"] = words["unprotected"]
    listed = [one]
    if words.get("again"):
        listed.append(dict(one, signature=url64(bytes(64))))
    return json.dumps({"payload": payload, "signatures": listed}).encode()


def agent_data(serial, created, agent, words):
    """agent-signed-data (PRM): words: serial, created, kid, wrapped, by (signer),
    payload (text instead), flattened."""
    inner = {"created-on": words.get("created", created),
             "serial-number": words.get("serial", serial)}
    if words.get("wrapped"):
        inner = {"ietf-voucher-request-prm:agent-signed-data": inner}
    key_id = agent.field("X509v3 Subject Key Identifier")[2:]
    header = {"alg": "ES256", "kid": words.get("kid", world.b64(key_id))}
    if not header["kid"]:
        del header["kid"]
    protected = url64(json.dumps(header).encode())
    payload = url64(words.get("payload", json.dumps(inner)).encode())
    signature = url64(sign(words["by"], (protected + "." + payload).encode()))
    one = {"protected": protected, "signature": signature}
    if words.get("flattened"):
        return json.dumps(dict(one, payload=payload)).encode()
    return json.dumps({"payload": payload, "signatures": [one]}).encode()


def jws_voucher(folder, artifact, anchor):
    """What `jose jws ver` reads of it, with the key of its first certificate."""
    root = json.loads(artifact)
    one, = root["signatures"]
    protected = json.loads(unurl64(one["protected"]))
    if set(root) != {"payload", "signatures"} or \
            set(one) != {"protected", "signature"} or \
            set(protected) != {"alg", "typ", "x5c"} or \
            (protected["alg"], protected["typ"]) != (
                "ES256", "voucher-jws+json"):
        raise RuntimeError("the JWS has other members: %s" % protected)
    chain = [base64.b64decode(c, validate=True) for c in protected["x5c"]]
    _, spki = public_key(folder, chain[0])
    # A P-256 key ends in its point, 04 x y.
    (folder / "signer.jwk").write_text(json.dumps(
        {"kty": "EC", "crv": "P-256", "x": url64(spki[-64:-32]),
         "y": url64(spki[-32:])}))
    (folder / "artifact").write_bytes(artifact)
    content = world.command("jose", "jws", "ver", "-i", folder / "artifact",
                            "-k", folder / "signer.jwk", "-O", "-")
    chain_check(folder, chain, anchor)
    return json.loads(content)["ietf-voucher:voucher"]


# --- COSE ---

def request_content(leaves, words):
    """YANG-CBOR of a request's leaves, which are as in JSON. words: keys = "sids"
    (default), "names", "mixed", "both" (one leaf twice), "absolute"; layout =
    "2019" (MP 10.4); loose = "indefinite", "long" (lengths); more = {} of other
    deltas."""
    if words.get("layout") == "2019":
        return cbor(((1001154, tuple((REQUEST_2019[leaf], value_2019(leaf, value))
                                     for leaf, value in leaves.items())),))
    how = words.get("keys", "sids")
    pairs = []
    for i, (leaf, value) in enumerate(leaves.items()):
        if leaf in BINARY and isinstance(value, list):
            value = [base64.b64decode(v) for v in value]
        elif leaf in BINARY:
            value = base64.b64decode(value)
        elif leaf == "assertion" and value in ASSERTIONS:
            value = ASSERTIONS.index(value)
        key = REQUEST[leaf] if leaf in REQUEST else leaf
        if how == "names" or (how == "mixed" and i % 2):
            key = leaf
        elif how == "absolute":
            key = Tagged(47, REQUEST_SID + key)
        pairs.append((key, value))
        if how == "both" and leaf == "nonce":
            pairs.append((leaf, value))
    pairs += [(int(key), value) for key, value in
              words.get("more", {}).items()]
    root = words.get("root", REQUEST_SID)
    if how == "names":
        root = "ietf-voucher-request:voucher"
    if words.get("loose") == "indefinite":
        return b"\xbf" + cbor(root) + b"\xbf" + b"".join(
            cbor(k) + cbor(v) for k, v in pairs) + b"\xff\xff"
    if words.get("loose") == "long":
        return b"\xbb" + bytes(7) + b"\1" + b"\x1b" + root.to_bytes(8, "big") + \
            b"\xba" + len(pairs).to_bytes(4, "big") + b"".join(
                b"\x1a" + k.to_bytes(4, "big") + cbor(v) for k, v in pairs)
    return cbor(((root, tuple(pairs)),))


def value_2019(leaf, value):
    if leaf == "created-on":
        moment = datetime.datetime.fromisoformat(value.replace("Z", "+00:00"))
        return Tagged(1, int(moment.timestamp()))
    if leaf in ("prior-signed-voucher-request", "proximity-registrar-cert"):
        return base64.b64decode(value)
    return value.encode() if leaf == "serial-number" else value


def cose(content, signer, certificates, words):
    """words: kid, claims, other_bag (in the other map, of rubbish), no_alg, alg, label (33: x5chain), array (of one), bag_protected, crit,
    untagged, detached, twice (alg)."""
    protected = [] if words.get("no_alg") else [(1, words.get("alg", -7))]
    if words.get("twice"):
        protected.append((1, -7))
    if "crit" in words:
        protected.append((2, words["crit"]))
    unprotected = []
    if certificates:
        bag = certificates[0] if len(certificates) == 1 and \
            not words.get("array") else list(certificates)
        (protected if words.get("bag_protected") else unprotected).append(
            (words.get("label", 32), bag))
    if words.get("kid"):
        unprotected.append((4, b"any"))
    if words.get("claims"):
        protected.append((15, ((6, 1670358210),)))
    if words.get("other_bag"):
        unprotected.append((32, b"no certificate"))
    header = cbor(tuple(protected))
    signature = sign(signer, cbor(["Signature1", header, b"", content]),
                     words.get("alg", -7))
    made = [header, tuple(unprotected),
            None if words.get("detached") else content, signature]
    return cbor(made if words.get("untagged") else Tagged(18, made))


def plain(item):
    """What cose_apart prints, as cbor() above would write it."""
    if isinstance(item, dict):
        (kind, value), = item.items()
        if kind == "tag":
            return Tagged(value[0], plain(value[1]))
        return bytes.fromhex(value) if kind == "bytes" else \
            [plain(part) for part in value]
    if isinstance(item, list):
        return tuple((plain(key), plain(value)) for key, value in item)
    return item


def cose_apart(folder, artifact):
    """Both header maps, the payload and the signature, as libcbor reads them."""
    (folder / "artifact").write_bytes(artifact)
    said = json.loads(world.command(APART, folder / "artifact",
                                    folder / "apart"))
    return *(plain(said[name]) for name in (
        "protected", "unprotected", "payload")), \
        (folder / "apart.signature").read_bytes()


def stripped_size(folder, form, artifact):
    """Octets of a voucher without the certificates that a registrar strips."""
    if form != "cose":
        return len(artifact)
    protected, _, content, signature = cose_apart(folder, artifact)
    return len(cbor(Tagged(18, [cbor(protected), (), cbor(content),
                                signature])))


def cose_bag(protected, unprotected, places):
    """The chain, which is the x5bag of the header maps that are named, alone."""
    maps = {"protected": dict(protected), "unprotected": dict(unprotected)}
    if maps["protected"].pop(1) != -7:
        raise RuntimeError("header %r" % (protected,))
    if {p: {32} if p in places else set() for p in maps} != {
            p: m.keys() for p, m in maps.items()}:
        raise RuntimeError("headers %r %r" % (protected, unprotected))
    bags = [maps[place][32] for place in places]
    if any(bag != bags[0] for bag in bags):
        raise RuntimeError("two chains")
    if isinstance(bags[0], list) and len(bags[0]) < 2:
        raise RuntimeError("an array of one certificate")
    return bags[0] if isinstance(bags[0], list) else bags


def cose_content(folder, artifact, anchor, places):
    """(root, members) of a good voucher: deterministic, SIDs alone."""
    protected, unprotected, content, signature = cose_apart(folder, artifact)
    bag = cose_bag(protected, unprotected, places)
    path, _ = public_key(folder, bag[0])
    (folder / "signature").write_bytes(der_signature(signature))
    world.openssl("pkeyutl", "-verify", "-pubin", "-inkey", path, "-rawin",
                  "-digest", "sha256", "-in", folder / "apart.covered",
                  "-sigfile", folder / "signature")
    chain_check(folder, bag, anchor)
    # Written again with the shortest heads and keys in order, it is the same.
    (root, members), = content
    ordered = ((root, tuple(sorted(members, key=lambda pair: pair[0]))),)
    if artifact != cbor(Tagged(18, [cbor(protected), unprotected,
                                    cbor(ordered), signature])):
        raise RuntimeError("it is not deterministic")
    return root, dict(members)


def cose_voucher_2019(folder, artifact, anchor):
    """The leaves under today's names, after a look at their old types."""
    root, members = cose_content(folder, artifact, anchor, ["unprotected"])
    if root != 1001100 or set(members) != {5, 6, 11, 12, 14} or \
            not isinstance(members[14], bytes) or \
            not isinstance(members[6], Tagged) or members[6].tag != 1:
        raise RuntimeError("%r: %r" % (root, members))
    return {"assertion": members[5], "created-on": members[6].value,
            "nonce": members[11], "pinned-domain-cert": members[12],
            "serial-number": members[14].decode()}


def cose_voucher(folder, artifact, anchor, places=("unprotected",)):
    root, members = cose_content(folder, artifact, anchor, places)
    if root != VOUCHER_SID:
        raise RuntimeError("root %r" % root)
    found = {VOUCHER[key]: value for key, value in members.items()}
    found["assertion"] = ASSERTIONS[found["assertion"]]
    return {leaf: world.b64(value) if isinstance(value, bytes) else value
            for leaf, value in found.items()}
