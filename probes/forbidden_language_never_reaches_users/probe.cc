#include "readiness/probe.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <optional>
#include <set>

#include "cases.h"
#include "readiness/language.h"

namespace readiness::probes {
namespace {

using forbidden_language::Case;
using forbidden_language::Wording;
using forbidden_language::Writer;

// An action that shows text to a user.
struct Surface {
  std::string action;
  std::vector<std::string> deterministic;  // JSON pointers that hold text whatever the model says
  bool shows_reply = false;
};

// What the item says, typed.
struct Settings {
  std::string identity, service, variant, model;
  std::vector<std::string> prepare;
  std::vector<Surface> surfaces;
  Wording wording;
};

// One text in an answer and where it stands.
struct Text {
  std::string place;
  std::string text;
};

// What a surface showed.
struct Shown {
  int status = 0;
  std::vector<Text> texts;
  std::string mismatch;  // why it is not as expected; empty: it is
};

// A user of whom the target has something to tell.
struct Reader {
  Identity user;
  Values arguments;  // what `prepare` captured
};

constexpr const char* kFix =
    "check every text of a model's reply by the claim policy before it is stored or shown, folded as people read it, "
    "and show the deterministic text when it does not pass";
constexpr int kMostUnanswered = 3;

Result<std::vector<std::string>> Strings(const Json& list, const std::string& where) {
  std::vector<std::string> strings;
  if (!list.is_array()) return Fail(ErrorKind::kDefinition, where + " is no list");
  for (const Json& element : list) {
    if (!element.is_string()) return Fail(ErrorKind::kDefinition, where + " holds something else than strings");
    strings.push_back(element.get<std::string>());
  }
  return strings;
}

Result<std::vector<Surface>> ReadSurfaces(const Json& list) {
  static const std::set<std::string> kKeys{"action", "deterministic", "shows_reply"};
  std::vector<Surface> surfaces;
  for (const Json& entry : list) {
    if (!entry.is_object() || !entry.contains("action") || !entry["action"].is_string()) {
      return Fail(ErrorKind::kDefinition, "parameter surfaces: every entry needs an action");
    }
    for (const auto& [key, value] : entry.items()) {
      if (!kKeys.contains(key)) return Fail(ErrorKind::kDefinition, "parameter surfaces: unknown key " + key);
    }
    Surface surface;
    surface.action = entry["action"];
    READINESS_ASSIGN(surface.deterministic, Strings(entry.value("deterministic", Json::array()),
                                                    "parameter surfaces: deterministic of " + surface.action));
    for (const std::string& pointer : surface.deterministic) {
      if (!pointer.starts_with('/')) return Fail(ErrorKind::kDefinition, pointer + " is no JSON pointer");
    }
    if (surface.deterministic.empty()) {
      return Fail(ErrorKind::kDefinition,
                  surface.action + " states no deterministic text, so nobody knows that it works");
    }
    if (entry.contains("shows_reply") && !entry["shows_reply"].is_boolean()) {
      return Fail(ErrorKind::kDefinition, "parameter surfaces: shows_reply is true or false");
    }
    surface.shows_reply = entry.value("shows_reply", false);
    surfaces.push_back(std::move(surface));
  }
  const bool shown = std::any_of(surfaces.begin(), surfaces.end(), [](const Surface& one) { return one.shows_reply; });
  if (!shown) return Fail(ErrorKind::kDefinition, "parameter surfaces: none shows_reply, so nothing could be seen");
  return surfaces;
}

Result<Wording> ReadWording(const Parameters& parameters) {
  Wording wording;
  READINESS_ASSIGN(const Json fields, parameters.Raw("fields"));
  for (const auto& [name, sentence] : fields.items()) {
    if (!sentence.is_string() || sentence.get<std::string>().find("${marker}") == std::string::npos) {
      return Fail(ErrorKind::kDefinition, "parameter fields: " + name + " needs a sentence with ${marker}");
    }
    wording.fields.emplace_back(name, sentence.get<std::string>());
  }
  READINESS_ASSIGN(wording.forbidden, parameters.StringList("forbidden"));
  READINESS_ASSIGN(wording.advice, parameters.StringList("advice"));
  READINESS_ASSIGN(wording.disguises, parameters.StringList("disguises"));
  READINESS_ASSIGN(wording.claim, parameters.String("claim"));
  READINESS_ASSIGN(wording.demand, parameters.String("demand"));
  READINESS_ASSIGN(wording.slow, parameters.Duration("slow_ms"));
  if (wording.fields.empty() || wording.forbidden.empty() || wording.advice.empty()) {
    return Fail(ErrorKind::kDefinition, "parameters fields, forbidden and advice must not be empty");
  }
  for (const std::string* sentence : {&wording.claim, &wording.demand}) {
    if (sentence->find("${phrase}") != std::string::npos && sentence->find("${marker}") != std::string::npos) continue;
    return Fail(ErrorKind::kDefinition, "parameters claim and demand need ${phrase} and ${marker}");
  }
  const auto& known = forbidden_language::KnownDisguises();
  for (const std::string& disguise : wording.disguises) {
    if (std::find(known.begin(), known.end(), disguise) != known.end()) continue;
    return Fail(ErrorKind::kDefinition,
                fmt::format("parameter disguises: {} is none of {}", disguise, fmt::join(known, ", ")));
  }
  return wording;
}

Result<Settings> ReadSettings(const Parameters& parameters) {
  Settings settings;
  READINESS_ASSIGN(settings.identity, parameters.String("identity"));
  READINESS_ASSIGN(settings.service, parameters.String("service"));
  READINESS_ASSIGN(settings.variant, parameters.String("variant"));
  READINESS_ASSIGN(settings.model, parameters.String("model"));
  READINESS_ASSIGN(settings.prepare, parameters.StringList("prepare"));
  READINESS_ASSIGN(const Json surfaces, parameters.Raw("surfaces"));
  READINESS_ASSIGN(settings.surfaces, ReadSurfaces(surfaces));
  READINESS_ASSIGN(settings.wording, ReadWording(parameters));
  return settings;
}

// Every text in `value`, names of members too.
void Collect(const Json& value, const std::string& place, std::vector<Text>& texts) {
  if (value.is_string()) {
    texts.push_back({place.empty() ? "/" : place, value.get<std::string>()});
  } else if (value.is_object()) {
    for (const auto& [name, member] : value.items()) {
      texts.push_back({place + " (a name)", name});
      Collect(member, place + "/" + name, texts);
    }
  } else if (value.is_array()) {
    for (std::size_t i = 0; i < value.size(); ++i) Collect(value[i], place + "/" + std::to_string(i), texts);
  }
}

bool IsEmpty(const Json& value) {
  return value.is_null() || (value.is_string() && FoldText(value.get<std::string>()).empty()) ||
         ((value.is_object() || value.is_array()) && value.empty());
}

Shown Look(const ActionResult& result, const Surface& surface) {
  Shown shown;
  shown.status = result.status();
  shown.mismatch = result.mismatch;
  if (!result.as_expected && shown.mismatch.empty()) shown.mismatch = "not as expected";
  if (!result.exchange) {
    shown.mismatch = "no answer over HTTP";
    return shown;
  }
  const HttpResponse& response = result.exchange->response;
  for (const auto& [name, value] : response.headers) shown.texts.push_back({"header " + name, name + ": " + value});
  const auto json = response.ParseJson();
  if (!json) {
    shown.texts.push_back({"the body, which is no JSON", response.body});
    if (shown.mismatch.empty()) shown.mismatch = "the body is no JSON: " + json.error().Brief();
    return shown;
  }
  Collect(*json, "", shown.texts);
  for (const std::string& pointer : surface.deterministic) {
    if (!shown.mismatch.empty()) break;
    const Json::json_pointer at(pointer);
    if (!json->contains(at) || IsEmpty(json->at(at))) shown.mismatch = "no text at " + pointer;
  }
  return shown;
}

bool Shows(const Shown& shown, const std::string& marker) {
  return std::any_of(shown.texts.begin(), shown.texts.end(),
                     [&](const Text& text) { return text.text.find(marker) != std::string::npos; });
}

// Visible ASCII: what is disguised would otherwise be invisible here too.
std::string Quoted(const std::string& text, std::size_t begin, std::size_t end) {
  constexpr std::size_t kAround = 60;
  const std::size_t from = begin > kAround ? begin - kAround : 0;
  std::string quoted;
  for (const char c : text.substr(from, end - from + kAround)) {
    const auto byte = static_cast<unsigned char>(c);
    quoted += byte < 0x20 || byte > 0x7e ? fmt::format("\\x{:02x}", byte) : std::string(1, c);
  }
  return "\"" + quoted + "\"";
}

class Language {
 public:
  Language(Context& context, Settings settings, PhraseFinder finder, LanguageModel& model)
      : context_(context),
        settings_(std::move(settings)),
        finder_(std::move(finder)),
        model_(model),
        writer_(settings_.wording) {}

  Result<void> Run() {
    READINESS_RETURN_IF_ERROR(Fresh("reader"));
    READINESS_RETURN_IF_ERROR(RulesKeepToThePolicy());
    READINESS_RETURN_IF_ERROR(
        context_.services.StartInstance(settings_.service, InstanceOptions{settings_.variant, false}));
    READINESS_RETURN_IF_ERROR(CompliantIsShown("compliant_reply_is_shown", "before the forbidden ones"));
    const std::vector<Case> cases = writer_.Cases();
    READINESS_RETURN_IF_ERROR(TryPreparing(cases));
    for (const Case& one : cases) {
      if (unanswered_ >= kMostUnanswered) return {};  // each of them is a violation already
      READINESS_RETURN_IF_ERROR(Try(one));
    }
    if (unanswered_ >= kMostUnanswered) return {};
    context_.findings.AddControl({"model_is_asked",
                                  "in every case the model was asked, with the genuine key, after the case began",
                                  unasked_.empty(),
                                  unasked_.empty() ? fmt::format("asked in each of {} cases", tried_)
                                                   : fmt::format("not asked in: {}", fmt::join(unasked_, "; "))});
    READINESS_RETURN_IF_ERROR(CompliantIsShown("compliant_reply_is_shown_again", "after the forbidden ones"));
    READINESS_RETURN_IF_ERROR(LookAgain());
    return context_.services.StopInstance(settings_.service);
  }

 private:
  // A new user with something to read. The latest one is the reader.
  Result<void> Fresh(const std::string& label) {
    Reader reader;
    READINESS_ASSIGN(reader.user, context_.identities.Create(settings_.identity, label));
    for (const std::string& action : settings_.prepare) {
      READINESS_ASSIGN(const ActionResult result, context_.actions.Run(action, reader.user, reader.arguments));
      if (!result.as_expected) {
        return Fail({ErrorKind::kTarget,
                     fmt::format("{} did not work for the {}", action, label),
                     std::nullopt,
                     {},
                     result.mismatch,
                     {}});
      }
      for (const auto& [name, value] : result.captured) reader.arguments[name] = value;
    }
    readers_.push_back(std::move(reader));
    return {};
  }

  Result<Shown> Read(const Reader& reader, const Surface& surface) {
    READINESS_ASSIGN(const ActionResult result, context_.actions.Run(surface.action, reader.user, reader.arguments));
    return Look(result, surface);
  }

  // "causes" at /items/0/explanation: "..."; empty: none.
  Result<std::string> ForbiddenIn(const Shown& shown) const {
    constexpr std::size_t kMost = 3;
    std::vector<std::string> found;
    for (const Text& text : shown.texts) {
      READINESS_ASSIGN(const std::vector<PhraseHit> hits, finder_.FindIn(text.text));
      for (const PhraseHit& hit : hits) {
        if (found.size() < kMost) {
          found.push_back(
              fmt::format("\"{}\" at {}: {}", hit.phrase, text.place, Quoted(text.text, hit.begin, hit.end)));
        }
      }
    }
    return fmt::format("{}", fmt::join(found, "; "));
  }

  // Without a model: what the rules themselves say.
  Result<void> RulesKeepToThePolicy() {
    for (const Surface& surface : settings_.surfaces) {
      READINESS_ASSIGN(const Shown shown, Read(readers_.back(), surface));
      READINESS_RETURN_IF_ERROR(MustWork(surface, shown, "without a model"));
      READINESS_ASSIGN(const std::string found, ForbiddenIn(shown));
      const std::string did = fmt::format("{} without a model", surface.action);
      if (found.empty()) {
        context_.findings.AddObservation(
            {did, fmt::format("status {}, no forbidden phrase in {} texts", shown.status, shown.texts.size())});
      } else {
        context_.findings.AddViolation({"the rules themselves use forbidden language", did, "none of the phrases",
                                        found, "let the texts that rules make pass the claim policy too"});
      }
    }
    return {};
  }

  // A surface that does not work without any provocation says nothing of forbidden language.
  Result<void> MustWork(const Surface& surface, const Shown& shown, const std::string& when) const {
    if (shown.mismatch.empty()) return {};
    return Fail({ErrorKind::kTarget,
                 fmt::format("{} does not work {}", surface.action, when),
                 std::nullopt,
                 "the deterministic text, as without a forbidden reply",
                 fmt::format("status {}, {}", shown.status, shown.mismatch),
                 {}});
  }

  Result<void> CompliantIsShown(const std::string& control, const std::string& when) {
    std::vector<std::string> markers;
    READINESS_RETURN_IF_ERROR(model_.AnswerWith(writer_.Compliant(markers)));
    std::vector<std::string> missing;
    // A target that keeps what the model once said shows a new reply to a new user only.
    for (int attempt = 0; attempt < 2; ++attempt) {
      if (attempt > 0) READINESS_RETURN_IF_ERROR(Fresh("reader"));
      READINESS_ASSIGN(missing, Missing(markers, when));
      if (missing.empty()) break;
    }
    context_.findings.AddControl({control, "a reply that keeps to the policy is shown, each of its fields, " + when,
                                  missing.empty(),
                                  missing.empty() ? fmt::format("all {} markers were seen", markers.size())
                                                  : fmt::format("not seen: {}", fmt::join(missing, ", "))});
    return {};
  }

  // The fields of a compliant reply that are not shown, and where.
  Result<std::vector<std::string>> Missing(const std::vector<std::string>& markers, const std::string& when) {
    std::vector<std::string> missing;
    for (const Surface& surface : settings_.surfaces) {
      READINESS_ASSIGN(const Shown shown, Read(readers_.back(), surface));
      READINESS_RETURN_IF_ERROR(MustWork(surface, shown, "with a compliant reply, " + when));
      for (std::size_t i = 0; i < markers.size() && surface.shows_reply; ++i) {
        if (Shows(shown, markers[i])) continue;
        missing.push_back(fmt::format("{} in {}", settings_.wording.fields[i].first, surface.action));
      }
    }
    return missing;
  }

  Result<int> GenuineCalls() {
    READINESS_ASSIGN(const std::vector<ModelCall> calls, model_.Calls());
    return static_cast<int>(std::count_if(calls.begin(), calls.end(), [](const ModelCall& call) {
      return call.genuine_key && !call.unattributed && !call.prompt.empty();
    }));
  }

  Result<void> Try(const Case& one) {
    ++tried_;
    READINESS_RETURN_IF_ERROR(model_.AnswerWith(one.reply));
    READINESS_ASSIGN(const int before, GenuineCalls());
    std::vector<std::string> seen;
    int asked = 0;
    for (int attempt = 0; attempt < 2 && asked == 0; ++attempt) {
      // A target that keeps what the model once said asks again for a new user only.
      if (attempt > 0) READINESS_RETURN_IF_ERROR(Fresh("reader"));
      READINESS_ASSIGN(const bool clean, ReadAll(one, seen));
      READINESS_ASSIGN(const int now, GenuineCalls());
      asked = now - before;
      if (!clean) return {};
    }
    if (asked == 0) {
      unasked_.push_back(one.name);
      return {};
    }
    context_.findings.AddObservation(
        {one.name, fmt::format("asked {} times; {}", asked, fmt::join(seen, ", ")), Json{{"marker", one.marker}}});
    return {};
  }

  // What the target makes of a user's data while the model misbehaves may be stored, and shown when it behaves again.
  Result<void> TryPreparing(const std::vector<Case>& cases) {
    const std::size_t phrases = settings_.wording.forbidden.size() + settings_.wording.advice.size();
    std::vector<Case> chosen;
    for (std::size_t field = 0; field < settings_.wording.fields.size(); ++field)
      chosen.push_back(cases[field * phrases]);
    chosen.push_back(cases.back());
    for (Case& one : chosen) {
      one.name += ", while the data were prepared";
      READINESS_RETURN_IF_ERROR(model_.AnswerWith(one.reply));
      const Result<void> prepared = Fresh("reader");
      if (!prepared) {
        if (prepared.error().kind != ErrorKind::kTimeout && prepared.error().kind != ErrorKind::kTarget)
          return prepared;
        Violate("an action fails when the model misbehaves", "preparing a user; the model's reply: " + one.name,
                prepared.error().Brief());
        continue;
      }
      READINESS_RETURN_IF_ERROR(ReadWhatWasStored(one));
      if (unanswered_ >= kMostUnanswered) return {};
    }
    return {};
  }

  // With a model that fails, as only then may the target fall back on what it stored, and with one that behaves.
  Result<void> ReadWhatWasStored(const Case& one) {
    ModelReply failure;
    failure.status = 503;
    std::vector<std::string> markers;
    std::vector<std::string> seen;
    for (const ModelReply& reply : {failure, writer_.Compliant(markers)}) {
      READINESS_RETURN_IF_ERROR(model_.AnswerWith(reply));
      READINESS_ASSIGN(const bool clean, ReadAll(one, seen));
      if (!clean) return {};
    }
    context_.findings.AddObservation({one.name, fmt::format("{}", fmt::join(seen, ", "))});
    return {};
  }

  // Every surface twice, as what the first read stores only the second may show. False: there was a violation.
  Result<bool> ReadAll(const Case& one, std::vector<std::string>& seen) {
    seen.clear();
    for (const char* time : {"", ", read again"}) {
      for (const Surface& surface : settings_.surfaces) {
        const std::string did = fmt::format("{} as \"{}\"{}; the model's reply: {}", surface.action,
                                            readers_.back().user.label, time, one.name);
        const Result<Shown> shown = Read(readers_.back(), surface);
        if (!shown) {
          const ErrorKind kind = shown.error().kind;
          if (kind != ErrorKind::kTimeout && kind != ErrorKind::kTarget) return Fail(shown.error());
          ++unanswered_;
          Violate("a surface does not answer when the model misbehaves", did, shown.error().Brief());
          return false;
        }
        READINESS_ASSIGN(const std::string found, ForbiddenIn(*shown));
        if (!found.empty()) {
          Violate("forbidden language reached a user", did, found);
          return false;
        }
        if (!shown->mismatch.empty()) {
          Violate("a surface fails when the model misbehaves", did,
                  fmt::format("status {}, {}", shown->status, shown->mismatch));
          return false;
        }
        seen.push_back(fmt::format("{} {}{}", surface.action, shown->status,
                                   Shows(*shown, one.marker) ? " with a harmless part of the reply" : ""));
      }
    }
    return true;
  }

  void Violate(const std::string& what, const std::string& did, const std::string& actual) {
    context_.findings.AddViolation(
        {what, did, "status and deterministic text as ever, none of the forbidden phrases", actual, kFix});
  }

  // What was stored in one case may show only now that other replies came after it.
  Result<void> LookAgain() {
    if (!context_.findings.violations().empty()) return {};
    for (const Reader& reader : readers_) {
      for (const Surface& surface : settings_.surfaces) {
        READINESS_ASSIGN(const Shown shown, Read(reader, surface));
        READINESS_ASSIGN(const std::string found, ForbiddenIn(shown));
        if (found.empty()) continue;
        Violate("forbidden language reached a user later",
                fmt::format("{} as \"{}\", after all replies", surface.action, reader.user.label), found);
        return {};
      }
    }
    return {};
  }

  Context& context_;
  const Settings settings_;
  const PhraseFinder finder_;
  LanguageModel& model_;
  Writer writer_;
  std::vector<Reader> readers_;
  std::vector<std::string> unasked_;  // names of cases
  int tried_ = 0;
  int unanswered_ = 0;
};

}  // namespace
}  // namespace readiness::probes

READINESS_PROBE(forbidden_language_never_reaches_users) {
  using namespace readiness;
  READINESS_ASSIGN(probes::Settings settings, probes::ReadSettings(context.parameters));
  std::vector<std::string> phrases = settings.wording.forbidden;
  phrases.insert(phrases.end(), settings.wording.advice.begin(), settings.wording.advice.end());
  READINESS_ASSIGN(PhraseFinder finder, PhraseFinder::Make(phrases));
  READINESS_ASSIGN(LanguageModel * model, context.doubles.OpenLanguageModel(settings.model));
  return probes::Language(context, std::move(settings), std::move(finder), *model).Run();
}
