// The reference for people: docs/manifest.md below its introduction.
#include <fmt/core.h>
#include <fmt/ranges.h>

#include "manifest/checker.h"
#include "manifest/data_files/remote.h"
#include "manifest/describe.h"
#include "manifest/schema.h"
#include "plugins/options_check.h"

namespace unroll::manifest {
namespace {

constexpr const char* header = "| key | value | default | meaning |\n| --- | --- | --- | --- |\n";

/// Text within a table's cell.
std::string cell(std::string_view text) {
    std::string escaped;
    for (const char c : text) escaped += c == '|' ? std::string("\\|") : std::string(1, c);
    return escaped;
}

std::string code(std::string_view text) {
    return fmt::format("`{}`", text);
}

/// "; only …", or nothing.
std::string condition(const Setting& setting) {
    const std::string_view selector = setting.condition.selector;
    if (selector.empty()) return "";
    std::vector<std::string> values;
    for (const std::string_view value : condition_values(setting)) values.push_back(code(fmt::format("\"{}\"", value)));
    if (selector != "task") return fmt::format("; only with {} {}", code(selector), fmt::join(values, ", "));
    const std::string_view tasks = setting.condition.values;
    return tasks == "corpus"   ? "; only for a corpus"
           : tasks == "pairs"  ? "; only for target sequences (encoder and decoder)"
           : tasks == "images" ? "; only for images (GANs)"
                               : "; only for text: a corpus or target sequences";
}

std::string default_of(const Setting& setting) {
    if (setting.required) return "(required)";
    if (*setting.derived) return cell(setting.derived);
    return *setting.option.default_json ? code(cell(setting.option.default_json)) : "";
}

std::string row(std::string_view key, std::string_view value, std::string_view standard, std::string_view meaning) {
    return fmt::format("| {} | {} | {} | {} |\n", code(key), cell(value), standard, cell(meaning));
}

/// The settings but those of the section's variants, which have tables of their own.
std::string table(const Section& section) {
    std::string text = header;
    for (const Setting& setting : section.settings)
        if (section.variants.empty() || !*setting.condition.selector)
            text += row(setting.option.name, allowed(setting), default_of(setting),
                        setting.option.help + condition(setting));
    return text;
}

std::string title(const Section& section) {
    const std::string_view path = section.path;
    if (path.empty()) return "## The manifest";
    if (path.starts_with("model."))
        return "### `model.encoder`, `model.decoder`, `model.generator`, `model.discriminator`";
    return fmt::format("{} `{}`", path.find('.') == path.npos ? "##" : "###", path);
}

std::string variants(const Section& section) {
    std::string text;
    for (const Variant& variant : section.variants) {
        text += fmt::format("\n`\"name\": \"{}\"`: {}\n", variant.name, variant.help);
        if (!variant.settings.empty()) text += std::string("\n") + header;
        for (const Setting& setting : variant.settings)
            text += row(setting.option.name, allowed(setting), default_of(setting), setting.option.help);
    }
    return text;
}

std::string options(const Plugin& plugin) {
    std::string text =
        fmt::format("#### {} `{}`\n\n{}\n\n", plugins::to_string(plugin.kind), plugin.name, cell(plugin.summary));
    if (plugin.options.empty()) return text + "No options.\n\n";
    text += header;
    for (const Option& option : plugin.options) {
        text += row(option.name, plugins::allowed(option),
                    *option.default_json ? code(cell(option.default_json)) : "(required)", option.help);
        if (const auto keys = remote_keys(plugin, option)) {
            text +=
                row(keys->url, "a URL in quotes", "", fmt::format("where to download the file of `{}`", option.name));
            text += row(keys->sha256, "a string of 64 hexadecimal digits", "",
                        fmt::format("its SHA-256 checksum; required with `{}`", keys->url));
        }
    }
    return text + "\n";
}

}  // namespace

std::string markdown(const plugins::Catalog& catalog) {
    std::string text;
    bool parts = false;
    for (const Section& section : sections()) {
        const bool part = std::string_view(section.path).starts_with("model.");
        if (part && parts) continue;
        parts = parts || part;
        text += title(section) + "\n\n";
        if (part)
            text +=
                "The settings of `cell`, merged over it: what is not given here is as in `cell`. Beside them an "
                "`optimizer` for this part alone, as `training.optimizer`.\n\n";
        else
            text += table(section) + variants(section) + "\n";
        if (section.plugin && !part) text += "The options of the plugin stand beside these; see below.\n\n";
    }
    text += "## Options of plugins\n\n";
    for (const plugins::Found& found : catalog.found()) text += options(*found.plugin);
    text.pop_back();  // one newline at the end
    return text;
}

}  // namespace unroll::manifest
