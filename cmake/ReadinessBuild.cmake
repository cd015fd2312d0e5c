# How Readiness itself is compiled: libraries, warnings, own tests. Private; projects that use Readiness include Readiness.cmake.
include_guard(GLOBAL)

find_package(Threads REQUIRED)
find_package(fmt REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(CURL REQUIRED)

# readiness_compile_options(<target>)
function(readiness_compile_options target)
  target_compile_features(${target} PUBLIC cxx_std_20)
  set_target_properties(${target} PROPERTIES CXX_EXTENSIONS OFF)
  target_compile_options(${target} PRIVATE -pthread -Wall -Wextra -Wshadow -Wconversion -Wno-sign-conversion
    $<$<BOOL:${READINESS_WARNINGS_AS_ERRORS}>:-Werror>)
endfunction()

# Headers that nearly every file includes, compiled once. Off by default: it hides a missing #include.
option(READINESS_PRECOMPILE_HEADERS "Compile the common headers of Readiness' own code once" OFF)
if(READINESS_PRECOMPILE_HEADERS)
  file(WRITE "${CMAKE_CURRENT_BINARY_DIR}/precompiled.cc" "")
  find_package(GTest)
  foreach(kind IN ITEMS code test)
    add_library(readiness_precompiled_${kind} STATIC EXCLUDE_FROM_ALL "${CMAKE_CURRENT_BINARY_DIR}/precompiled.cc")
    target_link_libraries(readiness_precompiled_${kind} PRIVATE nlohmann_json::nlohmann_json fmt::fmt Threads::Threads
      $<$<AND:$<STREQUAL:${kind},test>,$<TARGET_EXISTS:GTest::gmock>>:GTest::gmock>)
    readiness_compile_options(readiness_precompiled_${kind})
    target_precompile_headers(readiness_precompiled_${kind} PRIVATE <nlohmann/json.hpp> <fmt/format.h> <tl/expected.hpp>
      <chrono> <functional> <map> <memory> <optional> <set> <string> <vector>)
  endforeach()
  if(GTest_FOUND)
    target_precompile_headers(readiness_precompiled_test PRIVATE <gtest/gtest.h> <gmock/gmock.h>)
  endif()
endif()

# readiness_precompile(<target> <code|test>)
function(readiness_precompile target kind)
  if(READINESS_PRECOMPILE_HEADERS)
    target_precompile_headers(${target} REUSE_FROM readiness_precompiled_${kind})
    target_link_libraries(${target} PRIVATE Threads::Threads)
  endif()
endfunction()

# What a probe is compiled with, ours and users': the public headers.
add_library(readiness_api INTERFACE)
add_library(readiness::api ALIAS readiness_api)
target_include_directories(readiness_api INTERFACE "$<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/harness/include>")
target_link_libraries(readiness_api INTERFACE nlohmann_json::nlohmann_json)
target_compile_features(readiness_api INTERFACE cxx_std_20)

# readiness_library(<module> SOURCES <file>... [DEPENDS <library>...])
# One static library `readiness_<module>`, alias `readiness::<module>`, per folder of harness/src.
function(readiness_library module)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;DEPENDS")
  add_library(readiness_${module} STATIC ${arg_SOURCES})
  add_library(readiness::${module} ALIAS readiness_${module})
  target_include_directories(readiness_${module} PUBLIC
    "$<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/harness/include>" "$<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/harness/src>")
  target_link_libraries(readiness_${module} PUBLIC readiness::api fmt::fmt ${arg_DEPENDS})
  readiness_compile_options(readiness_${module})
  readiness_precompile(readiness_${module} code)
endfunction()

# readiness_test(<name> [DOCKER] SOURCES <file>... [DEPENDS <library>...] [LABELS <label>...])
# One GoogleTest program; each of its cases becomes a CTest test `<name>.<Suite>.<Case>` with the label `own`. DOCKER: it
# needs a container engine that answers, and has the label `docker` instead.
function(readiness_test name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "DOCKER" "" "SOURCES;DEPENDS;LABELS")
  set(kind own)
  set(timeout 120)
  if(arg_DOCKER)
    set(kind docker)
    set(timeout 900)  # the first one makes images
  endif()
  find_package(GTest REQUIRED)
  include(GoogleTest)
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE ${arg_DEPENDS} GTest::gmock GTest::gtest_main)
  readiness_compile_options(${name})
  readiness_precompile(${name} test)
  if(arg_DOCKER)
    if(NOT TARGET docker_tests)
      add_custom_target(docker_tests)
    endif()
    add_dependencies(docker_tests ${name})
  endif()
  gtest_discover_tests(${name} TEST_PREFIX "${name}." DISCOVERY_MODE PRE_TEST
    PROPERTIES LABELS "${kind};${arg_LABELS}" TIMEOUT ${timeout})
endfunction()
