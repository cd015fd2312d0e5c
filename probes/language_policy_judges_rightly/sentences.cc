#include "sentences.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "readiness/nested.h"

namespace readiness::probes::language_parts {
namespace {

constexpr std::size_t kMostSentences = 20'000;

char Lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}
char Upper(char c) {
  return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}

std::string LowerCase(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), Lower);
  return text;
}

std::string UpperCase(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), Upper);
  return text;
}

// cAuSeS
std::string MixedCase(std::string text) {
  bool upper = false;
  for (char& c : text) {
    c = upper ? Upper(c) : Lower(c);
    upper = !upper;
  }
  return text;
}

std::string Capitalised(std::string text) {
  if (!text.empty()) text[0] = Upper(text[0]);
  return text;
}

std::string WithLineBreaks(std::string text) {
  std::replace(text.begin(), text.end(), ' ', '\n');
  return text;
}

bool IsLetter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || static_cast<unsigned char>(c) >= 0x80;
}

// Lower case, one blank for white space of any length.
std::string Plain(const std::string& text) {
  std::string plain;
  for (const char c : text) {
    const bool blank = c == ' ' || c == '\n' || c == '\t' || c == '\r';
    if (blank && (plain.empty() || plain.back() == ' ')) continue;
    plain += blank ? ' ' : Lower(c);
  }
  return plain;
}

void Append(std::vector<std::string>& to, const std::vector<std::string>& from) {
  for (const std::string& text : from) {
    if (std::find(to.begin(), to.end(), text) == to.end()) to.push_back(text);
  }
}

std::string SupportedBy(const Policy& policy, const std::string& sentence) {
  return policy.required.empty() ? sentence : fmt::format("{} It is {}.", sentence, policy.required.front());
}

class TableMaker {
 public:
  explicit TableMaker(const Parameters& parameters) : parameters_(parameters) {}

  Result<Table> Make() {
    READINESS_ASSIGN(synonyms_, parameters_.StringList("agreed_synonyms"));
    READINESS_ASSIGN(innocent_, parameters_.StringList("innocent_words"));
    READINESS_ASSIGN(const Json policies, parameters_.Raw("policies"));
    if (!policies.is_array() || policies.empty()) {
      return WrongParameter("/policies", "has no elements", "a list of policies", Shown(policies));
    }
    for (std::size_t i = 0; i < policies.size(); ++i) {
      READINESS_RETURN_IF_ERROR(AddPolicy(policies[i], fmt::format("/policies/{}", i)));
    }
    if (table_.sentences.size() > kMostSentences) {
      return WrongParameter("/policies", "make too many sentences", fmt::format("at most {}", kMostSentences),
                            std::to_string(table_.sentences.size()));
    }
    return std::move(table_);
  }

 private:
  Result<void> AddPolicy(const Json& json, const std::string& place) {
    NestedObject object(json, place);
    Policy policy;
    policy.name = object.Text("name");
    if (const Json* input = object.Find("input"); input != nullptr && input->is_object() && !input->contains("text")) {
      policy.input = *input;
    } else {
      object.Problem("input", "is no input", "an object without \"text\", such as {\"grade\": \"A\"}");
    }
    policy.plain = object.Text("plain");
    policy.forbidden = object.Texts("forbidden");
    policy.allowed = object.Texts("allowed");
    policy.required = object.Texts("required");
    policy.accepted = object.Texts("accepted");
    policy.rejected = object.Texts("rejected");
    std::map<std::string, std::string> contradictions;
    if (const Json* stated = object.Find("contradictions"); stated != nullptr) {
      for (const auto& [word, holds] : stated->items()) {
        if (holds == "accepted" || holds == "rejected" || holds == "unclear") {
          contradictions[word] = holds.get<std::string>();
        } else {
          object.Problem("contradictions", "does not say what holds of " + word, "accepted, rejected or unclear",
                         Shown(holds));
        }
      }
    }
    READINESS_RETURN_IF_ERROR(object.Finish());
    // The policy's own words are judged as stated; synonyms come in addition.
    if (policy.forbidden.empty() && synonyms_.empty()) {
      return WrongParameter(place + "/forbidden", "is empty", "phrases that the policy forbids");
    }
    Append(policy.forbidden, synonyms_);
    READINESS_RETURN_IF_ERROR(Resolve(policy, contradictions, place));
    table_.policies.push_back(std::move(policy));
    AddSentences(table_.policies.size() - 1);
    return {};
  }

  // The forbidden phrase in `text`, or nothing.
  static const std::string* ForbiddenIn(const Policy& policy, const std::string& text) {
    const auto found = std::find_if(policy.forbidden.begin(), policy.forbidden.end(),
                                    [&](const std::string& phrase) { return HasPhrase(text, phrase); });
    return found == policy.forbidden.end() ? nullptr : &*found;
  }

  // Where the lists contradict each other somebody has to say what holds; nobody guesses.
  static Result<void> Resolve(Policy& policy, std::map<std::string, std::string>& contradictions,
                              const std::string& place) {
    std::vector<std::string> allowed;
    const Policy stated_policy = policy;
    for (const std::string& phrase : stated_policy.allowed) {
      const std::string* forbidden = ForbiddenIn(stated_policy, phrase);
      const auto stated = contradictions.find(phrase);
      if (forbidden == nullptr) {
        allowed.push_back(phrase);
        continue;
      }
      if (stated == contradictions.end()) {
        return WrongParameter(
            place + "/allowed", fmt::format("has \"{}\", which is forbidden by \"{}\"", phrase, *forbidden),
            fmt::format("what holds of \"{}\" in \"contradictions\": accepted, rejected or unclear", phrase));
      }
      if (stated->second == "accepted") allowed.push_back(phrase);
      // A phrase that is both and of which nothing is known must not be asked for as a forbidden one either.
      if (stated->second != "rejected") std::erase(policy.forbidden, phrase);
      contradictions.erase(stated);
    }
    policy.allowed = std::move(allowed);
    if (!contradictions.empty()) {
      return WrongParameter(place + "/contradictions/" + contradictions.begin()->first, "is none",
                            "phrases of \"allowed\" that a phrase of \"forbidden\" forbids");
    }
    std::vector<std::string> accepted = policy.accepted;
    accepted.push_back(policy.plain);
    for (const std::string& text : accepted) {
      if (const std::string* forbidden = ForbiddenIn(policy, text)) {
        return WrongParameter(place, fmt::format("wants \"{}\" accepted", text),
                              fmt::format("a sentence without the forbidden \"{}\"", *forbidden));
      }
    }
    for (const std::string& phrase : policy.required) {
      if (ForbiddenIn(policy, phrase) != nullptr) {
        return WrongParameter(place + "/required", fmt::format("has \"{}\", which is forbidden", phrase),
                              "phrases that may occur");
      }
    }
    return {};
  }

  void Add(std::size_t policy, Kind kind, const std::string& word, const std::string& form, std::string text) {
    table_.sentences.push_back({policy, kind, word, form, std::move(text)});
  }

  void AddSentences(std::size_t index) {
    const Policy& policy = table_.policies[index];
    Add(index, Kind::kPlain, policy.plain, "", policy.plain);
    for (const std::string& phrase : policy.allowed) {
      Add(index, Kind::kAllowed, phrase, "", SupportedBy(policy, fmt::format("Magnesium {} sleep duration.", phrase)));
    }
    for (const std::string& word : innocent_) {
      if (!MerelyContains(policy, word)) continue;
      Add(index, Kind::kInnocent, word, "", fmt::format("{} The board {} it.", policy.plain, word));
    }
    for (const std::string& text : policy.accepted) Add(index, Kind::kFurther, text, "", text);
    for (const std::string& phrase : policy.forbidden) AddForbidden(index, phrase);
    for (const std::string& text : policy.rejected) Add(index, Kind::kDemanded, text, "", text);
  }

  static bool MerelyContains(const Policy& policy, const std::string& word) {
    if (ForbiddenIn(policy, word) != nullptr) return false;
    return std::any_of(policy.forbidden.begin(), policy.forbidden.end(), [&](const std::string& phrase) {
      return LowerCase(word).find(LowerCase(phrase)) != std::string::npos;
    });
  }

  void AddForbidden(std::size_t index, const std::string& phrase) {
    const std::string& plain = table_.policies[index].plain;
    const auto add = [&](const char* form, const std::string& addition) {
      Add(index, Kind::kForbidden, phrase, form, plain + " " + addition);
    };
    add("lower case", fmt::format("Magnesium {} deep sleep.", LowerCase(phrase)));
    add("upper case", fmt::format("Magnesium {} deep sleep.", UpperCase(phrase)));
    add("mixed case", fmt::format("Magnesium {} deep sleep.", MixedCase(phrase)));
    add("at the beginning", fmt::format("{} deep sleep: magnesium.", Capitalised(phrase)));
    add("in quotes", fmt::format("Magnesium \"{}\" deep sleep.", phrase));
    add("between punctuation", fmt::format("Magnesium (even:{}!), deep sleep.", phrase));
    add("with line breaks", fmt::format("Magnesium\n{}\ndeep sleep.", WithLineBreaks(phrase)));
    Add(index, Kind::kForbidden, phrase, "before the rest", fmt::format("Magnesium {} deep sleep. {}", phrase, plain));
  }

  const Parameters& parameters_;
  std::vector<std::string> synonyms_, innocent_;
  Table table_;
};

}  // namespace

bool HasPhrase(const std::string& text, const std::string& phrase) {
  const std::string in = Plain(text);
  const std::string sought = Plain(phrase);
  for (std::size_t at = in.find(sought); at != std::string::npos; at = in.find(sought, at + 1)) {
    const std::size_t end = at + sought.size();
    if ((at == 0 || !IsLetter(in[at - 1])) && (end == in.size() || !IsLetter(in[end]))) return true;
  }
  return false;
}

Result<Table> MakeTable(const Parameters& parameters) {
  return TableMaker(parameters).Make();
}

}  // namespace readiness::probes::language_parts
