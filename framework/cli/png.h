// Pictures in pixels, made of drawings.
#pragma once

#include <string>

namespace unroll::cli {

/// The bytes of a PNG file that shows an SVG at so many pixels an inch. rsvg-convert (librsvg) draws it. Throws Error,
/// with its package, when that program is missing, and with what it says when it fails.
std::string png_of(const std::string& svg, double pixels_per_inch);

}  // namespace unroll::cli
