#pragma once
// Errors as values. A Result<T> holds either a T or an Error that names what was attempted, where, what was expected,
// what was found and how to mend it. It is not an exception hierarchy: third-party exceptions are caught in the one
// adapter file that wraps the library and become an Error there. Values only; safe to copy between threads.

#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>

namespace readiness {

/// What sort of trouble an Error is; decides the exit code and the wording, never an outcome of an audit item.
enum class ErrorKind {
  kUsage,         ///< the command line or a CMake call is wrong
  kDefinition,    ///< a suite, target, deployment or probe file is wrong
  kEnvironment,   ///< this machine lacks something: a program, a port, disk space, a permission
  kTarget,        ///< the target could not be started, reached, or understood
  kTimeout,       ///< a stated deadline passed
  kLimit,         ///< a stated bound (size, count, depth, redirects) was exceeded
  kMalformed,     ///< foreign bytes are not what they claim to be
  kNotAvailable,  ///< asked for something that the target or deployment does not declare
  kRefused,       ///< Readiness itself refuses: a host outside the allow-list, a destructive item on an external target
  kInternal,      ///< a defect of Readiness
};

/// The stable lower-case word for `kind`, used in records (`"timeout"`).
std::string_view ToString(ErrorKind kind);

/// A place in a file, 1-based; line 0 means "the whole file".
struct Place {
  std::string file;
  int line = 0;
  int column = 0;
  friend bool operator==(const Place&, const Place&) = default;
};

/// One problem, ready to be shown. `what` is a short lower-case phrase; the others are optional refinements of it.
struct Error {
  ErrorKind kind = ErrorKind::kInternal;
  std::string what;
  std::optional<Place> place;
  std::string expected;
  std::string actual;
  std::string fix;

  /// One line: `what: expected ..., actual ...`. For logs and reasons; use RenderError for people.
  std::string Brief() const;
};

/// The only renderer of errors for people: headline, ` --> file:line:column`, expected, actual, fix. Ends in '\n'.
std::string RenderError(const Error& error);

template <class T>
using Result = tl::expected<T, Error>;

/// Failure in the form that every Result<T> accepts.
[[nodiscard]] inline tl::unexpected<Error> Fail(Error error) {
  return tl::unexpected<Error>(std::move(error));
}
[[nodiscard]] inline tl::unexpected<Error> Fail(ErrorKind kind, std::string what) {
  return Fail(Error{kind, std::move(what), std::nullopt, {}, {}, {}});
}

}  // namespace readiness

#define READINESS_CONCAT_INNER(a, b) a##b
#define READINESS_CONCAT(a, b) READINESS_CONCAT_INNER(a, b)

/// Evaluates a Result expression; on failure returns its Error from the enclosing function, else assigns the value.
#define READINESS_ASSIGN(declaration, expression) \
  READINESS_ASSIGN_INNER(READINESS_CONCAT(readiness_result_, __LINE__), declaration, expression)
#define READINESS_ASSIGN_INNER(temporary, declaration, expression)                \
  auto temporary = (expression);                                                  \
  if (!temporary) return ::tl::unexpected<::readiness::Error>(temporary.error()); \
  declaration = std::move(*temporary)

/// Evaluates a Result<void> expression; on failure returns its Error from the enclosing function.
#define READINESS_RETURN_IF_ERROR(expression) \
  READINESS_RETURN_IF_ERROR_INNER(READINESS_CONCAT(readiness_status_, __COUNTER__), expression)
#define READINESS_RETURN_IF_ERROR_INNER(temporary, expression)                                                     \
  do {                                                                                                             \
    if (auto temporary = (expression); !temporary) return ::tl::unexpected<::readiness::Error>(temporary.error()); \
  } while (false)
