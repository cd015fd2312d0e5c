"""Reads Python source for Readiness: JSON on standard input, JSON on standard output. Runs and imports none of it."""
import ast
import base64
import json
import sys

try:
    import pyflakes
    from pyflakes import checker, messages
except ImportError:
    sys.stderr.write("the module pyflakes is missing")
    sys.exit(3)

PLANTED = "readiness_planted_name"
UNDEFINED = (messages.UndefinedName, messages.UndefinedExport, messages.UndefinedLocal)
STAR = (messages.ImportStarUsage,)
DEPTH = 40
# What a handler has to name to catch the error of a request, and to catch that the program is left.
ERRORS = {"", "BaseException", "Exception", "OSError", "IOError", "EnvironmentError", "URLError", "HTTPError",
          "HTTPException", "RequestException", "HTTPStatusError", "AssertionError", "RuntimeError"}
LEAVING = {"", "BaseException", "SystemExit"}
EXITS = ("exit", "_exit", "quit", "SystemExit")


def dotted(node):
    parts = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if isinstance(node, ast.Name):
        return ".".join([node.id] + parts[::-1])
    return None


def clean(text):
    """Without what JSON cannot hold: lone surrogates."""
    return text.encode("utf-8", "replace").decode("utf-8")


def folded(node, depth=0):
    """The text that constants are put together to, or None."""
    if depth > DEPTH:
        return None
    again = lambda one: folded(one, depth + 1)
    if isinstance(node, ast.Constant):
        if isinstance(node.value, bytes):
            return node.value.decode("latin-1")
        return node.value if isinstance(node.value, str) else None
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        left = again(node.left)
        right = again(node.right) if left is not None else None
        return left + right if right is not None and len(left) + len(right) < 100000 else None
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
        left = again(node.left)
        times = getattr(node.right, "value", None)
        small = isinstance(times, int) and left is not None and 0 <= times * len(left) < 1000
        return left * times if small else None
    if isinstance(node, ast.JoinedStr):
        parts = [again(getattr(one, "value", one)) if isinstance(one, ast.FormattedValue) else again(one)
                 for one in node.values]
        return "".join(parts) if all(one is not None for one in parts) else None
    if isinstance(node, ast.Call) and not node.keywords:
        function = node.func
        if isinstance(function, ast.Name) and function.id == "chr" and len(node.args) == 1:
            code = getattr(node.args[0], "value", None)
            return chr(code) if isinstance(code, int) and 0 <= code < 0xd800 else None
        if isinstance(function, ast.Attribute) and function.attr in ("decode", "encode"):
            return again(function.value)
    return None


class Reader(ast.NodeVisitor):
    def __init__(self, path):
        self.path = path
        self.names = 0
        self.calls = []
        self.assignments = []
        self.imports = []
        self.scopes = []
        self.functions = 0
        self.known = {}
        self.uses = {}
        self.problems = []
        self.optional = 0
        self.swallowed = []
        self.tests = []
        self.ends = []

    def spelt(self, name):
        if name is None:
            return None
        head, dot, rest = name.partition(".")
        return self.known.get(head, head) + dot + rest

    def expression(self, node, depth=0):
        if depth > DEPTH:
            return {"kind": "other", "source": "..."}
        if node is None:
            return {"kind": "literal", "value": None}
        again = lambda one: self.expression(one, depth + 1)
        if isinstance(node, (ast.BinOp, ast.Call, ast.JoinedStr)):
            text = folded(node)
            if text is not None:
                return {"kind": "literal", "value": clean(text)}
        if isinstance(node, ast.Constant):
            value = node.value
            if isinstance(value, bytes):
                value = value.decode("latin-1")
            if isinstance(value, str):
                return {"kind": "literal", "value": clean(value)}
            if isinstance(value, (bool, type(None))):
                return {"kind": "literal", "value": value}
            if isinstance(value, int) and abs(value) < 2**53:
                return {"kind": "literal", "value": value}
            if isinstance(value, float) and value == value and abs(value) != float("inf"):
                return {"kind": "literal", "value": value}
            return {"kind": "other", "source": repr(value)[:200]}
        if isinstance(node, ast.Name):
            return {"kind": "name", "name": self.spelt(node.id)}
        if isinstance(node, ast.Attribute):
            return {"kind": "attribute", "of": again(node.value), "name": node.attr}
        if isinstance(node, (ast.List, ast.Tuple, ast.Set)):
            return {"kind": "list", "items": [again(one) for one in node.elts[:1000]]}
        if isinstance(node, ast.Starred):
            return {"kind": "each", "element": {"kind": "other", "source": "*"}, "of": again(node.value)}
        if isinstance(node, ast.Dict):
            pairs = zip(node.keys[:1000], node.values[:1000])
            return {"kind": "dict", "items": [[again(key), again(value)] for key, value in pairs]}
        if isinstance(node, ast.Call):
            return {"kind": "call", "function": self.function_of(node),
                    "on": again(node.func.value) if isinstance(node.func, ast.Attribute) else None,
                    "arguments": [again(one) for one in node.args[:100]],
                    "keywords": {word.arg or "**": again(word.value) for word in node.keywords[:100]}}
        if isinstance(node, ast.BoolOp):
            return {"kind": "choice", "items": [again(one) for one in node.values]}
        if isinstance(node, ast.IfExp):
            return {"kind": "choice", "items": [again(node.body), again(node.orelse)]}
        if isinstance(node, (ast.ListComp, ast.SetComp, ast.GeneratorExp)):
            return {"kind": "each", "element": again(node.elt), "of": again(node.generators[0].iter)}
        if isinstance(node, ast.JoinedStr):
            return {"kind": "text", "items": [again(getattr(one, "value", one)) if not isinstance(one, ast.Constant)
                                              else again(one) for one in node.values]}
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
            return {"kind": "sum", "items": [again(node.left), again(node.right)]}
        if isinstance(node, ast.Subscript):
            return {"kind": "item", "of": again(node.value), "key": again(node.slice)}
        try:
            source = clean(ast.unparse(node))[:200]
        except (RecursionError, ValueError):
            source = "..."
        return {"kind": "other", "source": source}

    def function_of(self, node):
        name = self.spelt(dotted(node.func))
        if name is not None:
            return name
        return "." + node.func.attr if isinstance(node.func, ast.Attribute) else ""

    def scope(self):
        return ".".join(self.scopes)

    def visit_Name(self, node):
        self.names += isinstance(node.ctx, ast.Load)
        self.use(node)

    def visit_Attribute(self, node):
        if dotted(node) is None:
            self.generic_visit(node)
            return
        self.names += 1
        self.use(node)

    def use(self, node):
        """Counts what is made of imported names."""
        name = dotted(node)
        if name.split(".")[0] in self.known and len(self.uses) < 20000:
            lines = self.uses.setdefault(self.spelt(name), [])
            if len(lines) < 200:
                lines.append(node.lineno)

    def visit_Call(self, node):
        self.calls.append({"function": self.function_of(node), "scope": self.scope(), "line": node.lineno,
                           "arguments": [self.expression(one) for one in node.args[:100]],
                           "keywords": [[word.arg or "**", self.expression(word.value)] for word in node.keywords[:100]],
                           "caught": bool(set().union(*self.swallowed) & ERRORS)})
        if self.function_of(node).split(".")[-1] in EXITS:
            self.end(node.args[:1], LEAVING, node.lineno)
        self.generic_visit(node)

    def end(self, given, kinds, line):
        """The program is left here, unless somebody catches it."""
        if set().union(*self.swallowed) & kinds:
            return
        quiet = kinds == LEAVING and all(isinstance(one, ast.Constant) and one.value in (0, None) for one in given)
        on = [self.source(one) for one in self.tests + list(given) if not isinstance(one, ast.Constant)]
        self.ends.append({"error": not quiet, "on": on, "line": line})

    def source(self, node):
        try:
            return clean(ast.unparse(node))[:1000]
        except (RecursionError, ValueError):
            return "..."

    def visit_Assert(self, node):
        self.end([node.test], ERRORS, node.lineno)
        self.generic_visit(node)

    def visit_Raise(self, node):
        if dotted(node.exc) == "SystemExit":
            self.end([], LEAVING, node.lineno)
        elif not isinstance(node.exc, ast.Call) or self.function_of(node.exc) != "SystemExit":
            self.end([], ERRORS, node.lineno)
        self.generic_visit(node)

    def visit_BoolOp(self, node):
        for index, one in enumerate(node.values):
            self.tests += node.values[:index]
            self.visit(one)
            del self.tests[len(self.tests) - index:]

    def visit_IfExp(self, node):
        self.visit(node.test)
        self.tests.append(node.test)
        self.visit(node.body)
        self.visit(node.orelse)
        self.tests.pop()

    def assign(self, target, value, line):
        if isinstance(target, (ast.Tuple, ast.List)):
            same = isinstance(value, (ast.Tuple, ast.List)) and len(value.elts) == len(target.elts)
            for index, one in enumerate(target.elts):
                if same:
                    self.assign(one, value.elts[index], line)
            return
        if isinstance(target, ast.Subscript) and dotted(target.value) is not None:
            key = self.expression(target.slice)
            inner = key["name"] if key["kind"] == "name" else json.dumps(key.get("value", "?"))
            name = "%s[%s]" % (self.spelt(dotted(target.value)), inner)
        else:
            name = dotted(target)
        if name is not None:
            self.assignments.append({"target": name, "value": self.expression(value), "scope": self.scope(),
                                     "line": line})

    def visit_Assign(self, node):
        for target in node.targets:
            self.assign(target, node.value, node.lineno)
        self.generic_visit(node)

    def visit_AugAssign(self, node):
        self.assign(node.target, node.value, node.lineno)
        self.generic_visit(node)

    def visit_AnnAssign(self, node):
        if node.value is not None:
            self.assign(node.target, node.value, node.lineno)
        self.generic_visit(node)

    def visit_NamedExpr(self, node):
        self.assign(node.target, node.value, node.lineno)
        self.generic_visit(node)

    def visit_For(self, node):
        self.assign(node.target, node.iter, node.lineno)
        self.generic_visit(node)

    visit_AsyncFor = visit_For

    def inside(self, node):
        self.scopes.append(node.name)
        self.generic_visit(node)
        self.scopes.pop()

    visit_ClassDef = inside

    def visit_FunctionDef(self, node):
        given = node.args.posonlyargs + node.args.args
        pairs = list(zip(given[len(given) - len(node.args.defaults):], node.args.defaults))
        pairs += [pair for pair in zip(node.args.kwonlyargs, node.args.kw_defaults) if pair[1] is not None]
        self.scopes.append(node.name)
        for argument, default in pairs:
            self.assignments.append({"target": argument.arg, "value": self.expression(default), "scope": self.scope(),
                                     "line": default.lineno})
        self.scopes.pop()
        self.inside(node)

    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_Return(self, node):
        self.assignments.append({"target": "return", "value": self.expression(node.value), "scope": self.scope(),
                                 "line": node.lineno})
        self.generic_visit(node)

    def visit_Try(self, node):
        caught = [name for handler in node.handlers for name in self.caught(handler)]
        guarded = bool({"ImportError", "ModuleNotFoundError", "Exception", "BaseException", ""} & set(caught))
        self.optional += guarded
        self.swallowed.append({name.split(".")[-1] for handler in node.handlers if not self.ends_in(handler)
                               for name in self.caught(handler)})
        for one in node.body:
            self.visit(one)
        self.swallowed.pop()
        self.optional -= guarded
        for one in node.handlers + node.orelse + node.finalbody:
            self.visit(one)

    visit_TryStar = visit_Try

    def ends_in(self, handler):
        """Does it pass an error on, or leave the program with one?"""
        for node in ast.walk(handler):
            if isinstance(node, ast.Raise):
                return True
            if isinstance(node, ast.Call) and self.function_of(node).split(".")[-1] in EXITS:
                given = node.args[:1]
                if given and not (isinstance(given[0], ast.Constant) and given[0].value in (0, None)):
                    return True
        return False

    @staticmethod
    def caught(handler):
        if handler.type is None:
            return [""]
        types = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
        return [dotted(one) or "?" for one in types]

    def visit_If(self, node):
        typing = (dotted(node.test) or "").split(".")[-1] == "TYPE_CHECKING"
        self.visit(node.test)
        self.tests.append(node.test)
        self.optional += typing
        for one in node.body:
            self.visit(one)
        self.optional -= typing
        for one in node.orelse:
            self.visit(one)
        self.tests.pop()

    def visit_Import(self, node):
        for alias in node.names:
            self.known[alias.asname or alias.name.split(".")[0]] = (
                alias.name if alias.asname else alias.name.split(".")[0])
            self.imports.append({"module": alias.name, "name": "", "optional": self.optional > 0, "line": node.lineno,
                                 "standard": alias.name.split(".")[0] in sys.stdlib_module_names})

    def visit_ImportFrom(self, node):
        module = node.module or ""
        if node.level:
            parts = self.path.split("/")[:-1]
            if node.level > len(parts) + 1:
                self.problems.append({"kind": "undefined", "name": "." * node.level, "line": node.lineno,
                                      "column": node.col_offset + 1,
                                      "message": "a relative import leaves the tree"})
            parts = parts[:len(parts) - node.level + 1] if node.level <= len(parts) + 1 else []
            module = ".".join(parts + ([module] if module else []))
        for alias in node.names:
            if alias.name != "*":
                self.known[alias.asname or alias.name] = module + "." + alias.name
            standard = not node.level and module.split(".")[0] in sys.stdlib_module_names
            self.imports.append({"module": module, "name": alias.name, "optional": self.optional > 0,
                                 "line": node.lineno, "standard": standard})


def check(tree, path, text):
    """What pyflakes says of the names, and what the module defines."""
    found = checker.Checker(tree, filename=path, withDoctest=False)
    problems = []
    for message in sorted(found.messages, key=lambda one: (one.lineno, one.col)):
        if isinstance(message, UNDEFINED + STAR):
            name = message.message_args[0] if message.message_args else ""
            problems.append({"kind": "unknown" if isinstance(message, STAR) else "undefined", "name": str(name),
                             "line": message.lineno, "column": message.col + 1,
                             "message": message.message % message.message_args})
    return problems


def definitions(tree):
    """Names bound in the module's own scope, wherever: in a branch, a loop, a try, or by `global`."""
    names = set()

    def bind(target):
        for node in ast.walk(target):
            if isinstance(node, ast.Name) and isinstance(node.ctx, (ast.Store, ast.Del)):
                names.add(node.id)

    def walk(statements):
        for node in statements:
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                names.add(node.name)
                for inner in ast.walk(node):
                    if isinstance(inner, ast.Global):
                        names.update(inner.names)
                continue
            if isinstance(node, (ast.Import, ast.ImportFrom)):
                for alias in node.names:
                    names.add(alias.asname or alias.name.split(".")[0])
                continue
            for field in ("body", "orelse", "finalbody"):
                inner = getattr(node, field, None)
                if isinstance(inner, list):
                    walk(inner)
            for handler in getattr(node, "handlers", []):
                walk(handler.body)
            for case in getattr(node, "cases", []):
                walk(case.body)
                for pattern in ast.walk(case.pattern):
                    if getattr(pattern, "name", None):
                        names.add(pattern.name)
            bind(ast.Module(body=[node], type_ignores=[]))

    walk(tree.body)
    return sorted(names)


def dead(node):
    """Is it an `if` whose body is never run: `if False`, `if TYPE_CHECKING`?"""
    if not isinstance(node, (ast.If, ast.While)):
        return False
    if (dotted(node.test) or "").split(".")[-1] == "TYPE_CHECKING":
        return True
    return isinstance(node.test, ast.Constant) and not node.test.value


def stored(nodes):
    names = set()
    for top in nodes:
        for node in ast.walk(top):
            if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
                names.add(node.id)
            elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
                names.add(node.name)
            elif isinstance(node, (ast.Import, ast.ImportFrom)):
                names.update(alias.asname or alias.name.split(".")[0] for alias in node.names)
            elif isinstance(node, ast.arg):
                names.add(node.arg)
            elif isinstance(node, ast.ExceptHandler) and node.name:
                names.add(node.name)
            elif isinstance(node, (ast.MatchAs, ast.MatchStar)) and node.name:
                names.add(node.name)
    return names


class Run(ast.NodeVisitor):
    """Loads of `names` by what is run: not in what is never run, nor in annotations that nothing evaluates."""

    def __init__(self, names, later, skipped):
        self.names, self.later, self.skipped, self.found, self.depth = names, later, skipped, [], 0

    def visit(self, node):
        if node in self.skipped:
            return
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            self.depth += 1
            for field, value in ast.iter_fields(node):
                if field == "returns" and self.later:
                    continue
                for one in value if isinstance(value, list) else [value]:
                    if isinstance(one, ast.AST):
                        self.visit(one)
            self.depth -= 1
            return
        if isinstance(node, ast.arg) and self.later:
            return
        if isinstance(node, ast.AnnAssign) and (self.later or self.depth):
            for one in (node.target, node.value):
                if one is not None:
                    self.visit(one)
            return
        if dead(node):
            for one in node.orelse:
                self.visit(one)
            return
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in self.names:
            self.found.append(node)
        self.generic_visit(node)


def quiet(handler):
    """Does it catch a missing module and do nothing that anybody could ask about later?"""
    names = Reader.caught(handler)
    if not {"ImportError", "ModuleNotFoundError", "Exception", "BaseException", ""} & set(names):
        return False
    return not any(isinstance(node, (ast.Assign, ast.AnnAssign, ast.AugAssign, ast.Raise, ast.Return, ast.Import,
                                     ast.ImportFrom, ast.FunctionDef, ast.ClassDef, ast.Continue, ast.Break))
                   or (isinstance(node, ast.Call) and (dotted(node.func) or "").split(".")[-1] in EXITS)
                   for node in ast.walk(handler))


def unbound(tree):
    """Uses of names that only what is never run binds, or only an import whose failure is swallowed."""
    later = any(isinstance(node, ast.ImportFrom) and node.module == "__future__" and
                any(alias.name == "annotations" for alias in node.names) for node in tree.body)
    never = [one for node in tree.body if dead(node) for one in node.body]
    swallowed = [node for node in tree.body if isinstance(node, ast.Try) and any(map(quiet, node.handlers))]
    problems = []
    for kind, bodies, skipped in (("undefined", never, set(never)), ("unknown", [], set(swallowed))):
        if kind == "unknown":
            bodies = [one for node in swallowed for one in node.body if isinstance(one, (ast.Import, ast.ImportFrom))]
        if not bodies:
            continue
        others = []
        for node in tree.body:
            if dead(node):
                others += node.orelse
            elif node not in skipped:
                others.append(node)
        names = stored(bodies) - stored(others)
        run = Run(names, later, skipped)
        run.visit(tree)
        for node in run.found:
            why = "is bound only where nothing is run" if kind == "undefined" else "is missing when its import fails"
            problems.append({"kind": kind, "name": node.id, "line": node.lineno, "column": node.col_offset + 1,
                             "message": "the name %r %s" % (node.id, why)})
    return problems


def read(path, data):
    result = {"path": path, "problems": [], "names": 0, "planted": False, "calls": [], "assignments": [],
              "imports": [], "definitions": [], "ends": [], "uses": {}}
    try:
        tree = ast.parse(data, filename=path)
        result["problems"] = check(tree, path, data) + unbound(tree)
        reader = Reader(path)
        # pyflakes changes nothing in the tree that is read here.
        reader.visit(tree)
        result["problems"] += reader.problems
        result.update(names=reader.names, calls=reader.calls, assignments=reader.assignments, imports=reader.imports,
                      definitions=definitions(tree), ends=reader.ends, uses=reader.uses)
        planted = ast.parse(data.rstrip(b" \t\r\n\f") + b"\n" + PLANTED.encode() + b"\n", filename=path)
        line = planted.body[-1].lineno
        result["planted"] = any(one["name"] == PLANTED and one["line"] == line for one in check(planted, path, data))
    except SyntaxError as problem:
        result["problems"] = [{"kind": "syntax", "name": "", "line": problem.lineno or 1, "column": problem.offset or 1,
                               "message": clean(str(problem.msg))[:300]}]
    except (ValueError, RecursionError, MemoryError) as problem:
        result["problems"] = [{"kind": "syntax", "name": "", "line": 1, "column": 1,
                               "message": "%s: %s" % (type(problem).__name__, clean(str(problem))[:300])}]
    return result


def main():
    request = json.load(sys.stdin)
    files = [read(one["path"], base64.b64decode(one["text"])) for one in request["files"]]
    version = "Python %d.%d.%d, pyflakes %s" % (sys.version_info[:3] + (pyflakes.__version__,))
    json.dump({"version": version, "files": files}, sys.stdout)


main()
