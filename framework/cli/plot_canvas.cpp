// A drawing made of characters: braille dots, or letters where there is no Unicode.
#include "cli/plot_canvas.h"

#include <array>
#include <cstdlib>

#include "cli/terminal.h"

namespace unroll::cli {

namespace {

/// The character U+2800 + dots in UTF-8.
std::string braille(std::uint8_t dots) {
    return {char(0xE2), char(0xA0 | (dots >> 6)), char(0x80 | (dots & 0x3F))};
}

/// Bits of a braille character by column and by row from below.
constexpr std::uint8_t bits[2][4] = {{0x40, 0x04, 0x02, 0x01}, {0x80, 0x20, 0x10, 0x08}};

}  // namespace

char letter_of(Size series) {
    return char('a' + series % 26);
}

std::string in_color_of(Size series, const std::string& text, bool color) {
    constexpr std::array colors{Color::cyan, Color::yellow, Color::green, Color::magenta, Color::blue, Color::red};
    return colored(text, colors[series % colors.size()], color);
}

Canvas::Canvas(Size columns, Size rows, bool unicode, bool letters)
    : columns_(columns),
      rows_(rows),
      unicode_(unicode),
      letters_(letters),
      across_(unicode ? 2 : 1),
      up_(unicode ? 4 : 1),
      cells_(columns * rows) {}

void Canvas::dot(Size x, Size y, Size owner) {
    Cell& at = cell(x, y);
    at.owner = owner;
    if (unicode_)
        at.dots |= bits[x % 2][y % 4];
    else
        at.is_letter = true;
}

void Canvas::mark(Size x, Size y, Size owner) {
    cell(x, y) = {0, owner, true};
}

// Bresenham's line, in every direction.
void Canvas::line(Size from_x, Size from_y, Size to_x, Size to_y, Size owner) {
    long x = long(from_x), y = long(from_y);
    const long dx = std::labs(long(to_x) - x), dy = -std::labs(long(to_y) - y);
    const long step_x = x < long(to_x) ? 1 : -1, step_y = y < long(to_y) ? 1 : -1;
    long error = dx + dy;
    while (true) {
        dot(Size(x), Size(y), owner);
        if (x == long(to_x) && y == long(to_y)) return;
        const long twice = 2 * error;
        if (twice >= dy) {
            error += dy;
            x += step_x;
        }
        if (twice <= dx) {
            error += dx;
            y += step_y;
        }
    }
}

std::string Canvas::row(Size number, bool color) const {
    std::string text, part;  // a part is of one series: coloured once
    Size owner = 0;
    const auto finish = [&] {
        if (!part.empty()) text += in_color_of(owner, part, color);
        part.clear();
    };
    for (Size column = 0; column < columns_; ++column) {
        const Cell& at = cells_[number * columns_ + column];
        const bool is_empty = !at.is_letter && !at.dots;
        if (is_empty || at.owner != owner) finish();
        owner = at.owner;
        if (is_empty)
            text += ' ';
        else
            part += at.is_letter ? std::string(1, letters_ ? letter_of(at.owner) : '*') : braille(at.dots);
    }
    finish();
    return text;
}

}  // namespace unroll::cli
