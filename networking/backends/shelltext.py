"""Reads a file that a shell would source, as the shell would read it, and runs nothing.

Quotes, backslashes, continued lines, comments, `export`, `;`, and variables set before in the same file. What a shell
would choke on, or read otherwise than it looks, is told with its line. Source: POSIX, Shell Command Language, 2.2–2.10.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

ASSIGNMENT = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)=")
VARIABLE = re.compile(r"\$(?:\{([A-Za-z_][A-Za-z0-9_]*)\}|([A-Za-z_][A-Za-z0-9_]*))")
DECLARING = ("export", "readonly", "declare", "typeset", "local")
DOLLAR = "\ue000"
"""Stands for a dollar sign that names no variable, until variables are put in."""
TYPOGRAPHIC = "“”„‘’‚«»"
PLAIN = re.compile(r"[A-Za-z0-9_@%+:,./-]*")


@dataclass(frozen=True, slots=True)
class Assignment:
    """`first` and `last` line, counted from 1; `alone` where nothing else stands on these lines."""

    key: str
    value: str
    first: int
    last: int
    alone: bool = True
    quote: str = ""


@dataclass(frozen=True, slots=True)
class ShellText:
    """Assignments in their order, and (line, sentence) of what is amiss."""

    text: str
    assignments: tuple[Assignment, ...] = ()
    flaws: tuple[tuple[int, str], ...] = ()

    def values(self) -> dict[str, str]:
        """The last of two wins, as in a shell."""
        return {item.key: item.value for item in self.assignments}

    def line(self, key: str) -> int:
        return next((item.first for item in reversed(self.assignments) if item.key == key), 1)


@dataclass(slots=True)
class _Word:
    line: int
    raw: str = ""
    value: str = ""
    quote: str = ""
    last: int = 0


@dataclass(slots=True)
class _Reader:
    text: str
    at: int = 0
    line: int = 1
    known: dict[str, str] = field(default_factory=dict)
    assignments: list[Assignment] = field(default_factory=list)
    flaws: list[tuple[int, str]] = field(default_factory=list)

    def run(self) -> None:
        while self.at < len(self.text):
            words = self.command()
            if words is None:
                return
            if words:
                self.take(words)

    def command(self) -> list[_Word] | None:
        """Words up to the end of a command; None where the text ends within quotes, at which a shell gives up."""
        words: list[_Word] = []
        while self.at < len(self.text):
            char = self.text[self.at]
            if char in " \t\r":
                self.at += 1
            elif self.text.startswith("\\\n", self.at):
                self.at, self.line = self.at + 2, self.line + 1
            elif char == "#":
                end = self.text.find("\n", self.at)
                self.at = len(self.text) if end < 0 else end
            elif char in "\n;&|()":
                self.at += 1
                self.line += char == "\n"
                return words
            else:
                word = self.word()
                if word is None:
                    return None
                words.append(word)
        return words

    def word(self) -> _Word | None:
        word = _Word(self.line)
        while self.at < len(self.text) and self.text[self.at] not in " \t\r\n;&|()":
            char = self.text[self.at]
            if char in "'\"":
                if not self.quoted(word, char):
                    return None
                continue
            if char == "\\":
                if self.text.startswith("\\\n", self.at):
                    self.line += 1
                else:
                    self.add(word, self.text[self.at + 1 : self.at + 2].replace("$", DOLLAR))
                self.at += 2
                continue
            if char == "`" or self.text.startswith("$(", self.at):
                self.substitution(word, "`" if char == "`" else ")")
                continue
            if char in TYPOGRAPHIC:
                self.flaws.append(
                    (
                        self.line,
                        f"The typographic quote {char} is a letter to a shell: it quotes nothing, so the value ends at"
                        " the first blank. Write a straight quote.",
                    )
                )
            self.add(word, char)
            self.at += 1
        word.value = self.expanded(word.value).replace(DOLLAR, "$")
        word.last = self.line
        return word

    def add(self, word: _Word, text: str) -> None:
        word.raw += text
        word.value += text

    def quoted(self, word: _Word, quote: str) -> bool:
        opened, ends, self.at = self.line, 0, self.at + 1
        word.quote, word.raw = word.quote + quote, word.raw + quote
        while self.at < len(self.text):
            char = self.text[self.at]
            self.at += 1
            self.line += char == "\n"
            if char == quote:
                if ends:
                    self.flaws.append(
                        (
                            opened,
                            f"The quote that opens here is closed only in line {self.line}; a shell takes all between"
                            " as one value. Close it where the value ends.",
                        )
                    )
                return True
            if quote == '"' and char == "\\" and self.text[self.at : self.at + 1] in ('"', "\\", "$", "`", "\n"):
                char = self.text[self.at].replace("$", DOLLAR)
                self.at += 1
                self.line += char == "\n"
                if char == "\n":
                    continue
            ends += char == "\n"
            word.value += DOLLAR if quote == "'" and char == "$" else char
        self.flaws.append(
            (
                opened,
                "The quote that opens here is never closed; a shell stops reading the file at this line and says"
                " “unexpected EOF”. Close it.",
            )
        )
        return False

    def substitution(self, word: _Word, closing: str) -> None:
        end = self.text.find(closing, self.at + 2 - (closing == "`"))
        end = len(self.text) - 1 if end < 0 else end
        text = self.text[self.at : end + 1]
        self.flaws.append((self.line, f"{text} is a command whose answer is not known from the file; it is not run."))
        self.add(word, text)
        self.line += text.count("\n")
        self.at = end + 1

    def expanded(self, value: str) -> str:
        return VARIABLE.sub(lambda match: self.known.get(match[1] or match[2], ""), value)

    def take(self, words: list[_Word]) -> None:
        """Assignments of a command; before a program's name they would be the program's only."""
        declaring = words[0].raw in DECLARING
        rest = words[1:] if declaring else words
        program = next((word for word in rest if not ASSIGNMENT.match(word.raw)), None)
        if program and not declaring:
            self.flaws.append((program.line, self.not_assigned(words, program)))
            return
        for word in rest:
            match = ASSIGNMENT.match(word.raw)
            if match:
                value = word.value[match.end() :]
                self.known[match[1]] = value
                alone = len(words) == 1
                self.assignments.append(Assignment(match[1], value, word.line, word.last, alone, word.quote))

    def not_assigned(self, words: list[_Word], program: _Word) -> str:
        if program is words[0]:
            follows = words[1].value if len(words) > 1 else ""
            if follows.startswith("="):
                return f"There is a blank before “=”: a shell runs {program.value} as a program and sets nothing."
            return f"“{program.value}” is a command, not an assignment; it is not run here, and not judged."
        match = ASSIGNMENT.match(words[0].raw)
        key = match[1] if match else ""
        return f"{key} is not set: its value has a blank and no quotes, so a shell runs {program.value} as a program."


def read_shell(text: str) -> ShellText:
    """The assignments of `text`. Never raises."""
    reader = _Reader(text)
    reader.run()
    return ShellText(text, tuple(reader.assignments), tuple(reader.flaws))


def shell_value(value: str) -> str:
    """A value as it is written behind “=”: bare where that is safe, else in double quotes."""
    if PLAIN.fullmatch(value):
        return value
    escaped = re.sub(r'(["\\$`])', r"\\\1", value)
    return f'"{escaped}"'


def kept_lines(shell: ShellText, dropped: re.Pattern[str]) -> list[str]:
    """Lines of a file without the assignments whose keys match: comments, other keys and other code as they stand."""
    gone = set[int]()
    rescued: dict[int, list[str]] = {}
    for item in shell.assignments:
        if dropped.fullmatch(item.key):
            gone.update(range(item.first, item.last + 1))
    for item in shell.assignments:
        if item.first in gone and not dropped.fullmatch(item.key):
            rescued.setdefault(item.first, []).append(f"{item.key}={shell_value(item.value)}")
    kept = []
    for number, line in enumerate(shell.text.rstrip("\n").split("\n"), 1):
        kept += rescued.get(number, []) if number in gone else [line]
    return [line for line in kept if line.strip()]
