# What `cpack` makes of a build, without compiling anything:
#
#   unroll_VERSION-1_amd64.deb            for the Debian or Ubuntu that it was built on; apt finds what it needs
#   unroll-VERSION-Linux-x86_64.tar.gz    runs from any folder, no root needed: brings the libraries it needs, but for
#                                         those of the C and C++ runtimes (cpack -G TZST: .tar.zst)
#
# scripts/test-package installs, uses and removes both in a bare system.
set(CPACK_PACKAGE_NAME unroll)
set(CPACK_PACKAGE_VENDOR Unroll)
set(CPACK_PACKAGE_CONTACT "Unroll maintainers <maintainers@unroll.invalid>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "compares sequence-model cells: trains, samples and tabulates them")
set(CPACK_PACKAGE_DESCRIPTION
"One JSON manifest goes in; every combination of cell, dataset, sequence length,
optimizer and seed is trained and sampled in parallel on all cores; one SQLite
file comes out, with learning curves, texts and paired comparisons.

RNN, LSTM, GRU and self-attention come along as plugins; the SDK to write
further cells, datasets and samplers is part of the package.")
set(CPACK_VERBATIM_VARIABLES ON)
set(CPACK_SYSTEM_NAME ${CMAKE_SYSTEM_NAME}-${CMAKE_SYSTEM_PROCESSOR})
set(CPACK_STRIP_FILES ON)
set(CPACK_THREADS 0)
set(CPACK_GENERATOR DEB TGZ)
set(CPACK_PROJECT_CONFIG_FILE ${CMAKE_CURRENT_LIST_DIR}/packages/each.cmake)
set(CPACK_PRE_BUILD_SCRIPTS ${CMAKE_CURRENT_LIST_DIR}/packages/finish.cmake)

set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_PACKAGE_SECTION science)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS_PRIVATE_DIRS ${PROJECT_BINARY_DIR})  # libunroll is in no other package
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS ca-certificates)           # downloads over https
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "librsvg2-bin, g++, cmake")  # plot -o FILE.png; plugins of one's own
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
# What links libunroll depends on this package; ldconfig is run. (What CPack makes of GENERATE_SHLIBS has the plugins, too,
# and warns that they have no soname.)
get_target_property(soversion unroll SOVERSION)
set(control ${PROJECT_BINARY_DIR}/package)
file(WRITE ${control}/shlibs "libunroll ${soversion} unroll (>= ${PROJECT_VERSION})\n")
file(WRITE ${control}/triggers "activate-noawait ldconfig\n")
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA ${control}/shlibs ${control}/triggers)

# Documents and manifests lie as they do in the source tree, so that links between them lead somewhere.
foreach(name IN ITEMS README CHANGELOG CONTRIBUTING SECURITY)
  install(FILES ${PROJECT_SOURCE_DIR}/${name}.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
endforeach()
install(FILES ${CMAKE_CURRENT_LIST_DIR}/packages/copyright DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(DIRECTORY ${PROJECT_SOURCE_DIR}/docs ${PROJECT_SOURCE_DIR}/experiments DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(DIRECTORY ${PROJECT_SOURCE_DIR}/results ${PROJECT_SOURCE_DIR}/examples DESTINATION ${CMAKE_INSTALL_DOCDIR}
  FILES_MATCHING PATTERN *.md PATTERN *.cpp PATTERN *.json PATTERN CMakeLists.txt)

# experiments/quickstart.json learns the headers: those that are installed.
file(RELATIVE_PATH doc_to_headers /${CMAKE_INSTALL_DOCDIR} /${CMAKE_INSTALL_INCLUDEDIR}/unroll)
install(CODE "
  set(link \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_DOCDIR}/framework\")
  file(CREATE_LINK \"${doc_to_headers}\" \"\${link}\" SYMBOLIC)")

# For the archive only (each.cmake).
set(UNROLL_LICENCES_DESTINATION ${CMAKE_INSTALL_DOCDIR}/licences)
configure_file(${CMAKE_CURRENT_LIST_DIR}/packages/libraries.cmake.in ${PROJECT_BINARY_DIR}/package/libraries.cmake @ONLY)
install(SCRIPT ${PROJECT_BINARY_DIR}/package/libraries.cmake COMPONENT libraries EXCLUDE_FROM_ALL)

include(CPack)
