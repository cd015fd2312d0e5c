// A service that answers everything in the way that a file says, and that a gullible audit would take for a sound
// target. The file is read for each request: "status <n>", "html", "empty", "redirect", "malformed", "yes" (plausible
// answers to everything), "no" (plausible accounts, 403 to everything else). Started with PORT and MODE_FILE; it is
// ready whatever the mode.
//
//   conformance_service            serves
//   conformance_service exits      ends at once with code 9
//   conformance_service silent     listens and never answers

#include <httplib.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>

namespace {

constexpr const char* kReadyPath = "/api/v1/health/ready";
constexpr const char* kPlausible =
    R"({"id":1,"user_id":1,"access_token":"plausible","token_type":"bearer","connected":true,"inserted":14,
  "authorize_url":"https://api.prod.whoop.com/oauth?state=plausible","consent_version":"1.0","consent_timestamp":"2026-01-01T00:00:00",
  "understands_not_medical_advice":true,"consents_to_data_analysis":true,"understands_recommendations_experimental":true,
  "understands_can_stop_anytime":true,"decision_id":1,"paths":{"/api/v1/consent":{"delete":{}}}})";

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

}  // namespace

int main(int argc, char** argv) {
  const std::string manner = argc > 1 ? argv[1] : "";
  const char* port = std::getenv("PORT");
  const char* mode_file = std::getenv("MODE_FILE");
  if (manner == "exits" || port == nullptr || mode_file == nullptr) return 9;
  httplib::Server server;
  server.set_keep_alive_max_count(1);
  server.set_pre_routing_handler([&](const httplib::Request& request, httplib::Response& response) {
    Serve(ReadMode(mode_file), request, response);
    return httplib::Server::HandlerResponse::Handled;
  });
  if (!server.bind_to_port("127.0.0.1", std::atoi(port))) return 8;
  if (manner == "silent") {
    for (;;) ::pause();  // connections wait in the backlog, unanswered
  }
  return server.listen_after_bind() ? 0 : 7;
}
