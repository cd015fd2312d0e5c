#pragma once
// A language model double as the harness sees it: scripts the reply of a channel and reads its calls. Reached through a
// unix socket only. Knows no sockets itself. Not thread-safe: the server's thread only.
//   POST /channels/<channel>/reply {"status"?, "content"?, "raw_body"?, "delay_ms"?, "hang"?}   200 {}
//   GET  /channels/<channel>/calls?after=<sequence>
//       200 {"calls": [...], "more": bool}: of the channel, and those that nobody can tell whose they are, in order;
//       "more": ask again after the last one. 507: the log is full and therefore proves nothing.

#include "doubles/channels.h"
#include "doubles/http_message.h"

namespace readiness::doubles::model {

class ModelAdmin final : public HttpHandler {
 public:
  /// `channels` must outlive this.
  explicit ModelAdmin(Channels& channels) : channels_(channels) {}

  HttpAnswer Handle(const HttpRequest& request) override;
  void Rejected(const HttpRequest&, int) override {}

 private:
  HttpAnswer Script(Channel& channel, const std::string& body);
  HttpAnswer ListCalls(const Channel& channel, std::string_view query);

  Channels& channels_;
};

}  // namespace readiness::doubles::model
