"""A home behind the fault layer, its service, its customers, and the judge who
knows only what customers and operators were told, `journal show`, `journal
verify` and the store. For power, kills and faults; doc/faults.md.
"""
import atexit
import base64
import collections
import hashlib
import hmac
import http.client
import json
import mmap
import os
import pathlib
import random
import re
import secrets
import shutil
import signal
import sqlite3
import ssl
import struct
import sys
import tempfile
import threading
import time

SOURCE = pathlib.Path(os.environ["HALLMARK_SOURCE"])
sys.path.insert(0, str(SOURCE / "test" / "conformance"))
sys.path.insert(0, str(SOURCE / "test"))
# The plain build: under sanitizers memory and calls belong to their runtime.
PLAIN = SOURCE / "build" / "bin"
LAYER = SOURCE / "build" / "test" / "hostile" / "layer" / "libfault.so"
FOLDER = pathlib.Path(tempfile.mkdtemp(prefix="f."))
atexit.register(shutil.rmtree, FOLDER, ignore_errors=True)
os.environ["HALLMARK_BIN"] = str(FOLDER / "bin")
import builder  # noqa: E402
import disk  # noqa: E402
import tap  # noqa: E402
import world  # noqa: E402
from tap import until  # noqa: E402

PATH = "/.well-known/brski/requestvoucher"
AUDIT = "/.well-known/brski/requestauditlog"
HEAD = {"Content-Type": builder.MEDIA}
PROGRAMS = ("front", "checker", "authority", "signer")
FAULTS = ("write", "sync", "room", "memory", "name", "folder")
FAULT = struct.Struct("=qqq")
FOLDERS = ("signer/journal", "signer/keys", "signer/wrapping",
           "signer/archive", "authority")
# A segment is as long as its file, and the next one as long as this one. In
# short ones each record is a group and a new segment comes with every second
# round; in the longer ones groups hold many records.
SHORT, LONGER = 16 * 1024, 72 * 1024
WRAPPER = """#!/bin/sh
%s
export LD_PRELOAD='%s' FAULT_CONTROL='%s'
exec '%s' "$@"
"""
LOGGED = "export FAULT_LOG='%s' FAULT_FOLDER='%s'"


def ready():
    """Ends the script if the plain build is not there."""
    if not LAYER.exists():
        print("1..0 # skip the plain build is missing: ./dev build")
        sys.exit(0)


def seed_of():
    """FAULT_SEED repeats a run; it is always told."""
    text = os.environ.get("FAULT_SEED", "8366")
    seed = int(text) if text else random.SystemRandom().randrange(1 << 32)
    print("# FAULT_SEED=%d" % seed)
    return seed


class Control:
    """What struct control of layer.h says, for one program."""

    def __init__(self, path):
        path.write_bytes(bytes(FAULT.size * len(FAULTS) + 8))
        path.chmod(0o666)
        self.file = open(path, "r+b")
        self.map = mmap.mmap(self.file.fileno(), 0)

    def arm(self, fault, countdown, lasting=False):
        FAULT.pack_into(self.map, FAULTS.index(fault) * FAULT.size, countdown,
                        int(lasting), 0)

    def struck(self, fault):
        return FAULT.unpack_from(self.map,
                                 FAULTS.index(fault) * FAULT.size)[2]

    def countdown(self, fault):
        return FAULT.unpack_from(self.map,
                                 FAULTS.index(fault) * FAULT.size)[0]

    def calm(self):
        for fault in FAULTS:
            self.arm(fault, 0)

    def clock(self, seconds):
        struct.pack_into("=q", self.map, FAULT.size * len(FAULTS), seconds)


class Service(world.Home):
    """A home whose four programs run under the layer."""

    def __init__(self, *options, segment=SHORT):
        self.control = {}
        self.log_path = FOLDER / "log"
        self.log_path.write_bytes(b"")
        self.log_path.chmod(0o666)
        (FOLDER / "bin").mkdir()
        shutil.copy(PLAIN / "hallmark", FOLDER / "bin" / "hallmark")
        for name in ("ceremony", "registrar"):
            (FOLDER / "bin" / ("hallmark-" + name)).symlink_to(
                PLAIN / ("hallmark-" + name))
        for name in PROGRAMS:
            self.wrap(name)
        super().__init__(FOLDER, "h", "--product", "router-9", "--token", "AR9",
                         "--masa-url", "localhost:8443", *options)
        if segment:
            self.resize(segment)
        for name in ("voucher-1", "F1-1"):
            self.cheapen(self.path / "signer/keys" / (name + ".key"))
        self.tls = {}

    def resize(self, size):
        """Every segment, while nobody writes; behind its groups are zeros."""
        for path in (self.path / "signer/journal").glob("*.seg"):
            if size > path.stat().st_size or size == SHORT:
                os.truncate(path, size)

    def cheapen(self, path):
        """The same key and passphrase; it opens without much scrypt."""
        secret = self.passphrase.read_text().strip()
        wrapping = self.path / "signer/wrapping" / path.name
        if wrapping.exists():
            secret = hmac.new(wrapping.read_bytes(), secret.encode(),
                              "sha256").hexdigest()
        secret = "pass:" + secret
        path.write_bytes(world.openssl(
            "pkcs8", "-topk8", "-in", path, "-passin", secret, "-passout",
            secret, "-scrypt", "-scrypt_N", "2", "-scrypt_r", "1",
            "-scrypt_p", "1"))

    def wrap(self, name):
        control = FOLDER / ("control-" + name)
        self.control[name] = Control(control)
        logged = LOGGED % (self.log_path, FOLDER / "h") \
            if name in ("signer", "authority") else ""
        path = FOLDER / "bin" / ("hallmark-" + name)
        path.write_text(WRAPPER % (logged, LAYER, control,
                                   PLAIN / ("hallmark-" + name)))
        path.chmod(0o755)

    def context(self, client=None):
        if client not in self.tls:
            self.tls[client] = super().context(client)
        return self.tls[client]

    def children(self):
        """Our programs by name, below the service."""
        found = world.by_comm(self.server.pid)
        return {program: found[world.comm_of(program)] for program in PROGRAMS
                if world.comm_of(program) in found}

    def kill(self):
        """All at once, as when the power goes."""
        self.server.send_signal(signal.SIGSTOP)
        until(lambda: stopped(self.server.pid))
        # Whatever their names: one may be just about to become a program.
        pids = world.children_of(self.server.pid)
        for pid in [self.server.pid] + pids:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        self.server.wait()
        self.server.stdout.close()
        self.server = None
        for pid in pids:    # ours are reparented: wait until they are gone
            until(lambda: gone(pid))

    def changes(self):
        return self.log_path.read_bytes()

    def forget_changes(self):
        os.truncate(self.log_path, 0)


def state(pid):
    """The letter that ps has, X where there is none."""
    try:
        stat = pathlib.Path("/proc/%d/stat" % pid).read_text()
    except (FileNotFoundError, ProcessLookupError):
        return "X"
    return stat.rsplit(")", 1)[1].split()[0]


def stopped(pid):
    return state(pid) in "TZX"


def gone(pid):
    return state(pid) in "ZX"


class Request:
    """One voucher request: its bytes, and what came of it."""

    def __init__(self, body, serial):
        self.body = body
        self.serial = serial
        self.sha256 = hashlib.sha256(body).hexdigest()
        self.answer = None
        self.born = time.monotonic()


def signed_attributes(artifact):
    """SHA-256 of the bytes that a voucher's signature covers, and its
    eContent."""
    def parts(der):
        while der:
            tag, content, size = world.element(der)
            yield tag, content, der[:size]
            der = der[size:]
    info = list(parts(world.element(artifact)[1]))
    signed = list(parts(world.element(info[1][1])[1]))
    encapsulated = list(parts(signed[2][1]))
    content = world.element(encapsulated[1][1])[1]
    signer = list(parts(world.element(signed[-1][1])[1]))
    attributes = [whole for tag, _, whole in signer if tag == 0xa0][0]
    return hashlib.sha256(b"\x31" + attributes[1:]).hexdigest(), content


class Customers:
    """They make requests by the openssl command and send them."""

    def __init__(self, service):
        self.service = service
        self.pki = world.Pki(FOLDER)
        self.client = self.pki.get("client")
        self.registrar = self.pki.get("registrar")
        self.seen = world.b64(self.registrar.der())
        self.units = []
        self.count = 0

    def unit(self):
        """A new unit; what was told, or None."""
        self.count += 1
        identity = world.Identity(FOLDER, "unit-%d" % self.count)
        return identity, world.csr(FOLDER / (identity.name + ".csr"),
                                   identity.key)

    def issue(self, made):
        """Has the unit issued; its serial and certificate."""
        identity, request = made
        try:
            said = self.service.hallmark("issue", "csr", request, "--product",
                                         "router-9", "--out", identity.pem)
        except RuntimeError as fault:
            return self.issued(identity, str(fault))
        der = ssl.PEM_cert_to_DER_cert(identity.pem.read_text().split(
            "-----END")[0] + "-----END CERTIFICATE-----\n")
        return builder.Device(identity, said.split()[0].decode()), der

    def issued(self, identity, said):
        """Its certificate was made and did not arrive: the refusal names the
        serial, under which it is on record."""
        found = re.search(r"key-duplicate: .*it is the key of (\S+)", said)
        if not found:
            raise RuntimeError(said)
        shown = json.loads(self.service.hallmark("device", "show", found[1],
                                                 "--json"))
        der = base64.b64decode(shown["devices"][0]["certificate"])
        identity.pem.write_text(ssl.DER_cert_to_PEM_cert(der))
        return builder.Device(identity, found[1]), der

    def compose(self, device, ahead=0):
        """A request as of now, or seconds ahead."""
        nonce = secrets.token_urlsafe(16)
        now = time.strftime("%Y-%m-%dT%H:%M:%SZ",
                            time.gmtime(time.time() + ahead))
        leaves = {"created-on": now, "assertion": "proximity",
                  "serial-number": device.serial, "nonce": nonce}
        prior = world.cms_sign(
            FOLDER, json.dumps({builder.REQUEST: dict(leaves, **{
                "proximity-registrar-cert": self.seen})}).encode(),
            device.identity, chain=False)
        leaves["prior-signed-voucher-request"] = world.b64(prior)
        return Request(world.cms_sign(FOLDER, json.dumps(
            {builder.REQUEST: leaves}).encode(), self.registrar),
            device.serial)

    def post(self, request, path=PATH):
        return self.service.post(path, request.body, HEAD, self.client)

    def served(self, request, seconds=60):
        """The answer, asked for again while the service says 503 or none."""
        answers = []

        def ask():
            answers.append(self.post(request))
            return answers[-1][0] != 503
        if not until(ask, seconds):
            raise AssertionError("not served: %s\n%s" % (
                answers[-1:], self.service.said()[-3000:]))
        return answers[-1]


class Judge:
    """Compares what was told with what is on the disk."""

    def __init__(self, service):
        self.service = service
        self.records = []
        self.lines = []
        self.vouchers = {}      # request hash: artifact that a client has
        self.devices = {}       # serial: certificate that was handed out
        self.states = {}        # serial: held? None where nobody knows
        self.checked = 0
        self.repeated = collections.Counter()   # how, see Round.again()
        self.rounds = self.excused = 0  # of repetitions; held to nothing
        self.earlier = []   # a request that was answered, of the round before
        self.moved = 0      # holds and releases that were told

    def journal(self):
        world.command(world.BIN / "hallmark", "journal", "verify", "--home",
                      self.service.path)
        lines = world.command(world.BIN / "hallmark", "journal", "show",
                              "--json", "--home",
                              self.service.path).splitlines()
        assert lines[:len(self.lines)] == self.lines, \
            "records that were there are gone or differ: %d, %d before" % (
                len(lines), len(self.lines))
        fresh = [json.loads(line) for line in lines[len(self.lines):]]
        self.lines = lines
        self.records += fresh
        assert [r["sequence"] for r in self.records] == \
            list(range(1, len(lines) + 1)), "the sequence has a gap"

    def counters(self):
        serials, numbers, counters, hashes = set(), set(), {}, set()
        for r in self.records:
            facts = r["facts"]
            if r["kind"] == "idevid":
                serial = facts["device"]["serial"]
                assert serial not in serials, "serial %s twice" % serial
                assert facts["certificate_serial"] not in numbers, "INTEGER twice"
                assert facts["counter"] > counters.get(facts["key"], 0), \
                    "counter of %s went back" % facts["key"]
                serials.add(serial)
                numbers.add(facts["certificate_serial"])
                counters[facts["key"]] = facts["counter"]
            elif r["kind"] == "voucher":
                assert r["request_sha256"] not in hashes, \
                    "one request, two records: %s" % r["request_sha256"]
                hashes.add(r["request_sha256"])

    def voucher_record(self, request):
        found = [r for r in self.records if r["kind"] == "voucher" and
                 r["request_sha256"] == request.sha256]
        return found[0] if found else None

    def store(self):
        """A copy, so that SQLite may recover in it."""
        copy = FOLDER / "copy"
        shutil.rmtree(copy, ignore_errors=True)
        copy.mkdir()
        for name in ("store.db", "store.db-wal"):
            path = self.service.path / "authority" / name
            if path.exists():
                shutil.copy(path, copy / name)
        return sqlite3.connect("file:%s?mode=rw" % (copy / "store.db"),
                               uri=True)

    def compare(self):
        by_hash = {r["request_sha256"]: r for r in self.records
                   if r["kind"] == "voucher"}
        issued = {r["facts"]["device"]["serial"] for r in self.records
                  if r["kind"] == "idevid"}
        db = self.store()
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        for sequence, record in db.execute(
                "SELECT sequence, record FROM journal"):
            assert sequence <= len(self.records), \
                "the store has record %d, the journal %d" % (
                    sequence, len(self.records))
            if sequence < len(self.records):
                assert hashlib.sha256(record).hexdigest() == \
                    self.records[sequence]["previous"], sequence
        rows = {row[0].hex(): row[1:] for row in db.execute(
            "SELECT request, delivered, artifact, sequence FROM voucher")}
        for sha, row in rows.items():
            assert sha in by_hash, "a row without a record: " + sha
            assert row[2] == by_hash[sha]["sequence"], \
                "the row of %s names record %d" % (sha, row[2])
        for sha, artifact in self.vouchers.items():
            assert sha in by_hash, "a voucher without a record: " + sha
            tbs, _ = signed_attributes(artifact)
            assert tbs == by_hash[sha]["tbs_sha256"], "another voucher"
            assert sha in rows, "a voucher without a row: " + sha
            assert rows[sha] == (1, artifact, by_hash[sha]["sequence"]), \
                "the row of %s is another" % sha
        certificates = {row[0]: row[1:] for row in db.execute(
            "SELECT serial, certificate, state FROM device")}
        for serial, der in self.devices.items():
            assert serial in issued, "an IDevID without a record: " + serial
            assert serial in certificates, "a device is lost: " + serial
            assert certificates[serial][0] == der, serial
        for serial, held in self.states.items():
            assert held is None or \
                (certificates[serial][1] == 2) == held, \
                "%s: held %s was told, the state is %d" % (
                    serial, held, certificates[serial][1])
        db.close()

    def look(self):
        self.journal()
        self.counters()
        self.compare()

    def told(self, act):
        """An act whose end somebody was told."""
        kind, name, value = act
        if kind == "voucher":
            assert self.vouchers.setdefault(name, value) == value, \
                "two vouchers for one request: " + name
        elif kind == "device":
            self.devices[name] = value
        else:
            self.states[name] = value
            self.moved += 1

    def repetition(self, how):
        """After each cut something was held to what was before it, or there is
        a reason."""
        self.repeated += how
        self.rounds += 1
        if how["same"] + how["rendered"]:
            return
        # A round before the first has left nothing.
        assert how["held"] + how["late"] or not self.earlier, \
            "a repetition that was held to nothing: %s" % dict(how)
        self.excused += 1

    def enough(self, vouchers):
        """Raises if too little was told to judge by: of a unit that is issued,
        or held or released, under load an error is no fault."""
        how = self.repeated
        print("# repeated in %d rounds: %d as told before, %d as only recorded, "
              "%d of which there was nothing, %d of units on hold, %d too late; "
              "in %d rounds nothing was held to" % (
                  self.rounds, how["same"], how["rendered"], how["fresh"],
                  how["held"], how["late"], self.excused))
        print("# %d holds and releases told" % self.moved)
        assert len(self.vouchers) > vouchers, len(self.vouchers)
        assert self.rounds >= vouchers, self.rounds
        assert self.excused <= 1 + self.rounds // 5, self.excused
        assert how["late"] <= how["same"], how
        assert how["rendered"] > 0
        assert len(self.devices) > 6, len(self.devices)
        assert self.moved > 0
        world.conforms(self.service.path)

    def sample(self, artifact):
        """Every tenth voucher is also shown to openssl."""
        self.checked += 1
        if self.checked % 10 == 1:
            self.service.voucher(artifact, FOLDER)


class Round:
    """Some seconds of load. What is told goes to the layer's log too, so that
    it has its place between the changes of files."""

    def __init__(self, service, customers, judge, dice):
        self.service = service
        self.customers = customers
        self.judge = judge
        self.acts = []
        self.begun = set()      # serials whose state is being changed
        self.lock = threading.Lock()
        self.odd = []
        self.requests = [customers.compose(d) for d in dice.sample(
            customers.units, min(3, len(customers.units)))]
        self.made = customers.unit()
        self.new = None
        self.hold = dice.choice(customers.units).serial
        self.wants = not judge.states.get(self.hold, False)
        self.threads = [threading.Thread(target=self.ask, args=(r,))
                        for r in self.requests + self.requests[-1:]]
        self.threads += [threading.Thread(target=self.operate)]
        self.held = [u.serial for u in customers.units
                     if judge.states.get(u.serial) is not False and
                     u.serial in judge.states]

    def tell(self, *act):
        with self.lock:
            self.acts.append(act)
            with open(self.service.log_path, "ab", buffering=0) as log:
                log.write(disk.told(b"%d" % (len(self.acts) - 1)))

    def ask(self, request):
        try:
            status, _, body = self.customers.post(request)
        except (OSError, http.client.HTTPException):
            return
        if status == 200:
            request.answer = body
            self.tell("voucher", request.sha256, body)
        elif status != 503 and not (status == 403 and
                                    (request.serial in self.held or
                                     request.serial == self.hold)):
            self.odd.append((status, body))

    def operate(self):
        """One unit is issued, one is held or released."""
        try:
            device, der = self.customers.issue(self.made)
            self.tell("device", device.serial, der)
            self.new = device
        except RuntimeError:
            pass
        self.begun.add(self.hold)
        try:
            if self.wants:
                self.service.by_two("device", "hold", self.hold, "--reason",
                                    "stolen")
            else:
                self.service.by_two("device", "release", self.hold)
            self.tell("state", self.hold, self.wants)
        except RuntimeError:
            pass

    def start(self):
        for thread in self.threads:
            thread.start()

    def end(self):
        for thread in self.threads:
            thread.join(60)
            assert not thread.is_alive(), "a client hangs"
        assert not self.odd, self.odd

    def take(self, known):
        """Only these acts were told before the end."""
        for serial in self.begun:
            self.judge.states[serial] = None
        for number, act in enumerate(self.acts):
            if number in known:
                self.judge.told(act)
                if act[0] == "device":
                    self.customers.units.append(self.new)
                    self.made = None

    def again(self, request):
        """Within a minute the same request gives the same voucher, as "same" as
        was told, or "rendered" from the record whose answer was lost; "fresh":
        neither was there. Or it is too "late", or its unit "held"."""
        if time.monotonic() - request.born > 50:
            return "late"
        status, _, body = self.customers.served(request)
        if status == 403 and \
                self.judge.states.get(request.serial, False) is not False:
            return "held"
        assert status == 200, (status, body)
        before = self.judge.vouchers.get(request.sha256)
        record = self.judge.voucher_record(request)
        if before is not None:
            assert body == before, "another voucher the second time"
        elif record is not None:
            assert signed_attributes(body)[0] == record["tbs_sha256"], \
                "the record was not rendered again"
        self.judge.told(("voucher", request.sha256, body))
        self.judge.sample(body)
        return "same" if before else "rendered" if record else "fresh"

    def repeat(self):
        """All of this round are asked again, and one of the round before, which
        has its voucher for sure; and a unit whose certificate did not come gets
        one."""
        requests = self.requests + self.judge.earlier
        self.judge.repetition(collections.Counter(
            self.again(r) for r in requests))
        self.judge.earlier = [
            r for r in requests if r.sha256 in self.judge.vouchers][:1]
        if self.made is not None:
            device, der = self.customers.issue(self.made)
            self.judge.told(("device", device.serial, der))
            self.customers.units.append(device)
            self.made = None
