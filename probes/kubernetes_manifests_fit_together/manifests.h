#pragma once
// A set of Kubernetes manifests: their fields, and what they name of each other. Pure; nothing is applied.

#include <map>
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
};

struct Checked {
  std::vector<Fault> faults;
  int references = 0;  ///< that were resolved
};

/// What is wrong within the set.
Checked Check(const std::vector<Document>& documents, const Outside& outside);

/// Is `field` one of the known fields at `level` ("Deployment.spec", "container")? Levels that are not known take all.
bool IsField(const std::string& level, const std::string& field);

}  // namespace readiness::kubernetes
