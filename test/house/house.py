"""House rules: what a check needs. A check is a function from the root of a
tree to a list of faults. It is run over this tree, and then proves that it can
fail: for every violation it gets a small tree with that fault inside."""
import os
import pathlib
import re
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "test"))
sys.dont_write_bytecode = True
import tap  # noqa: E402

BINARY = (".der", ".crt", ".bin", ".cbor", ".cose")


def files(root, *folders, suffix=None):
    """The files of the tree (or of some folders of it), sorted, but not what
    builds and git keep there."""
    for folder in folders or (".",):
        for top, inner, names in os.walk(root / folder):
            if pathlib.Path(top) == root:
                inner[:] = [d for d in inner
                            if d != ".git" and not d.startswith("build")]
            inner[:] = sorted(d for d in inner if d != "__pycache__")
            for name in sorted(set(names) - {".git"}):  # of a worktree
                if suffix is None or name.endswith(suffix):
                    yield pathlib.Path(top) / name


def text(path):
    return path.read_text(errors="replace")


STRIP = re.compile(r"/\*.*?\*/|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'",
                   re.DOTALL)


def stripped(source):
    """C without comments and the insides of strings; lines stay lines."""
    def blank(match):
        return match[0][0] + "\n" * match[0].count("\n") + match[0][0] \
            if match[0][0] != "/" else " " + "\n" * match[0].count("\n")
    return STRIP.sub(blank, source)


def functions(source):
    """(name, number of first line, lines of the body) of each function: its
    body begins with a brace alone in column 0, as clang-format leaves it."""
    lines = source.splitlines()
    begin = None
    for number, line in enumerate(lines):
        if line == "{" and begin is None:
            begin = number
        elif line.startswith("}") and begin is not None:
            head = begin - 1
            while head > 0 and not re.match(r"[a-z_]\w*\(", lines[head]):
                head -= 1
            yield lines[head].split("(")[0], begin + 1, number - begin - 1
            begin = None


def tree(folder, content):
    """Writes {path: text or bytes} below folder."""
    for name, data in content.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data if isinstance(data, bytes) else data.encode())


def run(rule, check, violations, good=None):
    """Ends the program. violations: {title: (tree, words of the fault)}."""
    test = tap.Tap()
    faults = check(ROOT)
    test.point(rule, not faults, "\n".join(faults))
    cases = [("seen: " + title, content, words)
             for title, (content, words) in violations.items()]
    if good is not None:
        cases.append(("a good tree passes", good, None))
    for title, content, words in cases:
        with tempfile.TemporaryDirectory() as folder:
            tree(pathlib.Path(folder), content)
            faults = check(pathlib.Path(folder))
        test.point(title, not faults if words is None
                   else any(words in fault for fault in faults),
                   "\n".join(faults))
    sys.exit(test.done())
