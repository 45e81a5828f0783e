"""A home whose service has a liar in it: one of the four programs is replaced
by its lying twin (lies.h), the others are the real ones. Imported before world,
because the service runs from a folder of its own.
"""
import base64
import contextlib
import hashlib
import json
import os
import pathlib
import re
import shutil
import sqlite3
import sys
import tempfile
import time

SOURCE = pathlib.Path(os.environ["HALLMARK_SOURCE"])
REAL = pathlib.Path(os.environ["HALLMARK_BIN"])
LIES_SIZE = 262144
BAD = 20        # verified bad requests, see authority/reputation.c
LONG = "@long"  # a text that is longer than any field of a frame
PATH = "/.well-known/brski/requestvoucher"
AUDIT = "/.well-known/brski/requestauditlog"
PREPARED = "/.well-known/brski/auditlog/"
# What a signer only warns of; else what it refuses is an alarm.
WARNINGS = ("signer-rate", "serial-used", "serial-slot")


def programs(role):
    """A folder with links to the real programs, but for the liar."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="liar."))
    folder.chmod(0o755)
    for path in REAL.iterdir():
        copy(path, folder / path.name)
    (folder / ("hallmark-" + role)).unlink()
    copy(REAL.parent / "test" / "hostile" / ("lying_" + role),
         folder / ("hallmark-" + role))
    (folder / "lies").write_bytes(bytes(LIES_SIZE))
    return folder


def copy(source, to):
    """A program finds the others beside its own file: no symbolic link."""
    try:
        os.link(source, to)
    except OSError:
        shutil.copy(source, to)


class Liar:
    """role: "front", "checker", "authority", or None for honest programs."""

    def __init__(self, role, *serve):
        self.bin = REAL
        if role is not None:
            self.bin = programs(role)
            os.environ["HALLMARK_BIN"] = str(self.bin)
        for folder in ("conformance", "."):
            sys.path.insert(0, str(SOURCE / "test" / folder))
        global builder, objects, tap, world
        import builder
        import objects
        import tap
        import world
        self.test = tap.Tap()
        self.scene = builder.Scene(world.workspace())
        self.pki = self.scene.pki
        self.home = self.scene.home("plain")
        self.client = self.pki.get("client")
        self.mark = 0

    # --- lies ---

    def lie(self, lies):
        text = b""
        for word, value in lies.items():
            if not isinstance(value, int):
                value = (value if isinstance(value, bytes)
                         else value.encode()).hex()
            text += b"%s %s\n" % (word.encode(), str(value).encode())
        assert len(text) < LIES_SIZE, len(text)
        with open(self.bin / "lies", "r+b") as out:
            out.write(text.ljust(LIES_SIZE, b"\0"))

    @contextlib.contextmanager
    def lying(self, lies):
        """While it is open the liar lies; what is logged from here on counts
        for said()."""
        self.mark = len(self.home.said())
        self.lie(lies)
        try:
            yield
        finally:
            self.lie({})

    def said(self):
        return self.home.said()[self.mark:]

    # --- requests ---

    def compose(self, **words):
        """A fresh device may have to wait for a program that comes back."""
        def composed():
            try:
                return self.scene.compose(self.home, words)
            except RuntimeError as fault:
                if ": unavailable: " not in str(fault):
                    raise
                return None
        return until(composed, self.home.said)

    def post(self, body, path=PATH):
        code, _, text = self.home.post(
            path, body, {"Content-Type": builder.MEDIA}, self.client)
        return code, text

    def patient(self, body, path=PATH):
        """As a client that comes again after 503."""
        end = time.monotonic() + 60
        while True:
            try:
                code, text = self.post(body, path)
                if code != 503 or time.monotonic() > end:
                    return code, text
            except OSError:
                if time.monotonic() > end:
                    raise
            time.sleep(0.05)

    def served(self):
        """A good request through the whole service, when all are back."""
        body = self.compose()
        code, text = self.patient(body)
        assert code == 200, (code, text, self.home.said()[-3000:])
        return self.pinned(text)

    @contextlib.contextmanager
    def nothing_signed(self):
        """There are no more vouchers on record behind it than before."""
        before = len(self.vouchers())
        yield
        after = self.vouchers()
        assert len(after) == before, after[before:]

    def refused(self, lies, status, reason, body=None, logged=()):
        """A request under these lies gets this answer."""
        body = self.compose() if body is None else body
        with self.lying(lies):
            code, text = self.post(body)
            assert (code, b"[%s, " % reason.encode() in text) == \
                (status, True), \
                (lies, code, text, self.said()[-2000:])
            if status >= 500 and reason.startswith("signer-"):
                self.complained(reason)
            for words in logged:
                assert words in self.said(), (words, self.said()[-2000:])

    def complained(self, reason):
        """The signer itself has said so, before it answered."""
        severity = "warning" if reason in WARNINGS else "alarm"
        assert re.search(r" signer\[\d+\] %s %s " % (severity, reason),
                         self.said()), (reason, self.said()[-2000:])

    def fatal(self, lies, victim, words):
        """Under these lies the victim ends and says why; then it comes back."""
        body = self.compose()
        old = self.pid(victim)

        def ended():
            code, text = self.post(body)
            assert code == 503, (lies, code, text, self.said()[-2000:])
            return words in self.said() or None

        with self.lying(lies):
            until(ended, self.said)
        until(lambda: self.pid(victim) not in (None, old) or None, self.said)

    def fetches(self):
        """Its FETCH frames: a log that was prepared for the client comes to
        another one who need not know its name; none does by a guess."""
        body = self.compose()
        code, text = self.patient(body)
        assert code == 200, (code, text)
        code, fields, log = self.home.post(
            AUDIT, body, {"Content-Type": builder.MEDIA}, self.client)
        assert code == 200, (code, log)
        lies = {"fetch.slug": bytes.fromhex(fields["location"][-32:]),
                "fetch.client_spki_sha256": hashlib.sha256(
                    self.client.spki()).digest()}

        def fetched(lies):
            with self.lying(lies):
                code, _, text = self.home.post(
                    PREPARED + "0" * 32, None, {},
                    self.pki.get("client-lost"), "GET")
            return code, text

        records = len(self.records())
        assert fetched(lies) == (200, log)
        for word, value in (("fetch.slug", os.urandom(16)),
                            ("fetch.client_spki_sha256", os.urandom(32))):
            code, text = fetched({**lies, word: value})
            assert code == 404 and b"[log-not-kept" in text, (code, text)
        assert len(self.records()) == records

    def slanders(self, word, more):
        """BAD bad requests under a lie about their client block one that got no
        voucher yet, and only tell of one that did."""
        newcomer = self.pki.get("client-bad")
        bad = self.compose(rvr={"mutate": "flip-content"})

        def sent(lies, event):
            with self.lying({**lies, **more}):
                code, text = self.post(bad)
                assert code in (400, 403), (code, text)
                until(lambda: event in self.said(), self.said)

        sent({word: hashlib.sha256(newcomer.der()).digest()},
             "client-blocked")
        code, _, text = self.home.post(
            PATH, self.compose(), {"Content-Type": builder.MEDIA}, newcomer)
        assert code == 403 and b"[client-blocked" in text, (code, text)
        entry, = json.loads(self.home.hallmark("client", "list",
                                               "--json"))["clients"]
        assert entry["name"] == newcomer.fingerprint(), entry
        self.home.hallmark("client", "release", entry["name"])
        self.served()
        sent({}, "client-suspect")
        self.served()

    def ends(self, lies, victim, words, act):
        """As fatal(), but by what somebody does who may be refused or not."""
        old = self.pid(victim)
        with self.lying(lies):
            try:
                act()
            except RuntimeError:
                pass
            until(lambda: words in self.said() or None, self.said)
        until(lambda: self.pid(victim) not in (None, old) or None, self.said)

    # --- the service from outside ---

    def pid(self, name):
        return world.by_comm(self.home.server.pid).get(world.comm_of(name))

    def restart(self):
        status = self.home.stop()
        assert status == 0, (status, self.home.said()[-2000:])
        self.home.serve()

    def recheck(self):
        """What the service says of its re-check."""
        return json.loads(self.home.hallmark("status", "--json"))["recheck"]

    def differs(self):
        """Waits for the re-check to stop issuing; the voucher it names."""
        until(lambda: "recheck-differs" in self.said() or None, self.said)
        found = self.recheck()
        assert found["stopped"], found
        return found

    def confirm(self, found):
        """As the operator who has looked at that voucher."""
        self.home.hallmark("recheck", "confirm", str(found["sequence"]))

    # --- what was signed ---

    def records(self, kind=None):
        text = world.command(REAL / "hallmark", "journal", "show", "--json",
                             "--home", self.home.path).decode()
        all_of_them = [json.loads(line) for line in text.splitlines() if line]
        return [r for r in all_of_them if kind in (None, r["kind"])]

    def vouchers(self, serial=None):
        return [r for r in self.records("voucher")
                if serial in (None, r["facts"]["serial"])]

    def pinned(self, artifact):
        """The pin of a voucher that openssl found to be one, as DER."""
        if artifact.startswith(b"{"):
            voucher = objects.jws_voucher(
                self.scene.folder, artifact,
                self.home.path / "anchors" / "voucher-root.pem")
        else:
            voucher = self.home.voucher(artifact, self.scene.folder)
        return base64.b64decode(voucher["pinned-domain-cert"])

    def sql(self, text, *values):
        """As the administrator of the database."""
        with contextlib.closing(sqlite3.connect(
                self.home.path / "authority" / "store.db",
                timeout=20)) as db, db:
            return db.execute(text, values).fetchall()

    def pins_agree(self):
        """Each record against the certificate that it pins, and against the
        voucher, unless nobody got it: the number of vouchers compared. The
        service must be down."""
        rows = {sequence: (artifact, delivered)
                for sequence, artifact, delivered in self.sql(
                    "SELECT sequence, artifact, delivered FROM voucher")}
        known = {hashlib.sha256(one.der()).hexdigest(): one
                 for one in self.pki.known.values()}
        compared = 0
        for record in self.vouchers():
            facts = record["facts"]
            domain_id = known[facts["pin_sha256"]].domain_id()
            assert facts["domain_id"] == domain_id.hex(), record
            artifact, delivered = rows[record["sequence"]]
            if delivered:
                pin = self.pinned(artifact)
                assert facts["pin_sha256"] == hashlib.sha256(
                    pin).hexdigest(), record
                compared += 1
        return compared

    # --- an impostor ---

    def impostor(self, name, device, key_id=None, key_of=None):
        """A certificate with the device's serial by a CA of its own, which
        claims the key identifier of the device's issuer."""
        key_id = key_id or device.identity.authority_key_id()[4:]
        ca = self.pki.make(name + "-ca", "CN=" + name, (
            "basicConstraints=critical,CA:TRUE\n"
            "keyUsage=critical,keyCertSign\nsubjectKeyIdentifier=%s\n"
            % key_id.hex(":").upper()))
        return self.pki.device(name, device.serial, ca, key_of=key_of)

    def end(self):
        """The last cases of every liar."""
        @self.test.case("pin and recorded domainID agree in all that was "
                        "signed")
        def _():
            status = self.home.stop()
            assert status == 0, (status, self.home.said()[-3000:])
            assert self.pins_agree() > 0

        @self.test.case("the journal verifies")
        def _():
            world.command(REAL / "hallmark", "journal", "verify", "--home",
                          self.home.path)

    def done(self):
        """The exit status."""
        said = self.scene.close(killed=True)
        self.test.point("no program has crashed", not said, said)
        if self.bin != REAL:
            shutil.rmtree(self.bin, ignore_errors=True)
        return self.test.done()


def until(what, said=lambda: "", seconds=60):
    """Waits for an event: its value; raises when time is up."""
    value = tap.until(what, seconds)
    if not value:
        raise AssertionError("it did not come: " + said()[-3000:])
    return value
