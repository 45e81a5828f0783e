"""Runs a guide as it is written: every block of commands, in its order, in one
shell and one folder; what a block prints is compared with what the guide shows
below it, where `...` stands for anything."""
import os
import re
import subprocess

BLOCK = re.compile(r"^```sh\n(.*?)^```\n(?:\n```text\n(.*?)^```\n)?",
                   re.MULTILINE | re.DOTALL)


def blocks(path):
    """[(commands, shown)]"""
    text = path.read_text()
    found = BLOCK.findall(text)
    assert found and len(found) == text.count("```sh"), "blocks are missed"
    return found


def play(found, work, folder, **environment):
    """One shell for all; what each block printed, None if it was not reached.
    A block came to its end if the next one printed, if only nothing."""
    lines = ["set -eu"]
    for i, (commands, _) in enumerate(found):
        lines += ["exec >'%s/%d.said' 2>&1" % (folder, i), commands]
    lines.append("exec >'%s/end' 2>&1" % folder)
    (folder / "script").write_text("\n".join(lines) + "\n")
    subprocess.run(["sh", folder / "script"], cwd=work, timeout=200,
                   env=dict(os.environ, HOME=str(work), LC_ALL="C.UTF-8",
                            **environment))
    paths = [folder / ("%d.said" % i) for i in range(len(found))]
    return [path.read_text() if later.exists() else None if not path.exists()
            else path.read_text() + "and the shell ended\n"
            for path, later in zip(paths, paths[1:] + [folder / "end"])]


def same(shown, said):
    """Also of a block that shows nothing: then it says nothing."""
    pattern = ".*".join(re.escape(part) for part in shown.rstrip().split("..."))
    return re.fullmatch(pattern, said.rstrip())


def compare(out, found, said):
    for (commands, shown), printed in zip(found, said):
        title = [line for line in commands.splitlines()
                 if not line.startswith("#")][-1].strip()
        out.point(title.replace("#", "."),
                  printed is not None and same(shown, printed),
                  "it was not reached" if printed is None else
                  "shown:\n%s\nprinted:\n%s" % (shown, printed))
