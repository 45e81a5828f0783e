#!/usr/bin/env python3
"""Makes doc/conformance.md: which case shows what. The rows are those of
rows.toml; which of them a case shows it says itself, in `shows`.

usage: page.py         prints the page
"""
import pathlib
import sys
import tomllib

HEAD = """# Which test shows what

Made by `./dev conformance` from the cases; `test/house/cases` holds this page to
them. A name without a path is a file of `test/conformance/cases/`: data, played
through the real programs. Each says in `shows` which rows it is for.

Every voucher that a case gets is judged by somebody else: CMS by `openssl cms`,
JWS by Debian's jose, COSE by libcbor and `openssl pkeyutl`; each chain by
`openssl verify`.
"""


def line(cells):
    return "| " + " | ".join(cells) + " |\n"


def make(root):
    """(text of the page, faults). Every row has a case, another test or a
    remark; every case is for some row that there is."""
    folder = pathlib.Path(root) / "test/conformance"
    rows = tomllib.loads((folder / "rows.toml").read_text())
    shown, faults = {}, []
    for path in sorted((folder / "cases").glob("*.toml"),
                       key=lambda path: path.stem):
        names = tomllib.loads(path.read_text()).get("shows", [])
        if not names:
            faults.append("%s shows nothing" % path.stem)
        for name in names:
            shown.setdefault(name, []).append(path.stem)
    text = HEAD
    for section in rows["section"]:
        text += "\n## %s\n\n" % section["title"]
        columns = section["columns"] + ["shown by"]
        text += line(columns) + "|" + "---|" * len(columns) + "\n"
        for row in section["rows"]:
            name = "%s: %s" % (section["key"], row[0])
            by = " ".join("`%s`" % case for case in shown.pop(name, []))
            by = " ".join(filter(None, [by, row[-1]]))
            if not by:
                faults.append("nothing shows %s" % name)
            text += line(row[:-1] + [by])
    for name, cases in sorted(shown.items()):
        faults.append("%s shows %s, which is no row" % (cases[0], name))
    return text, faults


def main():
    text, faults = make(pathlib.Path(__file__).resolve().parents[2])
    sys.stdout.write(text)
    for fault in faults:
        print("page.py: " + fault, file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
