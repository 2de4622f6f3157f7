# Run by cpack on the installed files of each kind of package: what Debian's policy asks of a package beyond an installation.
if(CPACK_GENERATOR STREQUAL "DEB")
  set(share ${CPACK_TEMPORARY_INSTALL_DIRECTORY}/usr/share)
  set(documents ${share}/doc/unroll)

  string(TIMESTAMP date "%a, %d %b %Y %H:%M:%S +0000" UTC)
  file(WRITE ${documents}/changelog.Debian
"unroll (${CPACK_PACKAGE_VERSION}-${CPACK_DEBIAN_PACKAGE_RELEASE}) unstable; urgency=medium

  * Built by cpack. /usr/share/doc/unroll/changelog.gz tells what has changed.

 -- ${CPACK_PACKAGE_CONTACT}  ${date}
")
  file(RENAME ${documents}/CHANGELOG.md ${documents}/changelog)
  execute_process(COMMAND gzip -9 -n ${share}/man/man1/unroll.1 ${documents}/changelog ${documents}/changelog.Debian
    COMMAND_ERROR_IS_FATAL ANY)
  file(CREATE_LINK changelog.gz ${documents}/CHANGELOG.md.gz SYMBOLIC)

  # zsh looks for completion of packages here; site-functions is the administrator's.
  file(MAKE_DIRECTORY ${share}/zsh/vendor-completions)
  file(RENAME ${share}/zsh/site-functions/_unroll ${share}/zsh/vendor-completions/_unroll)
  file(REMOVE_RECURSE ${share}/zsh/site-functions)
endif()
