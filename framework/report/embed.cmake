# Writes OUTPUT, a C++ file with the texts of DOCUMENT, STYLE, LICENCES, LIBRARY and SCRIPTS (joined) as string literals.
function(literal name)
  set(whole "")
  foreach(file IN LISTS ARGN)
    file(READ "${file}" text)
    string(APPEND whole "${text}")
  endforeach()
  # In pieces: some compilers bound the length of a literal.
  string(LENGTH "${whole}" length)
  set(pieces "")
  set(at 0)
  while(at LESS length)
    string(SUBSTRING "${whole}" ${at} 16000 piece)
    string(APPEND pieces "\n    R\"unroll_page(${piece})unroll_page\"")
    math(EXPR at "${at} + 16000")
  endwhile()
  set(${name} "${pieces}" PARENT_SCOPE)
endfunction()

literal(document ${DOCUMENT})
literal(style ${STYLE})
literal(licences ${LICENCES})
literal(library ${LIBRARY})
literal(script ${SCRIPTS})
file(WRITE ${OUTPUT} "// Made by embed.cmake from framework/report/page and Chart.js.
#include \"report/assets.h\"

namespace unroll::report {

const Assets& assets() {
    static constexpr Assets all{${document},${style},${script},${library},${licences}};
    return all;
}

}  // namespace unroll::report
")
