# Writes OUTPUT, a C++ file with the texts of DOCUMENT, STYLE, LICENCES, LIBRARY and SCRIPTS (joined) as string literals.
include(${CMAKE_CURRENT_LIST_DIR}/../cmake/literal.cmake)

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
