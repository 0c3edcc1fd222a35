"""The text of a Hurl file as a tree: entries with a request, headers, sections and bodies, each with its line."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from stacks.definition.tree import Items, Node, Scalar, Table

SECTIONS = {
    "QueryStringParams",
    "Query",
    "FormParams",
    "Form",
    "MultipartFormData",
    "Multipart",
    "Cookies",
    "BasicAuth",
    "Options",
    "Captures",
    "Asserts",
}
SINGLE = {"request", "response", "body", "response body"}
_RESPONSE = re.compile(r"HTTP(?:/[0-9.]+)?\s+(?:[0-9]{1,3}|\*)\s*")
_REQUEST = re.compile(r"[A-Z]+[ \t]+\S.*")
_SECTION = re.compile(r"\[([A-Za-z]+)\]\s*")
_PAIR = re.compile(r"(?!\")[^\s:`{\[<][^:]*:.*")
_BLOCK = re.compile(r'\s*(?:[{\["<`0-9-]|true|false|null|base64,|hex,|file,).*', re.DOTALL)


@dataclass(slots=True)
class _Reader:
    """Reads line by line; ``key`` is where a plain line belongs now."""

    lines: list[str]
    at: int = 0
    entries: list[Table] = field(default_factory=list)
    parts: dict[str, list[Scalar]] = field(default_factory=dict)
    first_line: int = 1
    key: str = ""
    is_response: bool = False

    def read(self) -> Items:
        while self.at < len(self.lines):
            line = self.lines[self.at]
            number = self.at + 1
            self.at += 1
            text = line if self.key.endswith("body") else without_comment(line)
            if not text.strip():
                continue
            section = _SECTION.fullmatch(text.strip())
            if _RESPONSE.fullmatch(text):
                self.is_response, self.key = True, "response headers"
                self._put("response", text, number)
            elif _REQUEST.fullmatch(text) and not text.startswith("HTTP "):
                self._close()
                self.first_line, self.is_response, self.key = number, False, "headers"
                self._put("request", text, number)
            elif section and section[1] in SECTIONS:
                self.key = f"[{section[1]}]"
                self.parts.setdefault(self.key, [])
            elif (
                self.parts
                and self.key
                and (_PAIR.fullmatch(text.strip()) or self.key == "[Asserts]")
                and not (_is_block(text) and self.key != "[Asserts]")
                and not (self.key == "[Asserts]" and _is_block(text))
            ):
                self._put(self.key, text.strip(), number)
            elif self.parts and _BLOCK.fullmatch(text):
                self._block(number)
            else:
                self._put("unknown", text, number)
        self._close()
        return Items(items=tuple(self.entries), line=1)

    def _put(self, key: str, text: str, number: int) -> None:
        if key in SINGLE and key in self.parts:
            key = "unknown"  # a second answer to one request
        self.parts.setdefault(key, []).append(Scalar(text=text.strip(), line=number, is_plain=False))

    def _block(self, number: int) -> None:
        """Read a body that may have several lines."""
        lines = [self.lines[number - 1]]
        if lines[0].startswith("```"):
            while self.at < len(self.lines) and not self.lines[self.at].startswith("```"):
                lines.append(self.lines[self.at])
                self.at += 1
            if self.at < len(self.lines):
                lines.append(self.lines[self.at])
                self.at += 1
        elif not re.fullmatch(r"`.*`\s*", lines[0]):
            while self.at < len(self.lines):
                line = self.lines[self.at]
                if _RESPONSE.fullmatch(line) or _REQUEST.fullmatch(line) or line.startswith("#"):
                    break
                lines.append(line)
                self.at += 1
        self._put("response body" if self.is_response else "body", "\n".join(lines).strip(), number)

    def _close(self) -> None:
        if self.parts:
            pairs: list[tuple[Scalar, Node]] = []
            for key, found in self.parts.items():
                line = found[0].line if found else self.first_line
                is_single = key in SINGLE
                node: Node = found[0] if is_single else Items(items=tuple(found), line=line)
                pairs.append((Scalar(text=key, line=line, is_plain=False), node))
            self.entries.append(Table(entries=tuple(pairs), line=self.first_line))
        self.parts, self.key = {}, ""


def _is_block(text: str) -> bool:
    return bool(re.match(r"\s*(?:[{<]|```|`|\[(?!\w+\]\s*$))", text))


def without_comment(line: str) -> str:
    """Return the line without what follows a # outside quotes, backquotes and patterns between slashes."""
    quote = ""
    for place, sign in enumerate(line):
        if quote:
            if sign == quote and line[place - 1] != "\\":
                quote = ""
        elif sign in '"`' or (sign == "/" and line[place - 1 : place].isspace()):
            quote = sign
        elif sign == "#" and (place == 0 or line[place - 1].isspace()):
            return line[:place]
    return line


def tree(text: str) -> Items:
    """Read the text; what is no line of Hurl stands under "unknown"."""
    return _Reader([line.removesuffix("\r") for line in text.split("\n")]).read()


def words(text: str) -> list[str]:
    """Split an assert or a capture into words; texts keep their quotes, patterns their slashes."""
    return re.findall(r'"(?:[^"\\]|\\.)*"|`[^`]*`|/(?:[^/\\]|\\.)+/|\{\{[^{}]*\}\}|\S+', text)


def unquoted(word: str) -> str | None:
    """Return the text of a quoted word, None where it is not quoted."""
    if len(word) >= 2 and word[0] == word[-1] == '"':
        plain = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f"}
        text = re.sub(r"\\u\{([0-9a-fA-F]{1,6})\}", lambda found: _sign(found[1]), word[1:-1])
        return re.sub(r"\\(.)", lambda found: plain.get(found[1], found[1]), text)
    if len(word) >= 2 and word[0] == word[-1] == "`":
        return word[1:-1]
    return None


def _sign(digits: str) -> str:
    code = int(digits, 16)
    return chr(code) if code < 0x110000 and not 0xD800 <= code < 0xE000 else "\ufffd"
