#!/usr/bin/env python3
"""Writes inputs of the target `check` from cases of test/conformance: what a case
sends, and behind it what the authority would have on record.

usage: check_seeds.py FOLDER CASE...     needs HALLMARK_BIN, HALLMARK_SOURCE
"""
import pathlib
import re
import shutil
import sys
import tomllib

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "conformance"))
import builder  # noqa: E402
import world  # noqa: E402

EASY, RIGHT = 1, 2      # fuzz_check.c
CERTIFICATE = 4         # INSPECT_CERTIFICATE


def sized(body):
    return len(body).to_bytes(2, "big") + body


def seeds(scene, case):
    """Of each request that the case composes itself."""
    home = scene.home(case.get("home", "plain"))
    cas = []
    for act in case.get("prepare", []):
        scene.prepare(home, act)
        cas += [scene.pki.get(name).der() for name in
                re.findall(r"--domain-ca @file:(\S+)", act)]
    for words in case["request"]:
        if "file" in words or "body" in words.get("http", {}):
            continue
        # Else no change of it would come beyond its messageDigest.
        words["pledge"] = dict({"content_type": world.DATA,
                                "no_attributes": True},
                               **words.get("pledge", {}))
        body = scene.compose(home, words)
        record = b""
        # A pledge that sends no certificate, or CAs to ask for.
        form = words["pledge"].get("format", words.get("format"))
        if cas or form == "cose":
            record = scene.last.identity.der() + b"".join(cas)
        flags = EASY if body[0] != 0x30 else EASY | RIGHT
        yield b"S" + bytes([flags]) + sized(body) + record


def main():
    folder = pathlib.Path(sys.argv[1])
    # Inside of the target's second moment.
    builder.now = lambda: "2026-11-26T11:55:00Z"
    place = world.workspace()
    scene = builder.Scene(place)
    try:
        for name in sys.argv[2:]:
            case = tomllib.loads((HERE.parent / "conformance/cases" / (
                name + ".toml")).read_text())
            for number, seed in enumerate(seeds(scene, case)):
                (folder / ("%s-%d" % (name, number))).write_bytes(seed)
        for name in ("registrar", "domain-ca"):
            (folder / ("certificate-" + name)).write_bytes(
                bytes([CERTIFICATE]) + sized(scene.pki.get(name).der()))
    finally:
        scene.close()
        shutil.rmtree(place, ignore_errors=True)


main()
