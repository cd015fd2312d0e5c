#include "cases.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <functional>
#include <random>

namespace readiness::probes::forbidden_language {
namespace {

std::string Filled(std::string text, const std::string& name, const std::string& value) {
  const std::string placeholder = "${" + name + "}";
  for (std::size_t at = 0; (at = text.find(placeholder, at)) != std::string::npos; at += value.size()) {
    text.replace(at, placeholder.size(), value);
  }
  return text;
}

/// `inside` after the second letter of the first word that has three.
std::string Split(const std::string& phrase, const std::string& inside) {
  for (std::size_t at = 0; at + 2 < phrase.size(); ++at) {
    const bool begins = at == 0 || phrase[at - 1] == ' ';
    const std::string head = phrase.substr(at, 3);
    if (begins && head.find(' ') == std::string::npos) return phrase.substr(0, at + 2) + inside + phrase.substr(at + 2);
  }
  return phrase + inside;
}

std::string Mapped(const std::string& phrase, const std::function<std::string(char)>& map) {
  std::string text;
  for (const char c : phrase) text += map(c);
  return text;
}

/// The Cyrillic letter that looks like `c`.
std::string CyrillicLike(char c) {
  switch (c) {
    case 'a':
      return "\u0430";
    case 'c':
      return "\u0441";
    case 'e':
      return "\u0435";
    case 'o':
      return "\u043e";
    case 'p':
      return "\u0440";
    default:
      return std::string(1, c);
  }
}

std::string FullWidth(char c) {
  if (c < '!' || c > '~') return std::string(1, c);
  const int code = 0xff01 + (c - '!');  // three bytes of UTF-8
  return {static_cast<char>(0xe0 | code >> 12), static_cast<char>(0x80 | (code >> 6 & 0x3f)),
          static_cast<char>(0x80 | (code & 0x3f))};
}

std::string MixedCase(const std::string& phrase) {
  std::string text = phrase;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    text[i] = static_cast<char>(i % 2 == 0 ? std::tolower(c) : std::toupper(c));
  }
  return text;
}

using Disguise = std::string (*)(const std::string&);
const std::vector<std::pair<std::string, Disguise>>& Disguises() {
  static const std::vector<std::pair<std::string, Disguise>> all = {
      {"upper_case",
       [](const std::string& phrase) {
         return Mapped(phrase, [](char c) { return std::string(1, static_cast<char>(std::toupper(c))); });
       }},
      {"mixed_case", &MixedCase},
      {"zero_width", [](const std::string& phrase) { return Split(phrase, "\u200b"); }},
      {"soft_hyphen", [](const std::string& phrase) { return Split(phrase, "\u00ad"); }},
      {"homoglyph", [](const std::string& phrase) { return Mapped(phrase, &CyrillicLike); }},
      {"full_width", [](const std::string& phrase) { return Mapped(phrase, &FullWidth); }},
      {"markup", [](const std::string& phrase) { return Split(phrase, "<b></b>"); }},
      {"emphasis", [](const std::string& phrase) { return "**" + phrase + "**"; }},
      {"line_break", [](const std::string& phrase) {
         return Mapped(phrase, [](char c) { return c == ' ' ? std::string("\n") : std::string(1, c); });
       }}};
  return all;
}

Json AllFields(const Wording& wording, const Json& value) {
  Json reply = Json::object();
  for (const auto& field : wording.fields) reply[field.first] = value;
  return reply;
}

ModelReply Says(std::string content) {
  ModelReply reply;
  reply.content = std::move(content);
  return reply;
}

}  // namespace

const std::vector<std::string>& KnownDisguises() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> all;
    for (const auto& disguise : Disguises()) all.push_back(disguise.first);
    return all;
  }();
  return names;
}

std::string Disguised(const std::string& phrase, const std::string& disguise) {
  for (const auto& [name, apply] : Disguises()) {
    if (name == disguise) return apply(phrase);
  }
  return phrase;
}

Writer::Writer(Wording wording) : wording_(std::move(wording)) {
  // Letters only: digits in a text may be checked against the evidence.
  std::random_device random;
  for (int i = 0; i < 8; ++i) unique_ += static_cast<char>('b' + random() % 24);
}

std::string Writer::NextMarker() {
  std::string number;
  for (int rest = markers_++; number.size() < 3; rest /= 20) number += static_cast<char>('b' + rest % 20);
  return "q" + unique_ + number;
}

ModelReply Writer::Compliant(std::vector<std::string>& markers) {
  markers.clear();
  Json reply = Json::object();
  for (const auto& [name, sentence] : wording_.fields) {
    markers.push_back(NextMarker());
    reply[name] = Filled(sentence, "marker", markers.back());
  }
  return Says(reply.dump());
}

std::string Writer::Sentence(std::size_t phrase, const std::string& disguise, const std::string& marker) const {
  const std::size_t number = phrase % (wording_.forbidden.size() + wording_.advice.size());
  const bool advice = number >= wording_.forbidden.size();
  const std::string& text = advice ? wording_.advice[number - wording_.forbidden.size()] : wording_.forbidden[number];
  return Filled(Filled(advice ? wording_.demand : wording_.claim, "phrase", Disguised(text, disguise)), "marker",
                marker);
}

Json Writer::Reply(std::size_t field, const Json& value, const std::string& marker) const {
  Json reply = Json::object();
  for (const auto& [name, sentence] : wording_.fields) reply[name] = Filled(sentence, "marker", marker);
  reply[wording_.fields[field].first] = value;
  return reply;
}

std::vector<Case> Writer::Cases() {
  std::vector<Case> cases;
  AddPhrases(cases);
  AddDisguises(cases);
  AddShapes(cases);
  AddFailures(cases);
  return cases;
}

void Writer::AddPhrases(std::vector<Case>& cases) {
  const std::size_t phrases = wording_.forbidden.size() + wording_.advice.size();
  for (std::size_t field = 0; field < wording_.fields.size(); ++field) {
    for (std::size_t phrase = 0; phrase < phrases; ++phrase) {
      const std::string marker = NextMarker();
      const bool advice = phrase >= wording_.forbidden.size();
      const std::string& text =
          advice ? wording_.advice[phrase - wording_.forbidden.size()] : wording_.forbidden[phrase];
      cases.push_back({fmt::format("\"{}\" in {}", text, wording_.fields[field].first), marker,
                       Says(Reply(field, Sentence(phrase, {}, marker), marker).dump())});
    }
  }
}

void Writer::AddDisguises(std::vector<Case>& cases) {
  // A phrase of several words first, where there is one: only there a line can break.
  std::size_t phrase = 0;
  for (const std::string& disguise : wording_.disguises) {
    for (std::size_t field = 0; field < wording_.fields.size(); ++field) {
      const std::string marker = NextMarker();
      const std::size_t chosen = disguise == "line_break" ? wording_.forbidden.size() + field : phrase++;
      cases.push_back({fmt::format("{} in {}", disguise, wording_.fields[field].first), marker,
                       Says(Reply(field, Sentence(chosen, disguise, marker), marker).dump())});
    }
  }
}

void Writer::AddShapes(std::vector<Case>& cases) {
  std::size_t phrase = 0;
  const auto add = [&](const std::string& name, const auto& make) {
    const std::string marker = NextMarker();
    cases.push_back({name, marker, Says(make(Sentence(phrase++, {}, marker), marker))});
  };
  const auto bad = [this](const std::string& sentence) { return AllFields(wording_, sentence).dump(); };
  const std::string& first = wording_.fields.front().first;
  const std::string& last = wording_.fields.back().first;

  add("forbidden text in further keys", [&](const std::string& sentence, const std::string& marker) {
    Json reply = Reply(0, Filled(wording_.fields[0].second, "marker", marker), marker);
    for (const char* key : {"title", "summary", "message", "recommendation", "disclaimer"}) reply[key] = sentence;
    reply["details"] = {{"text", sentence}};
    return reply.dump();
  });
  for (std::size_t field = 0; field < wording_.fields.size(); ++field) {
    const std::string& name = wording_.fields[field].first;
    add("a list as " + name, [&](const std::string& sentence, const std::string& marker) {
      return Reply(field, Json::array({sentence}), marker).dump();
    });
    add("an object as " + name, [&](const std::string& sentence, const std::string& marker) {
      return Reply(field, {{"text", sentence}, {sentence, 1}}, marker).dump();
    });
    add("a number as " + name,
        [&](const std::string&, const std::string& marker) { return Reply(field, 7, marker).dump(); });
  }
  add("a list of replies", [&](const std::string& sentence, const std::string&) {
    return Json::array({AllFields(wording_, sentence)}).dump();
  });
  add("a JSON string", [&](const std::string& sentence, const std::string&) { return Json(sentence).dump(); });
  add("no JSON", [&](const std::string& sentence, const std::string&) { return sentence; });
  add("JSON in a code fence",
      [&](const std::string& sentence, const std::string&) { return "```json\n" + bad(sentence) + "\n```"; });
  add("JSON with text around it", [&](const std::string& sentence, const std::string&) {
    return sentence + "\n" + bad(sentence) + "\n" + sentence;
  });
  add("a key twice", [&](const std::string& sentence, const std::string& marker) {
    std::string reply = Reply(0, Filled(wording_.fields[0].second, "marker", marker), marker).dump();
    reply.pop_back();
    return reply + ",\"" + first + "\":" + Json(sentence).dump() + "}";
  });
  add("NaN as " + first, [&](const std::string& sentence, const std::string&) {
    return "{\"" + first + "\":NaN,\"" + last + "x\":" + Json(sentence).dump() + "}";
  });
  add("null in every field",
      [&](const std::string&, const std::string&) { return AllFields(wording_, nullptr).dump(); });
  add("JSON that breaks off", [&](const std::string& sentence, const std::string&) {
    std::string reply = bad(sentence);
    reply.resize(reply.size() - 3);
    return reply;
  });
  add("nothing", [&](const std::string&, const std::string&) { return std::string(); });
}

void Writer::AddFailures(std::vector<Case>& cases) {
  std::size_t phrase = 0;
  const auto add = [&](const std::string& name, const auto& change) {
    const std::string marker = NextMarker();
    const std::string sentence = Sentence(phrase++, {}, marker);
    ModelReply reply = Says(sentence);
    change(reply, sentence);
    cases.push_back({name, marker, std::move(reply)});
  };
  add("a slow reply", [&](ModelReply& reply, const std::string& sentence) {
    reply.content = AllFields(wording_, sentence).dump();
    reply.delay = wording_.slow;
  });
  add("an empty body", [](ModelReply& reply, const std::string&) { reply.raw_body = ""; });
  add("a body that is no JSON", [](ModelReply& reply, const std::string& sentence) { reply.raw_body = sentence; });
  add("a body without choices", [](ModelReply& reply, const std::string& sentence) {
    reply.raw_body = Json{{"choices", Json::array()}, {"message", sentence}}.dump();
  });
  add("a body that breaks off", [](ModelReply& reply, const std::string& sentence) {
    const Json message{{"role", "assistant"}, {"content", sentence}};
    std::string body = Json{{"choices", Json::array({{{"index", 0}, {"message", message}}})}}.dump();
    body.resize(body.size() - 4);
    reply.raw_body = std::move(body);
  });
  for (const int status : {400, 401, 429, 500, 503}) {
    add(fmt::format("status {}", status), [&](ModelReply& reply, const std::string&) { reply.status = status; });
  }
}

}  // namespace readiness::probes::forbidden_language
