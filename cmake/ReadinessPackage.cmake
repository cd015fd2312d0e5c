# Debian packages: `cpack -G DEB` in the binary directory. `readiness` has all that suites of bundled probes need; `readiness-dev`
# the libraries and headers for probes of a project's own.
set(CPACK_PACKAGE_NAME readiness)
set(CPACK_PACKAGE_VENDOR "Readiness")
if(NOT CPACK_PACKAGE_CONTACT)
  set(CPACK_PACKAGE_CONTACT "Readiness <readiness@localhost>")  # whoever publishes the packages gives an address
endif()
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "production-readiness audits as CTest tests")
set(CPACK_PACKAGE_VERSION "${PROJECT_VERSION}")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_PACKAGE_DIRECTORY "${PROJECT_BINARY_DIR}/packages")
set(CPACK_GENERATOR DEB)
set(CPACK_STRIP_FILES ON)
set(CPACK_COMPONENTS_ALL tool libraries)
set(CPACK_COMPONENTS_GROUPING ONE_PER_GROUP)
set(CPACK_THREADS 0)

set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_COMPRESSION_TYPE gzip)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_ENABLE_COMPONENT_DEPENDS OFF)

set(CPACK_DEBIAN_TOOL_PACKAGE_NAME readiness)
set(CPACK_DEBIAN_TOOL_PACKAGE_SECTION devel)
set(CPACK_DEBIAN_TOOL_PACKAGE_SHLIBDEPS ON)
# What the tool runs: git and Python for items about source, PostgreSQL for targets with a store, CMake and CTest for all.
set(CPACK_DEBIAN_TOOL_PACKAGE_RECOMMENDS "cmake (>= 3.25), git, python3")
set(CPACK_DEBIAN_TOOL_PACKAGE_SUGGESTS "postgresql, readiness-dev")
set(CPACK_DEBIAN_TOOL_DESCRIPTION
"It makes the lines of a production-readiness audit executable: it starts the
system under audit, acts on it over the network, looks at what it stored and
whom it called, and reports each item of the audit as a CTest test.
.
This package has the tool, the test doubles, the CMake package and the JSON
Schemas: all that suites of the bundled probes need.")

set(CPACK_DEBIAN_LIBRARIES_PACKAGE_NAME readiness-dev)
set(CPACK_DEBIAN_LIBRARIES_PACKAGE_SECTION libdevel)
# Static libraries: whoever links them needs what ReadinessLibraries.cmake looks for.
string(CONCAT CPACK_DEBIAN_LIBRARIES_PACKAGE_DEPENDS
  "readiness (= ${PROJECT_VERSION}), cmake (>= 3.25), g++ | c++-compiler, pkg-config, libexpected-dev, libfmt-dev, "
  "nlohmann-json3-dev, libssl-dev, libcurl4-openssl-dev | libcurl4-gnutls-dev | libcurl4-nss-dev, zlib1g-dev, libicu-dev, "
  "libpugixml-dev, libyaml-cpp-dev, libre2-dev, libpqxx-dev, libsodium-dev, libbrotli-dev")
set(CPACK_DEBIAN_LIBRARIES_PACKAGE_RECOMMENDS "libgtest-dev, libgmock-dev")
set(CPACK_DEBIAN_LIBRARIES_DESCRIPTION
"It makes the lines of a production-readiness audit executable.
.
This package has the headers and static libraries with which a project's own
probes are compiled and linked, and fakes for their tests.")

include(CPack)
