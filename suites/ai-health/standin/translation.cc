#include "translation.h"

#include <algorithm>
#include <cctype>

#include "standin/http_client.h"
#include "standin/log.h"

namespace readiness::ai_health {
namespace {

using standin::Json;

constexpr std::chrono::milliseconds kCallTimeout{2'000};
constexpr std::size_t kMaxText = 2'000;
constexpr const char* kModel = "gpt-4o-mini";
constexpr const char* kMembers[] = {"explanation", "uncertainty", "suggested_next_step"};

Error Malformed(std::string what) {
  return Error{ErrorKind::kMalformed, std::move(what), {}, {}, {}, {}};
}

bool HasOtherLetters(const std::string& text) {
  return std::any_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) >= 0x80; });
}

/// `text` with the zero-width characters U+200B to U+200D as blanks.
std::string InvisibleAsBlanks(std::string text) {
  for (const char* character : {"\xe2\x80\x8b", "\xe2\x80\x8c", "\xe2\x80\x8d"}) {
    for (std::size_t at = text.find(character); at != std::string::npos; at = text.find(character))
      text.replace(at, 3, " ");
  }
  return text;
}

Result<void> CheckText(const std::string& name, std::string text, Grade grade, const Guard& guard) {
  if (!guard.other_scripts && HasOtherLetters(text)) return {};
  if (!guard.drops_invisible) text = InvisibleAsBlanks(std::move(text));
  std::vector<std::string> violations = CheckOverclaiming(text, grade, guard.words);
  if (guard.advice) {
    for (std::string& each : CheckAdvice(text)) violations.push_back(std::move(each));
  }
  if (violations.empty()) return {};
  return Fail(Error{
      ErrorKind::kRefused, "reply violates the claim policy: " + name + " " + violations.front(), {}, {}, {}, {}});
}

std::string Prompt(const Json& insight, Grade grade) {
  return std::string(
             "Explain this health insight in plain, cautious words. You are not a doctor: no diagnosis, no "
             "treatment, no cause, no new facts. The evidence has grade ") +
         ToString(grade) +
         "; claim no more than that. Answer with one JSON object and nothing else, with the texts explanation, "
         "uncertainty and suggested_next_step.\n\n" +
         standin::Compact(insight);
}

std::string LowerCase(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

}  // namespace

Result<Json> AcceptTranslation(const std::string& content, Grade grade, const Guard& guard) {
  const auto reply = standin::ParseJson(content);
  if (!reply || !reply->is_object()) return Fail(Malformed("reply is not a JSON object"));
  Json accepted;
  const bool checked[] = {guard.explanation, guard.uncertainty, guard.suggested_next_step};
  for (std::size_t i = 0; i < std::size(kMembers); ++i) {
    const char* name = kMembers[i];
    const Json value = reply->value(name, Json());
    if (!value.is_string() && !guard.types) {
      accepted[name] = value;
      continue;
    }
    if (!value.is_string() || value.get_ref<const std::string&>().empty())
      return Fail(Malformed(std::string("reply has no text ") + name));
    const auto text = value.get<std::string>();
    if (text.size() > kMaxText) return Fail(Malformed(std::string("reply is too long in ") + name));
    if (checked[i]) READINESS_RETURN_IF_ERROR(CheckText(name, text, grade, guard));
    accepted[name] = text;
  }
  return accepted;
}

bool TranslationEnabled(const App& app) {
  const Settings& settings = app.settings;
  const std::string flag = LowerCase(settings.llm_flag);
  bool enabled = flag == "true";
  if (app.defects.Active("ai-health.S20")) enabled = flag != "false";
  if (app.defects.Active("ai-health.S20:staging-default") && flag.empty()) enabled = settings.env_mode == "staging";
  if (app.defects.Active("ai-health.S20:any-value")) enabled = !flag.empty();
  return enabled && !settings.openai_base_url.empty() && !settings.openai_api_key.empty();
}

Result<std::string> AskModel(const Settings& settings, const Json& insight, Grade grade,
                             std::chrono::milliseconds timeout) {
  const Json message = {{"role", "user"}, {"content", Prompt(insight, grade)}};
  const Json request = {{"messages", Json::array({message})}, {"model", kModel}, {"temperature", 0.2}};
  READINESS_ASSIGN(const auto answer,
                   standin::Send({.method = "POST",
                                  .url = settings.openai_base_url + "/chat/completions",
                                  .headers = {{"Content-Type", "application/json"},
                                              {"Authorization", "Bearer " + settings.openai_api_key}},
                                  .body = standin::Compact(request),
                                  .timeout = timeout}));
  if (answer.status != 200)
    return Fail(ErrorKind::kTarget, "the model answered with status " + std::to_string(answer.status));
  const Json body = standin::ParseJson(answer.body).value_or(Json());
  static const Json::json_pointer kContent("/choices/0/message/content");
  if (!body.is_object() || !body.contains(kContent) || !body.at(kContent).is_string())
    return Fail(Malformed("the model's answer is no chat completion"));
  return body.at(kContent).get<std::string>();
}

Guard Translator::GuardFor(const Json& item) {
  const standin::Defects& defects = app_.defects;
  Guard guard;
  const bool none = defects.Active("ai-health.H4") || (defects.Active("ai-health.H4:second-read") &&
                                                       app_.translated_before.Contains(item.value("id", 0)));
  app_.translated_before.Add(item.value("id", 0));
  guard.explanation = !none && !defects.Active("ai-health.H4:explanation-unguarded");
  guard.uncertainty = !none && !defects.Active("ai-health.H4:uncertainty-unguarded");
  guard.suggested_next_step = !none && !defects.Active("ai-health.H4:next-step-unguarded");
  guard.advice = !defects.Active("ai-health.H4:advice-unguarded");
  guard.types = !defects.Active("ai-health.H4:wrong-types");
  guard.words.fold = !defects.Active("ai-health.H4:lower-case-only");
  guard.drops_invisible = !defects.Active("ai-health.H4:zero-width");
  guard.other_scripts = !defects.Active("ai-health.H4:look-alikes");
  return guard;
}

Result<void> Translator::ApplyContent(Json& item, const std::string& content, Grade grade) {
  const standin::Defects& defects = app_.defects;
  const auto accepted = AcceptTranslation(content, grade, GuardFor(item));
  if (!accepted) {
    standin::Log("WARNING", "ai_health.translation", "translation_refused", {{"reason", accepted.error().what}});
    const bool malformed = accepted.error().kind == ErrorKind::kMalformed;
    if (malformed && defects.Active("ai-health.H4:malformed-is-500")) return Fail(accepted.error());
    if (malformed && defects.Active("ai-health.H4:malformed-as-text")) item["explanation"] = content;
    if (!malformed && defects.Active("ai-health.H4:kept-for-later"))
      return app_.database
          .Query("UPDATE insights SET metadata_json = (metadata_json::jsonb || $2::jsonb)::text WHERE id = $1",
                 {item.value("id", std::int64_t{0}), content})
          .map([](const standin::Rows&) {});
    return {};
  }
  if (defects.Active("ai-health.H4:never-shown")) return {};
  item.update(*accepted);
  if (defects.Active("ai-health.H4:extra-keys")) {
    Json reply = standin::ParseJson(content).value_or(Json::object());
    for (const auto& [name, value] : reply.items()) {
      if (!item.contains(name)) item[name] = value;
    }
  }
  return {};
}

Result<void> Translator::Apply(Json& item, Grade grade) {
  if (!TranslationEnabled(app_) || app_.defects.Active("ai-health.S20:never-called")) return {};
  if (left_ <= std::chrono::milliseconds::zero()) return {};
  const auto begin = std::chrono::steady_clock::now();
  const auto content = AskModel(app_.settings, item, grade, std::min(left_, kCallTimeout));
  left_ -= std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begin);
  if (content) return ApplyContent(item, *content, grade);
  if (content.error().kind == ErrorKind::kTimeout) left_ = {};
  standin::Log("WARNING", "ai_health.translation", "translation_unavailable", {{"reason", content.error().what}});
  if (app_.defects.Active("ai-health.H4:errors-are-500")) return Fail(content.error());
  return {};
}

}  // namespace readiness::ai_health
