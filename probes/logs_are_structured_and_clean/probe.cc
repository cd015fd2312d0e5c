#include "readiness/probe.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <poll.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>

#include "readiness/late_effects.h"
#include "readiness/nested.h"
#include "readiness/patterns.h"

namespace readiness::probes {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kShortestId = 8;            // of a request; "-" and "none" are words for no id
constexpr std::size_t kMostLogBytes = 64 * 1024;  // of what Logs::Since gives at once
constexpr std::size_t kShownLines = 3;
constexpr const char* kFixStructure =
    "send every line, those of libraries and of the server itself too, through one JSON formatter";
constexpr const char* kFixId =
    "bind the request's id to the logger for the time of the request, and repeat it in the answer, errors included";
constexpr const char* kFixPrivate =
    "log which fields of rejected input were wrong, never their values, and no credentials";

struct Request {
  std::string name, action;
  bool anonymous = false;
  StatusSet statuses;
  std::map<std::string, std::string> canaries;  // argument -> text with ${canary}
};

struct Exception {
  Pattern pattern;
  std::string reason;
};

struct Settings {
  std::string service, variant, identity, header;
  std::vector<std::string> private_values, request_id_at;
  std::vector<Request> requests;
  std::vector<Exception> exceptions;
  std::chrono::milliseconds log_within{0}, late_effects_within{0};
};

// A request that was sent.
struct Sent {
  const Request* request = nullptr;
  std::string id;
  bool logged = false;
};

StatusSet ReadStatuses(NestedObject& object) {
  StatusSet statuses;
  const Json* value = object.Find("status");
  const bool fits = value != nullptr && value->is_array() && !value->empty() &&
                    std::all_of(value->begin(), value->end(),
                                [](const Json& one) { return one.is_number_integer() && one >= 100 && one <= 599; });
  if (fits) {
    for (const Json& one : *value) statuses.insert(one.get<int>());
  } else {
    object.Problem("status", "is no list of statuses", "exact HTTP statuses",
                   value == nullptr ? "nothing" : Shown(*value));
  }
  return statuses;
}

Result<Request> ReadRequest(const Json& json, const std::string& place) {
  NestedObject object(json, place);
  Request request;
  request.name = object.Text("name");
  request.action = object.Text("action");
  const std::string as = object.Text("as");
  if (as != "user" && as != "anonymous") object.Problem("as", "is nobody", "\"user\" or \"anonymous\"", as);
  request.anonymous = as == "anonymous";
  request.statuses = ReadStatuses(object);
  if (const Json* canaries = object.Find("canaries"); canaries != nullptr) {
    NestedObject texts(*canaries, place + "/canaries");
    for (const auto& [argument, ignored] : canaries->items()) {
      request.canaries[argument] = texts.Text(argument);
      if (request.canaries[argument].find("${canary}") == std::string::npos) {
        texts.Problem(argument, "has no canary", "a text with ${canary}", request.canaries[argument]);
      }
    }
    READINESS_RETURN_IF_ERROR(texts.Finish());
  }
  READINESS_RETURN_IF_ERROR(object.Finish());
  return request;
}

Result<void> ReadLists(const Parameters& parameters, Settings& settings) {
  READINESS_ASSIGN(const Json requests, parameters.Raw("requests"));
  for (std::size_t i = 0; requests.is_array() && i < requests.size(); ++i) {
    READINESS_ASSIGN(Request request, ReadRequest(requests[i], fmt::format("/requests/{}", i)));
    settings.requests.push_back(std::move(request));
  }
  const auto has = [&](int from, int below) {
    return std::any_of(settings.requests.begin(), settings.requests.end(), [&](const Request& request) {
      return std::all_of(request.statuses.begin(), request.statuses.end(),
                         [&](int status) { return status >= from && status < below; });
    });
  };
  if (!has(200, 300) || !has(400, 600)) {
    return WrongParameter("/requests", "are of one kind", "requests that succeed and requests that fail");
  }
  if (std::none_of(settings.requests.begin(), settings.requests.end(),
                   [](const Request& request) { return !request.canaries.empty(); })) {
    return WrongParameter("/requests", "hold no canaries", "private texts in the bodies of some");
  }
  READINESS_ASSIGN(const Json exceptions, parameters.Raw("exceptions"));
  for (std::size_t i = 0; exceptions.is_array() && i < exceptions.size(); ++i) {
    NestedObject object(exceptions[i], fmt::format("/exceptions/{}", i));
    const std::string pattern = object.Text("pattern");
    std::string reason = object.Text("reason");
    READINESS_RETURN_IF_ERROR(object.Finish());
    READINESS_ASSIGN(Pattern compiled, Pattern::Compile(pattern));
    for (const char* anything : {"Zq7 xk-#Wv_9.", "{}", "the quick brown fox"}) {
      if (compiled.FindLines(anything, 1).empty()) continue;
      return WrongParameter(fmt::format("/exceptions/{}/pattern", i),
                            "fits what it is not meant for: \"" + pattern + "\"",
                            "a pattern of certain lines, as \"^Started server process\"");
    }
    settings.exceptions.push_back({std::move(compiled), std::move(reason)});
  }
  return {};
}

Result<Settings> ReadSettings(const Parameters& parameters) {
  Settings settings;
  READINESS_ASSIGN(settings.service, parameters.String("service"));
  READINESS_ASSIGN(settings.variant, parameters.String("variant"));
  READINESS_ASSIGN(settings.identity, parameters.String("identity"));
  READINESS_ASSIGN(settings.private_values, parameters.StringList("private_values"));
  READINESS_ASSIGN(settings.header, parameters.String("request_id_header"));
  READINESS_ASSIGN(settings.request_id_at, parameters.StringList("request_id_at"));
  READINESS_ASSIGN(settings.log_within, parameters.Duration("log_within_ms"));
  READINESS_ASSIGN(settings.late_effects_within, parameters.Duration("late_effects_within_ms"));
  READINESS_RETURN_IF_ERROR(ReadLists(parameters, settings));
  return settings;
}

// Letters and digits that occur nowhere else; they begin with a letter, so that they may stand in an address.
std::string Unique() {
  static constexpr std::string_view kLetters = "abcdefghijkmnpqrstuvwxyz23456789";
  std::random_device source;
  std::string text = "rd";
  while (text.size() < 22) text += kLetters[source() % kLetters.size()];
  return text;
}

std::string Filled(std::string text, const std::string& canary) {
  static constexpr std::string_view kPlaceholder = "${canary}";
  for (std::size_t at = text.find(kPlaceholder); at != std::string::npos; at = text.find(kPlaceholder, at)) {
    text.replace(at, kPlaceholder.size(), canary);
    at += canary.size();
  }
  return text;
}

// Not blank, without line ends.
std::vector<std::string> LinesOf(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    std::string line = text.substr(begin, end - begin);
    if (!line.empty() && line.back() == '\r') line.pop_back();
    if (line.find_first_not_of(" \t") != std::string::npos) lines.push_back(std::move(line));
    begin = end + 1;
  }
  return lines;
}

Result<Json> AsObject(const std::string& line) {
  HttpResponse text;
  text.body = line;
  READINESS_ASSIGN(Json json, text.ParseJson());
  if (!json.is_object()) return Fail(ErrorKind::kMalformed, fmt::format("it is {}", json.type_name()));
  return json;
}

class LogInspection {
 public:
  LogInspection(Context& context, Settings settings) : context_(context), settings_(std::move(settings)) {}

  Result<void> Run() {
    READINESS_RETURN_IF_ERROR(context_.services.StartInstance(settings_.service, {settings_.variant, false}));
    const Result<void> inspected = Inspect();
    const Result<void> stopped = context_.services.StopInstance(settings_.service);
    READINESS_RETURN_IF_ERROR(inspected);
    return stopped;
  }

 private:
  Result<void> Inspect() {
    // From its first line on: what a service writes when it starts is collected like everything else.
    READINESS_RETURN_IF_ERROR(ReadLog());
    READINESS_ASSIGN(user_, context_.identities.Create(settings_.identity, "user"));
    READINESS_RETURN_IF_ERROR(AddPrivateValues());
    READINESS_RETURN_IF_ERROR(Listen());
    const std::size_t lines_before = LinesOf(log_).size();
    const std::size_t asked_from = log_.size();
    for (const Request& request : settings_.requests) {
      READINESS_RETURN_IF_ERROR(Send(request));
      READINESS_RETURN_IF_ERROR(ReadLog());
    }
    READINESS_RETURN_IF_ERROR(AwaitIds());
    late_effects_.Await();
    READINESS_RETURN_IF_ERROR(ReadLog());
    const std::vector<std::string> lines = LinesOf(log_);
    RecordControls(lines.size() - lines_before);
    if (lines.size() > lines_before) {
      CheckIds(LinesOf(log_.substr(asked_from)));
      CheckStructure(lines);
      CheckPrivacy(lines);
    }
    if (undecided_) return Fail(*undecided_);
    return {};
  }

  // Does the instance write when nobody asks? Only where it does not, every line after a request belongs to one. A line
  // with an id is of a request of ours from before, written late.
  Result<void> Listen() {
    READINESS_RETURN_IF_ERROR(ReadLog());
    const std::size_t before = log_.size();
    late_effects_.Attempted();
    late_effects_.Await();
    READINESS_RETURN_IF_ERROR(ReadLog());
    const std::vector<std::string> lines = LinesOf(log_.substr(before));
    for (const std::string& line : lines) {
      if (!CarriesSomeId(line)) unasked_.insert(ShapeOf(line));
    }
    return {};
  }

  Result<void> AddPrivateValues() {
    for (const std::string& name : settings_.private_values) {
      const auto value = user_.values.find(name);
      if (value == user_.values.end() || !value->second.is_string()) {
        return WrongParameter("/private_values", fmt::format("names \"{}\", which is no text of the user's", name),
                              "attributes of the identity");
      }
      canaries_.Add(fmt::format("the user's {}", name), value->second.get<std::string>());
    }
    canaries_.Add("the user's token", user_.token);
    // A part of it is of use too; the header of a JWT is the same for all.
    const std::size_t first = user_.token.find('.'), last = user_.token.rfind('.');
    if (first < last && last != std::string::npos) {
      canaries_.Add("the claims of the user's token", user_.token.substr(first + 1, last - first - 1));
      canaries_.AddWithEnds("the signature of the user's token", user_.token.substr(last + 1));
    }
    return {};
  }

  Result<void> ReadLog() {
    READINESS_ASSIGN(const std::string more, context_.logs.Since(settings_.service, log_.size()));
    if (more.size() >= kMostLogBytes) {
      return Fail({ErrorKind::kLimit,
                   fmt::format("service {} writes more than can be looked at", settings_.service),
                   std::nullopt,
                   fmt::format("less than {} bytes with one request", kMostLogBytes),
                   fmt::format("{} bytes or more", more.size()),
                   {}});
    }
    log_ += more;
    return {};
  }

  std::string Did(const Request& request) const {
    return fmt::format("{} ({}) as \"{}\"", request.name, request.action, request.anonymous ? "anonymous" : "user");
  }

  Result<void> Send(const Request& request) {
    Sent sent{&request, Unique()};
    // Nobody speaks of the user, too.
    Values arguments = user_.values;
    arguments["request_id"] = sent.id;
    for (const auto& [argument, text] : request.canaries) {
      const std::string canary = Unique();
      arguments[argument] = Filled(text, canary);
      // The canary alone, so that it is found in parts of the text too.
      canaries_.AddWithEnds(fmt::format("{} of {}", argument, request.name), canary);
    }
    const Identity who = request.anonymous ? Identity::Anonymous() : user_;
    READINESS_ASSIGN(const ActionResult result, context_.actions.Run(request.action, who, arguments));
    late_effects_.Attempted();
    answered_ = Clock::now();
    if (result.exchange) READINESS_RETURN_IF_ERROR(CheckSent(request, arguments, result.exchange->request));
    CheckAnswer(request, sent, result);
    sent_.push_back(std::move(sent));
    return {};
  }

  // That a text is in no log says nothing when it was in no request either.
  static Result<void> CheckSent(const Request& request, const Values& arguments, const HttpRequest& sent) {
    std::string all = sent.url + "\n" + sent.body;
    for (const auto& header : sent.headers) all += "\n" + header.second;
    for (const auto& [argument, ignored] : request.canaries) {
      Canaries canary;
      canary.Add(argument, arguments.at(argument).get<std::string>());
      if (!canary.FindIn(all).empty()) continue;
      return WrongParameter(
          "/requests",
          fmt::format("give \"{}\" a canary as {}, which {} does not send", request.name, argument, request.action),
          fmt::format("an argument of {}", request.action));
    }
    return {};
  }

  void CheckAnswer(const Request& request, const Sent& sent, const ActionResult& result) {
    const int status = result.status();
    if (!request.statuses.contains(status) || !result.exchange) {
      if (!undecided_) {
        undecided_ = Error{ErrorKind::kTarget,
                           Did(request) + " was not answered as it has to be for this",
                           std::nullopt,
                           fmt::format("status {}", ToString(request.statuses)),
                           fmt::format("status {}", status),
                           {}};
      }
      return;
    }
    (status < 400 ? succeeded_ : failed_)++;
    const auto echoed = result.exchange->response.Header(settings_.header);
    if (echoed == sent.id) {
      context_.findings.AddObservation(
          {Did(request), fmt::format("status {} with its id in {}", status, settings_.header)});
      return;
    }
    not_echoed_.push_back(
        fmt::format("{}, status {}: {}", Did(request), status, echoed ? Shown(Json(*echoed)) : "no such header"));
  }

  bool LookForIds() {
    bool all = true;
    for (const std::string& line : LinesOf(log_)) {
      for (Sent& sent : sent_) {
        if (!sent.logged && line.find(sent.id) != std::string::npos) sent.logged = CarriesId(line, sent.id);
      }
    }
    for (const Sent& sent : sent_) all = all && sent.logged;
    return all;
  }

  bool CarriesId(const std::string& line, const std::string& id) const {
    const auto json = AsObject(line);
    if (!json) return false;
    return std::any_of(settings_.request_id_at.begin(), settings_.request_id_at.end(), [&](const std::string& pointer) {
      const Json* value = AtPointer(*json, pointer);
      return value != nullptr && *value == id;
    });
  }

  bool CarriesSomeId(const std::string& line) const {
    const auto json = AsObject(line);
    if (!json) return false;
    return std::any_of(settings_.request_id_at.begin(), settings_.request_id_at.end(), [&](const std::string& pointer) {
      const Json* value = AtPointer(*json, pointer);
      return value != nullptr && value->is_string() && value->get_ref<const std::string&>().size() >= kShortestId;
    });
  }

  // A log is written when it is written: polled, as the log of a service has no event for it.
  Result<void> AwaitIds() {
    const auto end = answered_ + settings_.log_within;
    for (int pause_ms = 5; !LookForIds() && Clock::now() < end; pause_ms = std::min(pause_ms * 2, 100)) {
      ::poll(nullptr, 0, pause_ms);
      READINESS_RETURN_IF_ERROR(ReadLog());
    }
    return {};
  }

  void RecordControls(std::size_t lines) {
    context_.findings.AddControl({"requests_are_logged", "the instance writes lines when requests are sent", lines > 0,
                                  fmt::format("{} lines with {} requests", lines, sent_.size())});
    context_.findings.AddControl({"requests_succeed_and_fail",
                                  "requests are answered as expected, with success and with errors",
                                  succeeded_ > 0 && failed_ > 0 && !undecided_,
                                  fmt::format("{} succeeded, {} failed as expected", succeeded_, failed_)});
  }

  void CheckIds(const std::vector<std::string>& lines) {
    if (!not_echoed_.empty()) {
      context_.findings.AddViolation(
          {"an answer does not repeat the request's id", fmt::format("requests with {} of ours", settings_.header),
           "the same id in the answer's header", fmt::format("{}", fmt::join(not_echoed_, "; ")), kFixId});
    }
    std::vector<std::string> without;
    for (const Sent& sent : sent_) {
      if (sent.logged) {
        context_.findings.AddObservation({fmt::format("log after {}", Did(*sent.request)), "a line carries its id"});
      } else {
        without.push_back(Did(*sent.request));
      }
    }
    if (without.empty()) return CheckEveryLine(lines);
    context_.findings.AddViolation(
        {"no log line carries the id of its request", fmt::format("{}", fmt::join(without, "; ")),
         fmt::format("within {} ms a line that is a JSON object with the id at {}", settings_.log_within.count(),
                     fmt::join(settings_.request_id_at, " or ")),
         fmt::format("none for {} of {} requests", without.size(), sent_.size()), kFixId});
  }

  // Lines that are no JSON are reported as such.
  void CheckEveryLine(const std::vector<std::string>& lines) {
    std::vector<std::string> without;
    std::size_t like_unasked = 0;
    for (const std::string& line : lines) {
      if (!AsObject(line) || IsException(line)) continue;
      const bool carries =
          std::any_of(sent_.begin(), sent_.end(), [&](const Sent& sent) { return CarriesId(line, sent.id); });
      if (carries) continue;
      if (unasked_.contains(ShapeOf(line))) {
        ++like_unasked;
      } else {
        without.push_back(Shown(Json(line)));
      }
    }
    // Told, but it is no observation: whose lines these are was not decided.
    const bool attributed = unasked_.empty() || without.empty();
    context_.findings.AddControl(
        {"lines_are_attributed",
         "every line without an id has the members of one that the instance wrote when nobody asked", attributed,
         unasked_.empty() ? "it wrote nothing when nobody asked"
         : attributed     ? fmt::format("{} of {} lines", like_unasked, lines.size())
                          : fmt::format("{} others, as {}", without.size(), without.front())});
    if (!unasked_.empty()) return;
    if (without.empty()) {
      context_.findings.AddObservation(
          {"lines written meanwhile", fmt::format("all of {} carry the id of a request", lines.size())});
      return;
    }
    const std::size_t count = without.size();
    without.resize(std::min(count, kShownLines));
    context_.findings.AddViolation(
        {"a log line of a request does not carry its id", "requests to an instance that writes nothing unasked",
         fmt::format("in every line the id at {}", fmt::join(settings_.request_id_at, " or ")),
         fmt::format("{} of {} lines without, as {}", count, lines.size(), fmt::join(without, ", ")), kFixId});
  }

  // The names of its members, by which lines of one kind are known.
  static std::string ShapeOf(const std::string& line) {
    const Result<Json> json = AsObject(line);
    if (!json) return line;
    std::string shape;
    for (const auto& [name, value] : json->items()) shape += name + "\n";
    return shape;
  }

  bool IsException(const std::string& line) const {
    return std::any_of(settings_.exceptions.begin(), settings_.exceptions.end(),
                       [&](const Exception& exception) { return !exception.pattern.FindLines(line, 1).empty(); });
  }

  void CheckStructure(const std::vector<std::string>& lines) {
    std::vector<std::string> wrong;
    std::size_t excepted = 0;
    for (const std::string& line : lines) {
      if (AsObject(line)) continue;
      if (IsException(line)) {
        ++excepted;
      } else {
        wrong.push_back(Shown(Json(line)));
      }
    }
    if (wrong.empty()) {
      context_.findings.AddObservation(
          {"every line of the instance",
           fmt::format("{} lines, each one JSON object but for {} excepted", lines.size(), excepted)});
      return;
    }
    const std::size_t count = wrong.size();
    wrong.resize(std::min(count, kShownLines));
    context_.findings.AddViolation(
        {"log lines are not JSON objects",
         fmt::format("variant {} of service {}", settings_.variant, settings_.service), "one JSON object in every line",
         fmt::format("{} of {} lines are not, as {}", count, lines.size(), fmt::join(wrong, ", ")), kFixStructure});
  }

  void CheckPrivacy(const std::vector<std::string>& lines) {
    // Name and form of each hit, with the number of lines.
    std::map<std::string, int> seen;
    for (const std::string& line : lines) {
      for (const CanaryHit& hit : canaries_.FindIn(line)) ++seen[Describe({hit})];
    }
    // What is spread over several lines.
    for (const CanaryHit& hit : canaries_.FindIn(log_)) seen.emplace(Describe({hit}), 1);
    if (seen.empty()) {
      context_.findings.AddObservation(
          {"every line of the instance",
           fmt::format("none of {} private values in {} lines", canaries_.size(), lines.size())});
      return;
    }
    std::vector<std::string> hits;
    for (const auto& [what, count] : seen)
      hits.push_back(fmt::format("{} in {} line{}", what, count, count == 1 ? "" : "s"));
    context_.findings.AddViolation(
        {"private values are in the log", fmt::format("requests with private values to service {}", settings_.service),
         "none of them in any line, in no encoding", fmt::format("{}", fmt::join(hits, "; ")), kFixPrivate});
  }

  Context& context_;
  const Settings settings_;
  Identity user_;
  Canaries canaries_;
  std::string log_;  // all that the instance wrote
  std::vector<Sent> sent_;
  std::vector<std::string> not_echoed_;
  std::set<std::string> unasked_;  // shapes of the lines that are written when nobody asks
  int succeeded_ = 0, failed_ = 0;
  Clock::time_point answered_ = Clock::now();
  LateEffects late_effects_{settings_.late_effects_within};
  std::optional<Error> undecided_;  // the first one
};

}  // namespace
}  // namespace readiness::probes

READINESS_PROBE(logs_are_structured_and_clean) {
  using namespace readiness;
  READINESS_ASSIGN(probes::Settings settings, probes::ReadSettings(context.parameters));
  return probes::LogInspection(context, std::move(settings)).Run();
}
