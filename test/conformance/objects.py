"""JWS and COSE_Sign1 for the conformance cases: requests written, vouchers judged.
Base64, JSON and CBOR are Python's and test/unit/schema/cddl.py's, signatures and
chains the openssl command's; nothing of the programs under test.
"""
import base64
import json
import sys

import world

sys.path.insert(0, str(world.SOURCE / "test" / "unit" / "schema"))
import cddl  # noqa: E402

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
VOUCHER = {1: "assertion", 2: "created-on", 3: "domain-cert-revocation-checks",
           4: "expires-on", 5: "idevid-issuer", 7: "nonce",
           8: "pinned-domain-cert", 9: "pinned-domain-pubk",
           10: "pinned-domain-pubk-sha256", 11: "serial-number"}
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

def sign(identity, covered):
    """r || s of an ECDSA signature with SHA-256."""
    der = world.openssl("dgst", "-sha256", "-sign", identity.key, data=covered)
    pair = world.element(der)[1]
    numbers = []
    while pair:
        _, content, length = world.element(pair)
        numbers.append(content.lstrip(b"\0").rjust(32, b"\0"))
        pair = pair[length:]
    return b"".join(numbers)


def verify(folder, certificate, covered, signature):
    """By the key of a certificate (DER), with openssl."""
    def number(octets):
        octets = octets.lstrip(b"\0")
        if not octets or octets[0] & 0x80:
            octets = b"\0" + octets
        return bytes([2, len(octets)]) + octets
    if len(signature) != 64:
        raise RuntimeError("a signature of %d octets" % len(signature))
    pair = number(signature[:32]) + number(signature[32:])
    (folder / "signature").write_bytes(bytes([0x30, len(pair)]) + pair)
    (folder / "signer.pub").write_bytes(world.openssl(
        "x509", "-inform", "DER", "-noout", "-pubkey", data=certificate))
    said = world.openssl("dgst", "-sha256", "-verify", folder / "signer.pub",
                         "-signature", folder / "signature", data=covered)
    if b"Verified OK" not in said:
        raise RuntimeError("openssl says %r" % said)


def chain_check(folder, chain, anchor):
    """Signer first, self-signed anchor last (MP 9, MP 10.1), by openssl."""
    pems = [world.openssl("x509", "-inform", "DER", data=c) for c in chain]
    (folder / "chain.pem").write_bytes(b"".join(pems[1:]))
    (folder / "signer.pem").write_bytes(pems[0])
    world.openssl("verify", "-purpose", "any", "-CAfile", anchor, "-untrusted",
                  folder / "chain.pem", folder / "signer.pem")
    if chain[-1] != world.openssl("x509", "-in", anchor, "-outform", "DER"):
        raise RuntimeError("the anchor is not the last certificate")


# --- JWS ---

def jws(content, signer, certificates, words):
    """General JSON; words: alg, typ, crit, unprotected, wrong, again = a second
    signature (which is none), form = "compact" | "flattened"."""
    protected = {"alg": words.get("alg", "ES256"),
                 "typ": words.get("typ", "voucher-jws+json")}
    if certificates:
        protected["x5c"] = [world.b64(c) for c in certificates]
    if "crit" in words:
        protected["crit"] = words["crit"]
    header = url64(json.dumps(protected).encode())
    payload = url64(content)
    signature = url64(sign(signer, (header + "." + payload).encode()))
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
    root = json.loads(artifact)
    one, = root["signatures"]
    protected = json.loads(unurl64(one["protected"]))
    if set(root) != {"payload", "signatures"} or \
            set(one) != {"protected", "signature"} or \
            (protected["alg"], protected["typ"]) != (
                "ES256", "voucher-jws+json"):
        raise RuntimeError("the JWS has other members: %s" % protected)
    chain = [base64.b64decode(c, validate=True) for c in protected["x5c"]]
    verify(folder, chain[0],
           (one["protected"] + "." + root["payload"]).encode(),
           unurl64(one["signature"]))
    chain_check(folder, chain, anchor)
    return json.loads(unurl64(root["payload"]))["ietf-voucher:voucher"]


# --- COSE ---

def request_content(leaves, words):
    """YANG-CBOR of a request's leaves, which are as in JSON. words: keys = "sids"
    (default), "names", "mixed", "both" (one leaf twice), "absolute"."""
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
    root = words.get("root", REQUEST_SID)
    if how == "names":
        root = "ietf-voucher-request:voucher"
    return cbor(((root, tuple(pairs)),))


def cose(content, signer, certificates, words):
    """words: alg, label (33: x5chain), array (of one), bag_protected, crit,
    untagged, detached, twice (alg)."""
    protected = [(1, words.get("alg", -7))]
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
    header = cbor(tuple(protected))
    signature = sign(signer, cbor(["Signature1", header, b"", content]))
    made = [header, tuple(unprotected),
            None if words.get("detached") else content, signature]
    return cbor(made if words.get("untagged") else Tagged(18, made))


def cose_voucher(folder, artifact, anchor):
    """Deterministic, SIDs alone, the chain as unprotected x5bag."""
    if artifact[0] != 0xd2:
        raise RuntimeError("no tag 18")
    header, unprotected, content, signature = cddl.decode(artifact[1:])
    if cddl.decode(header) != {1: -7} or set(unprotected) != {32}:
        raise RuntimeError("headers %s %s" % (header.hex(), set(unprotected)))
    bag = unprotected[32]
    bag = bag if isinstance(bag, list) else [bag]
    verify(folder, bag[0], cbor(["Signature1", header, b"", content]),
           signature)
    chain_check(folder, bag, anchor)
    (root, members), = cddl.decode(content).items()
    if root != VOUCHER_SID:
        raise RuntimeError("root %r" % root)
    found = {VOUCHER[key]: value for key, value in members.items()}
    found["assertion"] = ASSERTIONS[found["assertion"]]
    return {leaf: world.b64(value) if isinstance(value, bytes) else value
            for leaf, value in found.items()}
