#pragma once
// What probes need that sweep every operation of a target: which operations an item treats specially and why, a good
// order, what an answer gave away, and what happened to an owner's rows. Values and small helpers; they judge nothing.

#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "readiness/openapi.h"
#include "readiness/parameters.h"
#include "readiness/stores.h"

namespace readiness {

/// An operation that an item treats specially, and why.
struct OperationNote {
  std::string operation;  ///< Operation::Name()
  StatusSet statuses;     ///< where the parameter asks for them
  std::string reason;
  bool if_present = false;              ///< no error when the target lacks it
  std::vector<std::string> attributes;  ///< of an identity, which the operation may show to all; where asked for
};

/// The parameter `name`, a list of {"operation": "GET /things", "reason": "..."}, each with "status": [...] if
/// `with_statuses`; one with "if_present": true is left away where the target lacks the operation. Errors: kDefinition
/// (another form, no reason, an operation that is none of `operations`, or twice).
Result<std::vector<OperationNote>> ReadOperationNotes(const Parameters& parameters, const std::string& name,
                                                      const std::vector<Operation>& operations,
                                                      bool with_statuses = false);

/// Likewise {"operation": "GET /things", "attributes": ["username"], "reason": "..."}: what an operation shows to all
/// by design. Errors: likewise.
Result<std::vector<OperationNote>> ReadShownToAll(const Parameters& parameters, const std::string& name,
                                                  const std::vector<Operation>& operations);

/// The note about `operation`, or null.
const OperationNote* NoteAbout(const std::vector<OperationNote>& notes, const Operation& operation);

/// Does its success take something away from who calls it: does it delete, or end a session?
bool IsDestructive(const Operation& operation);

/// `operations` in their order, but the destructive ones last and of these the ones that end a session at the very end.
std::vector<Operation> InSweepOrder(std::vector<Operation> operations);

/// 200 to 299.
bool IsSuccess(const Exchange& exchange);

/// Makes canaries of the ids and other values of `owner` that nobody else can know: texts of at least 12 characters
/// with a digit and without a blank, no dates, that are not among `of_others`, the values of somebody else.
void AddOwnIds(const Values& of_others, PopulatedIdentity& owner);

/// The canaries in the answer's body and headers (their names, too) that the request did not carry itself: what the
/// answer gave away.
std::vector<CanaryHit> GivenAway(const Exchange& exchange, const Canaries& canaries);

/// The name of the canary of the unique attribute `attribute` of `who`: "the owner's email".
std::string AttributeCanary(const Identity& who, const std::string& attribute);

/// What of `hits` the operation may show to all according to `note` (may be null), taken out of `hits` and described;
/// empty: nothing. Errors: kDefinition (`owner` has no such attribute).
Result<std::string> TakeShownToAll(std::vector<CanaryHit>& hits, const Identity& owner, const OperationNote* note);

/// "POST /things/7?limit=1 with {"name":"x"}" as sent, without credential, cut to a line.
std::string DescribeRequest(const Exchange& exchange);
/// "status 200, {"id":7}", cut to a line.
std::string DescribeAnswer(const Exchange& exchange);

/// The rows of one owner, looked at again and again.
class OwnerRows {
 public:
  /// `store` is borrowed. Changes in the tables `may_change` are never reported.
  OwnerRows(Store& store, std::string owner, std::vector<std::string> may_change)
      : store_(&store), owner_(std::move(owner)), may_change_(std::move(may_change)) {}

  /// What changed since the last look, which it replaces; nothing at the first one. Errors: as Store::SnapshotOwned.
  Result<std::vector<TableChange>> Look();
  /// To be called before the owner's objects are made, and after: why comparing its rows says nothing; empty when it
  /// has rows and the objects added some. Errors: as Look.
  Result<void> BeforeObjects();
  Result<std::string> AfterObjects();

 private:
  Store* store_;
  std::string owner_;
  std::vector<std::string> may_change_;
  std::optional<StoreSnapshot> last_;
};

/// The tables whose rows are nobody's as far as is known, counted again and again.
class OtherTables {
 public:
  /// `store` is borrowed. Changes in the tables `may_change` are never reported.
  OtherTables(Store& store, std::vector<std::string> may_change) : store_(&store), may_change_(std::move(may_change)) {}

  /// Which of them lost rows since the last look, which it replaces, as phrases: "tags lost 3 of 5 rows". Errors: as
  /// Store::CountUnowned.
  Result<std::vector<std::string>> Look();
  /// "tags, alembic_version"; empty: none.
  std::string Names() const;

 private:
  Store* store_;
  std::vector<std::string> may_change_;
  std::map<std::string, std::int64_t> last_;
};

/// What an owner sees of its own by reading operations, looked at again after what others attempted. For state that is
/// in no table.
class OwnerSight {
 public:
  /// `openapi` is borrowed. Only GET operations of `operations` are asked.
  OwnerSight(OpenApi& openapi, const std::vector<Operation>& operations);

  /// Asks every reading operation once, and forgets those that show nothing of `owner`, or change `rows` when asked.
  /// Errors: kInternal, and as OwnerRows::Look.
  Result<void> Find(const PopulatedIdentity& owner, OwnerRows& rows);
  /// There is another owner.
  void Forget() { seen_.clear(); }
  /// Remembers what `owner` sees by the operations near `operation`, where that is not known yet. Errors: kInternal.
  Result<void> Before(const Operation& operation, const PopulatedIdentity& owner);
  /// What it sees no more, as phrases: "GET /things: status 404, without the owner's text of make_thing"; nothing where
  /// the answer is a failure (5xx, 429) that says neither. Errors: kInternal.
  Result<std::vector<std::string>> LostAfter(const Operation& operation, const PopulatedIdentity& owner);

 private:
  std::vector<const Operation*> Near(const Operation& operation) const;

  OpenApi* openapi_;
  std::vector<Operation> reading_;
  std::map<std::string, std::set<std::string>> seen_;  // by operation, the names of canaries
};

/// Are there tables that lost rows?
bool LostRows(const std::vector<TableChange>& changes);

}  // namespace readiness
