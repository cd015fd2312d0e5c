#pragma once
// Follows an expression of Python source to the texts it may become. Reads only what it is given. One thread.

#include <map>
#include <set>
#include <string>
#include <vector>

#include "readiness/source_python.h"

namespace readiness::cors {

/// A text that an expression may become, and where it stands.
struct Value {
  std::string text;
  std::string file;
  int line = 0;
  friend auto operator<=>(const Value&, const Value&) = default;
};

struct Resolved {
  std::set<Value> values;
  std::set<std::string> variables;   ///< of the environment
  std::vector<std::string> unknown;  ///< what could not be followed
};

class Resolver {
 public:
  /// `files` is borrowed.
  explicit Resolver(const std::vector<PythonFile>& files) : files_(files) {}
  Resolved Resolve(const PythonExpression& expression, const PythonFile& file, int line) const;
  /// What the code itself gives to a variable of the environment.
  Resolved WrittenTo(const std::string& variable) const;

 private:
  struct Walk;
  void Follow(const PythonExpression& expression, Walk& walk, int depth) const;
  void FollowName(const std::string& name, Walk& walk, int depth) const;
  void FollowAttribute(const PythonExpression& expression, Walk& walk, int depth) const;
  void FollowCall(const PythonExpression& expression, Walk& walk, int depth) const;
  void FollowWrites(const std::string& name, bool attribute, Walk& walk, int depth) const;
  void FollowFrom(const PythonExpression& expression, const PythonFile& file, int line, Walk& walk, int depth) const;
  bool FollowAssignments(const std::string& target, const std::string& scope_end, const PythonFile& file, Walk& walk,
                         int depth) const;
  const PythonFile* FileOfModule(const std::string& module) const;

  const std::vector<PythonFile>& files_;
};

/// A use of a CORS middleware or extension.
struct Use {
  const PythonFile* file = nullptr;
  int line = 0;
  std::vector<PythonExpression> origins;   ///< what is given as allowed origins; empty: the default
  std::vector<PythonExpression> patterns;  ///< given as regular expressions
  bool open_by_default = false;            ///< without origins everybody is allowed (flask-cors)
  bool credentials = false;
  bool unpacked = false;  ///< arguments come from **something
};
struct Uses {
  std::vector<Use> found;
  std::vector<std::string> unknown;  ///< references to a middleware that are no such use
};
Uses FindUses(const std::vector<PythonFile>& files);

/// Access-Control-Allow-Origin set by hand.
struct Header {
  const PythonFile* file = nullptr;
  int line = 0;
  PythonExpression value;
};
struct Headers {
  std::vector<Header> found;
  std::vector<std::string> unknown;  ///< where its name stands otherwise
};
Headers FindHeaders(const std::vector<PythonFile>& files);

}  // namespace readiness::cors
