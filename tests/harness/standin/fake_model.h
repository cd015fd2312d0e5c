#pragma once
// A language model for the stand-in's own tests: answers every completion with what it was told last, and counts.
// Serves from a thread of its own until it is destroyed.

#include <httplib.h>

#include <atomic>
#include <mutex>
#include <string>
#include <thread>

namespace readiness::standin {

class FakeModel {
 public:
  FakeModel();
  ~FakeModel();

  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_) + "/v1"; }
  int calls() const { return calls_; }
  /// From now on the message of every completion is `content`; with a status other than 200 it is an error.
  void Answer(std::string content, int status = 200);

 private:
  httplib::Server server_;
  std::thread thread_;
  int port_ = 0;
  std::atomic<int> calls_{0};
  std::mutex mutex_;
  std::string content_;
  int status_ = 200;
};

}  // namespace readiness::standin
