# Three packages by CPack: pawld the server, pawl the client, libpawl-dev the library. The scripts in
# pawld/ are those of the package; everything else is said here.
set(CPACK_GENERATOR DEB)
set(CPACK_COMPONENTS_ALL server client library)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_SET_DESTDIR ON)  # the configuration goes to /etc, whatever the prefix
set(CPACK_STRIP_FILES ON)
set(CPACK_VERBATIM_VARIABLES ON)

set(PAWL_PACKAGER "pawl developers <pawl@pawl.invalid>" CACHE STRING
  "Who answers for the packages: name and address")
set(CPACK_PACKAGE_NAME pawl)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_PACKAGE_MAINTAINER ${PAWL_PACKAGER})
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)

set(CPACK_DEBIAN_SERVER_PACKAGE_NAME pawld)
set(CPACK_DEBIAN_SERVER_PACKAGE_SECTION database)
set(CPACK_DEBIAN_SERVER_PACKAGE_DEPENDS
  "init-system-helpers (>= 1.54), procps, systemd | systemd-standalone-sysusers | systemd-sysusers")
set(CPACK_DEBIAN_SERVER_PACKAGE_RECOMMENDS "pawl (= ${PROJECT_VERSION}-${CPACK_DEBIAN_PACKAGE_RELEASE})")
set(CPACK_COMPONENT_SERVER_DESCRIPTION
"lock server with leases and fencing tokens
pawld grants named locks to programs on any number of machines, each for as
long as its lease is renewed, and each grant with a fencing token, a number
that only goes up. It is asked by lines of text, or as if it were Redis. Two,
three or five nodes keep one replicated log and fail over by themselves.")
set(CPACK_DEBIAN_SERVER_PACKAGE_CONTROL_EXTRA
  ${CMAKE_CURRENT_LIST_DIR}/pawld/postinst ${CMAKE_CURRENT_LIST_DIR}/pawld/prerm
  ${CMAKE_CURRENT_LIST_DIR}/pawld/postrm ${CMAKE_CURRENT_LIST_DIR}/pawld/conffiles)

set(CPACK_DEBIAN_CLIENT_PACKAGE_NAME pawl)
set(CPACK_DEBIAN_CLIENT_PACKAGE_SECTION utils)
set(CPACK_DEBIAN_CLIENT_PACKAGE_SUGGESTS pawld)
set(CPACK_COMPONENT_CLIENT_DESCRIPTION
"run commands under a lock of a lock server
pawl runs a command while it holds a lock of a pawld server, and ends it
before anybody else can be granted the lock. It takes locks that outlive it,
stands for leader, and shows who holds what and who waits.")

set(CPACK_DEBIAN_LIBRARY_PACKAGE_NAME libpawl-dev)
set(CPACK_DEBIAN_LIBRARY_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_LIBRARY_PACKAGE_DEPENDS
  "libboost1.81-dev | libboost-dev (>= 1.81), libssl-dev (>= 3.0)")
set(CPACK_COMPONENT_LIBRARY_DESCRIPTION
"C++ client of a lock server (development files)
Headers and a static library to take and renew locks of a pawld server: a
mutex for programs with threads, a client for programs on Boost.Asio. For
CMake and pkg-config.")

# What the policy wants in /usr/share/doc of each.
string(TIMESTAMP date "%a, %d %b %Y %H:%M:%S +0000" UTC)  # of SOURCE_DATE_EPOCH, if it is set
set(doc ${CMAKE_CURRENT_BINARY_DIR}/doc)
foreach(component SERVER CLIENT LIBRARY)
  set(package ${CPACK_DEBIAN_${component}_PACKAGE_NAME})
  configure_file(${CMAKE_CURRENT_LIST_DIR}/changelog.in ${doc}/${package}/changelog.Debian @ONLY)
  configure_file(${PROJECT_SOURCE_DIR}/CHANGELOG.md ${doc}/${package}/changelog COPYONLY)
  execute_process(COMMAND gzip -9nf changelog.Debian changelog WORKING_DIRECTORY ${doc}/${package})
  string(TOLOWER ${component} lower)
  install(FILES ${doc}/${package}/changelog.Debian.gz ${doc}/${package}/changelog.gz
    ${CMAKE_CURRENT_LIST_DIR}/copyright
    DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/${package} COMPONENT ${lower})
endforeach()

include(CPack)
