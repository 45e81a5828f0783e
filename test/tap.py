"""The Test Anything Protocol for test scripts: one point per case, a case fails
by raising, and nothing that did not run is counted as passed."""
import sys
import time
import traceback


class Tap:
    def __init__(self):
        self.count = 0
        self.failed = 0

    def point(self, title, good, said=""):
        self.count += 1
        print("%s %d - %s" % ("ok" if good else "not ok", self.count, title))
        if not good:
            self.failed += 1
            print("".join("# %s\n" % line
                          for line in str(said).splitlines()[-40:]), end="")
        sys.stdout.flush()

    def skip(self, title, why):
        self.count += 1
        print("ok %d - %s # skip %s" % (self.count, title, why))

    def case(self, title):
        """Decorator: runs the function at once."""
        def run(function):
            try:
                function()
                self.point(title, True)
            except Exception:
                self.point(title, False, traceback.format_exc())
        return run

    def done(self):
        """The plan comes last; the exit status of the script."""
        print("1..%d" % self.count)
        return 1 if self.failed else 0


def until(what, seconds=60):
    """Waits for an event: the first value of what() that is true, or the last
    one when time is up. An OSError is not yet."""
    end = time.monotonic() + seconds
    while True:
        value = None
        try:
            value = what()
        except OSError:
            pass
        if value or time.monotonic() > end:
            return value
        time.sleep(0.02)
