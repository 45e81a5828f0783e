#!/usr/bin/env python3
"""Makes schema.h: the numbered SQL files as an array of C strings.

usage: embed.py OUT FILE...
"""
import sys

with open(sys.argv[1], "w") as out:
    out.write("static const char *const migrations[] = {\n")
    for name in sorted(sys.argv[2:]):
        for line in open(name):
            text = line.rstrip("\n").replace("\\", "\\\\").replace('"', '\\"')
            out.write('\t"%s\\n"\n' % text.replace("\t", " "))
        out.write("\t,\n")
    out.write("};\n")
