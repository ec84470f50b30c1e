# For a build on another processor: cmake --toolchain scripts/cmake/aarch64.cmake.  scripts/ci/aarch64 says what it needs.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)
set(CMAKE_LIBRARY_ARCHITECTURE aarch64-linux-gnu)
set(ENV{PKG_CONFIG_LIBDIR} /usr/lib/aarch64-linux-gnu/pkgconfig:/usr/share/pkgconfig)

set(CMAKE_CROSSCOMPILING_EMULATOR qemu-aarch64)

# What runs on the device is built by these, whatever compiler builds the rest.
set(TARE_FIXTURE_CC aarch64-linux-gnu-gcc CACHE STRING "")
set(TARE_FIXTURE_OBJCOPY aarch64-linux-gnu-objcopy CACHE STRING "")
set(TARE_DEVICE_CC aarch64-linux-gnu-gcc CACHE STRING "")
set(TARE_DEVICE_OBJCOPY aarch64-linux-gnu-objcopy CACHE STRING "")
