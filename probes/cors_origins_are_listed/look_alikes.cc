#include "look_alikes.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

namespace readiness::cors {
namespace {

constexpr std::size_t kMost = 2000;

/// The runs of `pattern` that name hosts, its operators left out: "app", "www" and ".example.org" of
/// "https://(app|www)\.example\.org". A dot stays, be it escaped or not.
std::vector<std::string> Names(const std::string& pattern) {
  std::vector<std::string> names;
  std::string run;
  const auto end = [&] {
    while (run.starts_with('.') || run.starts_with('-')) run.erase(0, 1);
    while (run.ends_with('.') || run.ends_with('-')) run.pop_back();
    if (!run.empty() && run != "http" && run != "https" && names.size() < 20) names.push_back(run);
    run.clear();
  };
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    const char c = pattern[i];
    const char next = i + 1 < pattern.size() ? pattern[i + 1] : '\0';
    if (c == '\\' && (next == '.' || next == '-')) {
      run += next;
      ++i;
    } else if (c == '\\') {
      end();
      ++i;  // a class such as \d
    } else if (c == '[') {
      end();
      i = std::min(pattern.find(']', i + 1), pattern.size());
    } else if (c == '.' && (next == '*' || next == '+' || next == '?' || next == '{')) {
      end();
    } else if (std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '.' || c == '-') {
      run += c;
    } else {
      end();
    }
  }
  end();
  return names;
}

/// Is `name` one that somebody registers, so that what precedes it without a dot is somebody else's: "example.org",
/// "example.co.uk"?
bool IsRegistered(const std::string& name) {
  const auto dots = std::count(name.begin(), name.end(), '.');
  const std::size_t last = name.rfind('.');
  const bool two_parts = name.size() - last - 1 == 2 && dots == 2 && last - name.rfind('.', last - 1) - 1 <= 3;
  return dots == 1 || two_parts;
}

/// Hosts that begin like `host`, or differ in one dot.
void AddLookAlikes(const std::string& host, std::vector<std::string>& hosts) {
  hosts.push_back(host + ".attacker.example");
  hosts.push_back(host + "attacker.example");
  for (std::size_t dot = host.find('.'); dot != std::string::npos; dot = host.find('.', dot + 1)) {
    std::string other = host;
    other[dot] = 'x';
    hosts.push_back(other);
  }
}

}  // namespace

std::vector<std::string> LookAlikes(const std::string& pattern) {
  const std::vector<std::string> names = Names(pattern);
  std::vector<std::string> hosts;
  for (const std::string& name : names) {
    if (name.find('.') == std::string::npos) continue;
    AddLookAlikes(name, hosts);
    if (IsRegistered(name)) {
      for (const char* before : {"attacker", "attacker-", "www.attacker"}) hosts.push_back(before + name);
    }
    // Below it: with what stands before it in the pattern, and with anything.
    AddLookAlikes("a." + name, hosts);
    for (const std::string& before : names) {
      if (before != name && before.find('.') == std::string::npos) AddLookAlikes(before + "." + name, hosts);
    }
  }
  std::vector<std::string> origins;
  for (const std::string& host : hosts) {
    for (const char* scheme : {"https://", "http://"}) {
      for (const char* port : {"", ":8443"}) {
        if (origins.size() < kMost) origins.push_back(fmt::format("{}{}{}", scheme, host, port));
      }
    }
  }
  return origins;
}

namespace {

std::string Text(const Json& json, const char* key) {
  const auto found = json.find(key);
  return found != json.end() && found->is_string() ? found->get<std::string>() : std::string();
}

std::string ShowAll(const Json& items, int depth);

std::string ShowOne(const Json& expression, int depth) {
  if (depth > 6 || !expression.is_object()) return "...";
  const std::string kind = Text(expression, "kind");
  const auto inner = [&](const char* key) { return ShowOne(expression.value(key, Json()), depth + 1); };
  if (kind == "literal") return expression.at("value").dump();
  if (kind == "name") return Text(expression, "name");
  if (kind == "attribute") return inner("of") + "." + Text(expression, "name");
  if (kind == "item") return fmt::format("{}[{}]", inner("of"), inner("key"));
  if (kind == "list") return fmt::format("[{}]", ShowAll(expression.at("items"), depth));
  if (kind == "each") return fmt::format("[{} for ... in {}]", inner("element"), inner("of"));
  if (kind == "call") {
    const std::string function = Text(expression, "function");
    return fmt::format("{}({})", function.starts_with('.') ? inner("on") + function : function,
                       ShowAll(expression.at("arguments"), depth));
  }
  if (kind == "other") return Text(expression, "source");
  const char* joint = kind == "choice" ? " or " : " + ";
  std::string text;
  for (const Json& item : expression.value("items", Json::array())) {
    if (!text.empty()) text += joint;
    text += item.is_object() ? ShowOne(item, depth + 1) : "...";
  }
  return text;
}

std::string ShowAll(const Json& items, int depth) {
  std::string text;
  for (const Json& item : items) {
    if (!text.empty()) text += ", ";
    text += ShowOne(item, depth + 1);
  }
  return text;
}

}  // namespace

std::string Show(const PythonExpression& expression) {
  std::string text = ShowOne(expression, 0);
  if (text.size() > 160) text = text.substr(0, 160) + "...";
  return text;
}

}  // namespace readiness::cors
