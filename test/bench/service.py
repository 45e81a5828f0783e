"""A service of its own to be measured, and the page with the results."""
import json
import os
import pathlib
import re
import secrets
import subprocess
import sys
import time

BIN = pathlib.Path(os.environ["HALLMARK_BIN"])
SOURCE = pathlib.Path(os.environ["HALLMARK_SOURCE"])
GENERATOR = BIN.parent / "test/bench/bench"
PAGE = SOURCE / "doc/performance.md"
CUSTOMERS = 8
PHASES = ("warm", "jws", "cose", "new", "resumed")  # as main.c has them
PROGRAMS = ("front", "checker", "authority", "signer")


class Service:
    """A home of its own below folder, and the service in it; a library may be
    loaded before everything else into serve, which hands it to no program."""

    def __init__(self, folder, programs=BIN, library=None):
        self.folder = folder
        self.home = folder / "home"
        self.bin = programs
        self.secret = folder / "passphrase"
        self.secret.write_text(secrets.token_hex(16) + "\n")
        self.hallmark("init", "--home", self.home, "--organization", "Bench",
                      "--product", "router-9", "--token", "AR9", "--masa-url",
                      "localhost:8443", "--passphrase-file", self.secret)
        self.hallmark("product", "set", "router-9", "--formats",
                      "cms,jws,cose", "--home", self.home,
                      "--passphrase-file", self.secret)
        ini = self.home / "hallmark.ini"    # one client is all that there are
        ini.write_text(re.sub("(rate-[a-z]+) = .*", r"\1 = 0",
                              ini.read_text()))
        for i in range(CUSTOMERS):
            self.hallmark("registrar", "ca", "--organization",
                          "Customer %d" % i, "--out-dir", folder / str(i))
        self.log = open(folder / "service.log", "wb")
        self.process = subprocess.Popen(
            [self.bin / "hallmark", "serve", "--masa", "--home", self.home,
             "--listen", "127.0.0.1:0", "--passphrase-file", self.secret],
            stdout=subprocess.PIPE, stderr=self.log,
            env={**os.environ, **({"LD_PRELOAD": str(library)}
                                  if library else {})})
        line = self.process.stdout.readline().decode()
        if not line.startswith("ready https://"):
            sys.exit("the service did not start:\n" +
                     (folder / "service.log").read_text())
        self.port = line.strip().rsplit(":", 1)[1]

    def hallmark(self, *words):
        return subprocess.run([str(w) for w in (BIN / "hallmark", *words)],
                              check=True, stdout=subprocess.PIPE).stdout

    def others(self):
        """CPU seconds of serve, and of those that it has waited for: the
        checkers that derive again what was issued."""
        stat = pathlib.Path("/proc/%d/stat" % self.process.pid).read_text()
        return sum(map(int, stat.rsplit(")", 1)[1].split()[11:15])) / \
            os.sysconf("SC_CLK_TCK")

    def derived(self):
        """How many vouchers were derived again, when none waits."""
        end = time.monotonic() + 600
        while time.monotonic() < end:
            said = json.loads(self.hallmark(
                "status", "--json", "--home", self.home))["recheck"]
            if said["waiting"] == 0:
                return said["checked"]
            time.sleep(1)
        sys.exit("vouchers still wait for their re-check")

    def programs(self):
        """NAME=PID of every child."""
        said = subprocess.run(["ps", "-o", "pid=,args=", "--ppid",
                               str(self.process.pid)], check=True,
                              capture_output=True).stdout.decode()
        words = ["%s=%s" % (name, line.split()[0])
                 for name in PROGRAMS for line in said.splitlines()
                 if line.endswith("/hallmark-" + name)]
        if len(words) != len(PROGRAMS):
            sys.exit("the four programs do not run: " + said)
        return words

    def load(self, repeat, connections, least=0, **counts):
        """Phases as the generator tells them; how many of each. At least so
        many units get IDevIDs before."""
        numbers = [counts.get(name, 0) for name in PHASES]
        units = max(least, repeat * sum(n + connections
                                        for n in numbers if n))
        done = subprocess.run(
            [str(w) for w in (GENERATOR, self.home, self.port, self.folder,
                              repeat, units, connections, *numbers,
                              *self.programs())],
            stdout=subprocess.PIPE, check=False)
        if done.returncode != 0:
            sys.exit("the generator failed; the service said:\n" +
                     (self.folder / "service.log").read_text()[-4000:])
        return [json.loads(line) for line in done.stdout.splitlines()]

    def stop(self):
        self.process.terminate()
        return self.process.wait(timeout=60)


def page_write(name, text):
    """Replaces what stands between the marks of this name."""
    page = PAGE.read_text()
    marks = re.compile(r"(<!-- %s -->\n).*?(<!-- end of %s -->)" %
                       (name, name), re.DOTALL)
    if not marks.search(page):
        sys.exit("%s has no place for %s" % (PAGE, name))
    PAGE.write_text(marks.sub(
        lambda m: m[1] + "\n" + text + "\n\n" + m[2], page))
