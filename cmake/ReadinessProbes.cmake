# From folders of probes to a tool that has them: what readiness_add_probes and the bundled probes share. Private; projects that use
# Readiness include Readiness.cmake.
include_guard(GLOBAL)

# _readiness_read_probe(<command> <folder> <result>): checks the folder of one probe and sets <result>_ID, _SOURCES, _TEST (empty
# without a test), and _ENTRY, its line of a table of CompiledProbe, in which it is called `file`.
function(_readiness_read_probe command folder file result)
  cmake_path(GET folder FILENAME id)
  foreach(part IN ITEMS probe.json probe.cc)
    if(NOT EXISTS "${folder}/${part}" OR IS_DIRECTORY "${folder}/${part}")
      _readiness_fail("${command}" "probe ${id}: no ${part}" "  in ${folder}; a probe is a folder with probe.json and probe.cc")
    endif()
  endforeach()
  if(NOT id MATCHES "^[a-z][a-z0-9_]*$")
    _readiness_fail("${command}" "bad name of a probe \"${id}\"" "  ${folder}\n"
      "  accepted: lower-case letters, digits and underscores, such as orders_need_a_token")
  endif()
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${folder}/probe.json")
  file(READ "${folder}/probe.json" text)
  string(JSON declared ERROR_VARIABLE problem GET "${text}" probe)
  if(problem)
    _readiness_fail("${command}" "probe ${id}: probe.json is not read: ${problem}" "  ${folder}/probe.json")
  elseif(NOT declared STREQUAL id)
    _readiness_fail("${command}" "probe.json is about \"${declared}\", its folder is \"${id}\"; both must be the same"
      "  ${folder}/probe.json")
  elseif(text MATCHES "\\)json\"")
    _readiness_fail("${command}" "probe ${id}: probe.json contains )json\", which ends it early in C++" "  ${folder}/probe.json")
  endif()
  file(GLOB sources CONFIGURE_DEPENDS "${folder}/*.cc")
  list(FILTER sources EXCLUDE REGEX "_test\\.cc$")
  set(test "")
  if(EXISTS "${folder}/probe_test.cc")
    set(test "${folder}/probe_test.cc")
  endif()
  set(${result}_ID "${id}" PARENT_SCOPE)
  set(${result}_SOURCES "${sources}" PARENT_SCOPE)
  set(${result}_TEST "${test}" PARENT_SCOPE)
  set(${result}_ENTRY "    {R\"id(${id})id\", R\"file(${file})file\", R\"json(${text})json\", &probes::${id}},\n" PARENT_SCOPE)
endfunction()

# _readiness_read_probes(<command> <directory> <name> <result>)
# Every folder of <directory> is a probe, called `<name>/<id>/probe.json` in messages. Sets <result>_IDS, _SOURCES, _TESTS,
# _DECLARATIONS and _ENTRIES. A folder added or removed is noticed by the next build; a probe without its function is a link error.
function(_readiness_read_probes command directory name result)
  foreach(part IN ITEMS IDS SOURCES TESTS DECLARATIONS ENTRIES)
    set(all_${part} "")
  endforeach()
  if(EXISTS "${directory}/probe.json" OR EXISTS "${directory}/probe.cc")
    cmake_path(GET directory PARENT_PATH above)
    _readiness_fail("${command}" "DIRECTORY is a probe itself" "  ${directory}; give the folder above: ${above}")
  endif()
  file(GLOB folders LIST_DIRECTORIES true CONFIGURE_DEPENDS "${directory}/*")
  foreach(folder IN LISTS folders)
    cmake_path(GET folder FILENAME id)
    if(NOT IS_DIRECTORY "${folder}" OR id MATCHES "^[._]")
      continue()
    endif()
    _readiness_read_probe("${command}" "${folder}" "${name}/${id}/probe.json" probe)
    list(APPEND all_IDS "${probe_ID}")
    list(APPEND all_SOURCES ${probe_SOURCES})
    list(APPEND all_TESTS ${probe_TEST})
    string(APPEND all_DECLARATIONS "Result<void> ${probe_ID}(Context& context);\n")
    string(APPEND all_ENTRIES "${probe_ENTRY}")
  endforeach()
  if(NOT all_IDS)
    _readiness_fail("${command}" "no probe in the folder" "  ${directory}; a probe is a folder therein with probe.json and probe.cc")
  endif()
  foreach(part IN ITEMS IDS SOURCES TESTS DECLARATIONS ENTRIES)
    set(${result}_${part} "${all_${part}}" PARENT_SCOPE)
  endforeach()
endfunction()

# Writes the source of a table as _readiness_read_probes read it: `const std::vector<CompiledProbe>& <function>()`.
function(_readiness_write_probe_table file function declarations entries)
  file(CONFIGURE OUTPUT "${file}" @ONLY CONTENT [[
// Generated from folders of probes. Do not edit.
#include "readiness/probe_table.h"

namespace readiness {
namespace probes {
@declarations@}  // namespace probes

const std::vector<CompiledProbe>& @function@();
const std::vector<CompiledProbe>& @function@() {
  static const std::vector<CompiledProbe> table = {
@entries@  };
  return table;
}

}  // namespace readiness
]])
endfunction()

# Writes the source that gives a tool its probes: those of the tables named.
function(_readiness_write_tool_table file)
  set(declarations "")
  foreach(function IN LISTS ARGN)
    string(APPEND declarations "const std::vector<CompiledProbe>& ${function}();\n")
  endforeach()
  list(JOIN ARGN "(), &" tables)
  file(CONFIGURE OUTPUT "${file}" @ONLY CONTENT [[
// Generated: the probes of this tool. Do not edit.
#include "readiness/probe_table.h"

namespace readiness {

@declarations@
const std::vector<CompiledProbe>& CompiledProbes() {
  static const std::vector<CompiledProbe> all = [] {
    std::vector<CompiledProbe> joined;
    for (const std::vector<CompiledProbe>* table : {&@tables@()}) {
      joined.insert(joined.end(), table->begin(), table->end());
    }
    return joined;
  }();
  return all;
}

}  // namespace readiness
]])
endfunction()

# Stops if one of the probes `ids` of `directory` has the name of a bundled one, or of one added before.
function(_readiness_check_probe_names directory ids)
  get_property(bundled GLOBAL PROPERTY _readiness_bundled_probes)
  get_property(own GLOBAL PROPERTY _readiness_own_probes)
  foreach(id IN LISTS ids)
    if(id IN_LIST bundled)
      _readiness_fail(readiness_add_probes "probe \"${id}\": Readiness brings one of that name"
        "  ${directory}/${id}; give yours another name, in its folder, probe.json and probe.cc")
    endif()
    if(id IN_LIST own)
      get_property(first GLOBAL PROPERTY _readiness_own_probe_${id})
      _readiness_fail(readiness_add_probes "probe \"${id}\" is added twice" "  ${first}\n  ${directory}/${id}")
    endif()
    set_property(GLOBAL APPEND PROPERTY _readiness_own_probes "${id}")
    set_property(GLOBAL PROPERTY _readiness_own_probe_${id} "${directory}/${id}")
  endforeach()
endfunction()

# The libraries that a tool is linked from, with all that they need. Only projects with probes of their own need them.
function(_readiness_require_libraries)
  get_property(languages GLOBAL PROPERTY ENABLED_LANGUAGES)
  if(NOT CXX IN_LIST languages)
    _readiness_fail(readiness_add_probes "C++ is not enabled" "  probes are compiled: project(... LANGUAGES CXX)")
  endif()
  if(TARGET readiness::harness)
    return()
  endif()
  get_property(file GLOBAL PROPERTY _readiness_libraries_file)
  if(NOT file OR NOT EXISTS "${file}")
    _readiness_fail(readiness_add_probes "the libraries that probes are linked with are not installed"
      "  looked for ${file}; it is in the package readiness-dev and in every `cmake --install`")
  endif()
  include("${file}")
endfunction()

# The tool of this build: the one with the project's own probes if there are any. `readiness::tool` has only the bundled ones.
set(_READINESS_TOOL "$<TARGET_FILE:$<IF:$<TARGET_EXISTS:readiness_own_tool>,readiness_own_tool,readiness::tool>>"
  CACHE INTERNAL "The tool that tests run")

function(_readiness_add_own_tool)
  set(folder "${CMAKE_BINARY_DIR}/readiness/own_tool")
  add_executable(readiness_own_tool "${folder}/probe_table.cc")
  set_target_properties(readiness_own_tool PROPERTIES OUTPUT_NAME readiness RUNTIME_OUTPUT_DIRECTORY "${folder}$<0:>")
  target_link_libraries(readiness_own_tool PRIVATE readiness::main readiness::probes readiness::harness)
  # A tool starts the doubles from its own folder.
  add_custom_command(TARGET readiness_own_tool POST_BUILD
    COMMAND "${CMAKE_COMMAND}" -D "FROM=$<TARGET_FILE_DIR:readiness::tool>" -D "TO=${folder}"
      -P "${CMAKE_CURRENT_FUNCTION_LIST_DIR}/ReadinessLinkDoubles.cmake"
    VERBATIM)
  add_dependencies(readiness_own_tool readiness::tool)
  cmake_language(DEFER DIRECTORY "${CMAKE_SOURCE_DIR}" CALL _readiness_write_own_tool_table)
endfunction()

function(_readiness_write_own_tool_table)
  get_property(tables GLOBAL PROPERTY _readiness_own_tables)
  _readiness_write_tool_table("${CMAKE_BINARY_DIR}/readiness/own_tool/probe_table.cc" BundledProbes ${tables})
endfunction()

function(_readiness_add_probe_tests library sources)
  get_directory_property(testing DEFINITION CMAKE_TESTING_ENABLED)
  find_package(GTest QUIET)
  if(NOT sources OR NOT testing OR NOT TARGET GTest::gtest_main)
    return()
  endif()
  include(GoogleTest)
  add_executable(${library}_test ${sources})
  set_target_properties(${library}_test PROPERTIES RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/readiness/own_tool$<0:>")
  target_link_libraries(${library}_test PRIVATE ${library} readiness::testing readiness::harness GTest::gtest_main)
  if(TARGET GTest::gmock)
    target_link_libraries(${library}_test PRIVATE GTest::gmock)
  endif()
  gtest_discover_tests(${library}_test TEST_PREFIX "probes." DISCOVERY_MODE PRE_TEST PROPERTIES LABELS probes)
endfunction()

function(readiness_add_probes)
  cmake_parse_arguments(PARSE_ARGV 0 arg "" "DIRECTORY" "")
  _readiness_check_arguments(readiness_add_probes "DIRECTORY <folder>" "DIRECTORY")
  cmake_path(ABSOLUTE_PATH arg_DIRECTORY BASE_DIRECTORY "${CMAKE_CURRENT_SOURCE_DIR}" NORMALIZE OUTPUT_VARIABLE directory)
  string(REGEX REPLACE "(.)/$" "\\1" directory "${directory}")
  if(NOT IS_DIRECTORY "${directory}")
    _readiness_fail(readiness_add_probes "DIRECTORY: no such folder" "  ${directory}")
  endif()
  _readiness_read_probes(readiness_add_probes "${directory}" "${directory}" probes)
  _readiness_check_probe_names("${directory}" "${probes_IDS}")
  _readiness_require_libraries()

  get_property(tables GLOBAL PROPERTY _readiness_own_tables)
  list(LENGTH tables number)
  set(table "${CMAKE_BINARY_DIR}/readiness/own_tool/probes_${number}.cc")
  _readiness_write_probe_table("${table}" OwnProbes${number} "${probes_DECLARATIONS}" "${probes_ENTRIES}")
  set_property(GLOBAL APPEND PROPERTY _readiness_own_tables OwnProbes${number})
  if(NOT TARGET readiness_own_tool)
    _readiness_add_own_tool()
  endif()
  set(library readiness_own_probes_${number})
  add_library(${library} STATIC ${probes_SOURCES} "${table}")
  set_target_properties(${library} PROPERTIES ARCHIVE_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/readiness/own_tool$<0:>")
  target_link_libraries(${library} PUBLIC readiness::api)
  target_link_libraries(readiness_own_tool PRIVATE ${library})
  _readiness_add_probe_tests(${library} "${probes_TESTS}")
endfunction()
