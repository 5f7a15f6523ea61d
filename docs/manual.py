#!/usr/bin/env python3
"""Makes docs/mailtap.1 of docs/mailtap.1.in and of what the executable says of its commands and options.

    manual.py MAILTAP            writes docs/mailtap.1
    manual.py --check MAILTAP    exits with 1 where docs/mailtap.1 is not what it would write
"""

import json
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent


def main():
    check = sys.argv[1:2] == ["--check"]
    dump = subprocess.run([sys.argv[-1], "--experimental-dump-help"], capture_output=True, check=True).stdout
    template = (HERE / "mailtap.1.in").read_text()
    commands, common = sections(json.loads(dump)["command"])
    page = template.replace("@COMMANDS@\n", commands).replace("@COMMON@\n", common)
    target = HERE / "mailtap.1"
    if check:
        if target.read_text() != page:
            sys.exit("docs/mailtap.1 is not what the executable says: run `make man`")
        return
    target.write_text(page)


def sections(root):
    commands = [(prefix, c) for prefix, c in leaves(root, "mailtap") if c["commandName"] != "help"]
    # What three commands or more say in the same words is said once.
    seen = {}
    for _, command in commands:
        for argument in options(command):
            seen.setdefault(key(argument), []).append(argument)
    shared = {k: uses[0] for k, uses in seen.items() if len(uses) >= 3}
    text = []
    for name, command in commands:
        text.append(f".SS {quoted(name)}\n")
        text.append(f".B {escaped(name)}\n" + "".join(synopsis(a) for a in command["arguments"] if a["kind"] == "positional")
                    + "[options]\n.PP\n")
        text.append(escaped(command.get("abstract", "")) + "\n" + prose(command.get("discussion", "")))
        own = [a for a in options(command) if key(a) not in shared]
        text += [described(a) for a in own]
        also = [long_name(a) for a in options(command) if key(a) in shared]
        if also:
            text.append(".PP\nAlso, as described below: " + ", ".join(f"\\fB{escaped(n)}\\fR" for n in also) + ".\n")
    return "".join(text), "".join(described(a) for _, a in sorted(shared.items()))


def leaves(command, prefix):
    """The commands that have no commands of their own, with their whole names."""
    for child in command.get("subcommands", []):
        name = f"{prefix} {child['commandName']}"
        inner = [c for c in child.get("subcommands", []) if c["commandName"] != "help"]
        if inner:
            yield from leaves(child, name)
        else:
            yield name, child


def options(command):
    return [a for a in command["arguments"] if a["kind"] != "positional" and a.get("shouldDisplay", True)
            and long_name(a) not in ("--help", "--version")]


def long_name(argument):
    return dashed(argument["preferredName"])


def dashed(name):
    return ("-" if name["kind"] == "short" else "--") + name["name"]


def key(argument):
    return long_name(argument), argument.get("abstract", "")


def synopsis(argument):
    word = argument.get("valueName", "argument").upper()
    text = f"\\fI{escaped(word)}\\fR{'...' if argument['isRepeating'] else ''}"
    # The commands themselves refuse to do without an INPUT.
    is_optional = argument["isOptional"] and word != "INPUT"
    return (f"[{text}]" if is_optional else text) + "\n"


def described(argument):
    names = ", ".join(f"\\fB{escaped(dashed(n))}\\fR" for n in sorted(argument["names"], key=lambda n: n["kind"] != "short"))
    value = f" \\fI{escaped(argument['valueName'].upper())}\\fR" if argument["kind"] == "option" else ""
    default = argument.get("defaultValue")
    text = escaped(argument.get("abstract", ""))
    if argument["kind"] == "option" and default and default not in argument.get("abstract", ""):
        text += f" By default {escaped(default)}."
    return f".TP\n{names}{value}\n{text}\n"


def prose(text):
    """A discussion: paragraphs, headings in capitals, and indented lines as they stand."""
    out, verbatim = [], False
    for line in text.splitlines():
        indented = line.startswith("  ")
        if indented != verbatim:
            out.append(".RS 4\n.nf\n" if indented else ".fi\n.RE\n")
            verbatim = indented
        if not line.strip():
            out.append(".PP\n" if not verbatim else "")
        elif indented:
            out.append(escaped(line[2:]) + "\n")
        elif line.isupper():
            out.append(f".PP\n\\fI{escaped(line.capitalize())}\\fR\n")
        else:
            out.append(escaped(line) + "\n")
    if verbatim:
        out.append(".fi\n.RE\n")
    return (".PP\n" if text else "") + "".join(out)


def escaped(text):
    text = text.replace("\\", "\\e").replace("-", "\\-")
    return "\\&" + text if text[:1] in (".", "'") else text


def quoted(text):
    return '"' + escaped(text) + '"'


if __name__ == "__main__":
    main()
