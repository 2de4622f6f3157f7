# unroll_plugin(cell|dataset|sampler NAME [SOURCES …]): one plugin, NAME.cpp unless sources are given.
# The same file serves this tree and, installed, every other one (find_package(unroll)).

# Writes unroll/build_hash.h into OUTPUT: a hash of what must be the same on both sides of the plugin boundary.
function(unroll_write_build_hash include_folder output)
  file(GLOB headers CONFIGURE_DEPENDS ${include_folder}/unroll/*.h)
  set(state "${CMAKE_CXX_COMPILER_ID} ${CMAKE_CXX_COMPILER_VERSION} ${CMAKE_SYSTEM_PROCESSOR}")
  # Flags that change the layout of standard types or the runtime that both sides must share.
  get_directory_property(directory_options COMPILE_OPTIONS)
  get_directory_property(directory_definitions COMPILE_DEFINITIONS)
  set(flags "${CMAKE_CXX_FLAGS} ${directory_options} ${directory_definitions}")
  string(REGEX MATCHALL "_GLIBCXX_[A-Za-z0-9_=]+|-fsanitize=[a-z,]+|-fno-exceptions|-fno-rtti" flags "${flags}")
  list(SORT flags)
  string(APPEND state " ${flags}")
  list(SORT headers)
  foreach(header IN LISTS headers)
    file(SHA256 ${header} hash)
    get_filename_component(name ${header} NAME)
    string(APPEND state " ${name}=${hash}")
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${header})
  endforeach()
  string(SHA256 hash "${state}")
  string(SUBSTRING ${hash} 0 16 hash)
  file(CONFIGURE OUTPUT ${output}/unroll/build_hash.h @ONLY CONTENT
"// Made by CMake from the SDK's headers, the compiler and the flags that change the plugin boundary.
#pragma once
#define UNROLL_BUILD_HASH \"@hash@\"
")
endfunction()

function(unroll_plugin kind name)
  if(NOT kind MATCHES "^(cell|dataset|sampler)$")
    message(FATAL_ERROR "unroll_plugin(${kind} ${name}): the kind must be cell, dataset or sampler")
  endif()
  set(sources ${ARGN})
  if(NOT sources)
    set(sources ${name}.cpp)
  endif()
  add_library(${name} MODULE ${sources})
  target_link_libraries(${name} PRIVATE unroll::unroll)
  target_compile_features(${name} PRIVATE cxx_std_20)
  set_target_properties(${name} PROPERTIES
    PREFIX "" SUFFIX ".so" CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON)
  if(UNROLL_PLUGIN_OUTPUT)
    set_target_properties(${name} PROPERTIES LIBRARY_OUTPUT_DIRECTORY ${UNROLL_PLUGIN_OUTPUT}/${kind}s)
  endif()
endfunction()
