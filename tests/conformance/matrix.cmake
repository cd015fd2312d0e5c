# The kill matrix: one test per defect of a bundled suite, one per set, one for the healthy stand-in. The label "matrix"
# selects all of them, each against the whole suite; "own", and with it the preset `check`, the healthy stand-in, the
# sets, each item's plain defect and one of each sly kind, the defects only against what they declare and one other item.
# Where a suite's services also run in containers, the label "matrix-containers" selects all rows with these, and "docker"
# a few of them: the healthy stand-in, the sets, and the defects named.
add_executable(conformance_matrix matrix.cc)
target_link_libraries(conformance_matrix PRIVATE readiness_conformance)
readiness_compile_options(conformance_matrix)
readiness_precompile(conformance_matrix code)
if(NOT TARGET docker_tests)
  add_custom_target(docker_tests)
endif()
add_dependencies(docker_tests conformance_matrix)
add_dependencies(conformance_matrix readiness_tool readiness-double-data-provider readiness-double-language-model standin-ai-health)

# conformance_row_in_containers(<suite> <row> <representative>): the same with the deployment "containers", always whole.
function(conformance_row_in_containers suite row representative)
  string(REGEX REPLACE "^${suite}\\." "" short "${row}")
  set(command conformance_matrix "$<TARGET_FILE:readiness_tool>" "${PROJECT_SOURCE_DIR}/suites/${suite}" containers "${row}" whole)
  add_test(NAME "matrix-containers.${suite}.${short}" COMMAND ${command})
  set_tests_properties("matrix-containers.${suite}.${short}" PROPERTIES LABELS matrix-containers TIMEOUT 900)
  if(representative)
    add_test(NAME "kill-containers.${suite}.${short}" COMMAND ${command})
    set_tests_properties("kill-containers.${suite}.${short}" PROPERTIES LABELS docker TIMEOUT 900)
  endif()
endfunction()

# conformance_row(<suite> <row> <representative> <extent>): `row` is "healthy" or the id of a defect or set;
# `representative` rows are in `check` too, to the `extent` "whole" or "declared".
function(conformance_row suite row representative extent)
  string(REGEX REPLACE "^${suite}\\." "" short "${row}")
  set(command conformance_matrix "$<TARGET_FILE:readiness_tool>" "${PROJECT_SOURCE_DIR}/suites/${suite}" standin "${row}")
  add_test(NAME "matrix.${suite}.${short}" COMMAND ${command} whole)
  set_tests_properties("matrix.${suite}.${short}" PROPERTIES LABELS matrix TIMEOUT 300)
  if(representative)
    add_test(NAME "kill.${suite}.${short}" COMMAND ${command} ${extent})
    set_tests_properties("kill.${suite}.${short}" PROPERTIES LABELS own TIMEOUT 300)
  endif()
endfunction()

# conformance_matrix(<suite> SLY <name>... CONTAINERS <name>...): all rows of a suite. SLY: defects that `check` runs beside
# the plain ones. CONTAINERS: its services also run in containers; the defects that the label "docker" runs so.
function(conformance_matrix suite)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SLY;CONTAINERS")
  set(file "${PROJECT_SOURCE_DIR}/suites/${suite}/standin/defects.json")
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${file}")
  file(READ "${file}" text)
  conformance_row("${suite}" healthy TRUE whole)
  set(containers)
  if(arg_CONTAINERS)
    set(containers TRUE)
    conformance_row_in_containers("${suite}" healthy TRUE)
  endif()

  string(JSON count LENGTH "${text}" defects)
  math(EXPR last "${count} - 1")
  foreach(i RANGE ${last})
    string(JSON id GET "${text}" defects ${i} id)
    set(representative TRUE)
    if(id MATCHES ":")
      set(representative FALSE)
      if("${id}" IN_LIST arg_SLY)
        set(representative TRUE)
        list(REMOVE_ITEM arg_SLY "${id}")
      endif()
    endif()
    conformance_row("${suite}" "${id}" ${representative} declared)
    if(containers)
      set(representative FALSE)
      if("${id}" IN_LIST arg_CONTAINERS)
        set(representative TRUE)
        list(REMOVE_ITEM arg_CONTAINERS "${id}")
      endif()
      conformance_row_in_containers("${suite}" "${id}" ${representative})
    endif()
  endforeach()
  if(arg_SLY OR arg_CONTAINERS)
    message(FATAL_ERROR "${file} has no defect ${arg_SLY} ${arg_CONTAINERS}")
  endif()

  string(JSON count ERROR_VARIABLE none LENGTH "${text}" sets)
  if(none)
    return()
  endif()
  math(EXPR last "${count} - 1")
  foreach(i RANGE ${last})
    string(JSON set MEMBER "${text}" sets ${i})
    conformance_row("${suite}" "${suite}.${set}" TRUE whole)
    if(containers)
      conformance_row_in_containers("${suite}" "${suite}.${set}" TRUE)
    endif()
  endforeach()
endfunction()

conformance_matrix(ai-health SLY
  ai-health.C2:accepts-then-job    # an effect after the answer
  ai-health.C2:writes-anyway       # a refusal with an effect
  ai-health.C2:cached-decision     # a state that an earlier step has left
  ai-health.C2:refuses-everyone    # the control is broken: not judged
  ai-health.M3:wrong-key-accepted  # forged credentials
  ai-health.M3:owner-from-query    # a claim instead of a credential
  ai-health.S1.tokens:refuses-but-writes         # a refusal with an effect, somewhere among all operations
  ai-health.S1.tenants:refusal-encodes-record    # a leak in an encoding
  ai-health.H4:look-alikes         # a disguise
  ai-health.H4:second-read         # what only shows when looked at again
  ai-health.W2-10:rounds           # a bound missed by little
  ai-health.STEP-O.health:slow     # right, and too late
  CONTAINERS
  ai-health.C2
  ai-health.S1.tokens:refuses-but-writes)

conformance_matrix(customer-intelligence SLY
  customer-intelligence.G5.1:piped                     # a failure that gets lost
  customer-intelligence.P2-5.source:regex-look-alike)  # a pattern that means more than it says
