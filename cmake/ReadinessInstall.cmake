# What `cmake --install` and the Debian packages bring. Component `tool`: all that suites of bundled probes need. Component
# `libraries`: what probes of a project's own are compiled and linked with. Every path is relative to the prefix, which may be moved.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(package "${CMAKE_INSTALL_LIBDIR}/cmake/Readiness")
set(data "${CMAKE_INSTALL_DATADIR}/readiness")
set(programs "${CMAKE_INSTALL_LIBEXECDIR}/readiness")
set(staging "${PROJECT_BINARY_DIR}/install")

# ---- tool. The doubles lie beside it and are nobody's command; in the folder of commands is a link to it.

set_target_properties(readiness_tool PROPERTIES EXPORT_NAME tool)
install(TARGETS readiness_tool EXPORT ReadinessTool RUNTIME DESTINATION "${programs}" COMPONENT tool)
install(TARGETS readiness-double-data-provider readiness-double-language-model
  RUNTIME DESTINATION "${programs}" COMPONENT tool)
set(link "/${programs}/readiness")
cmake_path(RELATIVE_PATH link BASE_DIRECTORY "/${CMAKE_INSTALL_BINDIR}")
file(MAKE_DIRECTORY "${staging}")
file(CREATE_LINK "${link}" "${staging}/readiness" SYMBOLIC)
install(FILES "${staging}/readiness" DESTINATION "${CMAKE_INSTALL_BINDIR}" COMPONENT tool)

install(DIRECTORY "${PROJECT_SOURCE_DIR}/harness/schema/" DESTINATION "${data}/schema" COMPONENT tool
  FILES_MATCHING PATTERN "*.schema.json")
install(DIRECTORY "${PROJECT_SOURCE_DIR}/probes/" DESTINATION "${data}/probes" COMPONENT tool FILES_MATCHING PATTERN "probe.json")
install(FILES "${PROJECT_SOURCE_DIR}/README.md" DESTINATION "${CMAKE_INSTALL_DATADIR}/doc/readiness" COMPONENT tool)

# ---- libraries

# Appends to `result` the libraries of ours that `library` is linked with, and itself.
function(_readiness_collect_libraries library result)
  get_target_property(target readiness::${library} ALIASED_TARGET)
  if(NOT target IN_LIST ${result})
    list(APPEND ${result} ${target})
    get_target_property(linked ${target} INTERFACE_LINK_LIBRARIES)
    foreach(name IN LISTS linked)
      if(name MATCHES "^(\\$<LINK_ONLY:)?readiness::([a-z_]+)>?$")
        _readiness_collect_libraries(${CMAKE_MATCH_2} ${result})
      endif()
    endforeach()
    set(${result} "${${result}}" PARENT_SCOPE)
  endif()
endfunction()

set(targets "")
foreach(library IN ITEMS main harness probes testing)
  _readiness_collect_libraries(${library} targets)
endforeach()
foreach(target IN LISTS targets)
  string(REGEX REPLACE "^readiness_" "" name "${target}")
  set_target_properties(${target} PROPERTIES EXPORT_NAME ${name})
endforeach()
target_include_directories(readiness_api INTERFACE "$<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>")
install(TARGETS ${targets} EXPORT ReadinessLibraries
  ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}/readiness" COMPONENT libraries)
install(DIRECTORY "${PROJECT_SOURCE_DIR}/harness/include/readiness" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}" COMPONENT libraries
  FILES_MATCHING PATTERN "*.h")

# ---- CMake package

configure_package_config_file("${CMAKE_CURRENT_LIST_DIR}/ReadinessConfig.cmake.in" "${staging}/ReadinessConfig.cmake"
  INSTALL_DESTINATION "${package}" PATH_VARS data)
write_basic_package_version_file("${staging}/ReadinessConfigVersion.cmake" COMPATIBILITY SameMinorVersion)
install(FILES "${staging}/ReadinessConfig.cmake" "${staging}/ReadinessConfigVersion.cmake"
  "${CMAKE_CURRENT_LIST_DIR}/Readiness.cmake" "${CMAKE_CURRENT_LIST_DIR}/ReadinessProbes.cmake"
  "${CMAKE_CURRENT_LIST_DIR}/ReadinessLinkDoubles.cmake"
  DESTINATION "${package}" COMPONENT tool)
install(EXPORT ReadinessTool NAMESPACE readiness:: FILE ReadinessTool.cmake DESTINATION "${package}" COMPONENT tool)
install(FILES "${CMAKE_CURRENT_LIST_DIR}/ReadinessLibraries.cmake" DESTINATION "${package}" COMPONENT libraries)
install(EXPORT ReadinessLibraries NAMESPACE readiness:: FILE ReadinessLibraryTargets.cmake DESTINATION "${package}"
  COMPONENT libraries)
