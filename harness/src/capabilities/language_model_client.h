#pragma once
// The language model double as a probe's client: JSON over its admin API on a unix socket. It is not the double. It
// speaks of the channel that the session names when it is asked, so an instance that the item starts is followed. What
// it scripts and sees becomes evidence. One thread; every call has a deadline and a bound on what it reads.

#include <map>
#include <string>
#include <vector>

#include "capabilities/double_admin.h"
#include "capabilities/evidence.h"
#include "lifecycle/session.h"
#include "readiness/doubles.h"

namespace readiness {

class LanguageModelClient : public LanguageModel {
 public:
  /// `session` and `log` are borrowed; `session` has a language model `name`.
  LanguageModelClient(const std::string& name, const Session& session, EvidenceLog& log);
  Result<void> AnswerWith(const ModelReply& reply) override;
  Result<std::vector<ModelCall>> Calls() override;
  Result<std::vector<ModelCall>> CallsOfLast() override;

 private:
  Result<std::string> Channel() const;
  /// Adds the calls after those that are known; true when there are more.
  Result<bool> FetchMore(const std::string& channel, std::vector<ModelCall>& known);

  const std::string name_;
  const Session& session_;
  DoubleAdmin admin_;
  EvidenceLog& log_;
  Result<std::vector<ModelCall>> CallsOf(const std::string& channel);
  std::map<std::string, std::vector<ModelCall>> known_;  // by channel
  std::string last_channel_;
};

}  // namespace readiness
