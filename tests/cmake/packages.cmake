# Readiness as projects get it: packages, installed prefix, source. These cases need READINESS_SOURCE and READINESS_BUILD, the tree
# under test, and PACKAGE, a folder that they share: case package_build fills it, the others find therein
#   home/readiness   both packages, unpacked and moved
#   tool_only        package `readiness` without `readiness-dev`

set(PREFIX "${PACKAGE}/home/readiness")

# ---- packages

# Sets `result` to field `field` of package `file`.
function(get_package_field result file field)
  execute_process(COMMAND dpkg-deb -f "${file}" "${field}" OUTPUT_VARIABLE text OUTPUT_STRIP_TRAILING_WHITESPACE)
  string(REGEX REPLACE "\n.*" "" text "${text}")
  set(${result} "${text}" PARENT_SCOPE)
endfunction()

function(expect_package_field file field pattern)
  get_package_field(text "${file}" "${field}")
  if(NOT text MATCHES "${pattern}")
    fail("${file}: ${field} is \"${text}\", should match ${pattern}")
  endif()
endfunction()

function(case_package_build)
  file(REMOVE_RECURSE "${PACKAGE}")
  run(cpack LIMIT 600 COMMAND "${CMAKE_CPACK_COMMAND}" --config "${READINESS_BUILD}/CPackConfig.cmake" -G DEB -B "${PACKAGE}/built")
  file(GLOB tool "${PACKAGE}/built/readiness_*.deb")
  file(GLOB libraries "${PACKAGE}/built/readiness-dev_*.deb")
  if(NOT EXISTS "${tool}" OR NOT EXISTS "${libraries}")
    fail("there should be one package readiness and one readiness-dev: ${tool}; ${libraries}")
  endif()
  foreach(library IN ITEMS libc6 libstdc\\+\\+6 libcurl libfmt libssl libre2 libpqxx libpugixml libyaml-cpp libicu libsodium libbrotli)
    expect_package_field("${tool}" Depends "${library}")
  endforeach()
  expect_package_field("${tool}" Section "^devel$")
  expect_package_field("${libraries}" Section "^libdevel$")
  expect_package_field("${libraries}" Depends "^readiness \\(= ")
  foreach(file IN ITEMS "${tool}" "${libraries}")
    expect_package_field("${file}" Description "^production-readiness audits")
    expect_package_field("${file}" Maintainer "@")
    run(unpack COMMAND dpkg-deb -x "${file}" "${PACKAGE}/unpacked")
  endforeach()
  run(unpack COMMAND dpkg-deb -x "${tool}" "${PACKAGE}/tool_only")
  file(MAKE_DIRECTORY "${PACKAGE}/home")
  file(RENAME "${PACKAGE}/unpacked/usr" "${PREFIX}")
  file(REMOVE_RECURSE "${PACKAGE}/built/_CPack_Packages")
endfunction()

function(case_package_names_no_place_of_its_build)
  foreach(folder IN ITEMS "${READINESS_BUILD}" "${READINESS_SOURCE}")
    execute_process(COMMAND grep -rlF -e "${folder}" "${PREFIX}" OUTPUT_VARIABLE files RESULT_VARIABLE code)
    if(NOT code EQUAL 1)
      fail("these name ${folder}:\n${files}")
    endif()
  endforeach()
endfunction()

function(case_package_is_what_install_installs)
  run(install COMMAND "${CMAKE_COMMAND}" --install "${READINESS_BUILD}" --prefix "${WORK}/prefix" --strip)
  run(compare COMMAND diff -r --no-dereference "${WORK}/prefix" "${PREFIX}")
  run(version COMMAND "${WORK}/prefix/bin/readiness" --version)
endfunction()

# What is installed of headers is enough, and nothing of the harness' own gets in.
function(case_package_headers_are_complete)
  file(GLOB_RECURSE headers RELATIVE "${PREFIX}/include" "${PREFIX}/include/*")
  list(LENGTH headers count)
  if(count LESS 20)
    fail("only ${count} headers")
  endif()
  set(text "")
  foreach(header IN LISTS headers)
    if(NOT header MATCHES "^readiness/[a-z_0-9]+[.]h$")
      fail("${header} is no public header")
    endif()
    string(APPEND text "#include <${header}>\n")
  endforeach()
  write_source(all.cc "${text}")
  run(compile LIMIT 600 COMMAND c++ -std=c++20 -fsyntax-only -isystem "${PREFIX}/include" "${SOURCE}/all.cc")
endfunction()

# ---- the consumers

# Copies a consumer to ${SOURCE}. It is built in its folder `build`, where its definitions say that their schemas are.
function(copy_consumer name)
  file(COPY "${READINESS_SOURCE}/tests/cmake/consumers/${name}/" DESTINATION "${SOURCE}")
  set(BUILD "${SOURCE}/build" PARENT_SCOPE)
endfunction()

# The schemas that definitions name are there, and the definitions and records fit them.
function(expect_valid_files)
  run(schemas COMMAND python3 "${READINESS_SOURCE}/tests/schema/check_files.py" ${ARGN})
endfunction()

function(case_package_found_by_find_package)
  copy_consumer(with_find_package)
  configure("-DCMAKE_PREFIX_PATH=${PREFIX}")
  build(LIMIT 600)
  set(tests till-audit.T1 till-audit.T2 till-audit.report till.up till.down till.started)
  expect_tests(${tests} OPTIONS -L "till")
  expect_tests(probes.TotalsAddUp.Holds probes.TotalsAddUp.Violated probes.TotalsAddUp.Undecidable OPTIONS -L "^probes$")
  test()
  expect_output("100% tests passed" "verdict of till-audit: GO")
  expect_valid_files("${SOURCE}/suite.json" "${SOURCE}/target.json" "${SOURCE}/local.json"
    "${SOURCE}/probes/totals_add_up/probe.json"
    --record "${BUILD}/readiness/till-audit/items/T1/record.json" --record "${BUILD}/readiness/till-audit/items/T2/record.json")

  set(ENV{READINESS_DEFECTS} till.T1)
  test(FAILS --output-on-failure)
  expect_output("FAIL till-audit.T1 a total is not the sum of its lines" "expected 1349 for sale 1" "actual 1250"
    "1 gating item fails: T1")
  unset(ENV{READINESS_DEFECTS})

  # What can only be seen with the libraries at hand.
  edit_source(CMakeLists.txt "readiness_add_target" "readiness_add_probes(DIRECTORY ./probes/)\nreadiness_add_target")
  configure(FAILS)
  expect_output([[readiness_add_probes: probe "totals_add_up" is added twice]] "/source/probes/totals_add_up")
  edit_source(CMakeLists.txt "readiness_add_probes(DIRECTORY ./probes/)\n" "")
  edit_source(probes/totals_add_up/probe.cc "READINESS_PROBE(totals_add_up)" "READINESS_PROBE(totals_add)")
  build(FAILS LIMIT 600)
  expect_output("readiness::probes::totals_add_up")
  edit_source(probes/totals_add_up/probe.json "totals_add_up" "scenario")
  file(RENAME "${SOURCE}/probes/totals_add_up" "${SOURCE}/probes/scenario")
  configure(FAILS)
  expect_output([[readiness_add_probes: probe "scenario": Readiness brings one of that name]])
endfunction()

function(case_package_without_libraries)
  copy_consumer(with_find_package)
  file(COPY "${PACKAGE}/tool_only/usr/" DESTINATION "${WORK}/a b")
  configure(FAILS "-DCMAKE_PREFIX_PATH=${WORK}/a b")
  expect_output("readiness_add_probes: the libraries that probes are linked with are not installed" "readiness-dev")

  # Suites of bundled probes need neither them nor a compiler. Nor does it matter that the prefix is moved.
  edit_source(CMakeLists.txt "readiness_add_probes(DIRECTORY probes)\n" "")
  edit_source(CMakeLists.txt "LANGUAGES CXX" "LANGUAGES NONE")
  edit_source(suite.json [["probe": "totals_add_up", "parameters": { "action": "list_sales" }]] [["probe": "scenario",
      "parameters": {
        "fix": "none",
        "control": [{ "as": "anonymous", "action": "list_sales", "expect": { "status": [200] } }],
        "attempt": [{ "as": "anonymous", "action": "list_sales",
          "expect": { "status": [200, 404], "json": [{ "at": "/sales", "absent": true }] } }]
      }]])
  edit_source(CMakeLists.txt "TARGET till)" "TARGET till ITEMS T2)")
  configure("-DCMAKE_PREFIX_PATH=${WORK}/a b")
  build()
  test()
  expect_output("100% tests passed" "verdict of till-audit: GO")
  file(RENAME "${WORK}/a b" "${WORK}/c")
  configure("-DCMAKE_PREFIX_PATH=${WORK}/c" --fresh)
  build()
  test()
  expect_output("verdict of till-audit: GO")
  edit_source(CMakeLists.txt "ITEMS T2" "ITEMS T1")
  build()
  test(FAILS)
  expect_output("1 gating item fails: T1")
endfunction()

function(case_readme_first_own_suite)
  run("the README's example" LIMIT 600 COMMAND python3 "${READINESS_SOURCE}/tests/cmake/run_readme.py" "${READINESS_SOURCE}/README.md"
    "First own suite in ten minutes" "${PACKAGE}/home" "${SOURCE}")
endfunction()

# ---- from source. Objects of the tree under test are taken instead of compiled again, unless COMPILE is set.

function(configure_from_source)
  set(options "")
  if(NOT COMPILE)
    set(ENV{READINESS_REUSE_BUILD} "${READINESS_BUILD}")
    set(ENV{READINESS_REUSE_LOG} "${WORK}/objects.txt")
    set(options "-DCMAKE_CXX_COMPILER_LAUNCHER=${READINESS_SOURCE}/tests/cmake/reuse_object.py")
  endif()
  load_cache("${READINESS_BUILD}" READ_WITH_PREFIX "" CMAKE_BUILD_TYPE CMAKE_CXX_COMPILER CMAKE_CXX_FLAGS CMAKE_CXX_FLAGS_RELEASE
    CMAKE_EXE_LINKER_FLAGS)
  foreach(word IN ITEMS BUILD_TYPE CXX_COMPILER CXX_FLAGS CXX_FLAGS_RELEASE EXE_LINKER_FLAGS)
    list(APPEND options "-DCMAKE_${word}=${CMAKE_${word}}")
  endforeach()
  configure(${options} ${ARGN})
  set(output "${output}" PARENT_SCOPE)
endfunction()

function(build_from_source)
  run(build LIMIT 3600 COMMAND "${CMAKE_COMMAND}" --build "${BUILD}" --parallel)
  if(COMPILE)
    return()
  endif()
  file(STRINGS "${WORK}/objects.txt" reused REGEX "^reused")
  file(STRINGS "${WORK}/objects.txt" compiled REGEX "^compiled.*/harness/")
  list(LENGTH reused count)
  if(count LESS 100 OR compiled)
    fail("objects should have been taken from ${READINESS_BUILD}, but ${count} were, and these not: ${compiled}")
  endif()
endfunction()

function(case_source_by_add_subdirectory)
  copy_consumer(with_add_subdirectory)
  file(COPY "${READINESS_SOURCE}/tests/cmake/consumers/with_find_package/probes" DESTINATION "${SOURCE}")
  file(REMOVE "${SOURCE}/probes/totals_add_up/probe_test.cc")  # nobody has to write one
  file(MAKE_DIRECTORY "${SOURCE}/third_party")
  file(CREATE_LINK "${READINESS_SOURCE}" "${SOURCE}/third_party/readiness" SYMBOLIC)
  configure_from_source()
  build_from_source()
  # Nothing of Readiness' own tests and suites.
  expect_tests(queue-audit.Q1 queue-audit.report queue.up queue.down queue.started)
  test()
  expect_output("100% tests passed" "verdict of queue-audit: GO")
  configure(-DQUEUE_VARIANT=wrong)
  build()
  test(FAILS --output-on-failure)
  expect_output("FAIL queue-audit.Q1 a total is not the sum of its lines" "1 gating item fails: Q1")
endfunction()

function(case_source_by_fetch_content)
  copy_consumer(with_fetch_content)
  configure_from_source("-DFETCHCONTENT_SOURCE_DIR_READINESS=${READINESS_SOURCE}")
  build_from_source()
  expect_tests(site-audit.W1 site-audit.report site.up site.down site.started)
  test()
  expect_output("100% tests passed" "verdict of site-audit: GO")
  configure(-DREADINESS_DEPLOYMENT=leaky)
  build()
  test(FAILS)
  expect_output("1 gating item fails: W1")
  configure(-DREADINESS_DEPLOYMENT=)
  build()
  test()
endfunction()
