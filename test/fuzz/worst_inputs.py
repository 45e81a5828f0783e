"""Inputs that cost as much as their size allows, for each target: deep, wide, long,
nearly alike, or with as many signatures as may be in them. worst_inputs(target,
folder) gives {name: octets}. Keys are made by the openssl command, in folder.
"""
import base64
import hashlib
import itertools
import json
import pathlib
import re
import subprocess

BODY = 65536            # BODY_MAX
HEADER = 16384          # HTTP_HEADER_MAX
FRAME = 196608          # FRAME_MAX
MOMENT = "2021-04-13T21:43:23Z"     # of fuzz_check


def fill(begin, piece, end=b"", size=BODY):
    """As many pieces as fit."""
    return begin + piece * ((size - len(begin) - len(end)) // len(piece)) + end


def numbered(size, begin, end, each, join=b","):
    """The same with pieces that differ, made by each(n)."""
    pieces, left = [], size - len(begin) - len(end)
    for n in itertools.count():
        piece = each(n)
        left -= len(piece) + len(join)
        if left < 0:
            return begin + join.join(pieces) + end
        pieces.append(piece)


# --- DER ---

def der(tag, *parts):
    body = b"".join(parts)
    size = (len(body).bit_length() + 7) // 8
    head = bytes([len(body)]) if len(body) < 128 else \
        bytes([0x80 | size]) + len(body).to_bytes(size, "big")
    return bytes([tag]) + head + body


def oid(text):
    arcs = [int(arc) for arc in text.split(".")]
    out = [40 * arcs[0] + arcs[1]]
    for arc in arcs[2:]:
        septets = [arc & 0x7f]
        while arc > 0x7f:
            arc >>= 7
            septets.insert(0, arc & 0x7f | 0x80)
        out += septets
    return der(6, bytes(out))


def nested(depth, tag=0x30, inner=b"\x05\0"):
    for _ in range(depth):
        inner = der(tag, inner)
    return inner


SHA384 = der(0x30, oid("2.16.840.1.101.3.4.2.2"))
ECDSA384 = der(0x30, oid("1.2.840.10045.4.3.3"))
ANIMA = oid("1.2.840.113549.1.9.16.1.40")


class Key:
    """P-384 is the curve whose signatures take libcrypto longest."""
    count = itertools.count()

    def __init__(self, folder, curve="P-384"):
        self.path = pathlib.Path(folder) / ("%d.key" % next(Key.count))
        subprocess.run(["openssl", "genpkey", "-algorithm", "EC", "-pkeyopt",
                        "ec_paramgen_curve:" + curve, "-out", self.path],
                       check=True)
        self.spki = subprocess.run(
            ["openssl", "pkey", "-in", self.path, "-pubout", "-outform",
             "DER"], capture_output=True, check=True).stdout

    def sign(self, message):
        return subprocess.run(
            ["openssl", "dgst", "-sha384", "-sign", self.path], input=message,
            capture_output=True, check=True).stdout


def name(text, serial=None):
    parts = [der(0x31, der(0x30, oid("2.5.4.3"), der(12, text.encode())))]
    if serial:
        parts.append(der(0x31, der(0x30, oid("2.5.4.5"),
                                   der(19, serial.encode()))))
    return der(0x30, *parts)


def extension(kind, value, critical=False):
    return der(0x30, oid(kind), b"\1\1\xff" if critical else b"",
               der(4, value))


CA = extension("2.5.29.19", der(0x30, b"\1\1\xff"), True)
REGISTRAR = extension("2.5.29.37", der(0x30, oid("1.3.6.1.5.5.7.3.28")))

def excluded(*names):
    return extension("2.5.29.30", der(0x30, der(
        0xa1, *[der(0x30, n) for n in names])), True)


def certificate(issuer, subject, key, signer, number, *extensions):
    tbs = der(0x30, der(0xa0, b"\2\1\2"), der(2, bytes([1, number])),
              ECDSA384, issuer if isinstance(issuer, bytes) else name(issuer),
              der(0x30, der(23, b"190101000000Z"), der(23, b"491231235959Z")),
              subject if isinstance(subject, bytes) else name(subject),
              key.spki, der(0xa3, der(0x30, *extensions))
              if extensions else b"")
    return der(0x30, tbs, ECDSA384, der(3, b"\0" + signer.sign(tbs)))


def cms(content, certificates, key, attributes=b"", algorithm=ECDSA384):
    """SignedData whose sid names nobody, so that all keys are tried."""
    signed = der(0x30, oid("1.2.840.113549.1.9.3"), der(0x31, ANIMA)) + \
        der(0x30, oid("1.2.840.113549.1.9.4"),
            der(0x31, der(4, hashlib.sha384(content).digest()))) + attributes
    signature = key.sign(der(0x31, signed)) if key else bytes(104)
    info = der(0x30, b"\2\1\1", der(0x30, name("nobody"), b"\2\1\1"), SHA384,
               der(0xa0, signed), algorithm, der(4, signature))
    return der(0x30, oid("1.2.840.113549.1.7.2"), der(0xa0, der(
        0x30, b"\2\1\1", der(0x31, SHA384),
        der(0x30, ANIMA, der(0xa0, der(4, content))),
        der(0xa0, *certificates), der(0x31, info))))


# The names below this one are excluded: only OpenSSL looks at that.
NARROW = excluded(der(0xa4, name("leaf")))


class Pki:
    """Ten certificates: a registrar's, and CAs of which each has two possible
    issuers. OpenSSL alone refuses every path through `first`."""

    def __init__(self, folder):
        self.leaf, self.ca = Key(folder), Key(folder)
        made = itertools.count()

        def one(issuer, subject, *more):
            return certificate(issuer, subject, self.ca, self.ca, next(made),
                               CA, *more)
        self.registrar = certificate("A", "leaf", self.leaf, self.ca, 99,
                                     REGISTRAR)
        self.first = [one("B", "A", NARROW)]
        self.layers = [one(*pair) for pair in
                       ("CB", "CB", "DC", "DC", "ED", "ED", "EE", "EE")]
        self.certificates = [self.registrar] + self.first + self.layers
        self.strangers = [Key(folder) for _ in range(9)]
        # Nine that may have issued the registrar's by their names.
        self.named = [certificate("x", "A", k, self.ca, n, CA)
                      for n, k in enumerate(self.strangers[:8])]
        self.named.append(certificate("x", "A", self.ca, self.ca, 9, CA))
        quick = self.quick = Key(folder, "P-256")
        # Issuers of one name whose lists of revocations are at many places
        # below their own issuer's long name.
        rdn = der(0x31, der(0x30, oid("1.2"), der(12, b"")))
        point = der(0x30, der(0xa0, der(0xa1, der(
            0x30, oid("1.2"), der(12, b"")))))
        self.pointed = [certificate("A", "leaf", quick, quick, 99, REGISTRAR)]
        self.pointed += [certificate(
            der(0x30, rdn * 130), "A", quick, quick, n, CA, NARROW,
            extension("2.5.29.31", der(0x30, point * 180)))
            for n in range(8)]
        # As many names as there is room for, below as many exclusions.
        def wide(issuer, subject, n, last=b"b"):
            return certificate(
                issuer, subject, quick, quick, n, CA, excluded(
                    *[der(0x82, b"b")] * 710, der(0x82, last)))
        self.excluding = [
            certificate("A", "leaf", quick, quick, 99, REGISTRAR, extension(
                "2.5.29.17", der(0x30, der(0x82, b"a") * 1150))),
            wide("B", "A", 1, b"a"), wide("C", "B", 2), wide("D", "C", 3),
            wide("E", "D", 4)] + [wide("F", "E", n) for n in range(5, 10)]

    def many(self, subject, key):
        """The one that fits comes last."""
        return [certificate("x", name("x"), k, self.ca, n)
                for n, k in enumerate(self.strangers)] + \
            [certificate("x", subject, key, self.ca, 77)]


def request(root="ietf-voucher-request:voucher", **more):
    leaves = {"created-on": MOMENT, "serial-number": "AR9-F1-000001",
              "nonce": "MDEyMzQ1Njc4OWFiY2RlZg=="}
    leaves.update((k.replace("_", "-"), base64.b64encode(v).decode()
                   if isinstance(v, bytes) else v) for k, v in more.items())
    return json.dumps({root: leaves}).encode()


# --- JSON ---

def members(count, each):
    return b"{" + b",".join(b'"%s":0' % each(n) for n in range(count)) + b"}"


def json_inputs(size=BODY):
    width = size // 256 - 8
    return {
        "nested arrays": fill(b"[", b"[" * 15 + b"0" + b"]" * 15 + b",", b"0]",
                              size),
        "too deep": b"[" * size,
        "elements": fill(b"[", b"[0,0,0,0,0,0,0],", b"0]", size),
        "short elements": fill(b"[", b"[],", b"0]", min(size, 3 * 4094)),
        "arrays full of nothing": fill(
            b"[", b"[" + b"[]," * 255 + b"[]],", b"0]", size),
        "objects full of names": fill(b"[", members(
            256, lambda n: b"%d" % n) + b",", b"0]", size),
        "names that begin alike": members(
            256, lambda n: b"a" * (width - 5) + b"%03d" % n),
        "escaped names that begin alike": members(
            256, lambda n: b"\\u0061" * ((width - 5) // 6) + b"%03d" % n),
        "a name twice, at the end": members(
            256, lambda n: b"a" * (width - 5) + b"%03d" % (n % 255)),
        "escapes": b'"' + fill(b"", b"\\ud83d\\ude00", b'"', size - 1),
        "quotes": b'"' + fill(b"", b'\\"', b'"', size - 1),
        "backslashes": b'"' + fill(b"", b"\\\\", b'"', size - 1),
        "long characters": fill(b'"', b"\xf0\x9f\x98\x80", b'"', size),
        "digits": b"9" * size,
        "white space": fill(b"", b" ", b"0", size),
    }


# --- CBOR ---

def head(major, n):
    for size, small in ((1, 24), (2, 25), (4, 26), (8, 27)):
        if n < 24:
            return bytes([major << 5 | n])
        if n < 1 << 8 * size:
            return bytes([major << 5 | small]) + n.to_bytes(size, "big")


def text(value):
    return head(3, len(value)) + value


def octets(value):
    return head(2, len(value)) + value


def cbor_inputs(size=BODY):
    count = size // 2 - 8
    key = b"\x87" + b"\x81" * 6 + b"\0" + b"\0" * 6
    return {
        "numbers": head(4, size - 5) + bytes(size - 5),
        "nested": fill(head(4, (size - 5) // 8), b"\x81" * 7 + b"\0",
                       b"", size),
        "too deep": b"\x81" * size,
        "tags": b"\xc1" * size,
        "chunks": fill(b"\x5f", b"\x40", b"\xff", size),
        "chunks of text": fill(b"\x7f", b"\x64\xf0\x9f\x98\x80", b"\xff",
                               size),
        "names that begin alike": head(5, 256) + b"".join(
            text(b"a" * 240 + b"%03d" % n) + b"\0" for n in range(256)),
        "keys that are arrays": fill(b"\xbf", key + b"\0", b"\xff", size),
        "map without end": fill(b"\xbf", b"\0\0", b"\xff", size),
        "numbers as names": head(5, min(count, 20000)) + b"".join(
            head(0, n) + b"\0" for n in range(min(count, 20000)))[:size],
        "floats": fill(head(4, (size - 5) // 9),
                       b"\xfb\x3f\xf0\0\0\0\0\0\1", b"", size),
    }


# --- what they are inside of ---

def url64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=")


def jws(protected, header=b"", payload=b"{}", signatures=1):
    one = b'{"protected":"%s"%s,"signature":"AA"}' % (
        url64(protected), b',"header":' + header if header else b"")
    return b'{"payload":"%s","signatures":[%s]}' % (
        url64(payload), b",".join([one] * signatures))


def jws_inputs(pki):
    names = members(250, lambda n: b"n%03d" % n)
    alg = b'{"alg":"ES384",'
    x5c = b'"x5c":[%s]}' % b",".join(
        b'"' + base64.b64encode(c) + b'"' for c in
        pki.many(name("x"), pki.strangers[0]))
    return {
        "names of both headers": jws(
            fill(alg + b'"a":', b"9", b"}", 44000), names),
        "names of both headers, arrays": jws(
            fill(alg + b'"a":[', b"[],", b"0]}", 3 * 4090), names),
        "names of both headers, quotes": jws(
            fill(alg + b'"a":"', b'\\"', b'"}', 44000), names),
        "names of both headers, members": jws(
            alg + members(250, lambda n: b"a" * 160 + b"%03d" % n)[1:], names),
        "ten certificates": jws(alg + x5c),
        "signatures": jws(b'{"alg":"ES384"}', signatures=1000),
        "escaped payload": b'{"payload":"' + fill(
            b"", b"\\u0041", b"", 60000) +
        b'","signatures":[{"protected":"e30","signature":"AA"}]}',
    }


def cose(protected, unprotected=b"\xa0", payload=b"\xa0", size=96):
    return b"\xd2\x84" + octets(protected) + unprotected + \
        octets(payload) + octets(bytes(size))


def cose_inputs(pki):
    alg = b"\x01\x38\x22"
    chain = pki.many(name("x"), pki.strangers[0])
    return {
        "labels": cose(head(5, 32) + alg + b"".join(
            text(b"a" * 1800 + b"%02d" % n) + b"\0" for n in range(31))),
        "labels that are nested": cose(b"\xa2" + alg + fill(
            b"\x9f", b"\x81" * 6 + b"\0", b"\xff", 60000) + b"\0"),
        "claims": cose(b"\xa2" + alg + b"\x0f" + fill(
            b"\xbf", b"\0\0", b"\xff", 64000)),
        "crit": cose(b"\xa2" + alg + b"\2" + fill(
            b"\x9f", b"\1", b"\xff", 64000)),
        "ten certificates": cose(
            b"\xa1" + alg, b"\xa1\x18\x21" + head(4, 10) +
            b"".join(map(octets, chain))),
        "2019": b"\xd2\x84\x43\xa1\1\x26\xa0" + octets(
            b"\xa1\x19\x09\xc5" + fill(b"\xbf", b"\x18\x64\0", b"\xff", 64000))
        + octets(bytes(64)),
        "request of unknown leaves": cose(
            b"\xa1" + alg, payload=b"\xa1\x19\x09\xc5" + fill(
                b"\xbf", b"\x18\x64\0", b"\xff", 64000)),
        "request of unknown names": cose(
            b"\xa1" + alg, payload=b"\xa1\x19\x09\xc5" + fill(
                b"\xbf", text(b"prior-signed-voucher-requesu") + b"\0",
                b"\xff", 64000)),
    }


def cms_inputs(pki):
    content = b"{" + b" " * 30000 + b"}"
    digest = der(0x30, oid("1.2.840.113549.1.9.4"), der(0x31, der(
        4, hashlib.sha384(content).digest())))
    kind = der(0x30, oid("1.2.840.113549.1.9.3"), der(0x31, ANIMA))
    ten = pki.many(name("x"), pki.leaf)
    return {
        "digests of the content": cms(content, ten[:1], None,
                                      fill(b"", digest, b"", 33000)),
        "types of the content": cms(b"{}", ten[:1], None,
                                    fill(b"", kind, b"", 63000)),
        "attributes": cms(b"{}", ten[:1], None, fill(
            b"", der(0x30, oid("1.2.3"), der(0x31)), b"", 63000)),
        "ten keys": cms(b"{}", ten, pki.leaf),
        "a long content": cms(b" " * 60000, ten[:1], pki.leaf),
        "digest algorithms": cms(b"{}", ten[:1], None).replace(
            der(0x31, SHA384), der(0x31, SHA384)),
    }


def check_inputs(pki):
    device = certificate("x", name("x", "AR9-F1-000001"), pki.strangers[0],
                         pki.ca, 7)
    prior = cms(request(assertion="proximity",
                        proximity_registrar_cert=pki.registrar),
                pki.many(name("x", "AR9-F1-000001"), pki.leaf), pki.leaf)
    return {
        "two issuers each": cms(request(), pki.certificates, pki.leaf),
        "two issuers each, ten keys of the pledge": cms(
            request(prior_signed_voucher_request=prior), pki.layers[:1] +
            pki.certificates[:1] + pki.layers[1:], pki.leaf),
        "nine issuers, ten keys of the pledge": cms(
            request(prior_signed_voucher_request=prior), pki.named[:6] +
            [pki.registrar] + pki.named[6:], pki.leaf),
        "ten keys, ten keys of the pledge": cms(
            request(prior_signed_voucher_request=prior),
            pki.many(name("x"), pki.strangers[1])[:6] + [
                certificate("x", "leaf", pki.leaf, pki.ca, 8, REGISTRAR)],
            pki.leaf),
        "ten keys of the pledge": cms(
            request(prior_signed_voucher_request=prior),
            [certificate("x", "leaf", pki.leaf, pki.ca, 8, REGISTRAR)],
            pki.leaf),
        "eight issuers with relative points": cms(
            request(), pki.pointed, pki.quick),
        "names below five lists of exclusions": cms(
            request(), pki.excluding, pki.quick),
        "base64": base64.b64encode(cms(
            b" " * 40000, [device], pki.leaf))[:BODY],
    }


def request_inputs():
    root = b'{"ietf-voucher-request:voucher":'
    return {
        "unknown leaves": root + members(256, lambda n: b"%0240d" % n) + b"}",
        "leaves by escapes": root + members(
            256, lambda n: b"\\u0070rior-signed-voucher-requess%03d" % n) +
        b"}",
        "extensions": root + b'{"extensions":[' + fill(
            b"", b'"aaaaaaaaaaaa",', b'"a"', 61000) + b"]}}",
        "escaped base64": root + b'{"idevid-issuer":"' + fill(
            b"", b"\\/", b"", 64000) + b'"}}',
        "base64": root + b'{"idevid-issuer":"' + b"A" * 64000 + b'"}}',
        "SIDs": b"\xa1\x19\x09\xc5" + fill(b"\xbf", b"\x18\x64\0", b"\xff"),
        "names": b"\xa1\x19\x09\xc5" + fill(
            b"\xbf", text(b"prior-signed-voucher-requesu") + b"\0", b"\xff"),
    }


# --- HTTP ---

POST = b"POST /.well-known/brski/requestvoucher HTTP/1.1\r\nHost: a\r\n"


def http_inputs():
    chunks = fill(b"", b"1\r\n \r\n", b"0\r\n\r\n", 6 * BODY // 2)
    found = {
        "fields": fill(POST, b"a:\r\n", b"\r\n", HEADER),
        "Accept": POST + fill(b"Accept: ", b"a/b;q=0.1,", b"\r\n\r\n",
                              HEADER - len(POST)),
        "Accept with parameters": POST + fill(
            b"Accept: application/cose", b";a=b", b"\r\n\r\n",
            HEADER - len(POST)),
        "commas": POST + fill(b"Accept: ", b",", b"\r\n\r\n",
                              HEADER - len(POST)),
        "Connection": POST + fill(b"Connection: ", b"a,", b"\r\n\r\n",
                                  HEADER - len(POST)),
        "requests": fill(b"", b"GET /healthz HTTP/1.1\r\nHost:a\r\n\r\n"),
        "chunks": POST + b"Transfer-Encoding: chunked\r\n\r\n" + chunks,
    }
    return {"%s, %s" % (k, how): size + v for k, v in found.items()
            for how, size in (("octet by octet", b"\0"), ("at once", b"\xff"))}


def media_inputs():
    first = b"application/voucher-cms+json\n"
    return {
        "elements": fill(first, b"a/b;q=0.1,", b"", HEADER),
        "names": fill(first, b"application/voucher-cms+jso,", b"", HEADER),
        "parameters": fill(first + b"application/cose", b";smime-typ=a", b"",
                           HEADER),
        "commas": fill(first, b",", b"", HEADER),
        "quotes": fill(first, b'a/b;c="' + b'\\"' * 20 + b'",', b"", HEADER),
    }


def response_inputs(size=4 * BODY):
    ok = b"HTTP/1.1 200 OK\r\n"
    return {
        "interim answers": fill(b"", b"HTTP/1.1 100 A\r\n\r\n",
                                ok + b"Content-Length: 0\r\n\r\n", size),
        "fields": fill(ok, b"a:\r\n", b"Content-Length: 0\r\n\r\n", HEADER),
        "chunks": fill(ok + b"Transfer-Encoding: chunked\r\n\r\n",
                       b"1\r\n \r\n", b"0\r\n\r\n", size),
        "trailers": fill(ok + b"Transfer-Encoding: chunked\r\n\r\n0\r\n",
                         b"a:\r\n", b"\r\n", size),
    }


# --- the rest ---

def der_inputs(size=BODY):
    return {
        "small elements": fill(b"", b"\5\0", b"", size),
        "thirty deep": fill(b"", nested(30), b"", size),
        "too deep": nested(16000)[:size],
        "a long OID": der(6, b"\x81" * (size - 6) + b"\1"),
        "a long number": der(2, b"\1" * (size - 5)),
        "small numbers": fill(b"", b"\2\1\1", b"", size),
        "long text": der(12, b"\xf0\x9f\x98\x80" * (size // 4 - 2)),
        "printable text": der(19, b"?" * (size - 5)),
        "times": fill(b"", der(23, b"190101000000Z"), b"", size),
    }


def certificate_inputs(pki):
    def shaped(subject=None, *extensions):
        return certificate("x", subject or name("x"), pki.leaf, pki.ca, 3,
                           *extensions)
    rdn = der(0x31, der(0x30, oid("2.5.4.3"), der(12, b"")))
    policy = der(0x30, oid("1.2.3"))
    unique = [extension("1.2.3.%d" % n, b"a" * 80, True) for n in range(32)]
    return {
        "names": shaped(der(0x30, rdn * 260)),
        "names in a set": shaped(der(0x30, der(
            0x31, *[der(0x30, oid("2.5.4.5"), der(19, b"1"))] * 250))),
        "extensions": shaped(None, *unique),
        "policies": shaped(None, extension(
            "2.5.29.32", der(0x30, policy * 400))),
        "purposes": shaped(None, extension(
            "2.5.29.37", der(0x30, oid("1.2.3") * 600))),
        "names in subjectAltName": shaped(None, extension(
            "2.5.29.17", der(0x30, der(0x82, b"a") * 1000))),
        "one of a chain": pki.first[0],
        "signed by itself": certificate("x", "x", pki.ca, pki.ca, 3, CA),
    }


def csr_inputs(pki):
    def csr(*attributes):
        info = der(0x30, b"\2\1\0", name("x", "1"), pki.leaf.spki,
                   der(0xa0, *attributes))
        return der(0x30, info, ECDSA384, der(3, b"\0" + pki.leaf.sign(info)))
    wanted = oid("1.2.840.113549.1.9.14")
    module = der(0xa0, oid("1.3.6.1.5.5.7.8.4"), der(0xa0, der(
        0x30, oid("1.2.3"), der(4, b"1"))))
    alt = extension("2.5.29.17", der(0x30, *[module] * 20))
    return {
        "attributes": csr(*[der(0x30, oid("1.2.3"), der(0x31))] * 800),
        "extensions": csr(der(0x30, wanted, der(0x31, der(0x30, *[
            extension("1.2.3", b"")] * 700)))),
        "serials": csr(der(0x30, wanted, der(0x31, der(0x30, *[alt] * 14)))),
        "PEM": b"-----BEGIN CERTIFICATE REQUEST-----\n" * 200,
    }


def pem_inputs():
    begin = b"-----BEGIN CERTIFICATE-----\n"
    block = begin + b"AAAA\n-----END CERTIFICATE-----\n"
    return {
        "beginnings": fill(b"", begin),
        "beginnings of beginnings": b"-" * BODY,
        "blocks": fill(b"", block),
        "white space": fill(begin, b" ", b"-----END CERTIFICATE-----"),
        "base64": fill(begin, b"AAAA", b"-----END CERTIFICATE-----"),
        "not base64": fill(begin, b"AAA=", b"-----END CERTIFICATE-----"),
    }


def audit_inputs():
    event = b'{"date":"%s","domainID":"AAAA","nonce":null,"assertion":' \
        b'"verified","truncated":"0"}' % MOMENT.encode()
    late = event[:-1] + b"," + b",".join(
        b'"%03d":0' % n for n in range(18)) + b"}"
    return {
        "events": b'{"version":"1","events":[' + b",".join(
            [event] * 256) + b"]}",
        "events with members": b'{"version":"1","events":[' + b",".join(
            [late] * 200) + b"]}",
        "too many": b'{"version":"1","events":[' + b",".join(
            [event] * 500) + b"]}",
    }


def line_inputs(section, line, last):
    return {
        "lines": fill(section, line),
        "a long line": section + b"a" * (BODY - len(section)),
        "sections": fill(b"", section),
        "comments": fill(section, b"; a\n"),
        "one too many": fill(section, b" \n", last),
    }


def text_inputs():
    found = {}
    for kind, piece in enumerate((
            b"A", b"A", b"A ", b"a", b"9", b"0", b"A", b"pin=farthest\n",
            b"product=any\n", b"address:", b"pin=product\n", b"1.2.", b"a,")):
        found["kind %d" % kind] = fill(bytes([kind]), piece)
    return found


def codec_mark(name):
    """As codec_mark() of test/unit/ipc/codecs.h."""
    mark = 0x811c9dc5
    for octet in name.encode():
        mark = (mark ^ octet) * 0x01000193 & 0xffffffff
    return (mark & 0xffff).to_bytes(2, "big")


def codec_inputs():
    """Each codec of the frames with what its reader may walk longest."""
    found = {}
    rows = pathlib.Path(__file__).parents[1] / "unit/ipc/codecs.c"
    for name in re.findall(r"^\tROW\((\w+)\),$", rows.read_text(),
                           re.MULTILINE):
        for what, piece in (("numbers", b"\0"), ("arrays", b"\x80")):
            found["%s, %s" % (name, what)] = fill(
                codec_mark(name) + head(4, 60000), piece, b"", 8192)
    assert found, "no codec"
    found["numbers"] = bytes([255]) + fill(b"", b"\0", b"", FRAME)
    return found


# --- key files ---

def number(n):
    return der(2, n.to_bytes(n.bit_length() // 8 + 1, "big"))


def sealed(kdf):
    """An encrypted PKCS#8 that no passphrase opens, as PEM."""
    aes = der(0x30, oid("2.16.840.1.101.3.4.1.42"), der(4, bytes(16)))
    found = der(0x30, der(0x30, oid("1.2.840.113549.1.5.13"),
                          der(0x30, kdf, aes)), der(4, bytes(range(160))))
    return pem("ENCRYPTED PRIVATE KEY", found)


def pem(title, octets):
    return b"-----BEGIN %s-----\n%s-----END %s-----\n" % (
        title.encode(), base64.encodebytes(octets), title.encode())


def pbkdf2(count, digest=11):
    return der(0x30, oid("1.2.840.113549.1.5.12"), der(
        0x30, der(4, bytes(16)), number(count), der(
            0x30, oid("1.2.840.113549.2.%d" % digest), b"\5\0")))


def scrypt(n, r, p):
    return der(0x30, oid("1.3.6.1.4.1.11591.4.11"), der(
        0x30, der(4, bytes(16)), number(n), number(r), number(p)))


def key_inputs(pki):
    """What vault.h allows, and a step more."""
    key = pki.leaf.path.read_bytes()
    return {
        "most iterations": sealed(pbkdf2(4000000)),
        "one iteration more": sealed(pbkdf2(4000001)),
        "most iterations, often": sealed(pbkdf2(4000000)) * 30,
        "most work of scrypt": sealed(scrypt(1 << 14, 8, 8)),
        "most work of scrypt, in parallel": sealed(scrypt(2, 1, 1 << 17)),
        "work of an hour": sealed(scrypt(1 << 10, 1, 1 << 17)),
        "memory of a gigabyte": sealed(scrypt(1 << 20, 8, 1)),
        "blocks that are no keys": pem("X", b"0") * 400,
        "keys": key * 40,
    }


def client_key_inputs():
    """A curve over a prime of which libcrypto takes long for a square root; each
    compressed point asks for one. And of named curves the slowest."""
    prime, size = (1049041 << 640) + 1, 83
    xs = [x for x in range(2, 40)
          if pow(x ** 3 + 3 * x + 7, prime >> 1, prime) == 1]
    point = [b"\2" + x.to_bytes(size, "big") for x in xs[:2]]
    curve = der(
        0x30, number(1), der(0x30, oid("1.2.840.10045.1.1"), number(prime)),
        der(0x30, der(4, (3).to_bytes(size, "big")),
            der(4, (7).to_bytes(size, "big"))),
        der(4, point[0]), number(prime), number(1))

    def key(curve, point):
        return der(0x30, der(0x30, oid("1.2.840.10045.2.1"), curve),
                   der(3, b"\0" + point))
    return {"a prime made for it": key(curve, point[1]),
            "compressed point": key(oid("1.3.132.0.35"), bytes.fromhex(
                "0200c6858e06b70404e9cd9e3ecb662395b4429c648139053fb521f828af"
                "606b4d3dbaa14b5e77efe75928fe1dc127a2ffa8de3348b3c1856a429bf9"
                "7e7e31c2e5bd66"))}


def operators_inputs():
    """As large as a roster may be."""
    key = b" ssh-ed25519 " + base64.b64encode(
        b"\0\0\0\x0bssh-ed25519\0\0\0 " + bytes(32))
    return {"remarks": fill(b"", b"#\n", b"", 16384),
            "keys": fill(b"", key + b"\n", b"", 16384),
            "blanks": fill(b"a", b" ", key, 16384)}


def plan_inputs():
    """As many of each section as may be, and behind a NUL a list of 4,096
    slots, of which the last are those of the plan."""
    tokens = ["".join(t) for t in itertools.product(
        "ABCDEFGHJKMNPQRS", repeat=3)]
    roles = ["administrator", "operator", "witness", "witness auditor"]
    roles += ["custodian"] * 16 + ["witness"] * 12
    text = ("[ceremony]\ntitle = a\nkind = create\norganization = a\n"
            "shares = 16\nthreshold = 9\nexception = a\n"
            "slots = a\n") + "".join(
        "[place p%d]\nis = a\n" % n for n in range(16)) + "".join(
        "[attendee a%d]\nname = a%d\nrole = %s\nacknowledges = on paper\n%s%s"
        % (n, n, role, "place = p%d\nmanager = m%d\n" % (n % 16, n)
           if role == "custodian" else "", "approves = yes\n"
           if n < 2 else "") for n, role in enumerate(roles)) + \
        "[root r]\npurpose = idevid\nalgorithm = p384\ngeneration = 1\n" + \
        "".join("[sign s%d]\nroot = r\nslot = %s\nnumber = 1\n"
                "algorithm = p256\ncsr = a\ncsr-sha256 = %064x\n" % (
                    n, token, n) for n, token in enumerate(tokens[-48:]))
    rows = ",".join('{"slot":"%s","state":"given"}' % t for t in tokens)
    return dict(line_inputs(b"[ceremony]\n", b"title = a\n", b"a"), **{
        "sections and slots": ('%s\0{"slots":[%s]}' % (text, rows)).encode()})


def worst_inputs(target, folder, _pki=[]):
    def pki():
        if not _pki:
            _pki.append(Pki(folder))
        return _pki[0]
    made = {
        "json": json_inputs, "cbor": cbor_inputs, "der": der_inputs,
        "cli": json_inputs, "http": http_inputs, "media": media_inputs,
        "response": response_inputs, "request": lambda: dict(
            request_inputs(), **{"JSON: " + k: v
                                 for k, v in json_inputs().items()}),
        "cms": lambda: cms_inputs(pki()),
        "envelope": lambda: dict(jws_inputs(pki()), **cose_inputs(pki())),
        "check": lambda: dict(
            check_inputs(pki()), **cms_inputs(pki()), **{
                "JWS: " + k: v for k, v in jws_inputs(pki()).items()},
            **{"COSE: " + k: v for k, v in cose_inputs(pki()).items()}),
        "voucher": lambda: dict(
            cms_inputs(pki()), **jws_inputs(pki()), **{
                "two issuers each": cms(request(
                    "ietf-voucher:voucher", assertion="logged",
                    pinned_domain_cert=pki().registrar),
                    pki().certificates, pki().leaf)}),
        "certificate": lambda: certificate_inputs(pki()),
        "csr": lambda: csr_inputs(pki()), "pem": pem_inputs,
        "key": lambda: key_inputs(pki()),
        "audit_log": audit_inputs, "text": text_inputs,
        "client_key": client_key_inputs,
        "frames": codec_inputs, "record": cbor_inputs, "admin": cbor_inputs,
        "operators": operators_inputs,
        "story": lambda: {
            "faults": b"3" + b"fault x\n" * 1024,
            "retired": b"2" + b"retire one 1\n" * 1024},
        "config": lambda: line_inputs(b"[hallmark]\n", b"fronts = 1\n",
                                      b"a"),
        "plan": plan_inputs,
        "share": lambda: {"words": fill(b"", b"academic "),
                          "blanks": b" " * BODY, "a word": b"a" * BODY},
        "ssh": lambda: {"a key": fill(b"ssh-ed25519 ", b"A"),
                        "blanks": fill(b"ssh-ed25519", b" "),
                        "signature": fill(b"ssh-ed25519 A\n-----BEGIN SSH "
                                          b"SIGNATURE-----\n", b"A")},
    }
    return made[target]() if target in made else {}
