#pragma once
// Python source, looked at without being run: does it parse, which names has it that nothing defines (pyflakes), which
// calls, assignments and imports are in it. Done by the system's python3 in isolated mode with a program of our own,
// bounded in time and memory. Functions of the given text alone: nothing is imported, no file is opened. Any thread.

#include <map>
#include <string>
#include <vector>

#include "readiness/findings.h"
#include "readiness/result.h"

namespace readiness {

struct PythonSource {
  std::string path;  ///< for messages and for names like __path__ that only __init__.py has
  std::string text;
};

struct PythonProblem {
  enum class Kind {
    kSyntax,     ///< the file does not parse; there is nothing else to be known of it
    kUndefined,  ///< a name that nothing defines, also one that __all__ lists, or a local one used before it is set
    kUnknown,    ///< a name that a star import may define
  };
  Kind kind = Kind::kUndefined;
  std::string name;
  int line = 0;
  int column = 0;
  std::string message;
};

/// An expression as far as it can be read without running it, an object with "kind":
///   {"kind": "literal", "value"} (also of bytes, and of texts put together of constants), {"kind": "name", "name"}
///   (imported names are spelt out), {"kind": "attribute", "of", "name"}, {"kind": "item", "of", "key"}, {"kind":
///   "list", "items"}, {"kind": "dict", "items": [[key, value]...]},
///   {"kind": "call", "function": "os.getenv", "on", "arguments", "keywords"}, {"kind": "choice", "items"} (a or b, a
///   if c else b), {"kind": "each", "element", "of"} (a comprehension), {"kind": "text", "items"} (an f-string),
///   {"kind": "sum", "items"}, {"kind": "other", "source"}.
using PythonExpression = Json;

struct PythonCall {
  std::string function;  ///< dotted, with imported names spelt out: "fastapi.middleware.cors.CORSMiddleware"
  std::vector<PythonExpression> arguments;
  std::vector<std::pair<std::string, PythonExpression>> keywords;  ///< name "**" for an unpacked mapping
  std::string scope;    ///< the function or class around it: "Settings.load"; empty: the module
  bool caught = false;  ///< when a request fails in it, a handler swallows the error
  int line = 0;
};

/// Where the program is left, by an exit, an assertion or an exception that nothing in the file swallows.
struct PythonEnd {
  bool error = true;            ///< may it be left with an error there?
  std::vector<std::string> on;  ///< the conditions around it and the status that is given, as source
  int line = 0;
};

struct PythonAssignment {
  std::string target;  ///< "name", "self.name", "x.headers[\"Origin\"]"; in a class body just the name; a parameter
                       ///< with a default; "return"
  PythonExpression value;
  std::string scope;
  int line = 0;
};

struct PythonImport {
  std::string module;     ///< absolute; relative ones are resolved by the file's path
  std::string name;       ///< "*", or empty for `import module`
  bool optional = false;  ///< within a try that catches ImportError, or for type checking only
  bool standard = false;  ///< from Python's own library
  int line = 0;
};

struct PythonFile {
  std::string path;
  std::vector<PythonProblem> problems;
  int names = 0;               ///< uses of names that were looked at
  bool planted_found = false;  ///< a use of an undefined name, appended to a copy of the text, was found
  std::vector<PythonCall> calls;
  std::vector<PythonAssignment> assignments;
  std::vector<PythonImport> imports;
  std::vector<PythonEnd> ends;
  /// Where imported names are used, spelt out: "fastapi.middleware.cors.CORSMiddleware" -> lines, once for each use.
  std::map<std::string, std::vector<int>> uses;
  std::vector<std::string> definitions;  ///< names that the module has when it was imported
  bool parsed() const { return problems.empty() || problems.front().kind != PythonProblem::Kind::kSyntax; }
};

struct PythonReading {
  std::string version;  ///< "Python 3.11.2, pyflakes 2.5.0"
  std::vector<PythonFile> files;
};

/// All of `sources` in one go and in their order. Errors: kEnvironment (no python3 or no pyflakes), kTimeout, kLimit.
Result<PythonReading> ReadPython(const std::vector<PythonSource>& sources);

}  // namespace readiness
