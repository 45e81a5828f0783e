#!/usr/bin/env python3
"""Writes inputs of the target `bundle`: small ceremonies of each kind are rehearsed, and
what they leave becomes files of one input (given.h). Of the journal the input has its
acts as lines; hashes in these and in the plan are named by what they are of, "@f:FILE"
and so on (fuzz_bundle.c), so that a file may change.

usage: bundle_seeds.py FOLDER            needs HALLMARK_BIN, HALLMARK_SOURCE
"""
import hashlib
import pathlib
import re
import shutil
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent / "unit/schema")]
sys.dont_write_bytecode = True
import cddl  # noqa: E402
import ceremony  # noqa: E402

EASY, MANIFEST, REHEARSAL = 1, 2, 4     # fuzz_bundle.c
JOURNAL = "journal/00000001.seg"

# As few people as a plan may have, of whom two have keys.
ceremony.PEOPLE = ceremony.PEOPLE[:8]
PAPER = tuple(h for h, _ in ceremony.PEOPLE if h not in ceremony.APPROVERS)
IDEVID = "[root idevid-root]\npurpose = idevid\nalgorithm = p384\n" \
    "generation = 1\n"
VOUCHER = "[root voucher-root]\npurpose = voucher\nalgorithm = p256\n" \
    "generation = 1\n"


def existing(folder, root, name):
    der = ceremony.good("openssl", "x509", "-outform", "DER", "-in",
                        folder / "made/certificates" / (name + ".pem"))
    return root + "certificate = made/certificates/%s.pem\n" \
        "certificate-sha256 = %s\n\n" % (name, hashlib.sha256(der).hexdigest())


def plan(folder, kind, roots, items=(), more=""):
    if kind != "create":
        more += "previous = %s\n" % ceremony.manifest(folder / "made")
    text = ceremony.ceremony(kind, "Seed: " + kind, 4, 2,
                             "exception = a seed\n" + more)
    text += ceremony.places() + ceremony.people(folder, PAPER) + roots + "\n"
    for item in items:
        text += ceremony.item_text(folder, *item)
    path = folder / (kind + ".ini")
    path.write_text(ceremony.with_slots(folder, text))
    return path


def play(folder, name, path, until=None, **more):
    player = ceremony.Player("run", path, "--out", folder / name, "--rehearse",
                             **more)
    player.play(until=until)
    if until is not None:
        player.kill()
    else:
        assert player.status == 0, player.screen()


# --- what is left becomes an input ---

def acts(segment):
    """(time, verb, subject) of each record, but for checkpoints."""
    at = 0
    while segment[at:at + 4] == b"HLJ1":
        length = int.from_bytes(segment[at + 12:at + 16], "big")
        group = segment[at + 48:at + 48 + length]
        at += (48 + length + 7) // 8 * 8
        while group:
            size = int.from_bytes(group[:4], "big")
            record = dict(cddl.decode(group[4:4 + size]))
            group = group[4 + size:]
            if record[6] == 8:
                act = dict(record[9])
                yield record[5], act[2], act[3]


def inner(der):
    """The first element inside."""
    def head(at):
        n = der[at + 1]
        return (at + 2, n) if n < 0x80 else (
            at + 2 + n - 0x80,
            int.from_bytes(der[at + 2:at + 2 + n - 0x80], "big"))
    begin, _ = head(0)
    at, length = head(begin)
    return der[begin:at + length]


def named(files):
    """{hash: what it is of}"""
    found = {}
    for name, data in files.items():
        found[hashlib.sha256(data).hexdigest()] = "@f:" + name
        if name.startswith("certificates/"):
            der = ceremony.good("openssl", "x509", "-outform", "DER",
                                input=data)
            key = ceremony.good("openssl", "x509", "-pubkey", "-noout",
                                input=data)
            key = ceremony.good("openssl", "pkey", "-pubin", "-outform", "DER",
                                input=key)
            for kind, octets in (("t", inner(der)), ("c", der), ("k", key)):
                found[hashlib.sha256(octets).hexdigest()] = \
                    "@%s:%s" % (kind, name)
    return found


def tokens(data, names):
    return re.sub(rb"\b[0-9a-f]{64}\b", lambda m: names.get(
        m[0].decode(), m[0].decode()).encode(), data)


def bundle(place):
    """The files of a folder, with the journal as lines, and signed as such."""
    segment = place / JOURNAL
    lines = "".join("%d %s %s\n" % (when, verb.removeprefix("ceremony."), what)
                    for when, verb, what in acts(segment.read_bytes()))
    segment.write_text(lines)
    manifest = place / "manifest.txt"
    if manifest.exists():
        manifest.write_text(re.sub(
            r"\w+(?=  %s\n)" % JOURNAL,
            hashlib.sha256(lines.encode()).hexdigest(), manifest.read_text()))
        ceremony.acknowledge(place.parent, place, PAPER)
    return {str(path.relative_to(place)): path.read_bytes()
            for path in sorted(place.rglob("*")) if path.is_file()}


def seed(files, switches):
    names = named(files)
    out = bytes([switches | REHEARSAL])
    for name, data in files.items():
        if name == "manifest.txt" and switches & MANIFEST:
            continue
        assert b"\x1e\x1e" not in data, name
        if name in ("plan.ini", JOURNAL):
            data = tokens(data, names)
        out += b"\x1e\x1e" + name.encode() + b"\n" + data
    return out


def rehearse(folder):
    shares = {}
    play(folder, "made", plan(folder, "create", IDEVID + "\n" + VOUCHER, (
        ceremony.ITEMS[0], ceremony.ITEMS[3]), ceremony.POLICIES +
        "at = Room 2\n"), shares=shares)
    root = existing(folder, IDEVID, "idevid-root")
    play(folder, "drill", plan(folder, "drill", root), shares=shares)
    play(folder, "sign", plan(folder, "sign", existing(
        folder, VOUCHER, "voucher-root"), (
        ("signer-2", "voucher-root", "p256", ceremony.P256,
         "number = 2\nproduct-policy = 1.3.6.1.4.1.55555.1.1.9\n"),),
        "voucher-policy = 1.3.6.1.4.1.55555.1.1\n"
        "voucher-policy-form = private-extension\n"), shares=shares)
    path = plan(folder, "refresh", root)
    play(folder, "cut", path, "share 3 of", shares=dict(shares))
    play(folder, "refresh", path, shares=dict(shares), answers={
        ("old share 2 of", "no, or abort: "): "no"})
    play(folder, "destroy", plan(folder, "destroy", root), shares=shares)


def main():
    out = pathlib.Path(sys.argv[1])
    folder = pathlib.Path(tempfile.mkdtemp(prefix="seeds"))
    try:
        rehearse(folder)
        for name in ("made", "drill", "sign", "refresh", "destroy", "cut"):
            files = bundle(folder / name)
            for word, switches in (("signed", 0), ("made", EASY | MANIFEST)):
                if name != "cut" or switches == 0:
                    (out / (name + "-" + word)).write_bytes(
                        seed(files, switches))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


main()
