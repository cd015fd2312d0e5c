#[=======================================================================[.rst:
Readiness
---------

Adds the items of a production-readiness audit as CTest tests.

.. code-block:: cmake

  enable_testing()                      # in the top directory, before or after
  readiness_add_target(shop API shop/target.json DEPLOYMENT shop/deployments/local.json)
  readiness_add_suite(shop-audit DEFINITION shop/suite.json TARGET shop)

``ctest -L '^readiness$'`` then starts the target, runs every item, reports, and ends by printing the verdict (through
``CTestCustom.cmake`` in the top binary directory, unless the project has one of its own).

.. command:: readiness_add_target

  readiness_add_target(<name> API <target.json> DEPLOYMENT <deployment.json>
                       [VARIANT <variant>] [STARTUP_TIMEOUT <seconds>])

  Declares a system under audit. Adds the tests ``<name>.up`` and ``<name>.down``, which are the fixture that starts and
  ends it, and ``<name>.started``, which fails when it did not start. ``up`` itself never fails: CTest would write the
  items as skipped.

  ``API``              what the network shows of the target: services, actions, identities
  ``DEPLOYMENT``       how to run it; the cache variable ``READINESS_DEPLOYMENT`` replaces it (see below)
  ``VARIANT``          one of the deployment's variants
  ``STARTUP_TIMEOUT``  for the whole start, in seconds; default: what the deployment says per service

.. command:: readiness_add_suite

  readiness_add_suite(<name> DEFINITION <suite.json> TARGET <target>
                      [ITEMS <id>...] [EXCLUDE <id>...] [PROPERTIES <property> <value>...])

  Adds one test ``<name>.<item id>`` per item, labelled ``readiness``, name, severity, probe and category, and ``<name>.report``,
  which prints the verdict after them. The tests are written when the project is built; before that the only
  test is ``<name>.not_built``, and it fails.

  ``DEFINITION``  the items
  ``TARGET``      a name given to ``readiness_add_target``
  ``ITEMS``       only these items; an id that the suite lacks is an error
  ``EXCLUDE``     all but these
  ``PROPERTIES``  further CTest properties of every item, of those that cannot change an outcome (``ENVIRONMENT``, ``COST``,
                  ``PROCESSORS``, ``RESOURCE_LOCK``, ...)

  After ``suite.json``, ``target.json``, the deployment or the call itself was edited, a build brings the tests up to date;
  until then ``<name>.not_built`` fails again.

.. command:: readiness_add_report

  readiness_add_report(<name> SUITES <suite>... [JUNIT <file>])

  Adds the test ``<name>``, which runs after the reports of all the suites and prints one verdict for all of them; ``JUNIT`` is
  written with one ``testsuite`` per section of every suite. A relative ``<file>`` lies in the current binary directory.

.. command:: readiness_add_probes

  readiness_add_probes(DIRECTORY <folder>)

  Makes probes of the project's own known to all its suites, beside the bundled ones. Every folder of ``<folder>`` is a probe:
  ``probe.json``, which declares it under the folder's name, and ``probe.cc``, which defines it by ``READINESS_PROBE(<name>)`` with
  nothing but ``<readiness/...>``; further ``*.cc`` are compiled with it. Where GoogleTest is there and testing is enabled,
  ``probe_test.cc`` becomes tests named ``probes.<Suite>.<Case>``, labelled ``probes``. The suites of the build then run by a
  tool that is linked from the harness, the bundled probes and these: ``<build>/readiness/own_tool/readiness``. Needs C++, and the
  libraries that Readiness itself is linked with. May be called several times, before or after the suites.

A definition may name its JSON Schema, for editors, as ``"$schema": "<path>/readiness/json_schema/suite.schema.json"``: they are
copied into the top binary directory (``suite``, ``target``, ``deployment``, ``probe``, ``record``).

``READINESS_DEPLOYMENT`` (cache): a deployment's name, looked for as ``<name>.json`` beside the ``DEPLOYMENT`` file of each
target, or the path of a file. Empty: as the project says.
#]=======================================================================]
include_guard(GLOBAL)
cmake_policy(VERSION 3.25)  # whatever the including project is set to; ends with this file

include("${CMAKE_CURRENT_LIST_DIR}/ReadinessProbes.cmake")

# For editors: a definition names its schema by a path relative to itself, and so by one that is the same wherever Readiness lies.
if(NOT READINESS_SCHEMA_DIRECTORY)
  set(READINESS_SCHEMA_DIRECTORY "${CMAKE_CURRENT_LIST_DIR}/../harness/schema")  # else an installed one's
endif()
file(COPY "${READINESS_SCHEMA_DIRECTORY}/" DESTINATION "${CMAKE_BINARY_DIR}/readiness/json_schema" FILES_MATCHING PATTERN "*.schema.json")

set(READINESS_DEPLOYMENT "" CACHE STRING "Deployment to run targets in: a name beside each DEPLOYMENT file, or a file")

# CTest properties that an item may be given. Not among them: those that make a red item green or take it out of the run.
set(_READINESS_ITEM_PROPERTIES ATTACHED_FILES ATTACHED_FILES_ON_FAIL COST DEPENDS ENVIRONMENT ENVIRONMENT_MODIFICATION
  MEASUREMENT PROCESSORS PROCESSOR_AFFINITY REQUIRED_FILES RESOURCE_GROUPS RESOURCE_LOCK WORKING_DIRECTORY
  CACHE INTERNAL "CTest properties accepted by readiness_add_suite")

# Stops with the place of the call, what was wrong with `word`, and what is accepted.
function(_readiness_fail command problem)
  message(FATAL_ERROR "${command}: ${problem}\n  in ${CMAKE_CURRENT_LIST_FILE}\n${ARGN}")
endfunction()

# Checks what cmake_parse_arguments left over, in the caller's scope: unknown words, keywords without value, missing ones.
macro(_readiness_check_arguments command accepted required)
  if(arg_UNPARSED_ARGUMENTS)
    list(GET arg_UNPARSED_ARGUMENTS 0 _readiness_word)
    _readiness_fail("${command}" "unknown argument \"${_readiness_word}\"" "  accepted: ${accepted}")
  endif()
  if(arg_KEYWORDS_MISSING_VALUES)
    _readiness_fail("${command}" "no value after ${arg_KEYWORDS_MISSING_VALUES}" "  accepted: ${accepted}")
  endif()
  foreach(_readiness_keyword IN ITEMS ${required})
    if(NOT DEFINED arg_${_readiness_keyword})
      _readiness_fail("${command}" "${_readiness_keyword} is missing" "  accepted: ${accepted}")
    endif()
  endforeach()
endmacro()

# Names become test names, labels and folders. `readiness` in one would make `ctest -L readiness` select what it must not.
function(_readiness_check_name command name)
  if(NOT name MATCHES "^[a-z0-9][a-z0-9-]*$")
    _readiness_fail("${command}" "bad name \"${name}\"" "  accepted: lower-case letters, digits and hyphens")
  endif()
  if(name MATCHES "readiness" OR name STREQUAL "targets")
    _readiness_fail("${command}" "bad name \"${name}\"" "  the words \"readiness\" and \"targets\" are taken")
  endif()
endfunction()

# Sets `result` to the absolute path of an existing file.
function(_readiness_find_file command keyword file result)
  cmake_path(ABSOLUTE_PATH file BASE_DIRECTORY "${CMAKE_CURRENT_SOURCE_DIR}" NORMALIZE)
  if(NOT EXISTS "${file}" OR IS_DIRECTORY "${file}")
    _readiness_fail("${command}" "${keyword}: no such file" "  ${file}")
  endif()
  set(${result} "${file}" PARENT_SCOPE)
endfunction()

# CTest reads the test files from the top directory down. A directory gets one only if testing is enabled in it when it ends,
# and is otherwise passed over in silence: ctest would find no test and exit with 0.
function(_readiness_require_testing command)
  get_property(calls GLOBAL PROPERTY _readiness_calls)
  if(NOT calls)
    cmake_language(DEFER DIRECTORY "${CMAKE_SOURCE_DIR}" CALL _readiness_check_testing)
    cmake_language(DEFER DIRECTORY "${CMAKE_SOURCE_DIR}" CALL _readiness_write_epilogue)
  endif()
  set_property(GLOBAL APPEND PROPERTY _readiness_calls "${command}" "${CMAKE_CURRENT_LIST_FILE}" "${CMAKE_CURRENT_SOURCE_DIR}")
endfunction()

function(_readiness_check_testing)
  get_property(calls GLOBAL PROPERTY _readiness_calls)
  while(calls)
    list(POP_FRONT calls command file directory)
    while(directory)
      get_directory_property(enabled DIRECTORY "${directory}" DEFINITION CMAKE_TESTING_ENABLED)
      if(NOT enabled)
        set(where "call enable_testing() in ${CMAKE_SOURCE_DIR}/CMakeLists.txt")
        if(NOT directory STREQUAL CMAKE_SOURCE_DIR)
          string(APPEND where ", before the add_subdirectory() that leads to ${directory}")
        endif()
        message(FATAL_ERROR "${command}: testing is not enabled\n  in ${file}\n"
          "  ${where}; without it ctest finds no test and exits with 0")
      endif()
      get_directory_property(directory DIRECTORY "${directory}" PARENT_DIRECTORY)
    endwhile()
  endwhile()
endfunction()

# The deployment file that is really used: READINESS_DEPLOYMENT, else `file`.
function(_readiness_choose_deployment file result)
  set(chosen "${file}")
  if(READINESS_DEPLOYMENT)
    cmake_path(GET file PARENT_PATH folder)
    cmake_path(ABSOLUTE_PATH READINESS_DEPLOYMENT BASE_DIRECTORY "${CMAKE_SOURCE_DIR}" NORMALIZE OUTPUT_VARIABLE as_file)
    set(chosen "${folder}/${READINESS_DEPLOYMENT}.json")
    if(NOT EXISTS "${chosen}")
      set(chosen "${as_file}")
    endif()
    if(NOT EXISTS "${chosen}" OR IS_DIRECTORY "${chosen}")
      _readiness_fail("readiness_add_target" "READINESS_DEPLOYMENT=${READINESS_DEPLOYMENT}: no such deployment"
        "  looked for ${folder}/${READINESS_DEPLOYMENT}.json and ${as_file}")
    endif()
  endif()
  set(${result} "${chosen}" PARENT_SCOPE)
endfunction()

function(readiness_add_target name)
  set(accepted "API <target.json> DEPLOYMENT <deployment.json> [VARIANT <variant>] [STARTUP_TIMEOUT <seconds>]")
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "API;DEPLOYMENT;VARIANT;STARTUP_TIMEOUT" "")
  _readiness_check_arguments(readiness_add_target "${accepted}" "API;DEPLOYMENT")
  _readiness_check_name(readiness_add_target "${name}")
  if(TARGET readiness_target_${name})
    _readiness_fail(readiness_add_target "target \"${name}\" is added twice" "  give each a name of its own")
  endif()
  if(DEFINED arg_STARTUP_TIMEOUT AND NOT arg_STARTUP_TIMEOUT MATCHES "^[1-9][0-9]*$")
    _readiness_fail(readiness_add_target "STARTUP_TIMEOUT ${arg_STARTUP_TIMEOUT}" "  accepted: whole seconds from 1")
  endif()
  _readiness_find_file(readiness_add_target API "${arg_API}" api)
  _readiness_find_file(readiness_add_target DEPLOYMENT "${arg_DEPLOYMENT}" deployment)
  _readiness_choose_deployment("${deployment}" deployment)
  _readiness_require_testing(readiness_add_target)

  set(state "${CMAKE_BINARY_DIR}/readiness/targets/${name}")
  add_custom_target(readiness_target_${name})
  set_target_properties(readiness_target_${name} PROPERTIES
    READINESS_API "${api}" READINESS_DEPLOYMENT_FILE "${deployment}" READINESS_VARIANT "${arg_VARIANT}"
    READINESS_STATE_DIRECTORY "${state}")
  # What `up` removes, so that no verdict outlives the start of a new run.
  file(GENERATE OUTPUT "${state}/suites.txt"
    CONTENT "$<JOIN:$<TARGET_PROPERTY:readiness_target_${name},READINESS_SUITE_DIRECTORIES>,\n>\n")
  file(GENERATE OUTPUT "${state}/reports.txt"
    CONTENT "$<JOIN:$<TARGET_PROPERTY:readiness_target_${name},READINESS_REPORT_FILES>,\n>\n")

  set(options --name "${name}" --target "${api}" --deployment "${deployment}" --state-directory "${state}")
  if(arg_VARIANT)
    list(APPEND options --variant "${arg_VARIANT}")
  endif()
  if(arg_STARTUP_TIMEOUT)
    list(APPEND options --startup-timeout "${arg_STARTUP_TIMEOUT}")
  endif()
  add_test(NAME ${name}.up COMMAND "${_READINESS_TOOL}" up ${options})
  add_test(NAME ${name}.down COMMAND "${_READINESS_TOOL}" down --owned --state-directory "${state}")
  add_test(NAME ${name}.started COMMAND "${_READINESS_TOOL}" started --owned --state-directory "${state}")
  set_tests_properties(${name}.up PROPERTIES FIXTURES_SETUP readiness_${name})
  set_tests_properties(${name}.down PROPERTIES FIXTURES_CLEANUP readiness_${name})
  set_tests_properties(${name}.started PROPERTIES FIXTURES_REQUIRED readiness_${name} LABELS "readiness;${name}")
endfunction()

# The last words of ctest are to be the verdict, also when items are red and the report's own output is not shown. CTest runs
# what CTestCustom.cmake in the top binary directory names; one that the project itself wrote is left alone.
function(_readiness_write_epilogue)
  get_property(folders GLOBAL PROPERTY _readiness_suite_folders)
  set(mark "# Written by Readiness. To have one of your own, remove this line and keep the others.\n")
  set(file "${CMAKE_BINARY_DIR}/CTestCustom.cmake")
  if(EXISTS "${file}")
    file(READ "${file}" text)
    string(FIND "${text}" "${mark}" at)
    if(NOT at EQUAL 0)
      return()
    endif()
  endif()
  set(text "${mark}")
  foreach(folder IN LISTS folders)
    string(APPEND text "include([==[${folder}/epilogue.cmake]==] OPTIONAL)\n")
  endforeach()
  file(WRITE "${file}" "${text}")
endfunction()

# The file that CTest reads: the tests as built, or one that fails if they were not, or if what they were built from has
# changed since or is gone (then a failed build could not remove them).
function(_readiness_write_include_file name folder)
  file(WRITE "${folder}/not_built.cmake"
    "message(FATAL_ERROR \"suite ${name} is not built as it is now: "
    "build the project (or its target readiness_suite_${name}) first\")\n")
  set(current "EXISTS [==[${folder}/tests.cmake]==]")
  foreach(input IN LISTS ARGN)
    string(APPEND current "\n    AND EXISTS [==[${input}]==] AND [==[${folder}/tests.cmake]==] IS_NEWER_THAN [==[${input}]==]")
  endforeach()
  file(WRITE "${folder}/include.cmake" "if(${current})
  include([==[${folder}/tests.cmake]==])
else()
  add_test([==[${name}.not_built]==] [==[${CMAKE_COMMAND}]==] -P [==[${folder}/not_built.cmake]==])
  set_tests_properties([==[${name}.not_built]==] PROPERTIES LABELS [==[readiness;${name}]==])
endif()\n")
endfunction()

function(_readiness_check_properties properties)
  set(is_name TRUE)
  foreach(word IN LISTS properties)
    if(is_name AND NOT word IN_LIST _READINESS_ITEM_PROPERTIES)
      list(JOIN _READINESS_ITEM_PROPERTIES " " accepted)
      _readiness_fail(readiness_add_suite "PROPERTIES: bad property \"${word}\"" "  accepted: ${accepted}")
    endif()
    set(last "${word}")
    if(is_name)
      set(is_name FALSE)
    else()
      set(is_name TRUE)
    endif()
  endforeach()
  if(NOT is_name)
    _readiness_fail(readiness_add_suite "PROPERTIES: no value after ${last}" "  accepted: <property> <value>...")
  endif()
endfunction()

function(readiness_add_suite name)
  set(accepted "DEFINITION <suite.json> TARGET <target> [ITEMS <id>...] [EXCLUDE <id>...] [PROPERTIES <property> <value>...]")
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "DEFINITION;TARGET" "ITEMS;EXCLUDE;PROPERTIES")
  _readiness_check_arguments(readiness_add_suite "${accepted}" "DEFINITION;TARGET")
  _readiness_check_name(readiness_add_suite "${name}")
  if(TARGET readiness_suite_${name})
    _readiness_fail(readiness_add_suite "suite \"${name}\" is added twice" "  give each a name of its own")
  endif()
  if(NOT TARGET readiness_target_${arg_TARGET})
    _readiness_fail(readiness_add_suite "TARGET ${arg_TARGET}: no such target" "  add it first with readiness_add_target(${arg_TARGET} ...)")
  endif()
  _readiness_check_properties("${arg_PROPERTIES}")
  _readiness_find_file(readiness_add_suite DEFINITION "${arg_DEFINITION}" definition)
  _readiness_require_testing(readiness_add_suite)

  get_target_property(api readiness_target_${arg_TARGET} READINESS_API)
  get_target_property(deployment readiness_target_${arg_TARGET} READINESS_DEPLOYMENT_FILE)
  get_target_property(variant readiness_target_${arg_TARGET} READINESS_VARIANT)
  get_target_property(state readiness_target_${arg_TARGET} READINESS_STATE_DIRECTORY)
  set(folder "${CMAKE_BINARY_DIR}/readiness/${name}")
  set_property(TARGET readiness_target_${arg_TARGET} APPEND PROPERTY READINESS_SUITE_DIRECTORIES "${folder}")

  set(options --name "${name}" --definition "${definition}" --target-name "${arg_TARGET}" --target "${api}"
    --deployment "${deployment}" --state-directory "${state}" --suite-directory "${folder}")
  if(variant)
    list(APPEND options --variant "${variant}")
  endif()
  set(words EXCLUDE ITEMS PROPERTIES)  # `foreach(... IN ITEMS ITEMS ...)` would take the second for a keyword
  foreach(word IN LISTS words)
    string(TOLOWER "${word}" option)
    foreach(value IN LISTS arg_${word})
      string(REPLACE ";" "\\;" value "${value}")
      list(APPEND options "--${option}=${value}")
    endforeach()
  endforeach()
  # The options are part of what tests.cmake depends on: written to a file that changes when they do.
  string(REPLACE ";" "\n" option_lines "${options}")
  file(CONFIGURE OUTPUT "${folder}/options.txt" CONTENT "${option_lines}\n" @ONLY)
  add_custom_command(OUTPUT "${folder}/tests.cmake"
    COMMAND "${_READINESS_TOOL}" resolve ${options}
    DEPENDS "${_READINESS_TOOL}" "${definition}" "${api}" "${deployment}" "${folder}/options.txt"
    COMMENT "Readiness: resolving suite ${name}"
    VERBATIM)
  add_custom_target(readiness_suite_${name} ALL DEPENDS "${folder}/tests.cmake")
  if(NOT TARGET readiness_suites)
    add_custom_target(readiness_suites)  # everything that ctest -L '^readiness$' needs
  endif()
  add_dependencies(readiness_suites readiness_suite_${name})
  set_target_properties(readiness_suite_${name} PROPERTIES
    READINESS_SUITE_DIRECTORY "${folder}" READINESS_TARGET "${arg_TARGET}")

  set_property(GLOBAL APPEND PROPERTY _readiness_suite_folders "${folder}")
  _readiness_write_include_file("${name}" "${folder}" "${definition}" "${api}" "${deployment}" "${folder}/options.txt")
  set_property(DIRECTORY APPEND PROPERTY TEST_INCLUDE_FILES "${folder}/include.cmake")
endfunction()

function(readiness_add_report name)
  set(accepted "SUITES <suite>... [JUNIT <file>]")
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "JUNIT" "SUITES")
  _readiness_check_arguments(readiness_add_report "${accepted}" "SUITES")
  _readiness_check_name(readiness_add_report "${name}")
  if(TARGET readiness_report_${name})
    _readiness_fail(readiness_add_report "report \"${name}\" is added twice" "  give each a name of its own")
  endif()
  if(TEST ${name})
    _readiness_fail(readiness_add_report "there is a test \"${name}\" already" "  give the report another name")
  endif()
  _readiness_require_testing(readiness_add_report)
  set(options)
  set(after)
  set(targets)
  foreach(suite IN LISTS arg_SUITES)
    if(NOT TARGET readiness_suite_${suite})
      _readiness_fail(readiness_add_report "SUITES ${suite}: no such suite" "  add it first with readiness_add_suite(${suite} ...)")
    endif()
    if(${suite}.report IN_LIST after)
      _readiness_fail(readiness_add_report "SUITES ${suite}: named twice" "  accepted: each suite once")
    endif()
    get_target_property(folder readiness_suite_${suite} READINESS_SUITE_DIRECTORY)
    get_target_property(target readiness_suite_${suite} READINESS_TARGET)
    list(APPEND options --suite-directory "${folder}")
    list(APPEND after ${suite}.report)
    list(APPEND targets ${target})
  endforeach()
  if(arg_JUNIT)
    cmake_path(ABSOLUTE_PATH arg_JUNIT BASE_DIRECTORY "${CMAKE_CURRENT_BINARY_DIR}" NORMALIZE)
    if(IS_DIRECTORY "${arg_JUNIT}")
      _readiness_fail(readiness_add_report "JUNIT: a folder, not a file" "  ${arg_JUNIT}")
    endif()
    list(APPEND options --junit "${arg_JUNIT}")
    list(REMOVE_DUPLICATES targets)
    foreach(target IN LISTS targets)
      set_property(TARGET readiness_target_${target} APPEND PROPERTY READINESS_REPORT_FILES "${arg_JUNIT}")
    endforeach()
  endif()
  add_custom_target(readiness_report_${name})
  add_test(NAME ${name} COMMAND "${_READINESS_TOOL}" report --owned ${options})
  set_tests_properties(${name} PROPERTIES DEPENDS "${after}" LABELS "readiness;report")
endfunction()
