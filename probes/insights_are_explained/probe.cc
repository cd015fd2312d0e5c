#include "readiness/probe.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <optional>

#include "evidence_text.h"
#include "readiness/late_effects.h"
#include "readiness/nested.h"

namespace readiness::probes {
namespace {

using explanation_parts::IsEvidence;
using explanation_parts::Mentions;

constexpr std::int64_t kFarAway = 1'000'000'000;  // ids that no sequence has reached, and that are ids all the same
constexpr const char* kFixMissing = "offer an operation that explains each insight to its owner";
constexpr const char* kFixSources =
    "store with each insight the sources it was made from (metric, baseline, detector, threshold) and show them";
constexpr const char* kFixOwner = "authenticate the caller and load the insight by its id and the caller's own id";

struct Making {
  std::string name;
  std::vector<std::string> actions;
};

struct Settings {
  std::string identity, store, find, id_as, feed, feed_items_at, feed_id_at, explain, sources_at, source_type_at,
      differ_by;
  std::vector<Making> insights;
  std::vector<std::string> source_content_at, texts_at, may_change;
  std::map<std::string, std::vector<std::string>> sources;
  StatusSet explained_with, unauthenticated_with, stranger_refused_with, unknown_with;
  std::chrono::milliseconds late_effects_within{0};
};

// An insight with its owner.
struct Insight {
  std::string name;
  Identity owner;
  Values stored;       // what `find` captured
  StoreSnapshot rows;  // before anybody read
  bool explained = false;
  std::vector<std::string> contents;  // of the sources
  Canaries secrets;                   // what only the owner may see
};

Result<void> ReadInsights(const Parameters& parameters, Settings& settings) {
  READINESS_ASSIGN(const Json insights, parameters.Raw("insights"));
  for (std::size_t i = 0; insights.is_array() && i < insights.size(); ++i) {
    NestedObject object(insights[i], fmt::format("/insights/{}", i));
    Making making{object.Text("name"), object.Texts("make")};
    if (making.actions.empty()) object.Problem("make", "is empty", "actions, the last of which has the insight made");
    READINESS_RETURN_IF_ERROR(object.Finish());
    settings.insights.push_back(std::move(making));
  }
  if (settings.insights.size() < 2) {
    return WrongParameter("/insights", "are too few", "two insights, or a constant explanation would do");
  }
  READINESS_ASSIGN(const Json sources, parameters.Raw("sources"));
  if (!sources.is_object() || sources.empty()) {
    return WrongParameter("/sources", "names no type", "type of a source -> captures that it mentions");
  }
  NestedObject object(sources, "/sources");
  for (const auto& [type, ignored] : sources.items()) {
    settings.sources[type] = object.Texts(type);
    if (settings.sources[type].empty()) object.Problem(type, "is empty", "captures that such a source mentions");
  }
  return object.Finish();
}

Result<Settings> ReadSettings(const Parameters& parameters) {
  Settings settings;
  READINESS_ASSIGN(settings.identity, parameters.String("identity"));
  READINESS_ASSIGN(settings.store, parameters.String("store"));
  READINESS_ASSIGN(settings.find, parameters.String("find"));
  READINESS_ASSIGN(settings.id_as, parameters.String("id_as"));
  READINESS_ASSIGN(settings.feed, parameters.String("feed"));
  READINESS_ASSIGN(settings.feed_items_at, parameters.String("feed_items_at"));
  READINESS_ASSIGN(settings.feed_id_at, parameters.String("feed_id_at"));
  READINESS_ASSIGN(settings.explain, parameters.String("explain"));
  READINESS_ASSIGN(settings.explained_with, parameters.Statuses("explained_with"));
  READINESS_ASSIGN(settings.sources_at, parameters.String("sources_at"));
  READINESS_ASSIGN(settings.source_type_at, parameters.String("source_type_at"));
  READINESS_ASSIGN(settings.source_content_at, parameters.StringList("source_content_at"));
  READINESS_ASSIGN(settings.texts_at, parameters.StringList("texts_at"));
  READINESS_ASSIGN(settings.differ_by, parameters.String("differ_by"));
  READINESS_ASSIGN(settings.unauthenticated_with, parameters.Refusals("unauthenticated_with"));
  READINESS_ASSIGN(settings.stranger_refused_with, parameters.Refusals("stranger_refused_with"));
  READINESS_ASSIGN(settings.unknown_with, parameters.Refusals("unknown_with"));
  READINESS_ASSIGN(settings.may_change, parameters.StringList("may_change"));
  READINESS_ASSIGN(settings.late_effects_within, parameters.Duration("late_effects_within_ms"));
  READINESS_RETURN_IF_ERROR(ReadInsights(parameters, settings));
  if (settings.source_content_at.empty()) {
    return WrongParameter("/source_content_at", "is empty", "JSON pointers to the texts in a source");
  }
  return settings;
}

bool IsBlank(const Json* value) {
  if (value == nullptr || value->is_null()) return true;
  if (value->is_string()) {
    return value->get_ref<const std::string&>().find_first_not_of(" \t\r\n") == std::string::npos;
  }
  return value->is_structured();
}

std::string AsText(const Json& value) {
  return value.is_string() ? value.get<std::string>() : value.dump();
}

class Explanations {
 public:
  Explanations(Context& context, Settings settings, Store& store)
      : context_(context), settings_(std::move(settings)), store_(store) {}

  Result<void> Run() {
    for (const Making& making : settings_.insights) READINESS_RETURN_IF_ERROR(Make(making));
    if (!RecordInsights()) return {};
    READINESS_RETURN_IF_ERROR(LookAtFeeds());
    for (Insight& insight : insights_) {
      READINESS_ASSIGN(insight.rows, store_.SnapshotOwned(insight.owner.owner));
    }
    for (Insight& insight : insights_) READINESS_RETURN_IF_ERROR(ExplainToOwner(insight));
    CompareExplanations();
    READINESS_RETURN_IF_ERROR(TryOthers());
    READINESS_RETURN_IF_ERROR(TryUnknown());
    READINESS_RETURN_IF_ERROR(CheckUnchanged());
    if (undecided_) return Fail(*undecided_);
    return {};
  }

 private:
  Result<void> Make(const Making& making) {
    Insight insight;
    insight.name = making.name;
    const std::string label = insights_.empty() ? "owner" : insights_.size() == 1 ? "stranger" : making.name;
    READINESS_ASSIGN(insight.owner, context_.identities.Create(settings_.identity, label));
    for (const std::string& action : making.actions) {
      READINESS_ASSIGN(ActionResult result, context_.actions.Run(action, insight.owner, insight.stored));
      if (!result.as_expected) {
        return Fail({ErrorKind::kTarget,
                     fmt::format("{} did not work for the {}", action, label),
                     std::nullopt,
                     {},
                     result.mismatch,
                     {}});
      }
      for (auto& [name, value] : result.captured) insight.stored[name] = std::move(value);
    }
    READINESS_ASSIGN(ActionResult found, context_.actions.Run(settings_.find, insight.owner, insight.stored));
    const bool has_id = found.captured.contains(settings_.id_as);
    const auto differs = found.captured.find(settings_.differ_by);
    if (!found.as_expected || !has_id || differs == found.captured.end() || !IsEvidence(differs->second)) {
      not_made_.push_back(fmt::format("{}: {}", making.name,
                                      found.mismatch.empty()
                                          ? fmt::format("no {} or no {}", settings_.id_as, settings_.differ_by)
                                          : found.mismatch));
    }
    for (auto& [name, value] : found.captured) insight.stored[name] = std::move(value);
    if (found.as_expected) READINESS_RETURN_IF_ERROR(CheckCaptures(insight.stored));
    insights_.push_back(std::move(insight));
    return {};
  }

  // What nothing captures would be compared with nothing.
  Result<void> CheckCaptures(const Values& stored) const {
    for (const auto& [type, names] : settings_.sources) {
      for (const std::string& name : names) {
        if (stored.contains(name)) continue;
        return WrongParameter("/sources/" + type, fmt::format("names \"{}\", which nothing captures", name),
                              fmt::format("captures of {}", settings_.find));
      }
    }
    return {};
  }

  // False when there is nothing to go on with.
  bool RecordInsights() {
    std::vector<std::string> seen = not_made_;
    for (const Insight& insight : insights_) {
      if (insight.stored.contains(settings_.id_as)) {
        seen.push_back(
            fmt::format("{}: {} {}", insight.name, settings_.id_as, AsText(insight.stored.at(settings_.id_as))));
      }
    }
    context_.findings.AddControl({"insights_exist", "the system made an insight for each owner and stored its evidence",
                                  not_made_.empty(), fmt::format("{}", fmt::join(seen, "; "))});
    return not_made_.empty();
  }

  Result<void> LookAtFeeds() {
    bool shown = true;
    std::vector<std::string> seen;
    for (const Insight& insight : insights_) {
      READINESS_ASSIGN(const ActionResult feed, context_.actions.Run(settings_.feed, insight.owner, insight.stored));
      const bool has = feed.as_expected && feed.exchange && Shows(feed.exchange->response, insight);
      shown = shown && has;
      seen.push_back(
          fmt::format("{}: status {}, the insight {}", insight.name, feed.status(), has ? "shown" : "not shown"));
    }
    context_.findings.AddControl(
        {"feed_shows_them", "each owner's feed shows its insight", shown, fmt::format("{}", fmt::join(seen, "; "))});
    return {};
  }

  bool Shows(const HttpResponse& response, const Insight& insight) const {
    const auto body = response.ParseJson();
    const Json* items = body ? AtPointer(*body, settings_.feed_items_at) : nullptr;
    if (items == nullptr || !items->is_array()) return false;
    return std::any_of(items->begin(), items->end(), [&](const Json& item) {
      const Json* id = AtPointer(item, settings_.feed_id_at);
      return id != nullptr && AsText(*id) == AsText(insight.stored.at(settings_.id_as));
    });
  }

  std::string Did(const Identity& who, const Insight& insight) const {
    return fmt::format("{} as \"{}\" for the insight on {}", settings_.explain, who.label, insight.name);
  }

  void Undecided(const std::string& what, std::string expected, std::string actual) {
    if (undecided_) return;
    undecided_ = Error{ErrorKind::kTarget, what, std::nullopt, std::move(expected), std::move(actual), {}};
  }

  void Violated(std::string what, std::string did, std::string expected, std::string actual, std::string fix) {
    context_.findings.AddViolation(
        {std::move(what), std::move(did), std::move(expected), std::move(actual), std::move(fix)});
  }

  Result<void> ExplainToOwner(Insight& insight) {
    READINESS_ASSIGN(const ActionResult result, context_.actions.Run(settings_.explain, insight.owner, insight.stored));
    const std::string did = Did(insight.owner, insight);
    const int status = result.status();
    if (!settings_.explained_with.contains(status)) {
      static const StatusSet kMissing = {401, 403, 404, 405, 410, 501};
      if (kMissing.contains(status)) {
        Violated("an insight cannot be explained to its owner", did,
                 fmt::format("status {} with sources", ToString(settings_.explained_with)),
                 fmt::format("status {} while the insight is stored", status), kFixMissing);
      } else {
        Undecided(did + " was neither answered nor refused",
                  fmt::format("status {}", ToString(settings_.explained_with)), fmt::format("status {}", status));
      }
      return {};
    }
    const auto body = result.exchange->response.ParseJson();
    if (!body) {
      Undecided(did + " was not answered with JSON", "an explanation", body.error().Brief());
      return {};
    }
    insight.explained = true;
    CheckExplanation(*body, insight, did);
    return {};
  }

  void CheckExplanation(const Json& body, Insight& insight, const std::string& did) {
    const std::size_t before = context_.findings.violations().size();
    for (const std::string& pointer : settings_.texts_at) {
      const Json* text = AtPointer(body, pointer);
      if (IsBlank(text)) {
        Violated("an explanation is empty", did, fmt::format("a text at {}", pointer),
                 text == nullptr ? "nothing there" : Shown(*text), kFixSources);
      } else {
        insight.secrets.Add("text of the explanation", AsText(*text));
      }
    }
    const Json* sources = AtPointer(body, settings_.sources_at);
    if (sources == nullptr || !sources->is_array() || sources->empty()) {
      return Violated("an explanation has no sources", did,
                      fmt::format("at least one source at {}", settings_.sources_at),
                      sources == nullptr ? "nothing there" : Shown(*sources), kFixSources);
    }
    int matching = 0;
    for (std::size_t i = 0; i < sources->size(); ++i) matching += CheckSource((*sources)[i], i, insight, did) ? 1 : 0;
    if (context_.findings.violations().size() > before) return;
    if (matching == 0) {
      return Violated("an explanation has no source that matches the stored evidence", did,
                      fmt::format("a source that mentions what is stored: {}", Wanted(insight)), Shown(*sources),
                      kFixSources);
    }
    context_.findings.AddObservation(
        {did, fmt::format("{} sources, {} of which match the stored evidence", sources->size(), matching)});
  }

  std::string Wanted(const Insight& insight) const {
    std::vector<std::string> wanted;
    for (const auto& [type, names] : settings_.sources) {
      for (const std::string& name : names) {
        const auto value = insight.stored.find(name);
        if (value == insight.stored.end() || !IsEvidence(value->second)) continue;
        wanted.push_back(fmt::format("{} ({} {})", type, name, AsText(value->second)));
      }
    }
    return fmt::format("{}", fmt::join(wanted, ", "));
  }

  // True when the source matches the stored evidence. What it may not be is a violation.
  bool CheckSource(const Json& source, std::size_t index, Insight& insight, const std::string& did) {
    const std::string place = fmt::format("{}/{}", settings_.sources_at, index);
    const Json* type = AtPointer(source, settings_.source_type_at);
    std::string content;
    for (const std::string& pointer : settings_.source_content_at) {
      const Json* part = AtPointer(source, pointer);
      if (IsBlank(part) || IsBlank(type)) {
        Violated("a source of an explanation is empty", did,
                 fmt::format("a type and a text at {} of {}", pointer, place), Shown(source), kFixSources);
        return false;
      }
      content += (content.empty() ? "" : "\n") + AsText(*part);
    }
    insight.contents.push_back(AsText(*type) + ": " + content);
    insight.secrets.Add("a source of the explanation", content);
    const auto known = settings_.sources.find(AsText(*type));
    if (known == settings_.sources.end()) return false;
    for (const std::string& name : known->second) {
      const auto value = insight.stored.find(name);
      if (value == insight.stored.end() || !IsEvidence(value->second)) return false;  // nothing to compare with
      if (Mentions(content, value->second)) continue;
      Violated("a source of an explanation does not match the stored evidence", did,
               fmt::format("{}, of type {}, mentions {}: {}", place, AsText(*type), name, AsText(value->second)),
               Shown(Json(content)), kFixSources);
      return false;
    }
    return true;
  }

  // Insights on different things that rest on the same are explained by a constant.
  void CompareExplanations() {
    for (std::size_t i = 0; i < insights_.size(); ++i) {
      for (std::size_t j = i + 1; j < insights_.size(); ++j) {
        const Insight &one = insights_[i], &other = insights_[j];
        if (one.contents.empty() || one.contents != other.contents) continue;
        if (one.stored.at(settings_.differ_by) == other.stored.at(settings_.differ_by)) {
          Undecided(fmt::format("the insights on {} and {} are about the same", one.name, other.name),
                    fmt::format("different {}", settings_.differ_by), Shown(one.stored.at(settings_.differ_by)));
          continue;
        }
        Violated("different insights have the same explanation",
                 fmt::format("{} for the insights on {} and {}", settings_.explain, one.name, other.name),
                 "explanations by what each insight was made from",
                 fmt::format("both: {}", fmt::join(one.contents, "; ")), kFixSources);
      }
    }
  }

  Result<void> TryOthers() {
    Insight &mine = insights_[0], &theirs = insights_[1];
    context_.findings.AddControl({"stranger_is_genuine", "the stranger is explained its own insight", theirs.explained,
                                  theirs.explained ? "explained" : "not explained"});
    for (Insight* insight : {&mine, &theirs}) {
      insight->secrets.Add(
          "the owner's e-mail",
          AsText(insight->owner.values.contains("email") ? insight->owner.values.at("email") : Json("")));
    }
    // Without an explanation a refusal says nothing.
    if (!mine.explained) return {};
    READINESS_RETURN_IF_ERROR(Try(theirs.owner, mine, settings_.stranger_refused_with));
    if (theirs.explained) READINESS_RETURN_IF_ERROR(Try(mine.owner, theirs, settings_.stranger_refused_with));
    READINESS_RETURN_IF_ERROR(Try(Identity::Anonymous(), mine, settings_.unauthenticated_with));
    READINESS_ASSIGN(const std::vector<ForgedToken> forged, context_.tokens.Forge(mine.owner, theirs.owner));
    if (forged.empty()) return Fail(ErrorKind::kInternal, "no token was forged");
    for (const ForgedToken& token : forged) {
      const Identity who = mine.owner.WithToken("forged: " + token.name, token.token);
      READINESS_RETURN_IF_ERROR(Try(who, mine, settings_.unauthenticated_with));
    }
    return {};
  }

  Result<void> Try(const Identity& who, const Insight& insight, const StatusSet& refused_with) {
    READINESS_ASSIGN(const ActionResult result, context_.actions.Run(settings_.explain, who, insight.stored));
    late_effects_.Attempted();
    const std::string did = Did(who, insight);
    const int status = result.status();
    const std::string body = result.exchange ? result.exchange->response.body : "";
    const std::vector<CanaryHit> hits = insight.secrets.FindIn(body);
    const std::string expected = fmt::format("status {}, nothing of the owner's", ToString(refused_with));
    if (!hits.empty()) {
      Violated("somebody was shown another's explanation", did, expected,
               fmt::format("status {} with {}", status, Describe(hits)), kFixOwner);
    } else if (refused_with.contains(status)) {
      context_.findings.AddObservation({did, fmt::format("status {}, nothing of the owner's in the answer", status)});
    } else if (status >= 200 && status < 300) {
      Violated("an explanation was not refused", did, expected, fmt::format("status {}", status), kFixOwner);
    } else {
      Undecided(did + " was neither done nor refused", expected, fmt::format("status {}", status));
    }
    return {};
  }

  Result<void> TryUnknown() {
    const Insight& mine = insights_[0];
    if (!mine.explained) return {};
    Values unknown = mine.stored;
    Json& id = unknown[settings_.id_as];
    id = id.is_number_integer() ? Json(id.get<std::int64_t>() % kFarAway + kFarAway)
                                : Json("00000000-0000-4000-8000-000000000000");
    READINESS_ASSIGN(const ActionResult result, context_.actions.Run(settings_.explain, mine.owner, unknown));
    const std::string did =
        fmt::format("{} as \"{}\" for an insight that does not exist", settings_.explain, mine.owner.label);
    const std::string expected = fmt::format("status {}", ToString(settings_.unknown_with));
    const std::string actual = fmt::format("status {}", result.status());
    if (settings_.unknown_with.contains(result.status())) {
      context_.findings.AddObservation({did, actual});
    } else if (result.status() >= 200 && result.status() < 300) {
      Violated("an insight that does not exist is explained", did, expected, actual, kFixSources);
    } else {
      Undecided(did + " was neither done nor refused", expected, actual);
    }
    return {};
  }

  Result<void> CheckUnchanged() {
    late_effects_.Await();
    for (const Insight& insight : insights_) {
      READINESS_ASSIGN(const StoreSnapshot now, store_.SnapshotOwned(insight.owner.owner));
      std::vector<TableChange> changes = Compare(insight.rows, now);
      std::erase_if(changes, [&](const TableChange& change) {
        return std::count(settings_.may_change.begin(), settings_.may_change.end(), change.table) > 0;
      });
      if (changes.empty()) continue;
      Violated("reading an explanation changed rows", fmt::format("{} as everybody", settings_.explain),
               "no row changed", fmt::format("{}: {}", insight.owner.label, Describe(changes)),
               "do not write when an explanation is read");
    }
    return {};
  }

  Context& context_;
  const Settings settings_;
  Store& store_;
  LateEffects late_effects_{settings_.late_effects_within};
  std::vector<Insight> insights_;  // the first one's owner is "owner", the second one's "stranger"
  std::vector<std::string> not_made_;
  std::optional<Error> undecided_;  // the first one
};

}  // namespace
}  // namespace readiness::probes

READINESS_PROBE(insights_are_explained) {
  using namespace readiness;
  READINESS_ASSIGN(probes::Settings settings, probes::ReadSettings(context.parameters));
  READINESS_ASSIGN(Store * store, context.stores.Open(settings.store));
  return probes::Explanations(context, std::move(settings), *store).Run();
}
