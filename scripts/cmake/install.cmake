# What `cmake --install` lays down, and the Debian package of the same (`cpack -G DEB`, target `package`).
#
# Program, libraries and fixtures find each other relative to themselves, so the tree works wherever it is moved to:
#   bin/tare                  looks in ../lib/tare and ../share/tare/fixtures
#   lib/tare/                 libtare_cann.so, and beside it the runtimes that open it
#   lib/tare/cann/            the same under the names of the vendor's libraries, for LD_LIBRARY_PATH
#   share/tare/fixtures/      kernels, orchestrations, device objects, descriptions of our cells
#   include/tare/             public headers

set(libraries lib/tare)
set(fixtures share/tare/fixtures)

set_target_properties(tare PROPERTIES INSTALL_RPATH "$ORIGIN/../${libraries}")
install(TARGETS tare RUNTIME DESTINATION bin)
set(runtimes)
foreach(arch a2a3 a5)
	foreach(platform onboard sim)
		list(APPEND runtimes host_runtime_${arch}_${platform}_hbg host_runtime_${arch}_${platform}_trb)
	endforeach()
endforeach()
install(TARGETS tare_cann ${runtimes} LIBRARY DESTINATION ${libraries})
install(CODE "
	set(folder \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/${libraries}/cann\")
	file(MAKE_DIRECTORY \"\${folder}\")
	foreach(name ${TARE_CANN_NAMES})
		file(CREATE_LINK ../libtare_cann.so \"\${folder}/\${name}\" SYMBOLIC)
	endforeach()")

foreach(folder kernels objects orchestrations)
	install(DIRECTORY ${CMAKE_BINARY_DIR}/fixtures/${folder} DESTINATION ${fixtures}
		FILES_MATCHING PATTERN "*.so" PATTERN "*.bin")
endforeach()
install(FILES fixtures/defects/score ${CMAKE_BINARY_DIR}/fixtures/patches DESTINATION ${fixtures} OPTIONAL)
install(DIRECTORY ${TARE_INSTALLED_TARGETS}/ DESTINATION ${fixtures}/targets)

install(DIRECTORY runner/include/tare harness/include/tare reports/include/tare DESTINATION include
	FILES_MATCHING PATTERN "*.h" PATTERN "*.def")
install(FILES reports/tare-junit.xsd DESTINATION share/tare)
install(FILES README.md LICENSE DESTINATION share/doc/tare)
install(FILES LICENSE DESTINATION share/doc/tare RENAME copyright)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME tare)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_CONTACT "tare maintainers <maintainers@tare.invalid>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "proves that an accelerator runtime can launch again and again without growing")
set(CPACK_PACKAGE_DESCRIPTION "A conformance harness for Ascend-like device runtimes: it launches prepared callables over and
 over, weighs every resource account, judges the readings and writes JUnit XML.  With an emulated CANN device.")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES OFF) # a failure names functions and lines
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION devel)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS_PRIVATE_DIRS ${CMAKE_BINARY_DIR})
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS valgrind)
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "gcc, binutils, patch, cmake, ninja-build")
include(CPack)
