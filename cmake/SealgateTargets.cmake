# SPDX-License-Identifier: Apache-2.0

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
    gtest_discover_tests(sealgate_${name}_test TEST_PREFIX "${path}: "
      DISCOVERY_TIMEOUT 60 PROPERTIES LABELS unit TIMEOUT 60)
  endif()
endfunction()
