# What `cmake --install` puts where. Everything finds everything else relative to itself, so a prefix can be moved.
#
#   bin/unroll                                 the program
#   lib/libunroll.so                           what program and plugins share
#   lib/unroll/plugins/{cells,datasets,samplers}
#   include/unroll/                            the SDK
#   lib/cmake/unroll/                          the package behind find_package(unroll)
#   share/man/man1/unroll.1                    the manual page
#   share/{bash-completion,zsh,fish}/…         completion for shells
#   share/doc/unroll/                          documents and experiments (packages.cmake)
include(CMakePackageConfigHelpers)
include(GNUInstallDirs)

set(package ${CMAKE_INSTALL_LIBDIR}/cmake/unroll)

install(TARGETS unroll EXPORT unrollTargets LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(TARGETS unroll_program RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
file(RELATIVE_PATH program_to_library /${CMAKE_INSTALL_BINDIR} /${CMAKE_INSTALL_LIBDIR})
# An archive brings its libraries there (packages.cmake). DT_RPATH, not DT_RUNPATH: it counts for what those need, too.
set(UNROLL_LIBRARIES_DESTINATION lib/unroll/libraries)
file(RELATIVE_PATH program_to_libraries /${CMAKE_INSTALL_BINDIR} /${UNROLL_LIBRARIES_DESTINATION})
set_target_properties(unroll_program PROPERTIES
  INSTALL_RPATH "$ORIGIN/${program_to_library};$ORIGIN/${program_to_libraries}")
target_link_options(unroll_program PRIVATE LINKER:--disable-new-dtags)

if(NOT CMAKE_CROSSCOMPILING)
  set(made ${PROJECT_BINARY_DIR}/share)
  install(FILES ${made}/unroll.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
  install(FILES ${made}/unroll.bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME unroll)
  install(FILES ${made}/_unroll DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions)
  install(FILES ${made}/unroll.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
endif()

install(DIRECTORY ${CMAKE_CURRENT_LIST_DIR}/../include/unroll DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
  FILES_MATCHING PATTERN *.h)

install(EXPORT unrollTargets NAMESPACE unroll:: DESTINATION ${package})
configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/unrollConfig.cmake.in
  ${PROJECT_BINARY_DIR}/package/unrollConfig.cmake INSTALL_DESTINATION ${package}
  PATH_VARS CMAKE_INSTALL_INCLUDEDIR)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/package/unrollConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES
  ${PROJECT_BINARY_DIR}/package/unrollConfig.cmake
  ${PROJECT_BINARY_DIR}/package/unrollConfigVersion.cmake
  ${CMAKE_CURRENT_LIST_DIR}/UnrollPlugin.cmake
  DESTINATION ${package})
