# unroll_plugin(cell|dataset|sampler NAME [SOURCES …]): one plugin, NAME.so from NAME.cpp unless sources are given.
# The same file serves this tree and, installed, every other one (find_package(unroll)).
#
# A plugin is compiled as Release where its project says nothing of optimization: neither a build type nor -O.
#
# UNROLL_PLUGIN_OUTPUT, when set, is the folder whose cells/, datasets/ and samplers/ receive what is built;
# UNROLL_PLUGIN_INSTALL, when set, the one below the prefix that receives what is installed.

# The package says where its headers are; in the source tree they are beside this file's folder.
get_property(include_folder GLOBAL PROPERTY UNROLL_INCLUDE_FOLDER)
if(NOT include_folder)
  set_property(GLOBAL PROPERTY UNROLL_INCLUDE_FOLDER ${CMAKE_CURRENT_LIST_DIR}/../include)
endif()
unset(include_folder)

# Writes unroll/build_hash.h into OUTPUT: a hash of what must be the same on both sides of the plugin boundary. That is the
# public headers, the compiler, and those of the FLAGS (and of CMAKE_CXX_FLAGS) that change the layout of standard types
# or the runtime that both sides share.
function(unroll_write_build_hash output flags)
  get_property(include_folder GLOBAL PROPERTY UNROLL_INCLUDE_FOLDER)
  set(state "${CMAKE_CXX_COMPILER_ID} ${CMAKE_CXX_COMPILER_VERSION} ${CMAKE_SYSTEM_PROCESSOR}")

  string(TOUPPER "${CMAKE_BUILD_TYPE}" configuration)
  string(APPEND flags " ${CMAKE_CXX_FLAGS} ${CMAKE_CXX_FLAGS_${configuration}}")
  string(REGEX MATCHALL "_GLIBCXX_[A-Za-z0-9_=]+|-fsanitize=[a-z,-]+|-fno-exceptions|-fno-rtti" flags "${flags}")
  string(REPLACE "," ";-fsanitize=" flags "${flags}")  # address,undefined is the same as one after the other
  list(REMOVE_DUPLICATES flags)
  list(SORT flags)
  string(APPEND state " ${flags}")

  file(GLOB_RECURSE headers CONFIGURE_DEPENDS RELATIVE ${include_folder} ${include_folder}/unroll/*.h)
  list(SORT headers)
  foreach(name IN LISTS headers)
    set(header ${include_folder}/${name})
    file(SHA256 ${header} hash)
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

# Gives a target the hash of its own flags. Called when its folder has been read, so that every flag counts.
function(unroll_use_build_hash target)
  get_directory_property(directory_options COMPILE_OPTIONS)
  get_directory_property(directory_definitions COMPILE_DEFINITIONS)
  get_target_property(options ${target} COMPILE_OPTIONS)
  get_target_property(definitions ${target} COMPILE_DEFINITIONS)
  set(output ${CMAKE_CURRENT_BINARY_DIR}/build_hash/${target})
  unroll_write_build_hash(${output} "${directory_options} ${directory_definitions} ${options} ${definitions}")
  target_include_directories(${target} BEFORE PRIVATE ${output})
endfunction()

# Gives a target the flags of Release, unless its project has chosen a build type or an optimization level: CMake alone
# compiles without any. Called when its folder has been read, so that every choice counts; what the target's own options
# say comes later on the command line and wins.
function(unroll_optimize target)
  if(CMAKE_BUILD_TYPE OR CMAKE_CONFIGURATION_TYPES)
    return()
  endif()
  get_directory_property(directory_options COMPILE_OPTIONS)
  get_target_property(options ${target} COMPILE_OPTIONS)
  if("${CMAKE_CXX_FLAGS} ${directory_options} ${options}" MATCHES "(^|[ ;])-O")
    return()
  endif()
  separate_arguments(release UNIX_COMMAND "${CMAKE_CXX_FLAGS_RELEASE}")
  target_compile_options(${target} BEFORE PRIVATE ${release})
  get_property(is_told GLOBAL PROPERTY UNROLL_OPTIMIZE_TOLD)
  if(NOT is_told)
    set_property(GLOBAL PROPERTY UNROLL_OPTIMIZE_TOLD TRUE)
    message(STATUS
      "unroll_plugin: CMAKE_BUILD_TYPE is not set: plugins are built as Release (${CMAKE_CXX_FLAGS_RELEASE})")
  endif()
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
  cmake_language(EVAL CODE "
    cmake_language(DEFER CALL unroll_optimize [[${name}]])
    cmake_language(DEFER CALL unroll_use_build_hash [[${name}]])")

  if(UNROLL_PLUGIN_OUTPUT)
    set_target_properties(${name} PROPERTIES LIBRARY_OUTPUT_DIRECTORY ${UNROLL_PLUGIN_OUTPUT}/${kind}s)
  endif()
  if(UNROLL_PLUGIN_INSTALL)
    install(TARGETS ${name} LIBRARY DESTINATION ${UNROLL_PLUGIN_INSTALL}/${kind}s)
  endif()
endfunction()
