"""Secrets kept out of what is shown, by the place where they stand.

What stands under a key that names a secret, in a variable or an argument of such a name, in a URL's login, or in a
private key, is hidden there and nowhere else: whoever writes a secret must not choose what else a reviewer does not
see. A ``Veil`` puts a mark of its own in each place, before anything is computed, so that it is known wherever the
value comes out.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Callable, Collection, Mapping
from typing import Any, Final

from dualstack.document.frozen import REDACTED
from dualstack.document.logins import split_login

_SECRET_KEY = re.compile(
    r"(passw(or)?d|passphrase|token|credential|client[_-]?secret|registration[_-]?code"
    r"|(private|api|access|secret)[_-]?key)s?$",
    re.IGNORECASE,
)


def names_a_secret(key: object) -> bool:
    """Tell whether a key's value will be a secret itself, rather than the name or the switch of one.

    A key that merely ends in "secret" mostly holds the name of a Kubernetes Secret.
    """
    return bool(_SECRET_KEY.search(str(key)))


def looks_like_a_secret(name: str) -> bool:
    """Tell whether a text that should be a config key's name is more likely the secret itself: no person's word.

    Letters and digits in turns, capitals and digits alone as in a registration code, or many hex digits.
    """
    turns = len(re.findall(r"[A-Za-z](?=[0-9])|[0-9](?=[A-Za-z])", name))
    capitals, small = (sum(test(char) for char in name) for test in (str.isupper, str.islower))
    code = len(name) >= 10 and capitals > 2 * small and any(char.isdigit() for char in name)
    hexed = len(name) >= 16 and re.fullmatch(r"[0-9a-fA-F-]+", name) is not None
    return turns >= 4 or code or hexed


def hide(value: Any, texts: Collection[str]) -> Any:
    """Replace each text by ``[secret]`` wherever it stands in plain data, in keys and within longer texts, too.

    For secrets of the engine's, which nobody chose for the sake of hiding another text.
    """
    if not texts:
        return value
    if isinstance(value, str):
        for text in sorted(texts, key=lambda text: (-len(text), text)):
            value = value.replace(text, REDACTED)
        return value
    if isinstance(value, Mapping):
        return {hide(key, texts): hide(item, texts) for key, item in value.items()}
    if isinstance(value, list):
        return [hide(item, texts) for item in value]
    return value


Path = tuple[str | int, ...]

_CRYPT: Final = r"\$[0-9a-z]+\$"
"""How a crypt(3) hash says its method: no secret, and a rule looks for it, also where a mark stands for the hash."""
_METHOD = re.compile(_CRYPT)
_MARK = re.compile(rf"(?:{_CRYPT})?dualstacksecret([0-9a-f]{{16}})")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
_URL = re.compile(r"(?P<start>[A-Za-z][A-Za-z0-9+.-]*://[^\s/?#@'\",:]*:)(?P<secret>[^\s/?#'\"]*)(?=@)")
_ARGUMENT = re.compile(r"(?P<start>-{0,2}(?P<key>[A-Za-z][A-Za-z0-9_.-]*)=)(?P<secret>.+)", re.DOTALL)
_PRIVATE = re.compile(r"(?<=PRIVATE KEY-----)(?P<secret>[^-]+)(?=-----END)")
_LITERAL = r"""\"[^"$`]*\"|'[^']*'|[^\s;&|<>$`()"',{}\[\]]+"""
_INLINE = re.compile(
    rf"(?P<start>(?P<quote>[\"']?)(?<![\w.-])(?P<key>[A-Za-z_][\w.-]*)(?P=quote)\s*(?:=|:\s*))(?P<secret>{_LITERAL})"
)
_LINE = re.compile(
    r"(?P<start>^(?P<indent>\s*(?:-\s+)*)[\"']?(?P<key>[A-Za-z_][\w.-]*)[\"']?:(?:\s+|$))(?P<secret>.*)$"
)
_LONG: Final = 8
"""Characters of a secret that is looked for in messages; shorter ones are parts of words and addresses."""
_NOTHING: Final = frozenset({"", "null", "~", "true", "false", "{}", "[]", '""', "''"})


class Veil:
    """Marks in the place of secrets.

    The mark of a secret is the same throughout a run, and under another key another one; nobody can write one that
    counts, since only marks that were given are known.
    """

    def __init__(self, key: bytes | None = None) -> None:
        """Take the key of the run; one that nobody knows by default."""
        self._key = key or secrets.token_bytes(32)
        self._given: set[str] = set()
        self.places: list[tuple[Path, str]] = []
        """Path and text of each secret found in trees."""

    def mark(self, secret: object) -> str:
        """Give what stands for a secret: letters and digits, which any place takes."""
        digest = hmac.new(self._key, str(secret).encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()[:16]
        self._given.add(digest)
        return f"dualstacksecret{digest}"

    def shown(self, value: Any, form: Callable[[str], str] = lambda _: REDACTED) -> Any:
        """Replace the marks in plain data, in keys and within longer texts, too.

        Args:
            value: plain data.
            form: gives what is shown, for a mark's digest.
        """
        if not self._given:
            return value
        if isinstance(value, str):
            return _MARK.sub(lambda found: form(found[1]) if found[1] in self._given else found[0], value)
        if isinstance(value, Mapping):
            return {self.shown(key, form): self.shown(item, form) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self.shown(item, form) for item in value]
        return value

    def tree(self, value: Any, path: Path = (), *, secret: bool = False, lines: bool = False) -> Any:
        """Give plain data with marks.

        Args:
            value: plain data.
            path: of the value.
            secret: whether it is one as a whole.
            lines: whether texts of several lines are files, which are looked through line by line.
        """
        if isinstance(value, Mapping):
            variable = any(names_a_secret(value.get(key)) for key in ("name", "key") if isinstance(value.get(key), str))
            return {
                key: self.tree(
                    item,
                    (*path, key),
                    secret=(secret or _is_secret(path, key, item) or (variable and key == "value")),
                    lines=lines,
                )
                for key, item in value.items()
            }
        if isinstance(value, list | tuple):
            return [self.tree(item, (*path, at), secret=secret, lines=lines) for at, item in enumerate(value)]
        if isinstance(value, str):
            if secret:
                return self._noted(path, value) if value not in ("", REDACTED) else value
            return self.text(value) if lines and "\n" in value else self._string(path, value)
        if secret and isinstance(value, int | float) and not isinstance(value, bool):
            return self._noted(path, str(value))
        return value

    def words(self, message: str) -> str:
        """Give a message of somebody else's, who may repeat a secret of the trees seen: there it has no place.

        Only texts that are no words of anybody's are taken out, so that the message stays one.
        """
        texts = {text for _, text in self.places if len(text) >= _LONG and not re.search(r"\s", text)}
        return self.text(str(hide(message, texts)), yaml=False)

    def _noted(self, path: Path, secret: str) -> str:
        self.places.append((path, secret))
        method = _METHOD.match(secret)
        return f"{method[0] if method else ''}{self.mark(secret)}"

    def _string(self, path: Path, text: str) -> str:
        last = path[-1] if path else ""
        if "=" in text and (isinstance(last, int) or last.endswith("-arg")):
            match = _ARGUMENT.fullmatch(text)
            if match and names_a_secret(match["key"]):
                return f"{match['start']}{self._noted(path, match['secret'])}"
        if "PRIVATE KEY-----" in text:
            text = _PRIVATE.sub(lambda found: self._noted(path, found["secret"]), text)
        if "@" not in text:
            return text
        login = split_login(text.strip(), schemeless=last == "address")
        if login.password:
            user, _, password = login.text.removesuffix("@").partition(":")
            return text.replace(login.text, f"{user}:{self._noted(path, password)}@", 1)
        return _URL.sub(lambda found: f"{found['start']}{self._noted(path, found['secret'])}", text)

    def text(self, text: str, *, yaml: bool = True) -> str:
        """Give a file's text with marks.

        Args:
            text: of a file.
            yaml: whether a key's value goes to the line's end, and on below it; else only what is plainly a literal is
                taken for a secret, so that nothing that runs is hidden.
        """
        found: list[str] = []
        inside: int | None = None
        variable = False
        text = _PRIVATE.sub(lambda one: self._private(one["secret"]), text) if "PRIVATE KEY-----" in text else text
        for line in text.split("\n"):
            match = _LINE.match(line) if yaml else None
            indent = len(line) - len(line.lstrip())
            if inside is not None and line.strip():
                if indent > inside or (indent == inside and line.lstrip().startswith("- ")):
                    found.append(line[:indent] + self.mark(line.strip()))
                    continue
                inside = None
            if match and (names_a_secret(match["key"]) or (variable and match["key"] == "value")):
                shown, goes_on = self._value(line, match)
                inside = len(match["indent"]) if goes_on else None
            else:
                shown = _INLINE.sub(self._inline, line)
                shown = _URL.sub(lambda one: f"{one['start']}{self.mark(one['secret'])}", shown)
            variable = (
                match is not None and match["key"] in ("name", "key") and names_a_secret(match["secret"].strip("\"' "))
            )
            found.append(shown)
        return "\n".join(found)

    def _private(self, body: str) -> str:
        # A line for a line, so that what comes after keeps its number.
        return "".join(self.mark(part) if part.strip() else part for part in re.split(r"(\s+)", body))

    def _value(self, line: str, match: re.Match[str]) -> tuple[str, bool]:
        value = match["secret"].strip()
        if value[:1] in ("|", ">") or value == "":
            return line, True
        return (line, False) if value in _NOTHING else (f"{match['start']}{self.mark(value)}", False)

    def _inline(self, match: re.Match[str]) -> str:
        value = match["secret"]
        if not names_a_secret(match["key"]) or value in _NOTHING or value == REDACTED:
            return match[0]
        return f"{match['start']}{self.mark(value)}"


def _is_secret(path: Path, key: object, value: object) -> bool:
    if path[:2] == ("dns", "zones") and path[-1:] == ("key",):
        # Of a TSIG key the site has the name of a config key.
        return key == "secret" or (key == "secretKey" and not (isinstance(value, str) and _NAME.fullmatch(value)))
    return names_a_secret(key)


def without_secrets(value: Any) -> Any:
    """Give plain data, or a text of several lines, with ``[secret]`` in the place of each secret."""
    veil = Veil()
    return veil.shown(veil.tree(value, lines=True))
