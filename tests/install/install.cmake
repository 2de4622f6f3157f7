# The script of the test `install`; CMakeLists.txt gives it its variables.

function(run)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE code OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(NOT code EQUAL 0)
    list(JOIN ARGN " " command)
    message(FATAL_ERROR "exit code ${code}: ${command}\n${output}")
  endif()
  set(output "${output}" PARENT_SCOPE)
endfunction()

function(expect part)
  string(FIND "${output}" "${part}" place)
  if(place EQUAL -1)
    message(FATAL_ERROR "expected '${part}' in\n${output}")
  endif()
endfunction()

function(configure_outside folder flags)
  run(${CMAKE_COMMAND} -S ${OUTSIDE} -B ${folder} -G ${GENERATOR} -D CMAKE_PREFIX_PATH=${prefix}
    -D CMAKE_CXX_COMPILER=${COMPILER} -D CMAKE_EXPORT_COMPILE_COMMANDS=ON "-DCMAKE_CXX_FLAGS=${FLAGS} ${flags}" ${ARGN})
  set(output "${output}" PARENT_SCOPE)
endfunction()

function(build_outside folder flags)
  configure_outside(${folder} "${flags}")
  run(${CMAKE_COMMAND} --build ${folder})
endfunction()

# How the plugin of a configured folder is compiled; empty flags: not optimized.
function(expect_flags folder flags)
  file(STRINGS ${folder}/compile_commands.json command REGEX "\"command\": .*gated-average.cpp")
  string(REGEX MATCHALL " -O[^ ]*( -DNDEBUG)?| -g" found "${command}")
  list(JOIN found "" found)
  string(STRIP "${found}" found)
  if(NOT found STREQUAL flags)
    message(FATAL_ERROR "expected a plugin compiled with '${flags}', not with '${found}':\n${command}")
  endif()
endfunction()

# The environment must not lend the installed program anything of this build.
unset(ENV{UNROLL_PLUGIN_PATH})
unset(ENV{LD_LIBRARY_PATH})

file(REMOVE_RECURSE ${WORK})
run(${CMAKE_COMMAND} --install ${BUILD} --prefix ${WORK}/first)
file(RENAME ${WORK}/first ${WORK}/moved)
set(prefix ${WORK}/moved)

run(${prefix}/bin/unroll plugins)
expect("${prefix}/lib/unroll/plugins")
string(FIND "${output}" "${BUILD}/plugins" from_build)
if(NOT from_build EQUAL -1)
  message(FATAL_ERROR "the installed program looks into the build tree:\n${output}")
endif()
file(GLOB plugins ${prefix}/lib/unroll/plugins/*/*.so)
foreach(plugin IN LISTS plugins)
  get_filename_component(name ${plugin} NAME_WE)
  run(${prefix}/bin/unroll plugins ${name})
endforeach()

foreach(file IN ITEMS man/man1/unroll.1 bash-completion/completions/unroll zsh/site-functions/_unroll
    fish/vendor_completions.d/unroll.fish)
  file(SIZE ${prefix}/share/${file} size)
  if(size LESS 1000)
    message(FATAL_ERROR "${file}: ${size} bytes")
  endif()
endforeach()

if(SANITIZE)
  set(sanitize -fsanitize=${SANITIZE})
endif()
build_outside(${WORK}/outside "${sanitize}")
expect_flags(${WORK}/outside "-O3 -DNDEBUG")
set(cell ${WORK}/outside/gated-average.so)
run(${prefix}/bin/unroll plugins gated-average --plugin-path ${WORK}/outside)
expect("cell 'gated-average', revision 1: a moving average with one learned gate")
run(${prefix}/bin/unroll check ${cell})
expect("all passed")
run(${prefix}/bin/unroll run ${OUTSIDE}/compare.json --plugin-path ${WORK}/outside --db ${WORK}/results.db --quiet
  --set training.steps=2 --set training.evaluate_every=2 --set sweep.seed=[1] --as outside)
run(${prefix}/bin/unroll compare outside --db ${WORK}/results.db)
expect("gated-average")
expect("lstm")

# Other flags, another hash: the same source is refused when its standard library has another layout.
build_outside(${WORK}/debug "${sanitize} -D_GLIBCXX_DEBUG")
run(${prefix}/bin/unroll plugins --plugin-path ${WORK}/debug)
expect("gated-average.so: build ")
expect("help: build the plugin again against this program")

# A plugin is optimized unless its project says otherwise, and the status message tells of it.
configure_outside(${WORK}/silent "${sanitize}")
expect("plugins are built as Release (-O3 -DNDEBUG)")
configure_outside(${WORK}/levels "${sanitize} -O1")
expect_flags(${WORK}/levels "-O1")
configure_outside(${WORK}/types "${sanitize}" -D CMAKE_BUILD_TYPE=Debug "-DCMAKE_CXX_FLAGS_DEBUG=-Og")
expect_flags(${WORK}/types "-Og")
