// A page as JSON.
#include "report/json.h"

#include <cmath>
#include <string_view>
#include <utility>

#include "base/utf8.h"
#include "json/write.h"

namespace unroll::report {

namespace {

json::Value text(std::string_view bytes) {
    std::string valid;
    valid.reserve(bytes.size());
    base::for_each_character(bytes, [&](CodePoint, std::string_view character) { valid += character; });
    return valid;
}

json::Value number(double value) {
    return std::isfinite(value) ? json::Value(value) : json::Value();
}

json::Value value(const store::Value& stored) {
    if (const auto* whole = std::get_if<std::int64_t>(&stored)) return *whole;
    if (const auto* real = std::get_if<double>(&stored)) return number(*real);
    if (const auto* words = std::get_if<std::string>(&stored)) return text(*words);
    return {};
}

json::Value whole(std::size_t number) {
    return static_cast<std::int64_t>(number);
}

template <class Items, class Convert>
json::Value list(const Items& items, Convert convert) {
    json::Array array;
    array.reserve(items.size());
    for (const auto& item : items) array.push_back(convert(item));
    return array;
}

/// An object of these members, in this order.
json::Value object(std::vector<std::pair<std::string_view, json::Value>> members) {
    json::Object made;
    made.reserve(members.size());
    for (auto& member : members) made.push_back({std::string(member.first), {}, std::move(member.second)});
    return made;
}

json::Value texts(const std::vector<std::string>& words) {
    return list(words, text);
}

json::Value numbers(const Numbers& values) {
    return list(values, number);
}

json::Value axis(const Axis& shown) {
    return object({{"name", text(shown.name)},
                   {"categories", texts(shown.categories)},
                   {"ticks", numbers(shown.ticks)},
                   {"logarithmic", shown.logarithmic}});
}

json::Value series(const Series& shown) {
    return object({{"name", text(shown.name)},
                   {"hue", whole(shown.hue)},
                   {"x", list(shown.x, numbers)},
                   {"y", numbers(shown.y)},
                   {"low", numbers(shown.low)},
                   {"high", numbers(shown.high)},
                   {"n", numbers(shown.n)}});
}

const char* name_of(Figure::Marks marks) {
    switch (marks) {
        case Figure::Marks::points:
            return "points";
        case Figure::Marks::lines_and_points:
            return "lines_and_points";
        case Figure::Marks::intervals:
            return "intervals";
        case Figure::Marks::lines:
            break;
    }
    return "lines";
}

/// A block's content by kind.
struct Content {
    json::Value operator()(const Paragraph& paragraph) const {
        return object({{"kind", "paragraph"}, {"text", text(paragraph.text)}});
    }
    json::Value operator()(const Notes& notes) const {
        return object({{"kind", "notes"}, {"sentences", texts(notes.sentences)}});
    }
    json::Value operator()(const Claims& claims) const {
        return object(
            {{"kind", "claims"},
             {"claims", list(claims.claims, [](const Claim& claim) {
                  return object({{"name", text(claim.name)}, {"holds", claim.holds}, {"details", text(claim.details)}});
              })}});
    }
    json::Value operator()(const Table& table) const {
        const auto column = [](const Column& shown) {
            return object({{"name", text(shown.name)},
                           {"decimals", std::int64_t(shown.digits.decimals)},
                           {"significant", std::int64_t(shown.digits.significant)}});
        };
        return object({{"kind", "table"},
                       {"caption", text(table.caption)},
                       {"columns", list(table.columns, column)},
                       {"rows", list(table.rows, [](const auto& row) { return list(row, value); })},
                       {"best", list(table.best, whole)},
                       {"breaks", list(table.breaks, whole)}});
    }
    json::Value operator()(const Figure& figure) const { return to_json(figure); }
    json::Value operator()(const Texts& texts_) const {
        const auto one = [](const Text& shown) {
            json::Object measures;
            for (const auto& [name, measure] : shown.measures) measures.push_back({name, {}, value(measure)});
            return object({{"row", whole(shown.row)},
                           {"column", whole(shown.column)},
                           {"prompt", text(shown.prompt)},
                           {"text", text(shown.text)},
                           {"target", text(shown.target)},
                           {"correct", std::int64_t(shown.correct)},
                           {"measures", std::move(measures)}});
        };
        return object({{"kind", "texts"},
                       {"row_name", text(texts_.row_name)},
                       {"column_name", text(texts_.column_name)},
                       {"rows", texts(texts_.rows)},
                       {"columns", texts(texts_.columns)},
                       {"hues", list(texts_.hues, whole)},
                       {"blocks", texts(texts_.blocks)},
                       {"first_block", text(texts_.first_block)},
                       {"texts", list(texts_.texts, one)}});
    }
    json::Value operator()(const Images& images) const {
        return object(
            {{"kind", "images"}, {"images", list(images.images, [](const Image& image) {
                                      return object({{"label", text(image.label)}, {"png", base64(image.png)}});
                                  })}});
    }
    json::Value operator()(const Code& code) const { return object({{"kind", "code"}, {"text", text(code.text)}}); }
};

json::Value block(const Block& shown) {
    json::Value made = std::visit(Content{}, shown.content);
    made.set("title", text(shown.title));
    made.set("folded", shown.folded);
    return made;
}

json::Value section(const Section& shown) {
    return object({{"id", text(shown.id)}, {"title", text(shown.title)}, {"blocks", list(shown.blocks, block)}});
}

json::Value chapter(const Chapter& shown) {
    return object(
        {{"name", text(shown.name)}, {"about", text(shown.about)}, {"sections", list(shown.sections, section)}});
}

}  // namespace

json::Value to_json(const Figure& figure) {
    return object({{"kind", "figure"},
                   {"id", text(figure.id)},
                   {"about", text(figure.about)},
                   {"marks", name_of(figure.marks)},
                   {"x", list(figure.x, axis)},
                   {"y", axis(figure.y)},
                   {"charts", list(figure.charts, [](const Chart& chart) {
                        return object({{"title", text(chart.title)}, {"series", list(chart.series, series)}});
                    })}});
}

json::Value to_json(const store::Value& stored) {
    return value(stored);
}

json::Value to_json(const Page& page) {
    return object({{"title", text(page.title)},
                   {"source", text(page.source)},
                   {"generator", text(page.generator)},
                   {"made_at", text(page.made_at)},
                   {"chapters", list(page.chapters, chapter)}});
}

std::string for_script(const json::Value& value) {
    const std::string plain = json::dump(value, json::Reals::bare);
    std::string escaped;
    escaped.reserve(plain.size() + plain.size() / 16);
    for (std::size_t at = 0; at < plain.size(); ++at) {
        const std::string_view rest = std::string_view(plain).substr(at, 3);
        if (plain[at] == '<') {
            escaped += "\\u003c";
        } else if (plain[at] == '>') {
            escaped += "\\u003e";
        } else if (plain[at] == '&') {
            escaped += "\\u0026";
        } else if (rest == "\xE2\x80\xA8" || rest == "\xE2\x80\xA9") {
            escaped += rest == "\xE2\x80\xA8" ? "\\u2028" : "\\u2029";
            at += 2;
        } else {
            escaped += plain[at];
        }
    }
    return escaped;
}

std::string base64(std::string_view bytes) {
    static constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string text;
    text.reserve((bytes.size() + 2) / 3 * 4);
    for (std::size_t at = 0; at < bytes.size(); at += 3) {
        const std::string_view three = bytes.substr(at, 3);
        std::uint32_t bits = 0;
        for (std::size_t i = 0; i < 3; ++i)
            bits = bits << 8 | (i < three.size() ? static_cast<unsigned char>(three[i]) : 0U);
        for (std::size_t i = 0; i < 4; ++i) text += i <= three.size() ? digits[bits >> (18 - 6 * i) & 63U] : '=';
    }
    return text;
}

}  // namespace unroll::report
