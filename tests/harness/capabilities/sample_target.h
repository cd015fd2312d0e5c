#pragma once
// A small target and session for tests of capabilities: accounts, a provider with two steps, SQL. Values only.

#include <string>

#include "definition/definition.h"
#include "lifecycle/session.h"
#include "readiness/identities.h"

namespace readiness {

inline HttpStep SampleStep(const std::string& method, const std::string& path, StatusSet expected) {
  HttpStep step;
  step.service = "api";
  step.method = method;
  step.path = path;
  step.expect.statuses = std::move(expected);
  return step;
}

inline Action OneStep(HttpStep step) {
  Action action;
  action.steps.push_back({std::move(step), std::nullopt});
  return action;
}

inline void AddAccountActions(Target& target) {
  HttpStep create = SampleStep("POST", "/users", {201});
  create.authorised = false;
  create.json = Json{{"email", "${email}"}, {"password", "${password}"}};
  create.capture = {{"user_id", "/id"}};
  target.actions["register_user"] = OneStep(create);

  HttpStep login = SampleStep("POST", "/login", {200});
  login.authorised = false;
  login.form = {{"username", "${email}"}, {"password", "${password}"}};
  login.capture = {{"access_token", "/access_token"}};
  target.actions["login"] = OneStep(login);

  target.actions["whoami"] = OneStep(SampleStep("GET", "/me/${user_id}", {200}));
  target.actions["whoami"].refused = {401, 403};
}

inline void AddProviderActions(Target& target) {
  HttpStep connect = SampleStep("GET", "/connect", {200});
  connect.capture = {{"oauth_state", "query:state of /authorize_url"}};
  HttpStep callback = SampleStep("GET", "/callback", {200});
  callback.query = {{"code", "${authorization_code}"}, {"state", "${oauth_state}"}};
  callback.expect.equals = {{"/connected", true}};
  target.actions["connect_provider"].steps = {{connect, std::nullopt}, {callback, std::nullopt}};
}

inline void AddSqlActions(Target& target) {
  SqlStep insert;
  insert.store = "main";
  insert.statement = "INSERT INTO evaluation_results (user_id, note) VALUES ($1, $2) RETURNING id";
  insert.parameters = {"${user_id}", "of ${user_id}"};
  insert.capture = {{"evaluation_id", "id"}};
  target.actions["seed_evaluation"].steps = {{std::nullopt, insert}};
  target.actions["decide"] = OneStep(SampleStep("POST", "/loop/${evaluation_id}", {200}));
  target.actions["seed_and_decide"].steps = {{std::nullopt, insert},
                                             {SampleStep("POST", "/loop/${evaluation_id}", {200}), std::nullopt}};
}

inline Target SampleTarget() {
  Target target;
  target.id = "sample";
  target.file = "target.json";
  target.services["api"] = {"/openapi.json"};
  target.stores["main"] = {{"user_id"}, {{"users", "id"}}};
  target.data_providers = {"whoop"};
  target.identities["user"] = {{{"email", "${unique}@readiness.example.com"}, {"password", "${password}"}},
                               {"register_user", "login"},
                               "${user_id}",
                               "${access_token}"};
  AddAccountActions(target);
  AddProviderActions(target);
  AddSqlActions(target);
  return target;
}

inline Session SampleSession() {
  Session session;
  session.run_id = "run-1";
  session.deployment_id = "standin";
  session.services["api"] = {"http://127.0.0.1:4000", ""};
  return session;
}

inline HttpRequest RequestTo(const std::string& method, const std::string& url) {
  HttpRequest request;
  request.method = method;
  request.url = url;
  return request;
}

inline Identity SampleOwner() {
  return {"owner", "user", {{"user_id", 7}}, "7", "token-of-the-owner-1234", "127.9.9.9"};
}

}  // namespace readiness
