"""What a conformance case needs around it: a home, a running service, and a
public key infrastructure of customers and strangers, all made with the openssl
command, so that requests come from another hand than the programs under test.
"""
import base64
import datetime
import hashlib
import http.client
import json
import os
import pathlib
import re
import secrets
import shutil
import signal
import ssl
import subprocess
import sys
import tempfile
import time

ANIMA = "1.2.840.113549.1.9.16.1.40"
DATA = "1.2.840.113549.1.7.1"
BIN = pathlib.Path(os.environ["HALLMARK_BIN"])
SOURCE = pathlib.Path(os.environ["HALLMARK_SOURCE"])
VECTORS = SOURCE / "test" / "vectors"
sys.path.insert(0, str(SOURCE / "test" / "unit" / "schema"))
import cddl  # noqa: E402

# SIGKILL is ours; a refusal or a broken invariant ends a program by a status. Built
# for coverage, what has walls dies of them (SIGSYS) where it would write its counts.
OURS = "9|31" if "HALLMARK_COVERAGE" in os.environ else "9"
CRASH = re.compile(r"ERROR: \w+Sanitizer|: runtime error: "
                   r"|program-died .* signal=\"(?!(?:" + OURS + r")\")")


def sound(said):
    """Raises if a program crashed by what programs said, also behind an answer
    that was right or while stopping: no status tells of that."""
    found = CRASH.search(said)
    if found:
        raise AssertionError("a program crashed:\n" +
                             said[max(0, found.start() - 300):][:6000])


def records(segment):
    """Each record of a segment that whole groups have."""
    data, at = segment.read_bytes(), 0
    while data[at:at + 4] == b"HLJ1":
        size = int.from_bytes(data[at + 12:at + 16], "big")
        rest = data[at + 48:at + 48 + size]
        if hashlib.sha256(data[at + 4:at + 16] + rest).digest() != \
                data[at + 16:at + 48]:
            return
        while rest:
            n = 4 + int.from_bytes(rest[:4], "big")
            yield rest[4:n]
            rest = rest[n:]
        at += (48 + size + 7) // 8 * 8


# Behind every clock that a home was made by.
MONDAY = datetime.datetime.now(datetime.timezone.utc).date()
MONDAY += datetime.timedelta(days=42 - MONDAY.weekday())


def at(days, hour):
    """A time for --test-clock, so many days behind MONDAY."""
    return "%sT%02d:00:00Z" % (MONDAY + datetime.timedelta(days), hour)


def conforms(home):
    """Raises if doc/journal.cddl lacks what a signer of this home has written."""
    schema = cddl.Schema((SOURCE / "doc" / "journal.cddl").read_text())
    count = 0
    for segment in sorted((home / "signer").glob("journal*/*.seg")):
        for record in records(segment):
            why = schema.match(schema.rules["record"], cddl.decode(record))
            if why:
                raise AssertionError("%s, record %d read: %s" % (
                    segment, count, why))
            count += 1
    assert count > 0, "no record in %s" % home


def command(*words, data=None, check=True, cwd=None):
    """Runs a program; its standard output. Raises with all it said."""
    done = subprocess.run([str(w) for w in words], input=data, cwd=cwd,
                          capture_output=True, timeout=120)
    sound(done.stderr.decode(errors="replace"))
    if check and done.returncode != 0:
        raise RuntimeError("%s: status %d\n%s%s" % (
            " ".join(str(w) for w in words), done.returncode,
            done.stdout.decode(errors="replace"),
            done.stderr.decode(errors="replace")))
    return done.stdout


def openssl(*words, **options):
    return command("openssl", *words, **options)


def b64(data):
    return base64.b64encode(data).decode()


def csr(path, key=os.devnull, subject="/CN=unit"):
    """A request for a new P-256 key, by openssl; its path."""
    openssl("req", "-new", "-newkey", "ec", "-pkeyopt",
            "ec_paramgen_curve:P-256", "-nodes", "-keyout", key, "-subj",
            subject, "-out", path)
    return path


def pem_der(path, what="CERTIFICATE"):
    """What stands first in a PEM file."""
    text = path.read_text().split("-----BEGIN %s-----" % what)[1]
    return base64.b64decode(text.split("-----END")[0])


class Identity:
    """A key with its certificate, and the certificates above it."""

    def __init__(self, folder, name, chain=()):
        self.name = name
        self.key = folder / (name + ".key")
        self.pem = folder / (name + ".pem")
        self.chain = list(chain)
        self.public = None

    def der(self):
        return pem_der(self.pem)

    def spki(self):
        if self.public is None:
            self.public = openssl("pkey", "-in", self.key, "-pubout",
                                  "-outform", "DER")
        return self.public

    def field(self, oid):
        """extnValue content of an extension, None if absent."""
        text = openssl("asn1parse", "-in", self.pem).decode().splitlines()
        for i, line in enumerate(text):
            if oid in line:
                for later in text[i + 1:i + 3]:
                    if "OCTET STRING" in later:
                        return bytes.fromhex(later.rsplit(":", 1)[1])
        return None

    def fingerprint(self, what="certificate"):
        """The name of its holder on the blocklist."""
        octets = self.spki() if what == "key" else self.der()
        return what + ":" + hashlib.sha256(octets).hexdigest()

    def domain_id(self):
        ski = self.field("X509v3 Subject Key Identifier")
        return ski[2:] if ski else hashlib.sha256(self.spki()).digest()

    def authority_key_id(self):
        """The whole extnValue content: SEQUENCE { [0] keyIdentifier }; where
        there is none, around SHA-1 of the device's own P-256 point."""
        return self.field("X509v3 Authority Key Identifier") or \
            bytes.fromhex("30168014") + \
            hashlib.sha1(self.spki()[-65:]).digest()

    def part(self, skip):
        """One element of tbsCertificate: version, serial, algorithm, issuer."""
        body = element(element(self.der())[1])[1]
        for _ in range(skip):
            body = body[element(body)[2]:]
        return body[:element(body)[2]]

    def serial(self):
        return self.part(1)

    def issuer_name(self):
        return self.part(3)


def element(der):
    """(tag, content, whole length) of the first DER element."""
    length, at = der[1], 2
    if length & 0x80:
        n = length & 0x7f
        length, at = int.from_bytes(der[2:2 + n], "big"), 2 + n
    return der[0], der[at:at + length], at + length


class Pki:
    """Certificates by the openssl command; each kind of signer once."""

    REGISTRAR = ("keyUsage=critical,digitalSignature\n"
                 "extendedKeyUsage=1.3.6.1.5.5.7.3.28,serverAuth,clientAuth\n"
                 "authorityKeyIdentifier=keyid\n")
    CA = ("basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\n"
          "subjectKeyIdentifier=hash\n")

    def __init__(self, folder):
        self.folder = folder
        self.known = {}

    def key(self, name, kind="P-256"):
        path = self.folder / (name + ".key")
        if kind == "RSA":
            openssl("genpkey", "-algorithm", "RSA", "-pkeyopt",
                    "rsa_keygen_bits:2048", "-out", path)
        elif kind == "Ed25519":
            openssl("genpkey", "-algorithm", "ED25519", "-out", path)
        else:
            openssl("genpkey", "-algorithm", "EC", "-pkeyopt",
                    "ec_paramgen_curve:" + kind, "-out", path)
        return path

    def make(self, name, subject, extensions, issuer=None, kind="P-256",
             start="20200101000000Z", end="20400101000000Z", key_of=None):
        """A certificate with dates of our choice, by `openssl ca`."""
        identity = Identity(self.folder, name)
        if key_of:
            shutil.copy(self.folder / (key_of + ".key"), identity.key)
        else:
            self.key(name, kind)
        request = self.folder / (name + ".csr")
        # A subject may be a list of lines of an openssl distinguished name.
        config = self.folder / (name + ".cnf")
        database = self.folder / (name + ".db")
        database.write_text("")
        (self.folder / (name + ".db.attr")).write_text("unique_subject = no\n")
        config.write_text(
            "[req]\nprompt=no\ndistinguished_name=dn\nstring_mask=utf8only\n"
            "[dn]\n%s\n[ca]\ndefault_ca=here\n[here]\ndatabase=%s\n"
            "new_certs_dir=%s\nrand_serial=yes\ndefault_md=sha256\n"
            "policy=any\nunique_subject=no\npreserve=yes\n"
            "[any]\norganizationName=optional\ncommonName=optional\n"
            "serialNumber=optional\n[ext]\n%s" % (
                subject, database, self.folder, extensions))
        openssl("req", "-new", "-key", identity.key, "-config", config,
                "-out", request)
        signer = issuer or identity
        words = ["ca", "-batch", "-notext", "-config", config, "-in", request,
                 "-keyfile", signer.key, "-startdate", start, "-enddate", end,
                 "-extensions", "ext", "-out", identity.pem]
        words += ["-cert", issuer.pem] if issuer else ["-selfsign"]
        openssl(*words)
        identity.chain = [issuer] + issuer.chain if issuer else []
        self.known[name] = identity
        return identity

    def get(self, name):
        """A named signer, made when first asked for."""
        if name in self.known:
            return self.known[name]
        # customer-X-ca, -sub, -registrar, -agent
        if name.startswith("customer-"):
            who, what = name.rsplit("-", 1)
            if what == "agent":
                return self.make(name, "O=Customer\nCN=" + name, self.AGENT,
                                 self.get(who + "-ca"))
            self.customer(who)
            return self.known[name]
        return getattr(self, "make_" + name.replace("-", "_"))()

    def ca(self, name="domain-ca"):
        return self.known.get(name) or self.make(
            name, "O=Customer\nCN=" + name, self.CA)

    def make_domain_ca(self):
        return self.ca()

    def make_registrar(self):
        return self.make("registrar", "O=Customer\nCN=registrar",
                         self.REGISTRAR, self.ca())

    def make_sub_ca(self):
        return self.make("sub-ca", "O=Customer\nCN=sub-ca", self.CA, self.ca())

    def make_registrar_below(self):
        return self.make("registrar-below", "O=Customer\nCN=below",
                         self.REGISTRAR, self.get("sub-ca"))

    def make_registrar_p384(self):
        return self.make("registrar-p384", "O=Customer\nCN=r384",
                         self.REGISTRAR, self.ca(), kind="P-384")

    def make_registrar_rsa(self):
        return self.make("registrar-rsa", "O=Customer\nCN=rsa",
                         self.REGISTRAR, self.ca(), kind="RSA")

    def make_registrar_p521(self):
        return self.make("registrar-p521", "O=Customer\nCN=r521",
                         self.REGISTRAR, self.ca(), kind="P-521")

    def make_registrar_ed25519(self):
        return self.make("registrar-ed25519", "O=Customer\nCN=ed",
                         self.REGISTRAR, self.ca(), kind="Ed25519")

    def make_registrar_reissued(self):
        self.get("registrar")
        return self.make("registrar-reissued", "O=Customer\nCN=again",
                         self.REGISTRAR, self.ca(), key_of="registrar")

    def make_registrar_expired(self):
        return self.make("registrar-expired", "O=Customer\nCN=old",
                         self.REGISTRAR, self.ca(), end="20210101000000Z")

    def make_registrar_with_ski(self):
        return self.make("registrar-with-ski", "O=Customer\nCN=ski",
                         self.REGISTRAR + "subjectKeyIdentifier=hash\n",
                         self.ca())

    def make_registrar_self_signed(self):
        return self.make("registrar-self-signed", "O=Customer\nCN=alone",
                         self.REGISTRAR.replace(
                             "authorityKeyIdentifier=keyid\n", ""))

    def make_registrar_wide(self):
        """Its name has one part of 60 attributes, which libcrypto sorts."""
        identity = Identity(self.folder, "registrar-wide")
        extensions = [word for line in self.REGISTRAR.split("\n")[:2]
                      for word in ("-addext", line)]
        openssl("req", "-x509", "-new", "-key", self.key("registrar-wide"),
                "-subj", "/CN=" + "+CN=".join("%02d" % n for n in range(60)),
                "-days", "9000", *extensions, "-out", identity.pem)
        self.known["registrar-wide"] = identity
        return identity

    def make_registrar_crl(self):
        return self.make("registrar-crl", "O=Customer\nCN=crl",
                         self.REGISTRAR + "crlDistributionPoints="
                         "URI:http://crl.invalid/list\n", self.ca())

    AIA = "authorityInfoAccess=%s;URI:http://ca.invalid/\n"

    def make_registrar_ocsp(self):
        return self.make("registrar-ocsp", "O=Customer\nCN=ocsp",
                         self.REGISTRAR + self.AIA % "OCSP", self.ca())

    def make_registrar_ca_issuers(self):
        """Where its CA's certificate lies: no server to ask."""
        return self.make("registrar-ca-issuers", "O=Customer\nCN=issuers",
                         self.REGISTRAR + self.AIA % "caIssuers", self.ca())

    def make_registrar_below_ocsp(self):
        """The CA above it names the server."""
        above = self.make("ocsp-ca", "O=Customer\nCN=ocsp-ca",
                          self.CA + self.AIA % "OCSP", self.ca())
        return self.make("registrar-below-ocsp", "O=Customer\nCN=below",
                         self.REGISTRAR, above)

    # --- paths that are none: one fault each

    def below(self, name, above, extensions=None, **options):
        return self.make(name, "O=Customer\nCN=" + name,
                         extensions or self.REGISTRAR, above, **options)

    def make_path_not_yet(self):
        return self.below("path-not-yet", self.ca(), start="20390101000000Z")

    def make_path_usage(self):
        return self.below("path-usage", self.ca(), self.REGISTRAR.replace(
            "digitalSignature", "keyAgreement"))

    def make_path_critical(self):
        return self.below("path-critical", self.ca(), self.REGISTRAR +
                          "1.2.3.4=critical,ASN1:NULL\n")

    def make_path_ca_expired(self):
        above = self.below("old-ca", self.ca(), self.CA,
                           end="20210101000000Z")
        return self.below("path-ca-expired", above)

    def make_path_no_ca(self):
        return self.below("path-no-ca", self.get("registrar"))

    def make_path_ca_usage(self):
        above = self.below("crl-ca", self.ca(), self.CA.replace(
            "keyCertSign", "cRLSign"))
        return self.below("path-ca-usage", above)

    def make_path_long(self):
        top = self.make("short-ca", "O=Customer\nCN=short-ca",
                        self.CA.replace("CA:TRUE", "CA:TRUE,pathlen:0"))
        return self.below("path-long", self.below("long-ca", top, self.CA))

    def make_twice_ca(self):
        """The name and key identifier of twice-ca-other over another key."""
        return self.make("twice-ca", "O=Customer\nCN=twice",
                         self.CA.replace("=hash", "=0102030405060708"))

    def make_twice_ca_other(self):
        return self.make("twice-ca-other", "O=Customer\nCN=twice",
                         self.CA.replace("=hash", "=0102030405060708"))

    def make_registrar_2020(self):
        return self.below("registrar-2020", self.ca(), end="20210101000000Z")

    def make_no_eku(self):
        return self.make("no-eku", "O=Customer\nCN=none",
                         "keyUsage=digitalSignature\n", self.ca())

    def make_any_eku(self):
        return self.make("any-eku", "O=Customer\nCN=any",
                         "extendedKeyUsage=2.5.29.37.0\n", self.ca())

    def make_server_eku(self):
        return self.make("server-eku", "O=Customer\nCN=web",
                         "extendedKeyUsage=serverAuth\n", self.ca())

    def make_ldevid(self):
        return self.make("ldevid", "O=Customer\nserialNumber=L-1",
                         "keyUsage=digitalSignature\n"
                         "extendedKeyUsage=clientAuth\n", self.ca())

    def make_other_registrar(self):
        return self.make("other-registrar", "O=Other\nCN=registrar",
                         self.REGISTRAR, self.ca("other-ca"))

    def make_foreign_impostor(self):
        return self.device("foreign-impostor", "FOREIGN-1",
                           self.ca("foreign-ca"))

    def make_foreign_elsewhere(self):
        """The device's key, certified by somebody else."""
        return self.device("foreign-elsewhere", "FOREIGN-1",
                           self.ca("elsewhere-ca"), key_of="foreign")

    def make_no_subject_serial(self):
        return self.make("no-subject-serial", "CN=FOREIGN-1",
                         "authorityKeyIdentifier=keyid\n",
                         self.ca("foreign-ca"))

    # --- public CAs: a real one's name with a key of ours, and our own that
    # --- operators name

    PUBLIC = pathlib.Path("/usr/share/ca-certificates/mozilla")

    def make_public_root(self):
        """Not theirs: their name, as it is written, over a key of ours."""
        root = Identity(self.folder, "public-root")
        self.key("public-root")
        openssl("x509", "-in", self.PUBLIC / "ISRG_Root_X1.crt", "-signkey",
                root.key, "-days", "1000", "-out", root.pem)
        self.known["public-root"] = root
        return root

    def make_public_real(self):
        """Theirs, which nobody here can sign with."""
        root = Identity(self.folder, "public-real")
        root.pem.write_text((self.PUBLIC / "ISRG_Root_X1.crt").read_text())
        self.known["public-real"] = root
        return root

    def make_public_sub(self):
        """An intermediate CA below the public one, which is left out."""
        sub = self.make("public-sub", "O=Public\nCN=sub", self.CA,
                        self.get("public-root"))
        sub.chain = []
        return sub

    def make_registrar_public(self):
        return self.make("registrar-public", "O=Customer\nCN=public",
                         self.REGISTRAR, self.get("public-sub"))

    def make_registrar_public_root(self):
        made = self.make("registrar-public-root", "O=Customer\nCN=root",
                         self.REGISTRAR, self.get("public-root"))
        return made

    def make_registrar_public_second(self):
        return self.make("registrar-public-second", "O=Else\nCN=public2",
                         self.REGISTRAR, self.get("public-sub"))

    def make_agent_public(self):
        return self.make("agent-public", "O=Customer\nCN=public agent",
                         self.AGENT, self.get("public-sub"))

    def make_added_root(self):
        return self.ca("added-root")

    def make_registrar_added(self):
        return self.make("registrar-added", "O=Customer\nCN=added",
                         self.REGISTRAR, self.get("added-root"))

    def make_cross_signed(self):
        """The key of added-root under a certificate of somebody else."""
        self.get("added-root")
        return self.make("cross-signed", "O=Customer\nCN=added-root", self.CA,
                         self.ca("cross-ca"), key_of="added-root")

    def make_registrar_cross(self):
        return self.make("registrar-cross", "O=Customer\nCN=cross",
                         self.REGISTRAR, self.get("cross-signed"))

    def make_registrar_hidden(self):
        """What only a public CA may write, below one that nobody knows."""
        return self.make("registrar-hidden", "O=Customer\nCN=hidden",
                         self.REGISTRAR +
                         "certificatePolicies=2.23.140.1.2.1\n",
                         self.ca("hidden-ca"))

    def customer(self, name):
        """CA, sub-CA and registrar below it of a customer of that name."""
        ca = self.ca(name + "-ca")
        sub = self.make(name + "-sub", "O=Customer\nCN=%s-sub" % name, self.CA,
                        ca)
        return self.make(name + "-registrar", "O=Customer\nCN=" + name,
                         self.REGISTRAR, sub)

    AGENT = ("keyUsage=critical,digitalSignature\n"
             "subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n")

    def make_agent(self):
        return self.make("agent", "O=Customer\nCN=agent", self.AGENT, self.ca())

    def make_agent_expired(self):
        return self.make("agent-expired", "O=Customer\nCN=old agent",
                         self.AGENT, self.ca(), end="20210101000000Z")

    def make_agent_foreign(self):
        return self.make("agent-foreign", "O=Other\nCN=agent", self.AGENT,
                         self.ca("other-ca"))

    def make_registrar_hidden_second(self):
        """Below the same CA as registrar-hidden, which looks public."""
        return self.make("registrar-hidden-second", "O=Else\nCN=hidden2",
                         self.REGISTRAR, self.ca("hidden-ca"))

    def make_registrar_second(self):
        """Another registrar of the same domain."""
        return self.make("registrar-second", "O=Customer\nCN=second",
                         self.REGISTRAR, self.ca())

    def make_alike_ca(self):
        """The name of customer-pjx-ca over another key."""
        return self.make("alike-ca", "O=Customer\nCN=customer-pjx-ca", self.CA)

    def make_other_ca(self):
        return self.ca("other-ca")

    def make_client(self):
        return self.make("client", "CN=client", "keyUsage=digitalSignature\n")

    def make_client_reissued(self):
        self.get("client-lost")
        return self.make("client-reissued", "CN=again",
                         "keyUsage=digitalSignature\n", key_of="client-lost")

    def make_client_lost(self):
        return self.make("client-lost", "CN=lost",
                         "keyUsage=digitalSignature\n")

    def make_client_bad(self):
        return self.make("client-bad", "CN=bad",
                         "keyUsage=digitalSignature\n")

    def device(self, name, serial, issuer, extra="", **options):
        """An IDevID of somebody else's making."""
        return self.make(name, "serialNumber=" + serial,
                         "authorityKeyIdentifier=keyid\n" + extra, issuer,
                         **options)


def children_of(pid):
    """Their pids, in the order in which they were started."""
    return [int(child) for child in pathlib.Path(
        "/proc/%d/task/%d/children" % (pid, pid)).read_text().split()]


def programs_of(pid):
    """{program: [pids]} below a `hallmark serve`."""
    found = {}
    for child in children_of(pid):
        try:
            name = pathlib.Path("/proc/%d/cmdline" % child).read_bytes()
        except (FileNotFoundError, ProcessLookupError):
            continue
        found.setdefault(name.split(b"\0")[0].rsplit(b"hallmark-")[-1]
                         .decode(), []).append(child)
    return found


def comm_of(program):
    """Its name as ps has it, which is cut."""
    return ("hallmark-" + program)[:15]


def by_comm(pid):
    """{name as ps has it: pid} below a `hallmark serve`; of one name who was started
    first: the checker apart calls itself so a moment after that."""
    found = {}
    for child in children_of(pid):
        try:
            name = pathlib.Path("/proc/%d/comm" % child).read_text().strip()
        except (FileNotFoundError, ProcessLookupError):
            continue
        found.setdefault(name, child)
    return found


def operators(home, folder):
    """Keys of two persons, who are on the roster of the home."""
    keys = [folder / ("operator-%d" % n) for n in range(2)]
    for key in keys:
        if not key.exists():
            command("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "",
                    "-f", key)
    roster = home / "signer/operators"
    if not roster.exists():
        roster.write_text("".join(
            "%s %s" % (k.name, k.with_suffix(".pub").read_text())
            for k in keys))
        owner = roster.parent.stat()
        os.chown(roster, owner.st_uid, owner.st_gid)
    return keys


def by_two(hallmark, home, folder, *words):
    """hallmark NOUN VERB NAME..., with the signatures that it asks for."""
    keys = operators(home, folder)
    statement = hallmark(*(w for w in words if w != "--yes"), "--out", "-")
    signatures = []
    for key in keys:
        signatures.append(folder / (key.name + ".sig"))
        signatures[-1].write_bytes(command(
            "ssh-keygen", "-q", "-Y", "sign", "-n", "hallmark-act", "-f", key,
            data=statement))
    return hallmark(*words[:3], *signatures, *words[3:])


class Home:
    """A home of ours and the service that runs in it."""

    def __init__(self, folder, name, *options):
        self.path = folder / name
        self.folder = folder
        self.passphrase = folder / (name + ".pass")
        self.passphrase.write_text(secrets.token_hex(16) + "\n")
        self.server = None
        self.log = open(folder / (name + ".log"), "wb")
        self.judged = 0     # characters of the log that sound() has seen
        self.hallmark("init", "--organization", "Conformance", *options)

    def hallmark(self, *words, **options):
        return command(BIN / "hallmark", *words, "--home", self.path,
                       "--passphrase-file", self.passphrase, **options)

    def by_two(self, *words):
        """A verb on a device, signed by two operators, who join the roster."""
        return by_two(self.hallmark, self.path, self.folder, *words)

    def serve(self, *options, ready="ready"):
        self.server = subprocess.Popen(
            [str(w) for w in (BIN / "hallmark", "serve", "--masa", "--home",
             self.path, "--listen", "127.0.0.1:0", "--passphrase-file",
             self.passphrase, *options)],
            stdout=subprocess.PIPE, stderr=self.log)
        line = self.server.stdout.readline().decode()
        if not line.startswith(ready + " https://"):
            self.stop()
            raise RuntimeError("the service did not start:\n" + self.said())
        self.port = int(line.strip().rsplit(":", 1)[1])

    def said(self):
        self.log.flush()
        return open(self.log.name, "rb").read().decode(errors="replace")

    def sound(self):
        """Raises if a program crashed since it was asked last."""
        said = self.said()[self.judged:]
        self.judged += len(said)
        sound(said)

    def died(self):
        """Did any program end while the service ran?"""
        return " program-died " in self.said()

    def stop(self):
        """The status of the service; raises if a program crashed or hung."""
        if self.server is None:
            return 0
        self.server.send_signal(signal.SIGTERM)
        try:
            status = self.server.wait(timeout=60)
        except subprocess.TimeoutExpired:
            self.server.kill()
            raise AssertionError("no end:\n" + self.said()[-3000:])
        finally:
            self.server = None
        self.sound()
        if status == 0:
            conforms(self.path)
        return status

    def programs(self):
        """{program: [pids]} of the service; a checker apart is one, too."""
        return programs_of(self.server.pid)

    def kill_all(self, program):
        """Ends them at once and waits until others are in their place."""
        before = self.programs()[program]
        for pid in before:
            os.kill(pid, signal.SIGKILL)
        end = time.monotonic() + 30
        while time.monotonic() < end:
            now = self.programs().get(program, [])
            if len(now) == len(before) and not set(now) & set(before):
                return
            time.sleep(0.05)
        raise AssertionError("%s did not come back" % program)

    def context(self, client=None):
        c = ssl.create_default_context(
            cafile=str(self.path / "anchors" / "tls.pem"))
        if client:
            c.load_cert_chain(str(client.pem), str(client.key))
        return c

    def post(self, path, body, headers, client, method="POST"):
        connection = http.client.HTTPSConnection(
            "localhost", self.port, timeout=30, context=self.context(client))
        connection.connect()
        try:
            connection.request(method, path, body=body, headers=headers)
            reply = connection.getresponse()
            return reply.status, dict(
                (k.lower(), v) for k, v in reply.getheaders()), reply.read()
        finally:
            connection.close()

    def voucher(self, artifact, folder):
        """The judge of a CMS voucher is openssl, against the voucher root."""
        path = folder / "artifact"
        path.write_bytes(artifact)
        text = openssl("cms", "-verify", "-inform", "DER", "-in", path,
                       "-purpose", "any", "-CAfile",
                       self.path / "anchors" / "voucher-root.pem", "-binary")
        return json.loads(text)["ietf-voucher:voucher"]


def cms_sign(folder, content, signer, content_type=ANIMA, chain=True,
             attributes=True, extra=(), by_key_id=False, digest="sha256",
             also=None, detached=False, certificates=True):
    """SignedData by the openssl command."""
    path = folder / "content"
    path.write_bytes(content)
    words = ["cms", "-sign", "-binary", "-nodetach", "-outform", "DER", "-in",
             path, "-signer", signer.pem, "-inkey", signer.key, "-econtent_type",
             content_type, "-md", digest, "-nosmimecap"]
    if also:
        words += ["-signer", also.pem, "-inkey", also.key]
    if detached:
        words.remove("-nodetach")
    if not certificates:
        words.append("-nocerts")
    if not attributes:
        words.append("-noattr")
    if by_key_id:
        words.append("-keyid")
    above = [c for c in signer.chain if c] if chain else []
    above += list(extra)
    if above:
        bundle = folder / "bundle.pem"
        bundle.write_text("".join(c.pem.read_text() for c in above))
        words += ["-certfile", bundle]
    return openssl(*words)


def workspace():
    return pathlib.Path(tempfile.mkdtemp(prefix="hallmark-conformance."))
