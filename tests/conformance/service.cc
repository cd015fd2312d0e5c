// A service that answers everything in the way that a file says, and that a gullible audit would take for a sound
// target. The file is read for each request: "status <n>", "html", "empty", "redirect", "malformed", "yes" (plausible
// answers to everything), "no" (plausible accounts, 403 to everything else). Started with PORT and MODE_FILE; it is
// ready whatever the mode.
//
// With UPSTREAM (an address) it is a facade: what no rule is about goes to the real service behind it. The file then
// holds a list of rules, the first that fits counts:
//   {"method": "GET", "path": "/api/" (how it begins), "anonymous": true, what it does}; all three may be missing
// and what it does is one of "status" with "body" (text), "type", "location", or "patch" (RFC 6902, applied to the JSON
// that the real one answers); "logs": a line for its own log, in addition. {} has the real one answer.
//
//   conformance_service            serves
//   conformance_service exits      ends at once with code 9
//   conformance_service silent     listens and never answers
//   conformance_service judges     is a command that reads sentences and answers verdicts as MODE_FILE says

#include <httplib.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>

namespace {

constexpr const char* kReadyPath = "/api/v1/health/ready";
constexpr const char* kPlausible =
    R"({"id":1,"user_id":1,"access_token":"plausible","token_type":"bearer","connected":true,"inserted":14,
  "authorize_url":"https://api.prod.whoop.com/oauth?state=plausible","consent_version":"1.0","consent_timestamp":"2026-01-01T00:00:00",
  "understands_not_medical_advice":true,"consents_to_data_analysis":true,"understands_recommendations_experimental":true,
  "understands_can_stop_anytime":true,"decision_id":1,"paths":{"/api/v1/consent":{"delete":{}}}})";

using Json = nlohmann::json;

std::string ReadMode(const char* file) {
  std::ifstream stream(file);
  return {std::istreambuf_iterator<char>(stream), {}};
}

void Answer(httplib::Response& response, int status, const char* body, const char* type = "application/json") {
  response.status = status;
  response.set_content(body, type);
}

bool IsAccount(const httplib::Request& request) {
  return request.path == "/api/v1/users/" || request.path == "/api/v1/auth/login" || request.path == "/openapi.json";
}

void Serve(const std::string& mode, const httplib::Request& request, httplib::Response& response) {
  const int created = request.path == "/api/v1/users/" ? 201 : 200;
  if (request.path == kReadyPath) return Answer(response, 200, R"({"status":"ok"})");
  if (mode.starts_with("status ")) return Answer(response, std::atoi(mode.c_str() + 7), R"({"detail":"no"})");
  if (mode == "html") return Answer(response, 200, "<!doctype html><title>Welcome</title>", "text/html");
  if (mode == "empty") return Answer(response, created, "{}");
  if (mode == "malformed") return Answer(response, created, R"({"id": NaN, "access_token": )");
  if (mode == "redirect") return response.set_redirect("/login", 302);
  if (mode == "yes") return Answer(response, created, kPlausible);
  if (mode == "no" && IsAccount(request)) return Answer(response, created, kPlausible);
  Answer(response, 403, R"({"detail":"no"})");
}

bool Fits(const Json& rule, const httplib::Request& request) {
  if (rule.contains("method") && rule["method"] != request.method) return false;
  if (rule.contains("path") && !request.path.starts_with(rule["path"].get<std::string>())) return false;
  return !rule.contains("anonymous") || rule["anonymous"] != request.has_header("Authorization");
}

// Everything but what belongs to one connection only.
httplib::Headers EndToEnd(const httplib::Headers& all) {
  httplib::Headers headers;
  for (const auto& [name, value] : all) {
    const bool own = name == "Host" || name == "Connection" || name == "Content-Length" || name == "Keep-Alive" ||
                     name == "Transfer-Encoding" || name == "Accept-Encoding" || name.starts_with("REMOTE_") ||
                     name.starts_with("LOCAL_");
    if (!own) headers.emplace(name, value);
  }
  return headers;
}

void Forward(const char* upstream, const httplib::Request& request, httplib::Response& response) {
  httplib::Client client(upstream);
  client.set_read_timeout(30);
  httplib::Request forwarded;
  forwarded.method = request.method;
  forwarded.path = request.target;
  forwarded.headers = EndToEnd(request.headers);
  forwarded.body = request.body;
  const httplib::Result result = client.send(forwarded);
  if (!result) return Answer(response, 502, R"({"detail":"the real service does not answer"})");
  response.status = result->status;
  response.headers = EndToEnd(result->headers);
  response.body = result->body;
}

void ServeFacade(const std::string& mode, const char* upstream, const httplib::Request& request,
                 httplib::Response& response) {
  const Json rules = Json::parse(mode.empty() ? "[]" : mode);
  for (const Json& rule : rules) {
    if (!Fits(rule, request)) continue;
    if (rule.contains("logs")) std::fprintf(stderr, "%s\n", rule["logs"].get<std::string>().c_str());
    if (rule.contains("status")) {
      if (rule.contains("location")) response.set_header("Location", rule["location"].get<std::string>());
      const std::string body = rule.value("body", ""), type = rule.value("type", "application/json");
      return Answer(response, rule["status"], body.c_str(), type.c_str());
    }
    Forward(upstream, request, response);
    // What does not fit is not patched: errors, and lists without what is to be taken out of them.
    if (rule.contains("patch") && response.status == 200) {
      response.body = Json::parse(response.body).patch(rule["patch"]).dump();
    }
    return;
  }
  Forward(upstream, request, response);
}

// Gives the verdicts that `mode` names on the sentences of standard input, and the exit code.
int JudgeSentences(const std::string& mode) {
  std::string input;
  for (int c = std::getchar(); c != EOF; c = std::getchar()) input.push_back(static_cast<char>(c));
  const std::size_t count = Json::parse(input)["sentences"].size();
  const auto verdicts = [](std::size_t number, const Json& accepted) {
    const Json one = {{"accepted", accepted}, {"reasons", Json::array()}};
    return Json{{"verdicts", Json(number, one)}}.dump();
  };
  std::string output;
  if (mode == "empty list") output = "[]";
  if (mode == "empty object") output = "{}";
  if (mode == "no verdicts") output = verdicts(0, true);
  if (mode == "one too few") output = verdicts(count - 1, true);
  if (mode == "one too many") output = verdicts(count + 1, true);
  if (mode == "accepts" || mode == "accepts and fails") output = verdicts(count, true);
  if (mode == "rejects") output = verdicts(count, false);
  if (mode == "says yes") output = verdicts(count, "yes");
  if (mode == "text") output = "all sentences are fine\n";
  if (mode == "complains only") std::fputs(verdicts(count, true).c_str(), stderr);
  std::fputs(output.c_str(), stdout);
  return mode == "accepts and fails" ? 1 : 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string manner = argc > 1 ? argv[1] : "";
  const char* port = std::getenv("PORT");
  const char* mode_file = std::getenv("MODE_FILE");
  const char* upstream = std::getenv("UPSTREAM");
  if (manner == "judges" && mode_file != nullptr) return JudgeSentences(ReadMode(mode_file));
  if (manner == "exits" || port == nullptr || mode_file == nullptr) return 9;
  httplib::Server server;
  server.set_keep_alive_max_count(1);
  if (upstream == nullptr) {
    server.set_pre_routing_handler([&](const httplib::Request& request, httplib::Response& response) {
      Serve(ReadMode(mode_file), request, response);
      return httplib::Server::HandlerResponse::Handled;
    });
  } else {
    const auto serve = [&](const httplib::Request& request, httplib::Response& response) {
      ServeFacade(ReadMode(mode_file), upstream, request, response);
    };
    // Routes, as a body is read for these only.
    server.Get(".*", serve).Post(".*", serve).Put(".*", serve).Patch(".*", serve).Delete(".*", serve);
  }
  if (!server.bind_to_port("127.0.0.1", std::atoi(port))) return 8;
  if (manner == "silent") {
    for (;;) ::pause();  // connections wait in the backlog, unanswered
  }
  return server.listen_after_bind() ? 0 : 7;
}
