# Calls that must stop the configuration, and what CMake must say about them: command, place, word, accepted words.

set(target_words "accepted: API <target.json> DEPLOYMENT <deployment.json> [VARIANT <variant>] [STARTUP_TIMEOUT <seconds>]")
set(suite_words "accepted: DEFINITION <suite.json> TARGET <target> [ITEMS <id>...] [EXCLUDE <id>...] [PROPERTIES")
set(report_words "accepted: SUITES <suite>... [JUNIT <file>]")

# ---- keywords

configure_error(target_unknown_keyword
  CALLS "readiness_add_target(shop API target.json DEPLOYMENT local.json TIMEOUT 3)"
  SAYS [[readiness_add_target: unknown argument "TIMEOUT"]] "${target_words}" "CMakeLists.txt:7 (readiness_add_target)")
configure_error(suite_unknown_keyword
  CALLS "${SHOP}readiness_add_suite(shop-audit DEFINITION suite.json TARGET shop WAIVER w.json)"
  SAYS [[readiness_add_suite: unknown argument "WAIVER"]] "${suite_words}")
configure_error(report_unknown_keyword
  CALLS "${SHOP}${AUDIT}readiness_add_report(all HTML r.html SUITES shop-audit)"
  SAYS [[readiness_add_report: unknown argument "HTML"]] "${report_words}")

configure_error(target_keyword_without_value
  CALLS "readiness_add_target(shop API DEPLOYMENT local.json)"
  SAYS "readiness_add_target: no value after API" "${target_words}")
configure_error(target_last_keyword_without_value
  CALLS "readiness_add_target(shop API target.json DEPLOYMENT local.json VARIANT)"
  SAYS "readiness_add_target: no value after VARIANT" "${target_words}")
configure_error(suite_keyword_without_value
  CALLS "${SHOP}set(none)\nreadiness_add_suite(shop-audit DEFINITION suite.json TARGET shop ITEMS \${none})"
  SAYS "readiness_add_suite: no value after ITEMS" "${suite_words}")
configure_error(report_keyword_without_value
  CALLS "${SHOP}${AUDIT}readiness_add_report(all SUITES shop-audit JUNIT)"
  SAYS "readiness_add_report: no value after JUNIT" "${report_words}")

configure_error(target_without_api
  CALLS "readiness_add_target(shop DEPLOYMENT local.json)"
  SAYS "readiness_add_target: API is missing" "${target_words}")
configure_error(target_without_deployment
  CALLS "readiness_add_target(shop API target.json)"
  SAYS "readiness_add_target: DEPLOYMENT is missing" "${target_words}")
configure_error(suite_without_definition
  CALLS "${SHOP}readiness_add_suite(shop-audit TARGET shop)"
  SAYS "readiness_add_suite: DEFINITION is missing" "${suite_words}")
configure_error(suite_without_target
  CALLS "${SHOP}readiness_add_suite(shop-audit DEFINITION suite.json)"
  SAYS "readiness_add_suite: TARGET is missing" "${suite_words}")
configure_error(report_without_suites
  CALLS "readiness_add_report(all JUNIT all.xml)"
  SAYS "readiness_add_report: SUITES is missing" "${report_words}")
configure_error(keyword_of_the_caller_does_not_count
  CALLS "set(arg_API target.json)\nset(arg_DEPLOYMENT local.json)\nreadiness_add_target(shop)"
  SAYS "readiness_add_target: API is missing")

# ---- files

configure_error(api_file_missing
  CALLS "readiness_add_target(shop API targets.json DEPLOYMENT local.json)"
  SAYS "readiness_add_target: API: no such file" "/source/targets.json")
configure_error(deployment_file_missing
  CALLS "readiness_add_target(shop API target.json DEPLOYMENT deployments/local.json)"
  SAYS "readiness_add_target: DEPLOYMENT: no such file" "/source/deployments/local.json")
configure_error(definition_file_missing
  CALLS "${SHOP}readiness_add_suite(shop-audit DEFINITION suites.json TARGET shop)"
  SAYS "readiness_add_suite: DEFINITION: no such file" "/source/suites.json")
configure_error(api_is_a_folder
  CALLS "readiness_add_target(shop API . DEPLOYMENT local.json)"
  SAYS "readiness_add_target: API: no such file")
configure_error(definition_is_a_folder
  CALLS "${SHOP}readiness_add_suite(shop-audit DEFINITION \${CMAKE_SOURCE_DIR} TARGET shop)"
  SAYS "readiness_add_suite: DEFINITION: no such file")
configure_error(chosen_deployment_missing
  CALLS "${SHOP}" OPTIONS -DREADINESS_DEPLOYMENT=staging
  SAYS "READINESS_DEPLOYMENT=staging: no such deployment" "looked for" "/source/staging.json and" "/source/staging")
configure_error(junit_is_a_folder
  CALLS "${SHOP}${AUDIT}readiness_add_report(all SUITES shop-audit JUNIT .)"
  SAYS "readiness_add_report: JUNIT: a folder, not a file")

# ---- names

configure_error(target_added_twice
  CALLS "${SHOP}${SHOP}" SAYS [[readiness_add_target: target "shop" is added twice]])
configure_error(suite_added_twice
  CALLS "${SHOP}${AUDIT}${AUDIT}" SAYS [[readiness_add_suite: suite "shop-audit" is added twice]])
configure_error(report_added_twice
  CALLS "${SHOP}${AUDIT}readiness_add_report(all SUITES shop-audit)\nreadiness_add_report(all SUITES shop-audit)"
  SAYS [[readiness_add_report: report "all" is added twice]])
configure_error(report_has_the_name_of_a_test
  CALLS "${SHOP}${AUDIT}add_test(NAME all COMMAND true)\nreadiness_add_report(all SUITES shop-audit)"
  SAYS [[readiness_add_report: there is a test "all" already]])
configure_error(suite_before_its_target
  CALLS "${AUDIT}${SHOP}"
  SAYS "readiness_add_suite: TARGET shop: no such target" "add it first with readiness_add_target(shop ...)")
configure_error(report_before_its_suite
  CALLS "${SHOP}readiness_add_report(all SUITES shop-audit)\n${AUDIT}"
  SAYS "readiness_add_report: SUITES shop-audit: no such suite" "add it first with readiness_add_suite(shop-audit ...)")
configure_error(report_names_a_suite_twice
  CALLS "${SHOP}${AUDIT}readiness_add_report(all SUITES shop-audit shop-audit)"
  SAYS "readiness_add_report: SUITES shop-audit: named twice")

configure_error(name_upper_case
  CALLS "readiness_add_target(Shop API target.json DEPLOYMENT local.json)"
  SAYS [[readiness_add_target: bad name "Shop"]] "accepted: lower-case letters, digits and hyphens")
configure_error(name_with_readiness
  CALLS "${SHOP}readiness_add_suite(shop-readiness-audit DEFINITION suite.json TARGET shop)"
  SAYS [[readiness_add_suite: bad name "shop-readiness-audit"]] [[the words "readiness" and "targets" are taken]])
configure_error(name_targets
  CALLS "${SHOP}readiness_add_suite(targets DEFINITION suite.json TARGET shop)"
  SAYS [[readiness_add_suite: bad name "targets"]] [[the words "readiness" and "targets" are taken]])
configure_error(name_empty
  CALLS "readiness_add_target(\"\" API target.json DEPLOYMENT local.json)"
  SAYS [[readiness_add_target: bad name ""]])
configure_error(name_with_slash
  CALLS "${SHOP}readiness_add_suite(shop/audit DEFINITION suite.json TARGET shop)"
  SAYS [[readiness_add_suite: bad name "shop/audit"]])
configure_error(name_with_semicolon
  CALLS "${SHOP}readiness_add_suite(\"shop;audit\" DEFINITION suite.json TARGET shop)"
  SAYS [[readiness_add_suite: bad name]] "accepted: lower-case letters")
configure_error(name_of_report_with_dot
  CALLS "${SHOP}${AUDIT}readiness_add_report(shop-audit.report SUITES shop-audit)"
  SAYS [[readiness_add_report: bad name "shop-audit.report"]])

# ---- values

foreach(value IN ITEMS 0 abc -1 1.5 10s)
  string(MAKE_C_IDENTIFIER "startup_timeout_${value}" case)
  configure_error(${case}
    CALLS "readiness_add_target(shop API target.json DEPLOYMENT local.json STARTUP_TIMEOUT ${value})"
    SAYS "readiness_add_target: STARTUP_TIMEOUT ${value}" "accepted: whole seconds from 1")
endforeach()
configure_error(property_without_value
  CALLS "${SHOP}readiness_add_suite(shop-audit DEFINITION suite.json TARGET shop PROPERTIES COST 3 PROCESSORS)"
  SAYS "readiness_add_suite: PROPERTIES: no value after PROCESSORS")
# Each of these would turn a red item green, or take it out of the run.
foreach(property IN ITEMS WILL_FAIL PASS_REGULAR_EXPRESSION SKIP_RETURN_CODE DISABLED LABELS FIXTURES_REQUIRED TIMEOUT)
  string(TOLOWER "property_${property}" case)
  configure_error(${case}
    CALLS "${SHOP}readiness_add_suite(shop-audit DEFINITION suite.json TARGET shop PROPERTIES COST 3 ${property} 1)"
    SAYS "readiness_add_suite: PROPERTIES: bad property \"${property}\"" "accepted: ATTACHED_FILES" "ENVIRONMENT")
endforeach()
configure_error(testing_not_enabled
  CALLS "${SHOP}set_property(DIRECTORY PROPERTY x y)\nset(CMAKE_TESTING_ENABLED OFF)"
  SAYS "readiness_add_target: testing is not enabled" "call enable_testing() in" "exits with 0")

# ---- probes of a project's own

# A folder with a probe `orders_add_up`, spoiled by the caller's code thereafter.
set(PROBE "file(WRITE \${CMAKE_SOURCE_DIR}/probes/orders_add_up/probe.json [=[{\"probe\": \"orders_add_up\"}]=])
file(WRITE \${CMAKE_SOURCE_DIR}/probes/orders_add_up/probe.cc \"\")\n")
set(probe_words "accepted: DIRECTORY <folder>")

configure_error(probes_without_directory
  CALLS "readiness_add_probes()" SAYS "readiness_add_probes: DIRECTORY is missing" "${probe_words}")
configure_error(probes_keyword_without_value
  CALLS "readiness_add_probes(DIRECTORY)" SAYS "readiness_add_probes: no value after DIRECTORY" "${probe_words}")
configure_error(probes_unknown_keyword
  CALLS "${PROBE}readiness_add_probes(DIRECTORY probes SOURCES a.cc)"
  SAYS [[readiness_add_probes: unknown argument "SOURCES"]] "${probe_words}" "CMakeLists.txt")
configure_error(probes_folder_missing
  CALLS "readiness_add_probes(DIRECTORY prods)" SAYS "readiness_add_probes: DIRECTORY: no such folder" "/source/prods")
configure_error(probes_folder_is_a_file
  CALLS "readiness_add_probes(DIRECTORY suite.json)" SAYS "readiness_add_probes: DIRECTORY: no such folder" "/source/suite.json")
configure_error(probes_folder_is_empty
  CALLS "file(MAKE_DIRECTORY \${CMAKE_SOURCE_DIR}/probes)\nreadiness_add_probes(DIRECTORY probes)"
  SAYS "readiness_add_probes: no probe in the folder" "/source/probes")
configure_error(probes_folder_is_a_probe
  CALLS "${PROBE}readiness_add_probes(DIRECTORY probes/orders_add_up)"
  SAYS "readiness_add_probes: DIRECTORY is a probe itself" "give the folder above: " "/source/probes")
foreach(part IN ITEMS probe.json probe.cc)
  string(MAKE_C_IDENTIFIER "probes_without_${part}" case)
  configure_error(${case}
    CALLS "${PROBE}file(REMOVE \${CMAKE_SOURCE_DIR}/probes/orders_add_up/${part})\nreadiness_add_probes(DIRECTORY probes)"
    SAYS "readiness_add_probes: probe orders_add_up: no ${part}" "/source/probes/orders_add_up")
endforeach()
configure_error(probe_with_another_id
  CALLS "${PROBE}file(RENAME \${CMAKE_SOURCE_DIR}/probes/orders_add_up \${CMAKE_SOURCE_DIR}/probes/orders_add)
readiness_add_probes(DIRECTORY probes/)"
  SAYS [[readiness_add_probes: probe.json is about "orders_add_up", its folder is "orders_add"; both must be the same]]
    "/source/probes/orders_add/probe.json")
configure_error(probe_with_a_bad_name
  CALLS "${PROBE}file(RENAME \${CMAKE_SOURCE_DIR}/probes/orders_add_up \${CMAKE_SOURCE_DIR}/probes/orders-add-up)
readiness_add_probes(DIRECTORY probes)"
  SAYS [[readiness_add_probes: bad name of a probe "orders-add-up"]] "accepted: lower-case letters, digits and underscores")
foreach(kind IN ITEMS cut_off= a_list=[] empty={})
  string(REGEX MATCH "^([^=]+)=(.*)$" kind "${kind}")
  set(text "${CMAKE_MATCH_2}")
  configure_error(probe_json_${CMAKE_MATCH_1}
    CALLS "${PROBE}file(WRITE \${CMAKE_SOURCE_DIR}/probes/orders_add_up/probe.json [=[${text}]=])
readiness_add_probes(DIRECTORY probes)"
    SAYS "readiness_add_probes: probe orders_add_up: probe.json is not read: " "/source/probes/orders_add_up/probe.json")
endforeach()
configure_error(probe_with_the_name_of_a_bundled_one
  CALLS "${PROBE}set_property(GLOBAL PROPERTY _readiness_bundled_probes scenario orders_add_up)
readiness_add_probes(DIRECTORY probes)"
  SAYS [[readiness_add_probes: probe "orders_add_up": Readiness brings one of that name]] "give yours another name")
configure_error(probes_without_a_compiler
  CALLS "${PROBE}readiness_add_probes(DIRECTORY probes)"
  SAYS "readiness_add_probes: C++ is not enabled" "project(... LANGUAGES CXX)")
