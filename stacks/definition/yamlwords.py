"""What a YAML parser's complaint means, in words that help the person who wrote the line."""

from __future__ import annotations

import re

from stacks.definition.tree import YamlFault


def explain(problem: str, *, line: int, opened: int, text: str) -> YamlFault:
    """Turn the parser's ``problem`` at ``line`` into a fault. ``opened``: the line where what it was reading began."""
    lines = text.split("\n")
    line = max(1, min(line, len(lines)))
    content = lines[line - 1]
    problem = " ".join(problem.split()) or "not readable as YAML"
    if "'\\t'" in problem or re.match(r"[ -]*\t", content):
        return YamlFault(line, "a tab stands where the line is indented", "spaces", "replace each tab by two spaces")
    if "'}'" in problem and "${" in content:
        return YamlFault(
            line,
            "${...} without quotes inside {...}",
            "text in quotes there",
            'write it as "${name}", with the quotes',
        )
    if "mapping values are not allowed" in problem:
        return YamlFault(
            line,
            "a second colon with a space after it",
            "one key and one value a line",
            "put the value in quotes",
        )
    if "cannot start any token" in problem:
        found = re.search(r"found character '(.+?)'", problem)
        what = f'a value begins with "{found.group(1)}"' if found else "a value begins with a sign of YAML's own"
        return YamlFault(line, what, "quotes around such text", "put the value in quotes")
    if "undefined alias" in problem:
        what = f"{problem.removeprefix('found ')} is not defined".replace("undefined alias", "the alias")
        return YamlFault(line, what, "an anchor of that name before it", 'put text that begins with "*" in quotes')
    if "end of stream" in problem or "stream end" in problem:
        what = "a quote or bracket that opens here is never closed"
        return YamlFault(opened, what, "its partner", "close it")
    if "document start" in problem:
        what = "something stands after the end of the value that the file begins with"
        return YamlFault(line, what, "one mapping of keys to values", "remove it, or check the brackets before it")
    if "escape" in problem:
        return YamlFault(
            line,
            "a backslash inside double quotes that begins no escape",
            "text",
            "use single quotes: 'a\\d' stays as it is",
        )
    if "expected <block end>" in problem or "could not find expected ':'" in problem or "block mapping" in problem:
        what = "this line does not continue what the lines before began"
        return YamlFault(
            line, what, "keys of one mapping at one indentation", "check indentation, quotes and colons here and above"
        )
    return YamlFault(line, problem, "YAML", "check indentation, quotes and colons of this line and the one before")
