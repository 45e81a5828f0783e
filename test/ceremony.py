"""Plays a ceremony at a pseudo-terminal, and makes what a plan names."""
import hashlib
import itertools
import json
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import fcntl
import time

PROGRAM = os.environ["HALLMARK_BIN"] + "/hallmark"
CLEAR = "\x1b[2J\x1b[3J\x1b[H"
ANSI = re.compile(r"\x1b\[[?0-9;]*[A-Za-z]")
ACT = re.compile(r"^(\d+)\. (.*)$", re.MULTILINE)
SHOWN = re.compile(r" +(\d+) ([a-z]+)")
DICE = "3614253616243516425361423516243165243616245136142536"


def run(*command, **more):
    return subprocess.run([str(word) for word in command], timeout=60,
                          capture_output=True, **more)


def good(*command, **more):
    done = run(*command, **more)
    assert done.returncode == 0, (command, done.stdout, done.stderr)
    return done.stdout


# --- what a plan names ---

def request(folder, name, *algorithm):
    """A certification request of openssl's; the SHA-256 of its DER."""
    good("openssl", "req", "-new", "-newkey", *algorithm, "-nodes", "-keyout",
         folder / (name + ".key"), "-subj", "/CN=" + name, "-outform", "DER",
         "-out", folder / (name + ".csr"))
    return hashlib.sha256((folder / (name + ".csr")).read_bytes()).hexdigest()


P256 = ("ec", "-pkeyopt", "ec_paramgen_curve:P-256")
ITEMS = (
    ("ca-a", "idevid-root", "p256", P256, "slot = A1\nunit = Routers\n"),
    ("ca-b", "idevid-root", "p384",
     ("ec", "-pkeyopt", "ec_paramgen_curve:P-384"), "slot = B1\n"),
    ("ca-tpm", "idevid-root", "rsa2048", ("rsa:2048",), "slot = T1\n"),
    ("signer-1", "voucher-root", "p256", P256,
     "days = 730\nproduct-policy = 1.3.6.1.4.1.55555.1.1.9\n"),
    ("nonceless-2", "voucher-root", "p256", P256, "number = 2\n"),
)
PEOPLE = (("ada", "administrator"), ("olga", "operator"),
          ("walter", "witness"), ("wanda", "witness auditor")) + tuple(
              ("c%d" % n, "custodian") for n in range(1, 8))


APPROVERS = ("ada", "olga")


def people(folder, paper=("c7",)):
    """Attendees with keys of OpenSSH, Ed25519 and P-256 in turn."""
    text = ""
    for number, (handle, role) in enumerate(PEOPLE):
        text += "[attendee %s]\nname = %s Example\nrole = %s\n" % (
            handle, handle.capitalize(), role)
        if role == "custodian":
            text += "place = vault-%d\nmanager = boss-%d\n" % (
                number % 3, number % 3)
        if handle in APPROVERS:
            text += "approves = yes\n"
        if handle in paper:
            text += "acknowledges = on paper\n\n"
            continue
        key = folder / ("ssh-" + handle)
        if not key.exists():
            good("ssh-keygen", "-q", "-N", "", "-C", handle, "-t",
                 ("ed25519", "ecdsa")[number % 2], "-f", key)
        text += "key = %s\n" % (
            folder / ("ssh-" + handle + ".pub")).read_text().replace("\n", "\n\n")
    return text


def places():
    return "".join("[place vault-%d]\nis = Vault %d\n\n" % (n, n)
                   for n in range(3))


def ceremony(kind, title, shares=7, threshold=4, more=""):
    return ("# reviewed\n[ceremony]\ntitle = %s\nkind = %s\n"
            "organization = Example\nshares = %d\nthreshold = %d\n%s\n" %
            (title, kind, shares, threshold, more))


def item_text(folder, name, root, word, algorithm, more):
    if "number" not in more:
        more += "number = 1\n"
    return ("[sign %s]\nroot = %s\nalgorithm = %s\ncsr = %s.csr\n"
            "csr-sha256 = %s\n%s\n" % (
                name, root, word, name, request(folder, name, *algorithm),
                more))


ROOTS = ("[root idevid-root]\npurpose = idevid\nalgorithm = p384\n"
         "generation = 1\n%s\n[root voucher-root]\npurpose = voucher\n"
         "algorithm = p256\ngeneration = 1\n%s\n")


POLICIES = ("idevid-policy = 1.3.6.1.4.1.55555.1.2\n"
            "voucher-policy = 1.3.6.1.4.1.55555.1.1\n")


def slot_row(folder, name, slot, generation=1, **more):
    """A CA of the ledger that waits for its certificate, as slot list says it."""
    pem = good("openssl", "req", "-inform", "DER", "-in",
               folder / (name + ".csr"), "-pubkey", "-noout")
    spki = good("openssl", "pkey", "-pubin", "-outform", "DER", input=pem)
    return {"slot": slot, "generation": generation, "given-to": None,
            "key": name, "state": "requested",
            "spki-sha256": hashlib.sha256(spki).hexdigest(), "issued": 0,
            "last-counter": 0, "since": None, **more}


def with_slots(folder, text, rows=None):
    """The plan with the list of slots that its issuing CAs need, or these rows."""
    if rows is None:
        rows = [slot_row(folder, name, slot) for name, slot in re.findall(
            r"^\[sign (\S+)\]\n[^[]*?^slot = (\S+)$", text, re.MULTILINE)]
    if not rows:
        return text
    data = json.dumps({"slots": rows}).encode()
    digest = hashlib.sha256(data).hexdigest()
    (folder / ("slots-%s.json" % digest[:8])).write_bytes(data)
    return re.sub(r"^kind = .*\n", lambda m: m[0] + (
        "slots = slots-%s.json\nslots-sha256 = %s\n" % (digest[:8], digest)),
        text, count=1, flags=re.MULTILINE)


def plan_create(folder):
    text = ceremony("create", "Roots of Example 2026", more=POLICIES) + places() + \
        people(folder) + ROOTS % ("", "")
    for item in ITEMS:
        text += item_text(folder, *item)
    path = folder / "plan.ini"
    path.write_text(with_slots(folder, text))
    return path


# --- before the day ---

def manifest(bundle):
    return hashlib.sha256((bundle / "manifest.txt").read_bytes()).hexdigest()


def approve(plan, approvers=APPROVERS):
    """Signs the script of a plan with the keys that it names."""
    script = plan.parent / "script.txt"
    script.write_bytes(good(PROGRAM, "ceremony", "plan", plan))
    (plan.parent / "approvals").mkdir(exist_ok=True)
    for handle in approvers:
        key = plan.parent / ("ssh-" + handle)
        if key.exists():
            good("ssh-keygen", "-q", "-Y", "sign", "-n", "hallmark-approval",
                 "-f", key, script)
            (plan.parent / "script.txt.sig").rename(
                plan.parent / "approvals" / (handle + ".sig"))


def previous_of(plan):
    """--previous, where the plan names a bundle that lies beside it."""
    named = re.search(r"^previous = (\w+)$", plan.read_text(), re.MULTILINE)
    return [word for path in plan.parent.glob("*/manifest.txt")
            if named and manifest(path.parent) == named[1]
            for word in ("--previous", path.parent)]


# --- at the terminal ---

class Raw(str):
    """Typed without Enter."""


BAGS = itertools.count(1)


class Player:
    """Answers what is asked; `shares` is what custodians wrote down, by root and
    index. `answers` maps words of an act and of its question to a line that is
    typed instead, once. A run is approved first, and follows what its plan names."""

    def __init__(self, *arguments, shares=None, answers=None, before=(),
                 approved=True):
        self.shares = {} if shares is None else shares
        self.answers = answers or {}
        self.said = ""
        self.given = []
        if arguments[0] == "run" and approved:
            approve(arguments[1])
            arguments += tuple(previous_of(arguments[1]))
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.execvp((*before, PROGRAM)[0], [
                *before, PROGRAM, "ceremony", *map(str, arguments)])
        fcntl.ioctl(self.fd, termios.TIOCSWINSZ,
                    struct.pack("HHHH", 24, 80, 0, 0))
        self.status = None

    def type(self, line):
        os.write(self.fd, line.encode() + (
            b"" if isinstance(line, Raw) else b"\n"))

    def read(self, seconds=60):
        """More of what is said; False at the end."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            ready, _, _ = select.select([self.fd], [], [], 1)
            if ready:
                try:
                    data = os.read(self.fd, 65536)
                except OSError:
                    return False
                self.said += data.decode(errors="replace").replace("\r", "")
                return bool(data)
        raise AssertionError("nothing is said: " + self.screen())

    def screen(self):
        return ANSI.sub("", self.said.rsplit(CLEAR, 1)[-1])

    def screens(self):
        return [ANSI.sub("", s) for s in self.said.split(CLEAR)]

    def act(self):
        found = ACT.findall(ANSI.sub("", self.said))
        for _, text in reversed(found):
            if "root" in text or "here" in text or "random" in text \
                    or "clock" in text or "host" in text or "wiped" in text \
                    or "evidence" in text or "deviations" in text:
                return text
        return ""

    def root(self):
        return re.search(r"(idevid|voucher)-root", self.act())[0]

    def share_due(self):
        """Which share the question is about."""
        asked = re.findall(r"(?:Share (\d+)|(The) (\d+)\. of|(Typed) back)",
                           self.screen())[-1]
        if asked[3]:
            return int(re.search(r"share (\d+) of", self.act())[1])
        if asked[1]:        # any quorum: 2, 4, 6, 7
            return (2, 4, 6, 7)[int(asked[2]) - 1]
        return int(asked[0])

    def answer(self):
        screen = self.screen()
        last = screen.rsplit("\n", 1)[-1]
        for words in list(self.answers):
            if words[0] in self.act() and words[1] in screen[-120:]:
                line = self.answers.pop(words)
                return self.type(line(self) if callable(line) else line)
        if last.endswith(("Type yes, or abort: ", "Type yes, no, or abort: ")):
            return self.type("yes")
        if last.endswith("Enter when it is written down: "):
            pairs = sorted((int(n), w) for n, w in SHOWN.findall(
                screen.split("word for word", 1)[1]))
            index = int(re.search(r"share (\d+) of", self.act())[1])
            self.shares[self.root(), index] = [w for _, w in pairs]
            return self.type("")
        if re.search(r"from word \d+: $", last):
            words = self.shares[self.root(), self.share_due()]
            begin = int(re.search(r"from word (\d+): $", last)[1]) - 1
            # Some type whole words, some four letters, some capitals.
            line = words[begin:begin + 6]
            if begin == 6:
                line = [w[:4].upper() for w in line]
            return self.type(" ".join(line))
        if last.endswith("Rolls: "):
            return self.type(DICE)
        if last.endswith("without blanks: "):
            return self.type("BAG-%d" % next(BAGS))
        if last.endswith("Deviation: "):
            self.given.append("deviation")
            return self.type("tea was late" if len(self.given) == 1 else "")
        return None

    def play(self, until=None):
        """To the end, or until the screen has this."""
        while self.read():
            if until is not None and until in self.screen() and \
                    re.search(r": $", self.screen()):
                return None
            if self.screen().endswith(": "):
                self.answer()
        _, status = os.waitpid(self.pid, 0)
        self.status = os.waitstatus_to_exitcode(status)
        os.close(self.fd)
        return self.status

    def kill(self):
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        os.close(self.fd)


def acknowledge(folder, bundle, without=("c7",)):
    for handle, _ in PEOPLE:
        if handle in without:
            continue
        good("ssh-keygen", "-q", "-Y", "sign", "-n", "hallmark-ceremony", "-f",
             folder / ("ssh-" + handle), bundle / "manifest.txt")
        (bundle / "manifest.txt.sig").rename(
            bundle / "acknowledgements" / (handle + ".sig"))


def verify(bundle):
    return run(PROGRAM, "ceremony", "verify", bundle)
