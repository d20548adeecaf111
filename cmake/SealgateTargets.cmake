# SPDX-License-Identifier: Apache-2.0

# The headers that nearly every source includes, compiled once under GCC: it halves the build. A
# clang build goes without, so that a source that forgot an include is noticed.
set(sealgate_std_headers <algorithm> <array> <chrono> <cstdint> <functional> <map> <memory>
  <optional> <span> <string> <string_view> <utility> <variant> <vector>)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  file(WRITE ${CMAKE_BINARY_DIR}/precompiled.cpp "")
  add_library(sealgate_precompiled STATIC ${CMAKE_BINARY_DIR}/precompiled.cpp)
  target_link_libraries(sealgate_precompiled PRIVATE sealgate_flags)
  target_precompile_headers(sealgate_precompiled PRIVATE ${sealgate_std_headers})
  # A program, as the tests are: libraries are compiled with other options (-fPIC).
  file(WRITE ${CMAKE_BINARY_DIR}/precompiled_test.cpp "int main() {}\n")
  add_executable(sealgate_precompiled_test ${CMAKE_BINARY_DIR}/precompiled_test.cpp)
  target_link_libraries(sealgate_precompiled_test PRIVATE sealgate_flags GTest::gmock_main)
  target_precompile_headers(sealgate_precompiled_test PRIVATE ${sealgate_std_headers}
    <gmock/gmock.h> <gtest/gtest.h>)
endif()

# sealgate_precompile(<target> <program or test>): uses them for a target built with sealgate_flags.
function(sealgate_precompile target kind)
  if(NOT CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    return()
  endif()
  if(kind STREQUAL "test")
    target_precompile_headers(${target} REUSE_FROM sealgate_precompiled_test)
  else()
    target_precompile_headers(${target} REUSE_FROM sealgate_precompiled)
  endif()
endfunction()

# sealgate_library(<folder>[/<name>] [DEPENDS targets...]): one library per folder. Takes every
# source there, builds every *_test.cpp into one test program and lets
# all_verify_interface_header_sets check that every header compiles alone.
function(sealgate_library path)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "DEPENDS")
  string(REPLACE "/" "_" name ${path})
  set(here ${PROJECT_SOURCE_DIR}/${path})
  file(GLOB sources CONFIGURE_DEPENDS ${here}/*.cpp)
  file(GLOB headers CONFIGURE_DEPENDS ${here}/*.h)
  file(GLOB tests CONFIGURE_DEPENDS ${here}/*_test.cpp)
  list(REMOVE_ITEM sources ${tests} "")

  if(sources)
    set(scope PUBLIC)
    add_library(sealgate_${name} STATIC ${sources})
    target_link_libraries(sealgate_${name} PRIVATE sealgate_flags)
    sealgate_precompile(sealgate_${name} program)
  else()
    set(scope INTERFACE)
    add_library(sealgate_${name} INTERFACE)
  endif()
  add_library(sealgate::${name} ALIAS sealgate_${name})
  target_compile_features(sealgate_${name} ${scope} cxx_std_20)
  target_include_directories(sealgate_${name} ${scope} ${PROJECT_SOURCE_DIR})
  if(headers)
    target_sources(sealgate_${name} ${scope} FILE_SET HEADERS BASE_DIRS ${PROJECT_SOURCE_DIR} FILES ${headers})
    set_target_properties(sealgate_${name} PROPERTIES VERIFY_INTERFACE_HEADER_SETS ON)
  endif()
  target_link_libraries(sealgate_${name} ${scope} ${arg_DEPENDS})

  if(tests)
    add_executable(sealgate_${name}_test ${tests})
    target_link_libraries(sealgate_${name}_test PRIVATE sealgate_${name} sealgate_flags GTest::gmock_main)
    sealgate_precompile(sealgate_${name}_test test)
    gtest_discover_tests(sealgate_${name}_test TEST_PREFIX "${path}: "
      DISCOVERY_TIMEOUT 60 PROPERTIES LABELS unit TIMEOUT 180)
  endif()
endfunction()
