"""From the words of a case to bytes on the wire, and from the answer back to
the words of its expectations.

prepare = [...] verbs of hallmark, with "@serial" of the last device,
"@certificate:NAME", "@key:NAME", "@spki:NAME" and "@file:NAME" of an identity; or "device KIND"; "! REASON VERB..."
is refused for that reason, "two VERB..." is signed by two operators

[[request]]
  format    "cms" (default), "jws", "cose": of both requests, and of the answer
            unless [request.expect] names another; see objects.py for the words
            that JWS and COSE know
  file      published bytes instead, relative to test/vectors (.hex: as text);
            home "cbrski" or "jwsv" for those; "legacy" has all
            switches of old forms on, "strict" has none, "open" wants no
            client certificate, "checked" wants revocation servers asked,
            "clocked" begins on 2020-06-01
  device    "fresh" (default: a new unit of product router-9), "last" (that of
            the request before), "audit", "end-entity", "id-data" (fresh units
            of those products; also "fluent", which knows all formats, "any",
            one of these that cases share,
            "cose-only", "pubk", "pubk-sha256", "fluent-ee"), "twin-a",
            "twin-b" (foreign devices with one serial; "bare-a", "bare-b":
            without an authorityKeyIdentifier), "obsolete" (its MASA URL
            under the old OID), "foreign" (foreign,
            unique), "lapsed" (whose certificate is), "shared" (the same, of the customer's CA), "stranger"
            (nobody knows it)
  before    = [...] verbs, as of prepare, between the last request and this one
  clock     the service is started again with this time (home "clocked")
  path, method, repeat = N (same bytes again), audit = true (requestauditlog)
  registrar identity of world.Pki that signs (default "registrar"; "@device", the
            pledge's own key)
  seen      identity whose certificate the pledge saw (default: registrar)
  client    TLS client certificate (default "client"; "none")
  [request.http]   content_type, accept, headers = {}, body (text instead),
                   base64 (the body comes so, in lines, and so does the voucher)
  [request.pledge] set = {}, omit = [], form (see prior()), signer, content_type,
                   no_attributes, no_certificates, seen_as = "cert" | "pubk" |
                   "sha256", format (as above; default: the request's), keys,
                   certificates (COSE: the pledge's certificate comes along),
                   agent = {} (of a registrar-agent, see by_agent())
  [request.rvr]    set, omit, root, issuer = "A".."E" | "AE" | "wrong", content_type,
                   no_attributes, lone, digest, by_key_id, mutate, also (a
                   second signer), detached, no_certificates, extra = [], copies,
                   pledge_chain (the device's certificate and its CA's come along)
                   written = "loose" | "bom" | "latin-1" (of the JSON),
                   layout = "2019", here and in pledge (COSE: MP 10.4);
                   signed = {}, here and in pledge: see objects.cms()
  [request.expect] status, reason, text, type, format, and
      [request.expect.voucher] leaf = value; "@nonce", "@serial", and pin = identity,
                   absent = [], content_type = oid, layout = "2019", bags = the
                   headers of COSE that have the chain, raw_key = the
                   name of the key whose placeholder is the only certificate
      over_limit = how many such vouchers a product's limit warns of; the size that
                   `hallmark status` tells is compared with one of our own
      legacy = [] names of the old forms whose use is counted with it
      logged = the event that the service's log has of this device, once more
      [request.expect.audit] events, nonces = [], assertions = [], domain = identity
"""
import base64
import datetime
import hashlib
import json
import re
import secrets
import subprocess

import objects
import world

MEDIA = "application/voucher-cms+json"
REQUEST = "ietf-voucher-request:voucher"


def table(name, form):
    """The rows of a table of the sources, as tuples of their words."""
    return re.findall(form, (world.SOURCE / "src" / name).read_text(), re.M)


# (name, row of MP 5, title, clause), in the order in which they are walked.
STEPS = table("model/steps.def",
              r'^STEP\((\w+), "([^"]+)", "([^"]+)", "([^"]+)"\)')
# Of a log: what stands in front of issuing, and these.
OF_A_LOG = ("FRESH", "REVOCATION", "OWNER")
# code: (clause, sentence)
REASONS = {code: rest for code, *rest in table(
    "base/reasons.def",
    r'^REASON\(\w+, "([^"]+)", "([^"]*)", \d+, \w+, "(.*)"\)')}
TYPES = {"cms": MEDIA, "jws": "application/voucher-jws+json",
         "cose": "application/voucher+cose"}


class Differs(Exception):
    """The answer is not the one that the case names."""


def expect(what, wanted, got):
    if wanted != got:
        raise Differs("%s: wanted %r, got %r" % (what, wanted, got))


def now():
    return datetime.datetime.now(datetime.timezone.utc).strftime(
        "%Y-%m-%dT%H:%M:%SZ")


class Device:
    def __init__(self, identity, serial):
        self.identity = identity
        self.serial = serial


class Scene:
    """The homes, the service that runs, and what earlier requests left."""

    PRODUCTS = {
        "audit": ("audit-9", "AU9", ["--audit-only", "yes"]),
        "end-entity": ("edge-9", "EE9", ["--pin", "end-entity"]),
        "id-data": ("data-9", "ID9", ["--emit-id-data", "yes",
                                      "--legacy-unattributed", "yes"]),
        "old": ("old-9", "KD9", ["--formats", "cms,jws,cose",
                                 "--legacy-unattributed", "yes",
                                 "--legacy-layout-2019", "yes"]),
        "small": ("small-9", "SM9", ["--formats", "cms,jws,cose",
                                     "--voucher-limit", "1000"]),
        "bare": ("bare-9", "BR9", ["--formats", "cms,jws,cose"]),
        "lowest": ("low-9", "LW9", ["--pin", "lowest-ca"]),
        "fluent": ("all-9", "AL9", ["--formats", "cms,jws,cose"]),
        "fluent-ee": ("own-9", "WN9", ["--formats", "cms,jws,cose", "--pin",
                                       "end-entity"]),
        "fluent-low": ("low-all-9", "LA9", ["--formats", "cms,jws,cose",
                                            "--pin", "lowest-ca"]),
        "fluent-far": ("far-all-9", "FA9", ["--formats", "cms,jws,cose",
                                            "--pin", "farthest"]),
        "either": ("either-9", "ER9", ["--formats", "cms,jws,cose",
                                       "--pin-kind", "certificate-or-pubk"]),
        "either-ee": ("either-ee-9", "EH9", [
            "--formats", "cms,jws,cose", "--pin", "end-entity", "--pin-kind",
            "certificate-or-pubk-sha256"]),
        "proprietary": ("own-octets-9", "PX9", [
            "--formats", "cms,jws,cose", "--manufacturer-proprietary",
            "fffe00"]),
        "verified": ("sold-9", "SD9", ["--formats", "cms,jws,cose",
                                       "--verified", "yes"]),
        "fluent-audit": ("all-audit-9", "QA9", [
            "--formats", "cms,jws,cose", "--audit-only", "yes"]),
        "cose-only": ("tiny-9", "TN9", ["--formats", "cose"]),
        "bag-protected": ("ca-only-9", "CO9", [
            "--formats", "cms,jws,cose", "--x5bag", "protected"]),
        "bag-both": ("ca-both-9", "CB9", [
            "--formats", "cms,jws,cose", "--x5bag", "both"]),
        "pin-unknown": ("unknown-9", "KN9", [
            "--formats", "cms,jws,cose", "--pin-kind", "unknown"]),
        "pubk": ("raw-9", "RW9", ["--formats", "cms,jws,cose", "--pin-kind",
                                  "pubk"]),
        "pubk-sha256": ("hash-9", "HA9", ["--formats", "cms,jws,cose",
                                          "--pin-kind", "pubk-sha256"]),
    }

    def __init__(self, folder):
        self.folder = folder
        self.pki = world.Pki(folder)
        self.homes = {}
        self.count = 0
        self.products = set()
        self.known = {}     # devices that cases share, by home
        self.last = None
        self.asked = {}

    # --- places ---

    def home(self, name):
        if name not in self.homes:
            self.homes[name] = getattr(
                self, "home_" + name.replace("-", "_"))()
        return self.homes[name]

    def home_plain(self):
        home = world.Home(self.folder, "plain", "--product", "router-9",
                          "--token", "AR9", "--masa-url", "localhost:8443")
        home.serve()
        home.hallmark("product", "add", "foreign-9", "--import-only", "yes")
        return home

    def home_legacy(self):
        return self.switched("legacy", "yes")

    def home_strict(self):
        return self.switched("strict", "no")

    def home_open(self):
        """One that asks for no client certificate."""
        return self.configured("open", r"(?m)^(client-certificate) = \w+$", "none")

    def home_checked(self):
        return self.configured("checked", r"(?m)^(revocation-required) = \w+$",
                               "yes")

    def home_clocked(self):
        home = world.Home(self.folder, "clocked", "--test", "--product",
                          "router-9", "--token", "AR9", "--masa-url",
                          "localhost:8443")
        home.serve("--test-clock", "2020-06-01T00:00:00Z")
        return home

    def switched(self, name, word):
        """A home in which every switch of an old form is on, or off."""
        return self.configured(name, r"(?m)^(legacy-\S+) = \w+$", word)

    def configured(self, name, setting, word):
        home = world.Home(self.folder, name, "--product", "router-9",
                          "--token", "AR9", "--masa-url", "localhost:8443")
        path = home.path / "hallmark.ini"
        path.write_text(re.sub(setting, r"\1 = " + word, path.read_text()))
        home.serve()
        home.hallmark("product", "add", "foreign-9", "--import-only", "yes")
        return home

    def home_appendix_c(self):
        home = world.Home(self.folder, "appendix-c", "--test")
        folder = world.VECTORS / "rfc8995-appendix-c"
        home.hallmark("product", "add", "highway", "--import-only", "yes",
                      "--legacy-unattributed", "yes")
        home.hallmark("product", "add", "highway-ee", "--import-only", "yes",
                      "--legacy-unattributed", "yes", "--pin", "end-entity")
        home.hallmark("device", "import", "--product", "highway", "--ca",
                      folder / "vendor.crt",
                      folder / "idevid_00-D0-E5-F2-00-02.crt")
        home.serve("--test-clock", "2021-04-13T21:43:24Z")
        return home

    def published(self, name, clock, ca, certificate, *options):
        """A test home in which the device of a published example is on record."""
        home = world.Home(self.folder, name, "--test")
        home.hallmark("product", "add", name, "--import-only", "yes", *options)
        home.hallmark("device", "import", "--product", name, "--ca", ca,
                      certificate)
        home.serve("--test-clock", clock)
        return home

    def home_cbrski(self):
        folder = world.VECTORS / "cbrski-cose"
        return self.published("cbrski", "2022-12-06T20:05:00Z",
                              folder / "masa_ca.pem", folder / "pledge.pem",
                              "--formats", "cose")

    def home_jwsv(self):
        """Key, certificate and CA are in one file there."""
        text = (world.VECTORS / "jws-voucher" /
                "pvr-signer-key-and-chain.pem").read_text()
        begin = "-----BEGIN CERTIFICATE-----"
        paths = []
        for i, block in enumerate(text.split(begin)[1:]):
            paths.append(self.folder / ("jwsv-%d.pem" % i))
            paths[-1].write_text(begin + block)
        return self.published("jwsv", "2024-11-29T09:35:00Z", paths[1],
                              paths[0], "--formats", "jws")

    def close(self, killed=False):
        """Stops all: what is wrong, "" if nothing. killed: the test has killed
        programs; else none may have died, behind no answer."""
        said = ""
        for home in self.homes.values():
            try:
                if home.stop() != 0 or (home.died() and not killed):
                    said += home.said()
            except AssertionError as fault:
                said += str(fault)
        return said

    # --- devices ---

    def device(self, home, kind):
        if kind == "last":
            return self.last
        if kind in ("twin-a", "twin-b", "bare-a", "bare-b", "foreign",
                    "shared", "obsolete", "lapsed"):
            return self.foreign(home, kind)
        if kind == "stranger":
            self.count += 1
            serial = "STRANGER-%d" % self.count
            ca = self.pki.ca("stranger-ca")
            return Device(self.pki.device("stranger-%d" % self.count, serial,
                                          ca), serial)
        if kind == "any":
            if home not in self.known:
                self.known[home] = self.device(home, "fluent")
            return self.known[home]
        product = "router-9"
        if kind != "fresh":
            product, token, options = self.PRODUCTS[kind]
            if (home, product) not in self.products:
                home.hallmark("product", "add", product, "--token", token,
                              "--masa-url", "localhost:8443", *options)
                self.products.add((home, product))
        return self.unit(home, product)

    def unit(self, home, product):
        """A new unit: key and CSR by openssl, IDevID by the station."""
        self.count += 1
        identity = world.Identity(self.folder, "unit-%d" % self.count)
        request = world.csr(self.folder / "unit.csr", identity.key)
        said = home.hallmark("issue", "csr", request, "--product", product,
                             "--out", identity.pem)
        self.issuing(identity)
        return Device(identity, said.split()[0].decode())

    def issuing(self, identity):
        """What stands behind the certificate in the file, as its chain."""
        begin = "-----BEGIN CERTIFICATE-----"
        blocks = identity.pem.read_text().split(begin)[1:]
        for i, block in enumerate(blocks[1:]):
            above = world.Identity(self.folder, "%s-above-%d" % (
                identity.name, i))
            above.pem.write_text(begin + block)
            identity.chain.append(above)

    def foreign(self, home, kind):
        serial = kind.upper().split("-")[0] + "-1"
        if kind not in self.pki.known:
            ca = self.pki.ca("domain-ca" if kind == "shared" else kind + "-ca")
            identity = self.pki.device(
                kind, serial, ca, end="20210101000000Z" if kind == "lapsed"
                else "99991231235959Z",
                extra="1.3.6.1.4.1.46930.2=ASN1:IA5STRING:masa.example.com\n"
                if kind == "obsolete" else "")
            home.hallmark("device", "import", "--product", "foreign-9", "--ca",
                          ca.pem, identity.pem)
        return Device(self.pki.known[kind], serial)

    # --- the two requests ---

    def pledge_request(self, words, device, seen, nonce):
        """The PVR object, in the form that the case wants."""
        form = words.get("form", "cms")
        if form == "none":
            return None
        if form == "garbage":
            return b"not a container"
        leaves = {"created-on": now(), "assertion": "proximity",
                  "serial-number": device.serial, "nonce": nonce}
        spki = seen.spki()
        leaves.update({
            "cert": {"proximity-registrar-cert": world.b64(seen.der())},
            "pubk": {"proximity-registrar-pubk": world.b64(spki)},
            "sha256": {"proximity-registrar-pubk-sha256":
                       world.b64(hashlib.sha256(spki).digest())},
            "none": {},
        }[words.get("seen_as", "cert")])
        if "agent" in words:
            self.by_agent(leaves, words["agent"], device, seen)
        leaves.update((leaf, self.leaf(value))
                      for leaf, value in words.get("set", {}).items())
        for leaf in words.get("omit", []):
            leaves.pop(leaf, None)
        root = "ietf-voucher:voucher" if form == "voucher" else REQUEST
        content = json.dumps({root: leaves}).encode()
        if form == "unsigned":
            return content
        if form == "unsigned-cbor":
            return objects.request_content(leaves, {})
        signer = device.identity
        if "signer" in words:
            signer = self.other_signer(words["signer"])
        if words["format"] == "jws":
            return self.mutate(objects.jws(
                content, signer, [] if words.get("no_certificates")
                else [signer.der()], words.get("jws", {})),
                words.get("mutate"))
        if words["format"] == "cose":
            content = objects.request_content(
                leaves, {"root": objects.VOUCHER_SID}) if form == "voucher" \
                else objects.request_content(leaves, words)
            return self.mutate(objects.cose(
                content, signer, [signer.der()]
                if words.get("certificates") else [], words.get("cose", {})),
                words.get("mutate"))
        if "signed" in words:
            return objects.cms(content, signer, [signer.der()],
                               words["signed"])
        made = world.cms_sign(
            self.folder, content, signer, words.get("content_type",
                                                    world.ANIMA),
            chain=False, attributes=not words.get("no_attributes", False),
            certificates=not words.get("no_certificates", False))
        if form == "jws":
            return json.dumps({"payload": "e30", "signatures": []}).encode()
        if form == "flipped-signature":
            made = made[:-5] + bytes([made[-5] ^ 1]) + made[-4:]
        if form == "flipped":
            at = made.rindex(b"proximity") if b"proximity" in made else 200
            made = made[:at] + bytes([made[at] ^ 1]) + made[at + 1:]
        return made

    def by_agent(self, leaves, words, device, seen):
        """The pledge of a registrar-agent (PRM): words as of
        objects.agent_data(), and cert = identity of the agent."""
        agent = self.pki.get(words.get("cert", "agent"))
        signed = objects.agent_data(
            device.serial, now(), agent,
            dict(words, by=self.pki.get(words.get("by", agent.name))))
        leaves.pop("proximity-registrar-cert", None)
        leaves.update({
            "assertion": "agent-proximity",
            "agent-provided-proximity-registrar-cert": world.b64(seen.der()),
            "agent-signed-data": world.b64(signed)})

    def other_signer(self, name):
        if name == "other-device":
            return self.unit(self.homes["plain"], "router-9").identity
        return self.pki.get(name)

    def registrar_request(self, words, device, registrar, prior, nonce):
        leaves = {"created-on": now(), "serial-number": device.serial,
                  "nonce": nonce, "assertion": "proximity"}
        if prior is not None:
            leaves["prior-signed-voucher-request"] = world.b64(prior)
        form = words.get("issuer")
        if form:
            leaves["idevid-issuer"] = world.b64(self.issuer(form, device))
        for leaf, value in words.get("set", {}).items():
            leaves[leaf] = self.leaf(value)
        for leaf in words.get("omit", []):
            leaves.pop(leaf, None)
        self.asked = {"serial-number": device.serial,
                      "nonce": leaves.get("nonce")}
        content = json.dumps({words.get("root", REQUEST): leaves}).encode()
        content = self.written(content, words.get("written"))
        if "content" in words:
            content = words["content"].encode()
        if words["format"] != "cms":
            return self.mutate(self.object(words, content, leaves, device,
                                           registrar), words.get("mutate"))
        if "signed" in words:
            chain = [c.der() for c in [registrar] + registrar.chain if c]
            return objects.cms(content, registrar, chain, words["signed"])
        made = world.cms_sign(
            self.folder, content, registrar,
            words.get("content_type", world.ANIMA),
            chain=not words.get("lone", False),
            attributes=not words.get("no_attributes", False),
            by_key_id=words.get("by_key_id", False),
            digest=words.get("digest", "sha256"),
            extra=[self.pki.get(name) for name in words.get("extra", [])] *
            words.get("copies", 1),
            also=self.pki.get(words["also"]) if "also" in words else None,
            detached=words.get("detached", False),
            certificates=not words.get("no_certificates", False))
        return self.mutate(made, words.get("mutate"))

    def object(self, words, content, leaves, device, registrar):
        """The registrar's request as JWS or COSE."""
        above = [] if words.get("lone") else registrar.chain
        chain = [c.der() for c in [registrar] + [c for c in above if c]]
        chain += [self.pki.get(name).der() for name in words.get("extra", [])]\
            * words.get("copies", 1)
        if words.get("pledge_chain"):
            chain = [device.identity.der()] + chain + [
                c.der() for c in device.identity.chain]
        if words.get("no_certificates"):
            chain = []
        if words["format"] == "jws":
            return objects.jws(content, registrar, chain,
                               words.get("jws", {}))
        return objects.cose(objects.request_content(leaves, words)
                            if "content" not in words else content,
                            registrar, chain, words.get("cose", {}))

    def leaf(self, value):
        """A value of "set": "@cert:NAME", "@spki:NAME" and "@sha256:NAME" of an
        identity in base64, "@now+hh:mm" the present as people there write it;
        a list of them."""
        if isinstance(value, list):
            return [self.leaf(one) for one in value]
        if not isinstance(value, str) or not value.startswith(
                ("@cert:", "@spki:", "@sha256:", "@now")):
            return value
        if value.startswith("@now"):
            hours, minutes = (int(n) for n in value[5:].split(":"))
            zone = datetime.timezone((-1 if value[4] == "-" else 1) *
                                     datetime.timedelta(hours=hours,
                                                        minutes=minutes))
            return datetime.datetime.now(zone).strftime(
                "%Y-%m-%dT%H:%M:%S.%f") + value[4:]
        what, name = value[1:].split(":")
        identity = self.pki.get(name)
        return world.b64(
            identity.der() if what == "cert" else identity.spki()
            if what == "spki" else hashlib.sha256(identity.spki()).digest())

    @staticmethod
    def issuer(form, device):
        key_id = device.identity.authority_key_id()
        if form == "A":
            return bytes([4, len(key_id)]) + key_id
        if form == "B":
            return key_id
        if form == "C":
            return key_id[4:]
        if form == "D":
            return device.identity.issuer_name()
        if form in ("E", "AE"):     # with the issuer's Name and serial number
            name = device.identity.issuer_name()
            names = bytes([0xa4, len(name)]) + name
            made = key_id[2:] + bytes([0xa1, len(names)]) + names + \
                bytes.fromhex("82020457")
            made = bytes([0x30, len(made)]) + made
            return made if form == "E" else bytes([4, len(made)]) + made
        if form == "wrong":
            return bytes([4, 0x18, 0x30, 0x16, 0x80, 0x14]) + bytes(20)
        return form.encode()

    @staticmethod
    def written(content, how):
        """The same JSON in another form; or what is none."""
        if how == "loose":
            (root, leaves), = json.loads(content).items()
            leaves = dict(reversed(leaves.items()))
            return b" \r\n\t" + json.dumps({root: leaves}, indent=3).replace(
                "/", "\\/").encode() + b"\n\n"
        if how == "bom":
            return b"\xef\xbb\xbf" + content
        if how == "latin-1":
            return content.replace(b'"created-on"', b'"created-on\xe9"')
        return content

    @staticmethod
    def mutate(made, how):
        if how is None:
            return made
        if how == "truncate":
            return made[:-7]
        if how == "append":
            return made + b"\0"
        if how == "flip-signature":
            return made[:-5] + bytes([made[-5] ^ 1]) + made[-4:]
        if how == "flip-content":
            at = made.index(b"created-on")
            return made[:at] + b"C" + made[at + 1:]
        if how == "empty":
            return b""
        raise Differs("unknown mutation " + how)

    # --- play and compare ---

    def play(self, case):
        home = self.home(case.get("home", "plain"))
        self.bytes = None
        for act in case.get("prepare", []):
            self.prepare(home, act)
        for number, words in enumerate(case["request"], 1):
            try:
                self.request(home, words)
            except Differs as differs:
                raise Differs("request %d: %s" % (number, differs))

    def prepare(self, home, act):
        words = [self.word(w) for w in act.split()]
        if words[0] == "!":
            try:
                home.hallmark(*words[2:])
            except RuntimeError as refused:
                if ": %s: " % words[1] not in str(refused):
                    raise Differs("%s: wanted %s, got %s" % (
                        act, words[1], refused))
                return
            raise Differs("not refused: " + act)
        if words[0] == "two":
            home.by_two(*words[1:])
        elif words[0] == "device" and len(words) == 2:
            self.last = self.device(home, words[1])
        else:
            home.hallmark(*words)

    def word(self, text):
        if text.startswith("@client-cert:"):    # RFC 9440 2.1
            return ":%s:" % world.b64(self.pki.get(text[13:]).der())
        if text.startswith(("@key:", "@certificate:")):
            what, name = text[1:].split(":")
            return self.pki.get(name).fingerprint(what)
        if text.startswith("@spki:"):
            return self.pki.get(text[6:]).fingerprint("key")[4:]
        if text.startswith("@file:"):
            return self.pki.get(text[6:]).pem
        return text.replace("@serial", self.last.serial if self.last else "")

    def compose(self, home, words):
        """Body of one request; remembers device, nonce and signer."""
        self.asked = {}
        if "file" in words:
            body = (world.VECTORS / words["file"]).read_bytes()
            if words["file"].endswith(".hex"):
                body = bytes.fromhex(body.decode())
            at = words.get("flip")
            if at:
                where = body.index(at.encode())
                body = body[:where] + bytes([body[where] ^ 1]) + \
                    body[where + 1:]
            return body
        self.format = words.get("format", "cms")
        self.last = self.device(home, words.get("device", "fresh"))
        name = words.get("registrar", "registrar")
        self.registrar = self.last.identity if name == "@device" else \
            self.pki.get(name)
        # In CBOR a nonce is octets; what others see of it is their base64.
        octets = self.format != "cms" or \
            words.get("pledge", {}).get("format") == "cose"
        self.nonce = world.b64(secrets.token_bytes(16)) if octets else \
            secrets.token_urlsafe(16)
        seen = self.pki.get(words["seen"]) if "seen" in words else \
            self.registrar
        prior = self.pledge_request(
            dict({"format": self.format}, **words.get("pledge", {})),
            self.last, seen, self.nonce)
        return self.registrar_request(
            dict({"format": self.format}, **words.get("rvr", {})),
            self.last, self.registrar, prior, self.nonce)

    def request(self, home, words):
        for act in words.get("before", []):
            self.prepare(home, act)
        self.format = words.get("format", "cms")
        wire = dict({"content_type": TYPES[self.format]},
                    **words.get("http", {}))
        if "body" in wire:
            self.bytes = wire["body"].encode()
        elif not words.get("again", False):
            self.bytes = self.compose(home, words)
            if wire.get("base64"):
                self.bytes = base64.encodebytes(self.bytes)
        if words.get("send", True) is False:
            return
        path = words.get("path", "/.well-known/brski/requestauditlog"
                         if words.get("audit") else
                         "/.well-known/brski/requestvoucher")
        headers = {name: self.word(value)
                   for name, value in wire.get("headers", {}).items()}
        if wire["content_type"]:
            headers["Content-Type"] = wire["content_type"]
        if wire.get("accept"):
            headers["Accept"] = wire["accept"]
        kind = "auditlog" if path.endswith("/requestauditlog") else "voucher"
        if "clock" in words:
            home.stop()
            home.serve("--test-clock", words["clock"])
        self.explain(home, words.get("expect", {}), kind, wire)
        event = words.get("expect", {}).get("logged")
        before = self.logged(home, event) if event else 0
        client = words.get("client", "client")
        client = None if client == "none" else self.pki.get(client)
        sizes = self.sizes(home) if "over_limit" in words.get("expect", {}) \
            else None
        counted = self.uses(home) if "legacy" in words.get("expect", {}) \
            else None
        answers = [home.post(path, self.bytes, headers, client,
                             words.get("method", "POST"))
                   for _ in range(words.get("repeat", 1))]
        if wire.get("base64") and not words.get("audit"):
            answers = [(s, h, base64.b64decode(b, validate=True)
                        if s == 200 else b) for s, h, b in answers]
        for answer in answers:
            self.compare(home, words.get("expect", {}), *answer)
        if sizes is not None:
            form = words["expect"].get("format", self.format)
            said = self.sizes(home)
            expect("octets for the pledge", objects.stripped_size(
                self.folder, form, answers[-1][2]), said[form]["last"])
            expect("vouchers over the limit", words["expect"]["over_limit"],
                   said["over-limit"] - sizes["over-limit"])
        if "legacy" in words.get("expect", {}):
            expect("old forms counted", sorted(words["expect"]["legacy"]),
                   sorted(form for form, n in self.uses(home).items()
                          if n > counted[form]))
        if event:
            expect("in the log", before + 1, self.logged(home, event))
        if words.get("repeat", 1) > 1 and answers[0][0] == 200:
            expect("repeated answer", answers[0][2], answers[-1][2])

    def logged(self, home, event):
        """How often the service's log has it of this device."""
        return sum(" %s " % event in line and
                   'serial="%s"' % self.last.serial in line
                   for line in home.said().splitlines())

    @staticmethod
    def sizes(home):
        return json.loads(home.hallmark("status", "--json"))["voucher-octets"]

    @staticmethod
    def uses(home):
        """How often each old form was granted something, as an operator sees it."""
        said = json.loads(home.hallmark("status", "--json"))["legacy"]
        return {form: row["uses"] for form, row in said.items()}

    # The file says nothing of these.
    OF_THE_CONNECTION = ("path-unknown", "method-not-allowed", "client-blocked",
                         "agent-client")

    def explain(self, home, wanted, kind, wire):
        """`hallmark explain` says of the same bytes what the service will."""
        if wanted.get("reason") in self.OF_THE_CONNECTION:
            return
        path = self.folder / "explained"
        path.write_bytes(self.bytes)
        words = ["explain", path, "--kind", kind, "--json"]
        # It sees by itself what is whole and in its usual format.
        if wire["content_type"] != TYPES[self.format] or \
                wanted.get("status", 200) != 200:
            words += ["--content-type", wire["content_type"]]
        if wire.get("accept"):
            words += ["--accept", wire["accept"]]
        said = json.loads(home.hallmark(*words, check=False))
        self.explained_rows(said["rows"], kind, said["granted"])
        expect("explained status", wanted.get("status", 200), said["status"])
        expect("explained verdict", wanted.get("status", 200) == 200,
               said["granted"])
        refused = [r for r in said["rows"] if r["outcome"] == "refused"]
        if not said["granted"]:
            expect("explained reason", wanted["reason"], said["reason"])
            expect("refusing row", wanted["reason"], refused[0]["reason"])
            return
        voucher = wanted.get("voucher", {})
        if "assertion" in voucher:
            expect("explained assertion", voucher["assertion"],
                   said["assertion"])
        if "pin" in voucher and "." not in voucher["pin"]:
            expect("explained pin", self.pki.get(voucher["pin"]).domain_id(),
                   bytes.fromhex(said["pin"]["domain-id"]))
        for leaf in ("est-domain", "additional-configuration-url"):
            if kind == "voucher":
                expect("explained " + leaf, voucher.get(leaf),
                       said.get(leaf) or None)
        if kind == "voucher":
            expect("explained format", TYPES[wanted.get("format", self.format)],
                   said["format"])

    @staticmethod
    def explained_rows(rows, kind, granted):
        """Each row of MP 5 that this kind meets, with its clause; the first
        refusal with its own clause and what to do; none is reached behind it,
        and each in front of it was. But the bytes of an accepted request open
        the log whatever they would be refused for today (MP 14.1)."""
        issuing = [name for name, *_ in STEPS].index("ISSUING")
        steps = [step for i, step in enumerate(STEPS)
                 if (i < issuing or step[0] in OF_A_LOG
                     if kind == "auditlog" else step[0] != "OWNER")]
        expect("explained rows", [step[1:3] for step in steps],
               [(row["row"], row["title"]) for row in rows])
        reached, accepted = True, None
        if rows[-1]["found"] == "these bytes led to a voucher":
            accepted = rows[-3:]
            expect("rows of an accepted request",
                   ["not applicable", "not applicable", "passed"],
                   [row["outcome"] for row in accepted])
        for (_, _, title, clause), row in zip(steps, rows):
            if row["outcome"] == "refused":
                expect("clause and fix of " + title, REASONS[row["reason"]],
                       [row["clause"], row["fix"]])
            else:
                expect("clause of " + title, clause, row["clause"])
            expect(title + " was reached",
                   reached or (accepted is not None and row in accepted),
                   row["outcome"] != "not reached")
            reached = reached and row["outcome"] != "refused"
        expect("no row refuses", granted, reached or accepted is not None)

    def compare(self, home, wanted, status, headers, body):
        said = "" if status == 200 else body.decode(errors="replace")
        if status != wanted.get("status", 200):
            raise Differs("status: wanted %d, got %d: %s" % (
                wanted.get("status", 200), status, said))
        if status != 200:
            expect("error media type", "text/plain; charset=utf-8",
                   headers.get("content-type"))
            if "[" + wanted["reason"] not in said:
                raise Differs("reason: wanted %s, got: %s" % (
                    wanted["reason"], said))
            if wanted.get("text", "") not in said:
                raise Differs("text: wanted %s, got: %s" % (
                    wanted["text"], said))
            return
        for name, value in wanted.get("headers", {}).items():
            expect(name, value, headers.get(name.lower()))
        if "type" in wanted:
            expect("Content-Type", wanted["type"], headers["content-type"])
        if "audit" in wanted:
            self.compare_audit(wanted["audit"], json.loads(body))
        elif "text" not in wanted:
            form = wanted.get("format", self.format)
            if "type" not in wanted:
                expect("Content-Type", TYPES[form], headers["content-type"])
            self.compare_voucher(home, wanted.get("voucher", {}), body, form)

    # What a voucher has only where a case says so.
    RARE = ["expires-on", "idevid-issuer", "prior-signed-voucher-request",
            "est-domain", "additional-configuration-url",
            "manufacturer-proprietary", "extensions"]

    def value(self, text):
        if text == "@nonce":
            return self.nonce
        if text == "@serial":
            return self.last.serial
        return text

    @staticmethod
    def compare_type(wanted, artifact):
        """MP 8: version 3 around an eContentType of its own, 1 around data."""
        def into(der, skip=0):
            for _ in range(skip):
                der = der[world.element(der)[2]:]
            return world.element(der)[1]
        signed = into(into(into(artifact), 1))
        content = world.openssl("asn1parse", "-inform", "DER",
                                data=into(signed, 2)).decode()
        found = "id-data" if "pkcs7-data" in content else "anima" \
            if "animaJSONVoucher" in content or world.ANIMA in content else "?"
        expect("eContentType", wanted or "anima", found)
        expect("SignedData version", 1 if found == "id-data" else 3,
               into(signed)[0])

    def compare_voucher(self, home, wanted, artifact, form):
        wanted = dict(wanted)
        if form != "cms":
            judge = objects.jws_voucher if form == "jws" else \
                objects.cose_voucher
            if wanted.pop("layout", None):
                judge = objects.cose_voucher_2019
            anchor = home.path / "anchors" / "voucher-root.pem"
            raw = wanted.pop("raw_key", None)
            if raw:
                anchor = self.folder / "placeholder.pem"
                anchor.write_bytes(home.hallmark("ca", "show", raw, "--pem"))
            bags = wanted.pop("bags", None)
            voucher = judge(self.folder, artifact, anchor, bags) if bags \
                else judge(self.folder, artifact, anchor)
        else:
            voucher = home.voucher(artifact, self.folder)
            self.compare_type(wanted.pop("content_type", None), artifact)
        for leaf in wanted.pop("absent", self.RARE):
            if leaf in voucher and leaf not in wanted:
                raise Differs("the voucher has " + leaf)
        pin = wanted.pop("pin", None)
        raw = wanted.pop("pubk", None)
        if raw:
            spki = self.pki.get(raw).spki()
            expect("pinned-domain-pubk", world.b64(spki),
                   voucher.get("pinned-domain-pubk"))
        hashed = wanted.pop("pubk_sha256", None)
        if hashed:
            spki = hashlib.sha256(self.pki.get(hashed).spki()).digest()
            expect("pinned-domain-pubk-sha256", world.b64(spki),
                   voucher.get("pinned-domain-pubk-sha256"))
        expect("pins", 1, sum(leaf.startswith("pinned-domain-")
                              for leaf in voucher))
        if pin:
            pinned = base64.b64decode(voucher["pinned-domain-cert"])
            if pin.endswith((".crt", ".pem")):
                der = world.pem_der(world.VECTORS / pin)
            else:
                der = self.pki.get(pin).der()
            if pinned != der:
                raise Differs("the voucher pins another certificate: " +
                              subject_of(pinned))
        issuer = wanted.pop("issuer", None)
        if issuer:
            expect("idevid-issuer", self.issuer(issuer, self.last),
                   base64.b64decode(voucher["idevid-issuer"]))
        # Whatever else a case is about, it is of this device and this request.
        for leaf, value in dict(self.asked, **wanted).items():
            expect(leaf, self.value(value), voucher.get(leaf))
        if not re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ|\d{10}",
                            str(voucher.get("created-on"))):
            raise Differs("created-on: %s" % voucher.get("created-on"))

    def compare_audit(self, wanted, log):
        expect("version", 1, log["version"])
        events = log["events"]
        if "events" in wanted:
            expect("number of events", wanted["events"], len(events))
        if "nonces" in wanted:
            expect("nonces", [self.value(n) for n in wanted["nonces"]],
                   [e["nonce"] for e in events])
        if "assertions" in wanted:
            expect("assertions", wanted["assertions"],
                   [e["assertion"] for e in events])
        if "domain" in wanted:
            domain = wanted["domain"]
            if domain.startswith("key:"):
                domain = world.b64(hashlib.sha256(
                    self.pki.get(domain[4:]).spki()).digest())
            elif not domain.endswith("="):
                domain = world.b64(self.pki.get(domain).domain_id())
            for event in events:
                expect("domainID", domain, event["domainID"])
        if "truncation" in wanted:
            expect("truncation", wanted["truncation"], log["truncation"])


def subject_of(der):
    return subprocess.run(["openssl", "x509", "-inform", "DER", "-noout",
                           "-subject"], input=der,
                          capture_output=True).stdout.decode()
