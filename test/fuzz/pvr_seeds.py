#!/usr/bin/env python3
"""Writes inputs of the target `pvr`: requests of a pledge and of a registrar around it in
each format and form, with the certificates that they want, and an audit log. Names of
subjects have what a terminal would obey. Keys are made for it and forgotten.

usage: pvr_seeds.py FOLDER               needs HALLMARK_BIN
"""
import base64
import os
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
VECTORS = HERE.parent / "vectors/rfc8995-appendix-c"
HALLMARK = os.environ["HALLMARK_BIN"] + "/hallmark"
EASY, RIGHT, LATER = 1, 2, 4    # fuzz_pvr.c


def run(*words):
    done = subprocess.run([str(w) for w in words], capture_output=True)
    assert done.returncode == 0, (words, done)
    return done.stdout


class Party:
    def __init__(self, folder, name, subject):
        self.key, self.pem = folder / (name + ".key"), folder / (name + ".pem")
        run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
            "ec_paramgen_curve:P-256", "-nodes", "-keyout", self.key, "-subj",
            subject, "-out", self.pem, "-days", "36500")
        self.text = self.pem.read_bytes()
        self.der = run("openssl", "x509", "-in", self.pem, "-outform", "DER")
        self.by = ["--key", self.key, "--certificate", self.pem]


def pem(label, der):
    return b"-----BEGIN %s-----\n%s-----END %s-----\n" % (
        label, base64.encodebytes(der), label)


def seed(switches, **files):
    for data in files.values():
        assert b"\x1e\x1e" not in data, files
    return bytes([switches]) + b"".join(
        b"\x1e\x1e" + name.encode() + b"\n" + data
        for name, data in files.items())


def requests(folder, pledge, agent, registrar):
    """(name, files)"""
    out, rvr = folder / "pvr", folder / "rvr"
    data = folder / "agent.jws"
    run(HALLMARK, "registrar", "agent-data", *agent.by, "--serial", "X-1",
        "--out", data)
    for form in "cms", "jws", "cose":
        for more in [], ["--agent-data", data]:
            run(HALLMARK, "pledge", "request", *pledge.by, "--format", form,
                "--registrar-certificate", registrar.pem, "--out", out, *more)
            files = {"request": out.read_bytes(), "pledge": pledge.text}
            if more:
                files["agents"] = agent.text + registrar.text
            elif form != "cose":
                files["pledge"] = pledge.der
            name = form + ("-agent" if more else "")
            files["anchor"] = run("openssl", "x509", "-in", pledge.pem,
                                  "-pubkey", "-noout")
            yield name, files
            run(HALLMARK, "registrar", "request", *registrar.by, "--format",
                form, "--pvr", out, "--pledge-certificate", pledge.pem,
                *(["--agent-certificate", agent.pem] if more else []),
                "--rvr-out", rvr)
            yield name + "-registrar", {"request": rvr.read_bytes()}
    der = out.read_bytes()
    yield "base64", {"request": base64.b64encode(der), "pledge": pledge.text}
    yield "pem", {"request": pem(b"CMS", der), "pledge": pledge.text}


def main():
    out = pathlib.Path(sys.argv[1])
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        pledge = Party(folder, "pledge", "/CN=a\x1b[2Jb/serialNumber=X-1")
        agent = Party(folder, "agent", "/CN=agent\x07")
        registrar = Party(folder, "registrar", "/O=\x1b]0;x\x07/CN=registrar")
        for name, files in requests(folder, pledge, agent, registrar):
            (out / name).write_bytes(seed(LATER, **files))
            (out / (name + "-easy")).write_bytes(
                seed(EASY | RIGHT | LATER, **files))
        log = (VECTORS / "auditlog-example.json").read_bytes()
        (out / "log").write_bytes(seed(0, log=log, own=registrar.text,
                                       chain=pledge.text))
        (out / "log-alone").write_bytes(seed(0, log=log, own=registrar.der))
    anchor = (VECTORS / "masa.crt").read_bytes()
    device = (VECTORS / "idevid_00-D0-E5-F2-00-02.crt").read_bytes()
    for name in "vr", "parboiled_vr", "voucher":
        for path in VECTORS.glob(name + ["_*.b64", ".der"][name == "vr"]):
            (out / ("published-" + name)).write_bytes(
                seed(0, request=path.read_bytes(), anchor=anchor,
                     pledge=device))


main()
