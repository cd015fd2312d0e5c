#pragma once
// A small OAuth data provider for the stand-in's own tests: any code is exchanged for the token "at-<code>", every
// token has the same records in pages of two, and each call is kept. Serves from a thread of its own until it is
// destroyed.

#include <httplib.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace readiness::standin {

class FakeProvider {
 public:
  static constexpr int kSleeps = 3;
  static constexpr int kRecoveries = 3;
  static constexpr int kPoints = kSleeps + 2 * kRecoveries;

  FakeProvider();
  ~FakeProvider();

  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }

  /// How many data requests came with the token of `code` (also a refreshed one), and how many token requests for it.
  int DataCalls(const std::string& code) const;
  int TokenCalls(const std::string& code) const;

  /// Status of all data answers from now on; 200 serves records, 0 cuts the JSON short.
  void set_data_status(int status) { data_status_ = status; }
  /// Lifetime stated in tokens from now on.
  void set_token_lifetime(int seconds) { lifetime_ = seconds; }

 private:
  void Token(const httplib::Request& request, httplib::Response& answer);
  void Data(const httplib::Request& request, httplib::Response& answer, const std::vector<std::string>& records);

  httplib::Server server_;
  std::thread thread_;
  int port_ = 0;
  std::atomic<int> data_status_{200};
  std::atomic<int> lifetime_{3600};
  mutable std::mutex mutex_;
  std::vector<std::string> data_codes_;
  std::vector<std::string> token_codes_;
};

}  // namespace readiness::standin
