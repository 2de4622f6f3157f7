// A figure as SVG, drawn for paper: sizes in points, fonts of a caption's size, colours that everybody can tell apart.
#pragma once

#include <string>

#include "report/page.h"

namespace unroll::report {

/// How wide a drawing is, in points (1/72 inch).
inline constexpr double column_width = 240;  ///< a column of a two-column paper: 3⅓ inches
inline constexpr double page_width = 498;    ///< its page, or the text of a one-column paper: 6.9 inches

struct SvgLook {
    double width = column_width;
    std::size_t x = 0;  ///< which of Figure::x
    bool logarithmic_x = false, logarithmic_y = false;
};

/// Well-formed XML that needs no other file. Values that a logarithmic axis has no place for are left out.
std::string to_svg(const Figure& figure, const SvgLook& look);

}  // namespace unroll::report
