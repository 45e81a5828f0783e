#!/usr/bin/env python3
"""Makes public_cas.h: two sorted tables of SHA-256, of the keys
(SubjectPublicKeyInfo) and of the subject Names of all public CAs in a folder of
PEM files, as Debian's ca-certificates installs them.

usage: public_cas.py OUT DEPFILE FOLDER
"""
import base64
import hashlib
import pathlib
import re
import sys

BLOCK = re.compile("-----BEGIN CERTIFICATE-----(.*?)-----END CERTIFICATE-----",
                   re.DOTALL)


def element(der, at=0):
    """(where its content begins, where it ends)"""
    length, begin = der[at + 1], at + 2
    if length & 0x80:
        octets = length & 0x7f
        length = int.from_bytes(der[begin:begin + octets], "big")
        begin += octets
    return begin, begin + length


def members(der):
    """The members of the SEQUENCE that der is, each whole."""
    at, end = element(der)
    if der[0] != 0x30 or end != len(der):
        sys.exit("public_cas.py: a certificate is no DER SEQUENCE")
    while at < end:
        _, behind = element(der, at)
        yield der[at:behind]
        at = behind


def certificate(der):
    """Its SubjectPublicKeyInfo and its subject."""
    tbs = list(members(next(members(der))))
    # [0] version, serialNumber, signature, issuer, validity, subject, key
    return tbs[6], tbs[5]


def table(name, values):
    rows = []
    for value in sorted({hashlib.sha256(v).digest() for v in values}):
        rows.append("\t{ %s }," % ", ".join("0x%02x" % b for b in value))
    return "static const uint8_t %s[][32] = {\n%s\n};\n" % (
        name, "\n".join(rows))


out, depfile, folder = sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3])
paths = sorted(folder.glob("*.crt"))
found = [certificate(base64.b64decode(block)) for path in paths
         for block in BLOCK.findall(path.read_text())]
# Fewer is a folder that is empty, or another one.
if len(found) < 50:
    sys.exit("public_cas.py: %s holds %d certificates; is ca-certificates "
             "installed?" % (folder, len(found)))
pathlib.Path(out).write_text(table("keys", [spki for spki, _ in found]) +
                             table("names", [name for _, name in found]))
pathlib.Path(depfile).write_text("%s: %s\n" % (out, " ".join(
    str(path).replace(" ", "\\ ") for path in [folder] + paths)))
