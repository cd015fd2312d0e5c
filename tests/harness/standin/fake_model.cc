#include "fake_model.h"

#include "standin/json.h"

namespace readiness::standin {

FakeModel::FakeModel() {
  server_.Post("/v1/chat/completions", [this](const httplib::Request&, httplib::Response& answer) {
    ++calls_;
    const std::lock_guard lock(mutex_);
    const Json message = {{"role", "assistant"}, {"content", content_}};
    answer.status = status_;
    answer.set_content(Compact({{"choices", Json::array({{{"message", message}}})}}), "application/json");
  });
  port_ = server_.bind_to_any_port("127.0.0.1");
  thread_ = std::thread([this] { server_.listen_after_bind(); });
}

FakeModel::~FakeModel() {
  server_.stop();
  thread_.join();
}

void FakeModel::Answer(std::string content, int status) {
  const std::lock_guard lock(mutex_);
  content_ = std::move(content);
  status_ = status;
}

}  // namespace readiness::standin
