// A page of results as plain data: what stands on it and what its charts show. Nothing here knows how it is drawn: the
// same description becomes HTML in a browser (html.h) and SVG on paper.
//
// Texts may hold anything that a model, a corpus or a store holds. Whoever draws them keeps them texts.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "base/digits.h"
#include "store/result_table.h"

namespace unroll::report {

using Numbers = std::vector<double>;  ///< not a number: there is none

struct Axis {
    std::string name;
    std::vector<std::string> categories{};  ///< the values are places in this list; empty: they are numbers
    Numbers ticks{};                        ///< where the axis is labelled; empty: where whoever draws it sees fit
    bool logarithmic = false;               ///< how it is drawn at first
};

/// Points in the order in which they are joined.
struct Series {
    std::string name{};
    std::size_t hue = 0;       ///< what has one hue is the same thing in every chart of a page
    std::vector<Numbers> x{};  ///< for each of Figure::x, as many as y
    Numbers y{};
    Numbers low{}, high{};  ///< of an interval about y; empty: none
    Numbers n{};            ///< how many values a point is the mean of; empty: one each
};

struct Chart {
    std::string title{};
    std::vector<Series> series{};
};

/// Charts side by side with axes in common.
struct Figure {
    enum class Marks {
        lines,
        points,
        lines_and_points,
        intervals,  ///< x are categories, one above the other, and y runs to the right
    };
    std::string id{};     ///< unique in a chapter; letters, digits and hyphens
    std::string about{};  ///< what is drawn, also for those who do not see it
    Marks marks = Marks::lines;
    std::vector<Axis> x{};  ///< the first is drawn at first; the others may be chosen instead
    Axis y{};
    std::vector<Chart> charts{};
};

struct Column {
    std::string name{};
    base::Digits digits{};  ///< of its reals
};

struct Table {
    std::string caption{};
    std::vector<Column> columns{};
    std::vector<std::vector<store::Value>> rows{};
    std::vector<std::size_t> best{};    ///< rows that stand out
    std::vector<std::size_t> breaks{};  ///< rows before which a new block begins
};

struct Paragraph {
    std::string text{};
};

/// What a reader must know besides; a sentence each.
struct Notes {
    std::vector<std::string> sentences{};
};

/// Whether an expectation holds.
struct Claim {
    std::string name{};
    bool holds = false;
    std::string details{};  ///< its figures, or why there is no answer
};
struct Claims {
    std::vector<Claim> claims{};
};

/// A generated text, or an answer.
struct Text {
    std::size_t row = 0, column = 0;  ///< places in Texts::rows and columns
    std::string prompt{}, text{};
    std::string target{};                                          ///< of an answer; "" when there is none
    int correct = -1;                                              ///< of an answer: 0 or 1; below: not known
    std::vector<std::pair<std::string, store::Value>> measures{};  ///< by name
};
/// Texts side by side.
struct Texts {
    std::string row_name{}, column_name{};  ///< "system", "temperature"
    std::vector<std::string> rows{}, columns{};
    std::vector<std::size_t> hues{};    ///< of the rows
    std::vector<std::string> blocks{};  ///< of the rows: rows of one block are compared, and shown together
    std::string first_block{};          ///< what is shown first
    std::vector<Text> texts{};
};

struct Image {
    std::string label{}, png{};  ///< png: a file's bytes
};
struct Images {
    std::vector<Image> images{};
};

/// A text as it is typed or stored, which may be copied.
struct Code {
    std::string text{};
};

struct Block {
    std::string title{};  ///< "" when the section's is enough
    bool folded = false;  ///< shown only when its title is chosen
    std::variant<Paragraph, Notes, Claims, Table, Figure, Texts, Images, Code> content;
};

struct Section {
    std::string id{}, title{};
    std::vector<Block> blocks{};
};

/// What a page tells of one experiment.
struct Chapter {
    std::string name{}, about{};
    std::vector<Section> sections{};
};

struct Page {
    std::string title{};
    std::string source{};     ///< the database's file name
    std::string generator{};  ///< the program and its version
    std::string made_at{};    ///< UTC
    std::vector<Chapter> chapters{};
};

}  // namespace unroll::report
