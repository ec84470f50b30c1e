# How every floor is compiled, and the two words the floors' own files use:
#
#   tare_floor(NAME [GNU] SOURCES file... [LINKS lib...])
#       a static library libtare_NAME.a that exports nothing
#   tare_unit_test(NAME [GNU] SOURCES file... [LINKS lib...])
#       a cmocka program, run by ctest as unit.NAME
#   tare_fuzz_target(NAME SOURCES file... [LINKS lib...])
#       a libFuzzer program, only where TARE_FUZZ is on
#
# GNU allows _GNU_SOURCE; only machine, fabric, driver, platform, ledger, isolate and the tests beside them use it.

if(NOT CMAKE_BUILD_TYPE)
	set(CMAKE_BUILD_TYPE RelWithDebInfo)
endif()
set(CMAKE_C_STANDARD 11)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_C_FLAGS_RELWITHDEBINFO "-O2 -g") # without NDEBUG: cases are assertions
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_C_VISIBILITY_PRESET hidden)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR})
set(CMAKE_LIBRARY_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR})

find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
pkg_check_modules(ELF REQUIRED IMPORTED_TARGET libelf)
pkg_check_modules(DW REQUIRED IMPORTED_TARGET libdw)
pkg_check_modules(XML2 REQUIRED IMPORTED_TARGET libxml-2.0)
pkg_check_modules(JANSSON REQUIRED IMPORTED_TARGET jansson)
pkg_check_modules(CMOCKA REQUIRED IMPORTED_TARGET cmocka)

add_library(tare_flags INTERFACE)
target_compile_options(tare_flags INTERFACE
	-Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wcast-qual -Wstrict-prototypes -Wmissing-prototypes -Wvla
	-Werror -fno-omit-frame-pointer -fcf-protection=none)
target_compile_definitions(tare_flags INTERFACE _POSIX_C_SOURCE=200809L)
target_link_options(tare_flags INTERFACE -Wl,--build-id) # fault tokens name their build; clang leaves it out

if(NOT TARE_SANITIZE STREQUAL "off")
	target_compile_options(tare_flags INTERFACE -fsanitize=${TARE_SANITIZE} -fno-sanitize-recover=all)
	target_link_options(tare_flags INTERFACE -fsanitize=${TARE_SANITIZE})
endif()

if(TARE_FUZZ)
	if(NOT CMAKE_C_COMPILER_ID STREQUAL "Clang" OR NOT TARE_SANITIZE STREQUAL "off")
		message(FATAL_ERROR "TARE_FUZZ wants clang, and brings its own sanitizers")
	endif()
	target_compile_options(tare_flags INTERFACE -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all)
	target_link_options(tare_flags INTERFACE -fsanitize=address,undefined)
endif()

function(tare_floor name)
	cmake_parse_arguments(FLOOR "GNU" "" "SOURCES;LINKS" ${ARGN})
	add_library(tare_${name} STATIC ${FLOOR_SOURCES})
	target_link_libraries(tare_${name} PRIVATE tare_flags PUBLIC ${FLOOR_LINKS})
	if(FLOOR_GNU)
		target_compile_definitions(tare_${name} PRIVATE _GNU_SOURCE)
	endif()
endfunction()

function(tare_unit_test name)
	if(NOT TARE_TESTS)
		return()
	endif()
	cmake_parse_arguments(UNIT "GNU" "" "SOURCES;LINKS" ${ARGN})
	add_executable(${name}_test ${UNIT_SOURCES})
	target_link_libraries(${name}_test PRIVATE tare_flags PkgConfig::CMOCKA ${UNIT_LINKS})
	set_target_properties(${name}_test PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
	if(UNIT_GNU)
		target_compile_definitions(${name}_test PRIVATE _GNU_SOURCE)
	endif()
	add_test(NAME unit.${name} COMMAND ${name}_test)
	set_tests_properties(unit.${name} PROPERTIES TIMEOUT 120)
endfunction()

function(tare_fuzz_target name)
	if(NOT TARE_FUZZ)
		return()
	endif()
	cmake_parse_arguments(FUZZ "" "" "SOURCES;LINKS" ${ARGN})
	add_executable(${name}_fuzz EXCLUDE_FROM_ALL ${FUZZ_SOURCES})
	target_link_libraries(${name}_fuzz PRIVATE tare_flags ${FUZZ_LINKS})
	target_link_options(${name}_fuzz PRIVATE -fsanitize=fuzzer)
	set_target_properties(${name}_fuzz PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/fuzz)
endfunction()
