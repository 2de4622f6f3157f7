// A drawing made of characters: braille dots, or letters where there is no Unicode.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "unroll/types.h"

namespace unroll::cli {

/// Lines in a field of columns × rows characters. With Unicode a character has 2 × 4 dots (braille), otherwise it is
/// one letter. The origin is the lower left corner.
class Canvas {
public:
    /// Without `letters` there is one series only, which is drawn as stars where there is no Unicode.
    Canvas(Size columns, Size rows, bool unicode, bool letters);

    Size dots_across() const { return columns_ * across_; }
    Size dots_up() const { return rows_ * up_; }

    /// A straight line between two dots, both within the field, of the series `owner`, which takes the characters that
    /// it goes through.
    void line(Size x, Size y, Size to_x, Size to_y, Size owner);
    /// The letter of a series in the place of the character with this dot.
    void mark(Size x, Size y, Size owner);

    /// One row, the top one first, of `columns` characters; colours tell the series apart when `color`.
    std::string row(Size number, bool color) const;

private:
    struct Cell {
        std::uint8_t dots = 0;  ///< bits as Unicode numbers them, from U+2800
        Size owner = 0;
        bool is_letter = false;
    };

    void dot(Size x, Size y, Size owner);
    Cell& cell(Size x, Size y) { return cells_[(rows_ - 1 - y / up_) * columns_ + x / across_]; }

    const Size columns_, rows_;
    const bool unicode_, letters_;
    const Size across_, up_;  ///< dots of a character
    std::vector<Cell> cells_;
};

/// The letter of a series: a, b, c …, from the beginning again after z.
char letter_of(Size series);

/// `text` in the colour of a series.
std::string in_color_of(Size series, const std::string& text, bool color);

}  // namespace unroll::cli
