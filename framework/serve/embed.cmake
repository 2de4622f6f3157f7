# Writes OUTPUT, a C++ file with the texts of DOCUMENT, STYLE and SCRIPTS (joined) as literals.
include(${CMAKE_CURRENT_LIST_DIR}/../cmake/literal.cmake)
literal(document ${DOCUMENT})
literal(style ${STYLE})
literal(script ${SCRIPTS})
file(WRITE ${OUTPUT} "// Made by embed.cmake from framework/serve/page.
#include \"serve/assets.h\"

namespace unroll::serve {

const Assets& assets() {
    static constexpr Assets all{${document},${style},${script}};
    return all;
}

}  // namespace unroll::serve
")
