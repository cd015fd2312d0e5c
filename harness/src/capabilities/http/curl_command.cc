// Exchange as a curl command for a POSIX shell.

#include <fmt/format.h>

#include <algorithm>

#include "capabilities/http/http_syntax.h"
#include "readiness/http.h"

namespace readiness {
namespace {

// Linux takes no single argument over 128 KiB.
constexpr std::size_t kLongestArgument = 100 * 1024;

// curl asks for permission ("Expect") before bodies over 1 MiB.
constexpr std::size_t kSmallestExpectedBody = 1024 * 1024;

bool IsPlain(char c) {
  return c >= 0x20 && c < 0x7F;
}

std::string Quoted(std::string_view text) {
  std::string quoted = "'";
  for (const char c : text) {
    if (c == '\'')
      quoted += "'\\''";
    else
      quoted += c;
  }
  return quoted + "'";
}

/// As the format of printf(1), which is the only portable way to write any byte on one line.
std::string PrintfFormat(std::string_view bytes) {
  std::string format;
  for (const char c : bytes) {
    if (c == '%')
      format += "%%";
    else if (c == '\\')
      format += "\\\\";
    else if (IsPlain(c))
      format += c;
    else
      format += fmt::format("\\{:03o}", static_cast<unsigned char>(c));
  }
  return Quoted(format);
}

/// An argument of one line, whatever bytes `text` has.
std::string Argument(std::string_view text) {
  if (std::all_of(text.begin(), text.end(), IsPlain)) return Quoted(text);
  // A command substitution drops newlines at the end; a header or URL that was sent has none.
  return "\"$(printf -- " + PrintfFormat(text) + ")\"";
}

std::string_view Authority(std::string_view url) {
  const auto scheme = url.find("://");
  if (scheme == std::string_view::npos) return {};
  url.remove_prefix(scheme + 3);
  return url.substr(0, url.find_first_of("/?#"));
}

std::string HeaderArgument(const std::string& name, const std::string& value) {
  const bool empty = TrimBlanks(value).empty();  // to curl, "Name:" means "do not send Name"
  return " -H " + Argument(empty ? name + ";" : name + ": " + value);
}

std::string HeaderArguments(const HttpRequest& request) {
  std::string arguments;
  bool has_content_type = false;
  for (const auto& [name, value] : request.headers) {
    if (EqualsIgnoringCase(name, "Content-Length")) continue;
    if (EqualsIgnoringCase(name, "Host") && value == Authority(request.url)) continue;
    if (EqualsIgnoringCase(name, "Content-Type")) has_content_type = true;
    if (EqualsIgnoringCase(name, "Accept-Encoding")) arguments += " --compressed";
    arguments += HeaderArgument(name, value);
  }
  if (!request.body.empty() && !has_content_type) arguments += " -H 'Content-Type:'";
  if (request.body.size() >= kSmallestExpectedBody) arguments += " -H 'Expect:'";
  return arguments;
}

}  // namespace

std::string Exchange::ToCurl() const {
  std::string command = "curl -sS -i -g --path-as-is --noproxy '*'";
  if (request.method == "HEAD")
    command += " -I";
  else if (request.method != "GET" || !request.body.empty())
    command += " -X " + Argument(request.method);
  if (request.source_address) command += " --interface " + Argument("host!" + *request.source_address);
  command += HeaderArguments(request);
  std::string feed;
  if (!request.body.empty()) {
    const bool plain =
        request.body.size() <= kLongestArgument && std::all_of(request.body.begin(), request.body.end(), IsPlain);
    command += plain ? " --data-raw " + Quoted(request.body) : std::string(" --data-binary @-");
    if (!plain) feed = "printf -- " + PrintfFormat(request.body) + " | ";
  }
  return feed + command + " " + Argument(request.url);
}

}  // namespace readiness
