#pragma once
// The mode `echo` of the bad service: an API with accounts that shows every credential to everybody, in bodies, headers
// and its log. What it was given it also appends to the file OUT, one JSON string per line, as the tests' own account
// of what was secret. One thread.

#include <cstdio>
#include <cstdlib>
#include <set>
#include <string>
#include <string_view>

#include "encodings.h"

class Echo {
 public:
  Echo() {
    for (const char* name : {"LITERAL", "GENERATED", "FROM_ENVIRONMENT", "BASE64_LIKE"}) Learn(Variable(name));
    const std::string url = Variable("DATABASE_URL");
    const std::size_t end = url.rfind('@');
    const std::size_t colon = end == std::string::npos ? end : url.rfind(':', end);
    if (colon != std::string::npos) Learn(url.substr(colon + 1, end - colon - 1));
  }

  std::string Answer(const std::string& request) {
    Learn(After(request, "Authorization: Bearer ", "\r\n"));
    Learn(After(request, "\"password\":\"", "\""));
    std::string token;
    if (request.starts_with("POST /login")) {
      token = "tok+/" + std::to_string(++issued_) + "." + readiness::Base64Of("token " + Random(), "-_");
      Learn(token);
    }
    std::string body =
        "{\"id\":\"u" + std::to_string(issued_) + "\",\"token\":\"" + readiness::JsonOf(token) + "\",\"echo\":[";
    std::string headers;
    for (const std::string& secret : known_) {
      for (const auto& [name, text] : readiness::EncodingsOf(secret)) {
        body += "\"" + readiness::JsonOf(text) + "\",";
        std::printf("%s: %s\n", name.c_str(), text.c_str());
      }
      headers += "X-Echo: " + readiness::PercentOf(secret, "-_.~") + "\r\nX-Raw: " + secret + "\r\n";
    }
    std::fflush(stdout);
    ++answers_;
    // So that cuts at the usual sizes fall into secrets.
    for (const std::size_t cut : {std::size_t{300}, std::size_t{4096}, std::size_t{16 * 1024}}) {
      if (body.size() > cut || known_.empty()) continue;
      const std::string& secret = *known_.begin();
      body += "\"" + std::string(cut - body.size() - 1 - (5 + answers_ % 9), '.') + readiness::JsonOf(secret) + "\",";
    }
    body += "\"end\"]}";
    return "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\nContent-Length: " +
           std::to_string(body.size()) + "\r\n" + headers + "\r\n" + body;
  }

 private:
  static std::string Variable(const char* name) {
    const char* value = std::getenv(name);
    return value == nullptr ? "" : value;
  }

  static std::string After(const std::string& text, const std::string& begin, const char* end) {
    const std::size_t at = text.find(begin);
    if (at == std::string::npos) return {};
    return text.substr(at + begin.size(), text.find(end, at + begin.size()) - at - begin.size());
  }

  static std::string Random() {
    char bytes[16] = {};
    if (std::FILE* file = std::fopen("/dev/urandom", "rb")) {
      if (std::fread(bytes, 1, sizeof bytes, file) == 0) bytes[0] = 'x';
      std::fclose(file);
    }
    return readiness::HexOf({bytes, sizeof bytes}, "%02x");
  }

  void Learn(const std::string& secret) {
    if (secret.empty() || !known_.insert(secret).second) return;
    if (std::FILE* file = std::fopen(Variable("OUT").c_str(), "ab")) {
      std::fprintf(file, "\"%s\"\n", readiness::JsonOf(secret).c_str());
      std::fclose(file);
    }
  }

  std::set<std::string> known_;
  int issued_ = 0;
  std::size_t answers_ = 0;
};
