# A target that somebody else runs: the stand-in of another trial.
add_executable(external_test external_test.cc vacuity.cc)
target_link_libraries(external_test PRIVATE readiness_conformance GTest::gmock GTest::gtest_main)
readiness_compile_options(external_test)
readiness_precompile(external_test test)
target_compile_definitions(external_test PRIVATE
  CONFORMANCE_TOOL="$<TARGET_FILE:readiness_tool>" CONFORMANCE_SERVICE="$<TARGET_FILE:conformance_service>"
  CONFORMANCE_SUITES="${PROJECT_SOURCE_DIR}/suites")
add_dependencies(external_test readiness_tool readiness-double-data-provider readiness-double-language-model
  standin-ai-health)
add_test(NAME external COMMAND external_test)
set_tests_properties(external PROPERTIES LABELS own TIMEOUT 300)
