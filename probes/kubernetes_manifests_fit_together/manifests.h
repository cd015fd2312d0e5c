#pragma once
// A set of Kubernetes manifests: their fields, and what they name of each other. Pure; nothing is applied.

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "readiness/source_yaml.h"

namespace readiness::kubernetes {

struct Document {
  std::string file;
  YamlNode node;
  std::string kind() const { return node.TextAt({"kind"}); }
  std::string name() const { return node.TextAt({"metadata", "name"}); }
  std::string space() const { return node.TextAt({"metadata", "namespace"}); }
};

struct Fault {
  std::string file;
  int line = 0;
  std::string what;
  std::string actual;
  std::string fix;
};

struct Outside {
  std::set<std::string> external;             ///< "Secret/api-secrets"
  std::map<std::string, std::string> images;  ///< image -> Dockerfile
  std::set<std::string> dockerfiles;          ///< those that are in the tree and not empty
  bool with_limits_and_probes = false;
  std::set<std::string> paths;  ///< of the tree's files
};

struct Checked {
  std::vector<Fault> faults;
  std::vector<std::string> undecided;  ///< what nobody can tell from the tree
  int references = 0;                  ///< that were resolved
};

/// What is wrong within the set.
Checked Check(const std::vector<Document>& documents, const Outside& outside);

/// Is `field` one of the known fields at `level` ("Deployment.spec", "container")? Levels that are not known take all.
bool IsField(const std::string& level, const std::string& field);

bool IsLevel(const std::string& level);

/// What a field would have to be, when its value is something else; empty: it may be that, or the field is not known.
std::string WhyWrong(const std::string& level, const std::string& field, const YamlNode& value);
/// Would YAML read it as something else than a text?
bool IsNoText(const YamlNode& node);
/// Is it filled in before it is applied?
bool IsTemplate(const std::string& text);
bool IsName(const std::string& name);
bool IsKey(const std::string& key);  ///< of a ConfigMap or Secret
/// "500m", "1Gi"; nothing when it is none.
std::optional<double> Quantity(const std::string& text);

enum class KindCheck { kKnown, kCustom, kWrong };
/// Is there such a kind in this version of the API?
KindCheck CheckKind(const std::string& kind, const std::string& api);

}  // namespace readiness::kubernetes
