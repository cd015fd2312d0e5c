# The libraries of Readiness as imported targets, with what they are linked with. Included by readiness_add_probes.
find_package(Threads REQUIRED)
find_package(fmt REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(OpenSSL REQUIRED)
find_package(CURL REQUIRED)
find_package(ZLIB REQUIRED)
find_package(ICU REQUIRED COMPONENTS uc i18n)
find_package(pugixml REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(PkgConfig REQUIRED)
# Under the names that Readiness' own CMakeLists.txt files give them.
foreach(_readiness_module IN ITEMS RE2=re2 re2=re2 PQXX=libpqxx pqxx=libpqxx SODIUM=libsodium BROTLI_DECODER=libbrotlidec)
  string(REGEX MATCH "^([^=]+)=(.+)$" _readiness_module "${_readiness_module}")
  pkg_check_modules(${CMAKE_MATCH_1} REQUIRED IMPORTED_TARGET ${CMAKE_MATCH_2})
endforeach()

include("${CMAKE_CURRENT_LIST_DIR}/ReadinessLibraryTargets.cmake")
