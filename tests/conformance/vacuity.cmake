# "No green without proof of work", as one CTest test per group: the cases of a group share one running target.
find_package(GTest REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(CPP_HTTPLIB REQUIRED IMPORTED_TARGET cpp-httplib)

add_executable(conformance_service service.cc)
target_link_libraries(conformance_service PRIVATE PkgConfig::CPP_HTTPLIB nlohmann_json::nlohmann_json Threads::Threads)
readiness_compile_options(conformance_service)

add_executable(vacuity_test vacuity.cc vacuity_test.cc facade_test.cc parameters_test.cc tree_test.cc records_test.cc
  ctest_test.cc)
target_link_libraries(vacuity_test PRIVATE readiness_conformance pugixml::pugixml GTest::gmock GTest::gtest_main)
readiness_compile_options(vacuity_test)
readiness_precompile(vacuity_test test)
target_compile_definitions(vacuity_test PRIVATE
  CONFORMANCE_TOOL="$<TARGET_FILE:readiness_tool>" CONFORMANCE_SERVICE="$<TARGET_FILE:conformance_service>"
  CONFORMANCE_SUITES="${PROJECT_SOURCE_DIR}/suites" CONFORMANCE_PROJECT="${PROJECT_SOURCE_DIR}"
  CONFORMANCE_CMAKE="${CMAKE_COMMAND}" CONFORMANCE_CTEST="${CMAKE_CTEST_COMMAND}"
  CONFORMANCE_GENERATOR="${CMAKE_GENERATOR}")
add_dependencies(vacuity_test conformance_service readiness_tool readiness-double-data-provider
  readiness-double-language-model standin-ai-health)

foreach(group IN ITEMS BlindTest TrivialTest ModelTest FacadeTest JudgeTest TreeTest HollowTest UnstartableTest VacuityTest RecordsTest CtestTest)
  string(REGEX REPLACE "Test$" "" short "${group}")
  string(TOLOWER "${short}" short)
  add_test(NAME "vacuity.${short}" COMMAND vacuity_test "--gtest_filter=*${group}.*")
  # GoogleTest is content with a filter that matches nothing.
  set_tests_properties("vacuity.${short}" PROPERTIES LABELS own TIMEOUT 240 FAIL_REGULAR_EXPRESSION "Running 0 tests")
endforeach()
