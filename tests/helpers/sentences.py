"""Every sentence that the program can say, read from its source: of both faces and the engine."""

from __future__ import annotations

import ast
import functools
import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

APP = Path(__file__).resolve().parents[2] / "app"
LOWER = ("domain", "net", "transfer", "store", "media", "services", "engine")
SINGLE = ("paths.py", "bootstrap.py", "evidence/comparing.py", "evidence/verifying.py")
# Their other texts are files; the practice cloud's are a server's own words.
ERRORS_ONLY = ("evidence", "cli")

HOLE = "\0"
_MOST = 32  # alternatives of one sentence; more means that a name stands for something else
_WORDED = {"title", "hint", "words", "secret", "help", "why", "what"}
_SAYING = {"Fault", "Notice", "note", "Field", "Finished", "NotYet", "Missing", "LeftOut", "Leg"}
_TITLING = {"titled", "of_batch", "of_file"}  # cloud_api_wire: `what` and the server's words
_SILENT_CALLS = {
    "compile", "search", "match", "fullmatch", "sub", "split", "execute", "executemany", "one",
    "debug", "info", "warning", "error", "exception", "log", "getLogger", "encode",
    "header", "option", "startswith", "endswith", "join", "strptime", "strftime", "literal",
    "removeprefix", "removesuffix", "partition", "rpartition", "TypeVar", "nonsense", "replace",
}  # fmt: skip
_SQL = re.compile(r"\s*(SELECT|INSERT|UPDATE|DELETE|PRAGMA|BEGIN|CREATE|file\.|id, )")
_BUGS = {"ValueError", "AssertionError", "LookupError", "KeyError", "RuntimeError", "TypeError"}


@dataclass(frozen=True, slots=True)
class Sentence:
    text: str
    place: str  # file and line, to find it again

    @property
    def template(self) -> str:
        """As msgid: holes numbered from 1."""
        numbers = itertools.count(1)
        return re.sub(HOLE, lambda _: f"{{{next(numbers)}}}", self.text)


def faces() -> dict[str, str]:
    """msgid to place, of all that app/ui and app/cli give to `t`, `nt` and `later`."""
    found: dict[str, str] = {}
    for path in _of_faces():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            for text in _window_texts(node):
                found.setdefault(text, _place(path, node))
    return found


def dynamic() -> list[str]:
    """Places where `t` or `nt` get no literal; such a msgid is in no list."""
    found: list[str] = []
    for path in _of_faces():
        if path.name in ("language.py", "speech.py"):
            continue
        source = ast.parse(path.read_text(encoding="utf-8"))
        marked = _later_names(source)
        for node in ast.walk(source):
            if isinstance(node, ast.Call) and _called(node) in ("t", "nt"):
                wanted = node.args[: 1 if _called(node) == "t" else 2]
                if not all(_is_literal(arg) or _root(arg) in marked for arg in wanted):
                    found.append(f"{_place(path, node)} {ast.unparse(node)}")
    return found


def engine() -> dict[str, str]:
    """Template to place, of all that the layers below the window say in English."""
    found: dict[str, str] = {}
    for layer in LOWER:
        for path in sorted((APP / layer).rglob("*.py")):
            _collect(path, found, everything=True)
    for name in SINGLE:
        _collect(APP / name, found, everything=True)
    for layer in ERRORS_ONLY:
        for path in sorted((APP / layer).rglob("*.py")):
            _collect(path, found, everything=False)
    return found


@functools.cache
def errors() -> frozenset[str]:
    """The names of all classes below PostflightError, wherever they are."""
    bases: dict[str, set[str]] = {}
    for path in _below_faces():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ClassDef):
                bases[node.name] = {b.id for b in node.bases if isinstance(b, ast.Name)}
    known, before = {"PostflightError"}, 0
    while len(known) > before:
        before = len(known)
        known |= {name for name, above in bases.items() if above & known}
    return frozenset(known)


def _of_faces() -> list[Path]:
    below = [
        path for layer in ("ui", "cli", "speech") for path in sorted((APP / layer).rglob("*.py"))
    ]
    return [*below, APP / "__main__.py"]


def _below_faces() -> list[Path]:
    return [
        path for path in sorted(APP.rglob("*.py")) if path.relative_to(APP).parts[0] not in ("ui",)
    ]


def _window_texts(node: ast.AST) -> Iterator[str]:
    if not isinstance(node, ast.Call) or (name := _called(node)) not in ("t", "nt", "later"):
        return
    for arg in node.args[: 2 if name == "nt" else 1]:
        yield from (text for text in Reader().read(arg) if HOLE not in text)


def _later_names(source: ast.Module) -> set[str]:
    """Names that hold texts marked with `later`: tables, and what is taken out of them."""
    marked: set[str] = set()
    before = -1
    while len(marked) > before:
        before = len(marked)
        for value, names in _bindings(source):
            inside = ast.walk(value)
            if any(_is_call_of(n, "later") or getattr(n, "id", "") in marked for n in inside):
                marked.update(names)
    return marked


def _bindings(source: ast.Module) -> Iterator[tuple[ast.expr, list[str]]]:
    """Each expression with the names that are set from it."""
    for node in ast.walk(source):
        if isinstance(node, (ast.Assign, ast.AnnAssign)) and node.value is not None:
            yield node.value, _targets(node)
        elif isinstance(node, (ast.For, ast.comprehension)):
            names = [n.id for n in ast.walk(node.target) if isinstance(n, ast.Name)]
            yield node.iter, names


def _is_call_of(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Call) and _called(node) == name


def _is_literal(node: ast.expr) -> bool:
    return all(HOLE not in text for text in Reader().read(node))


def _root(node: ast.expr) -> str:
    """`TABLE` of `TABLE[key].title`."""
    while isinstance(node, (ast.Subscript, ast.Attribute)):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""


@dataclass(slots=True)
class Reader:
    """The texts an expression may have; what is not known here is a hole."""

    names: dict[str, ast.expr] = field(default_factory=dict)  # of the module
    local: dict[str, list[ast.expr]] = field(default_factory=dict)
    used: set[int] = field(default_factory=set)  # nodes which are part of a longer text
    depth: int = 0

    def read(self, node: ast.expr) -> list[str]:
        texts = list(dict.fromkeys(self._read(node)))
        return texts if len(texts) <= _MOST else [HOLE]

    def _read(self, node: ast.expr) -> list[str]:
        match node:
            case ast.Constant(value=str(text)):
                return [text]
            case ast.JoinedStr(values=values):
                return self._product([self._piece(value) for value in values])
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                texts = self._product([self.read(left), self.read(right)])
                return texts if any(text.strip(HOLE) for text in texts) else [HOLE]
            case ast.IfExp(body=body, orelse=orelse):
                return self.read(body) + self.read(orelse)
            case ast.BoolOp(op=ast.Or(), values=values):
                return [text for value in values for text in self.read(value) if text]
            case ast.Call(func=ast.Attribute(value=inner, attr="strip")):
                return [text.strip() for text in self.read(inner)]
            case ast.Call(func=ast.Attribute(attr=attr), args=[what, *_]) if attr in _TITLING:
                return [text + end for text in self.read(what) for end in (f": {HOLE}", ".")]
            case ast.Name(id=name):
                return self._named(name, node.lineno)
            case _:
                return [HOLE]

    def _piece(self, node: ast.expr) -> list[str]:
        if not isinstance(node, ast.FormattedValue):
            return self.read(node)
        if node.format_spec is not None or node.conversion != -1:
            return [HOLE]
        return self.read(node.value)

    def _named(self, name: str, line: int) -> list[str]:
        # What is set further down is meant for another sentence.
        values = [value for value in self.local.get(name, []) if value.lineno <= line]
        values = values or [known for known in [self.names.get(name)] if known]
        if not values or self.depth > 4:
            return [HOLE]
        self.depth += 1
        texts = [text for value in values for text in self.read(value)]
        self.depth -= 1
        if any(text.strip(HOLE + " ") for text in texts):
            self.used.update(id(inner) for value in values for inner in ast.walk(value))
        return texts

    def _product(self, parts: list[list[str]]) -> list[str]:
        texts = ["".join(choice) for choice in itertools.islice(itertools.product(*parts), 256)]
        return [text for text in texts if text]


def _collect(path: Path, found: dict[str, str], everything: bool) -> None:
    module = ast.parse(path.read_text(encoding="utf-8"))
    _Visitor(path, module, found, everything).run()


class _Visitor:
    def __init__(
        self, path: Path, module: ast.Module, found: dict[str, str], everything: bool
    ) -> None:
        self._path = path
        self._module = module
        self._found = found
        self._everything = everything
        self._errors = errors()
        self._reader = Reader(_constants(path))
        self._waiting: list[tuple[ast.expr, dict[str, list[ast.expr]], bool]] = []

    def run(self) -> None:
        self._visit(self._module, {}, said=False)
        texts: list[tuple[ast.expr, bool, list[str]]] = []
        for node, local, said in self._waiting:
            self._reader.local = local
            inside = self._reader.used
            self._reader.used = set()
            read = self._reader.read(node)
            is_plain_name = isinstance(node, ast.Name)
            self._reader.used = inside if is_plain_name else inside | self._reader.used
            texts.append((node, said, read))
        for node, said, read in texts:
            if id(node) not in self._reader.used:
                for text in read:
                    self._keep(node, text, said)

    def _keep(self, node: ast.expr, text: str, said: bool) -> None:
        text = text.strip()
        # What follows a full stop is a sentence of its own, known by itself.
        text = re.sub(rf"(?<=[.!?]){HOLE}$", "", text)
        letters = re.sub(r"[^A-Za-z]", "", text)
        if len(letters) < 1 or _SQL.match(text):
            return
        if not said and " " not in text:
            return
        sentence = Sentence(text, _place(self._path, node))
        self._found.setdefault(sentence.template, sentence.place)

    def _visit(self, node: ast.AST, local: dict[str, list[ast.expr]], said: bool) -> None:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            local = _assigned(node)
        if isinstance(node, ast.Call) and _called(node) in _TITLING:
            for hint in node.args[1:]:
                self._visit(hint, local, said=True)
        if isinstance(node, ast.expr) and self._is_text(node):
            if said or (self._everything and not isinstance(node, ast.Name)):
                self._waiting.append((node, local, said))
            return
        for child, child_said in self._children(node, said):
            self._visit(child, local, child_said)

    def _is_text(self, node: ast.expr) -> bool:
        if isinstance(node, ast.Constant):
            return isinstance(node.value, str)
        if isinstance(node, ast.BinOp):
            return isinstance(node.op, ast.Add) and (
                self._is_text(node.left) or self._is_text(node.right)
            )
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            return node.func.attr in (*_TITLING, "strip") and (
                bool(node.args) or self._is_text(node.func.value)
            )
        return isinstance(node, (ast.JoinedStr, ast.Name))

    def _children(self, node: ast.AST, said: bool) -> Iterator[tuple[ast.AST, bool]]:
        match node:
            case ast.Call():
                yield from self._arguments(node)
            case ast.Assign() | ast.AnnAssign() if node.value is not None:
                yield node.value, self._everything and _is_worded(node)
            case ast.Dict(keys=keys, values=values):
                yield from ((value, said) for value in values)
                yield from ((key, False) for key in keys if isinstance(key, ast.JoinedStr))
            case ast.Compare() | ast.Subscript() | ast.Import() | ast.ImportFrom():
                return
            case ast.Raise(exc=ast.Call() as call) if _called(call) in _BUGS:
                return
            case ast.Expr(value=ast.Constant()):
                return  # a docstring
            case ast.IfExp(body=body, orelse=orelse):
                yield body, said
                yield orelse, said
            case ast.Tuple() | ast.BoolOp() | ast.List() | ast.Set():
                yield from ((child, said) for child in ast.iter_child_nodes(node))
            case _:
                yield from ((child, False) for child in ast.iter_child_nodes(node))

    def _arguments(self, call: ast.Call) -> Iterator[tuple[ast.AST, bool]]:
        name = _called(call)
        if name in _SILENT_CALLS:
            yield from ((a, False) for a in call.args if isinstance(a, ast.Call))
            return
        says = name in self._errors or (self._everything and name in _SAYING)
        if isinstance(call.func, ast.Attribute):
            yield call.func.value, False
        first = 1 if name in ("Fault", "Field", "note", "Notice", "LeftOut", "Missing") else 0
        for index, arg in enumerate(call.args):
            yield arg, says and index >= first
        for keyword in call.keywords:
            if keyword.arg != "details":
                yield keyword.value, self._everything and keyword.arg in _WORDED


def _is_worded(node: ast.Assign | ast.AnnAssign) -> bool:
    names = _targets(node)
    return any(
        name in _WORDED or name.lower().endswith(("words", "_states", "_kinds")) for name in names
    )


def _targets(node: ast.Assign | ast.AnnAssign) -> list[str]:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target]
    flat = [e for one in targets for e in (one.elts if isinstance(one, ast.Tuple) else [one])]
    return [one.id for one in flat if isinstance(one, ast.Name)] + [
        one.attr for one in flat if isinstance(one, ast.Attribute)
    ]


def _assigned(function: ast.AST) -> dict[str, list[ast.expr]]:
    """All that a function's own names are set to, pairwise for tuples; `+=` speaks for itself."""
    found: dict[str, list[ast.expr]] = {}
    for node in ast.walk(function):
        if not isinstance(node, ast.Assign):
            continue
        for target in node.targets:
            pairs = [(target, node.value)]
            if isinstance(target, ast.Tuple):
                unknown = [_unknown(node)] * len(target.elts)
                values = node.value.elts if isinstance(node.value, ast.Tuple) else unknown
                pairs = list(zip(target.elts, values, strict=False))
            for one, value in pairs:
                if isinstance(one, ast.Name):
                    found.setdefault(one.id, []).append(value)
    return found


def _unknown(node: ast.stmt) -> ast.expr:
    return ast.copy_location(ast.Constant(None), node)


@functools.cache
def _constants(path: Path) -> dict[str, ast.expr]:
    """The texts that a module's own names stand for, those it imports from ours included."""
    known: dict[str, ast.expr] = {}
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("app."):
            source = APP.parent / f"{(node.module or '').replace('.', '/')}.py"
            theirs = _constants(source) if source.exists() else {}
            known |= {n.asname or n.name: theirs[n.name] for n in node.names if n.name in theirs}
        elif isinstance(node, (ast.Assign, ast.AnnAssign)) and isinstance(
            node.value, (ast.Constant, ast.JoinedStr)
        ):
            known |= dict.fromkeys(_targets(node), node.value)
    return known


def _called(call: ast.Call) -> str:
    func = call.func
    if isinstance(func, ast.Name):
        return func.id
    return func.attr if isinstance(func, ast.Attribute) else ""


def _place(path: Path, node: ast.AST) -> str:
    return f"{path.relative_to(APP.parent).as_posix()}:{getattr(node, 'lineno', 0)}"
