#pragma once
// The sentences that a claim policy has to judge, made from its own word lists. Pure.

#include <string>
#include <vector>

#include "readiness/parameters.h"

namespace readiness::probes::language_parts {

/// One grade or level with its words.
struct Policy {
  std::string name;   ///< "grade A"
  Json input;         ///< what the command is given beside the text
  std::string plain;  ///< an allowed sentence that fulfils every demand
  std::vector<std::string> forbidden;
  std::vector<std::string> allowed;   ///< each makes a sentence acceptable
  std::vector<std::string> required;  ///< one of which has to occur; empty: none
  std::vector<std::string> accepted;  ///< further whole sentences
  std::vector<std::string> rejected;
};

/// What a sentence was made to show.
enum class Kind {
  kPlain,      ///< the plain sentence
  kAllowed,    ///< an allowed phrase
  kInnocent,   ///< a word that merely contains a forbidden one
  kFurther,    ///< a sentence that was stated, to be accepted
  kForbidden,  ///< the plain sentence and a forbidden phrase
  kDemanded,   ///< a sentence that was stated, to be rejected
};

struct Sentence {
  std::size_t policy = 0;  ///< index
  Kind kind = Kind::kPlain;
  std::string word;  ///< the phrase in question, or the sentence
  std::string form;  ///< "upper case"; empty where there is only one
  std::string text;

  bool MustBeAccepted() const { return kind < Kind::kForbidden; }
};

struct Table {
  std::vector<Policy> policies;
  std::vector<Sentence> sentences;
};

/// Reads the parameters `policies`, `agreed_synonyms` and `innocent_words` and makes every sentence. Errors:
/// kDefinition: a wrong form; a policy that could not be broken; an allowed phrase, plain or stated sentence in which a
/// forbidden phrase occurs and of which `contradictions` does not say what holds.
Result<Table> MakeTable(const Parameters& parameters);

/// Does `phrase` occur in `text` as words of its own, whatever the letter case and the white space between them?
bool HasPhrase(const std::string& text, const std::string& phrase);

}  // namespace readiness::probes::language_parts
