// Data files of a stored trial that are no longer where they were.
#include "manifest/data_files/relocation.h"

#include <algorithm>
#include <iterator>
#include <optional>

#include "json/parse.h"
#include "json/write.h"
#include "plugins/options_check.h"

namespace unroll::manifest {
namespace {

namespace fs = std::filesystem;

/// The path options of a dataset that have a value.
std::vector<std::string> path_options(const json::Value& dataset, const plugins::Catalog& catalog) {
    std::vector<std::string> names;
    const json::Value* name = dataset.find("plugin");
    const Plugin* plugin = name && name->text() ? catalog.find(Plugin::Kind::dataset, *name->text()) : nullptr;
    if (!plugin) return names;
    for (const Option& option : plugin->options) {
        const json::Value* path = dataset.find(option.name);
        if (option.type == Option::Type::path && path && path->text() && !path->text()->empty())
            names.emplace_back(option.name);
    }
    return names;
}

/// The last `count` parts of a path, or all; the root is none of them.
fs::path last_parts(const fs::path& path, std::ptrdiff_t count) {
    const fs::path relative = path.relative_path();
    const std::ptrdiff_t all = std::distance(relative.begin(), relative.end());
    fs::path last;
    for (auto part = std::next(relative.begin(), std::max<std::ptrdiff_t>(all - count, 0)); part != relative.end();
         ++part)
        last /= *part;
    return last;
}

/// Without those that are two and more above another one: what lies in /home or /tmp is no project's.
std::vector<fs::path> near_ones(const std::vector<fs::path>& folders) {
    const auto is_far_above = [&](const fs::path& folder) {
        return std::any_of(folders.begin(), folders.end(), [&](const fs::path& other) {
            const fs::path way = (other / "").parent_path().lexically_relative((folder / "").parent_path());
            return !way.empty() && *way.begin() != ".." && std::distance(way.begin(), way.end()) > 1;
        });
    };
    std::vector<fs::path> near;
    std::copy_if(folders.begin(), folders.end(), std::back_inserter(near),
                 [&](const fs::path& folder) { return !is_far_above(folder); });
    return near;
}

}  // namespace

Lookup lookup_of_store(const fs::path& database) {
    constexpr int around = 4;  // the folder of PROJECT/results/unroll.db, PROJECT, and two above
    Lookup lookup;
    const auto add = [&](const fs::path& folder) {
        if (std::find(lookup.folders.begin(), lookup.folders.end(), folder) == lookup.folders.end())
            lookup.folders.push_back(folder);
    };
    fs::path folder = fs::absolute(database).lexically_normal().parent_path();
    for (int i = 0; i < around && folder.has_relative_path(); ++i, folder = folder.parent_path()) add(folder / "");
    for (const fs::path& usual : Lookup::standard(database).folders) add(usual);
    return lookup;
}

std::vector<std::string> relocated(const std::string& config, const plugins::Catalog& catalog,
                                   const std::vector<fs::path>& folders) {
    const json::Value whole = json::parse(config, "stored config");
    const json::Value* dataset = whole.find("dataset");
    if (!dataset || !dataset->object()) return {};
    const std::vector<std::string> names = path_options(*dataset, catalog);
    std::ptrdiff_t longest = 0;
    for (const std::string& name : names) {
        const fs::path path = fs::path(*dataset->find(name)->text()).relative_path();
        longest = std::max(longest, std::distance(path.begin(), path.end()));
    }
    std::vector<std::string> found;
    for (std::ptrdiff_t parts = longest; parts > 0; --parts)
        for (const fs::path& folder : folders) {
            json::Value elsewhere = whole;
            bool all_there = true;
            for (const std::string& name : names) {
                json::Value& path = *elsewhere.find("dataset")->find(name);
                const auto there = Lookup{{folder}}.find(last_parts(*path.text(), parts).string());
                all_there = all_there && there;
                if (there) path = json::Value(there->string());
            }
            std::string text = json::dump(elsewhere);
            if (all_there && text != config && std::find(found.begin(), found.end(), text) == found.end())
                found.push_back(std::move(text));
        }
    return found;
}

std::optional<std::string> with_data(const std::string& config, const plugins::Catalog& catalog, const fs::path& data) {
    json::Value whole = json::parse(config, "stored config");
    json::Value* const dataset = whole.find("dataset");
    if (!dataset || !dataset->object()) return std::nullopt;
    const std::vector<std::string> names = path_options(*dataset, catalog);
    if (names.size() != 1) return std::nullopt;
    *dataset->find(names[0]) = json::Value(fs::absolute(data).lexically_normal().string());
    return json::dump(whole);
}

std::vector<std::string> renamed(const std::string& config, const plugins::Catalog& catalog,
                                 const std::vector<fs::path>& folders) {
    constexpr std::size_t most = 32;  // each is read and compared by its contents
    const json::Value whole = json::parse(config, "stored config");
    const json::Value* const dataset = whole.find("dataset");
    if (!dataset || !dataset->object()) return {};
    const std::vector<std::string> names = path_options(*dataset, catalog);
    if (names.size() != 1) return {};
    const std::string extension = fs::path(*dataset->find(names[0])->text()).extension();
    std::vector<fs::path> files;
    const auto add_files = [&](const fs::path& folder, const auto& add_folder) {
        std::error_code error;
        for (fs::directory_iterator entry(folder, error), end; !error && entry != end; entry.increment(error)) {
            std::error_code ignored;
            if (entry->is_directory(ignored)) add_folder(entry->path());
            if (entry->is_regular_file(ignored) && entry->path().extension() == extension)
                files.push_back(entry->path());
        }
    };
    for (const fs::path& folder : near_ones(folders))
        add_files(folder, [&](const fs::path& inner) { add_files(inner, [](const fs::path&) {}); });
    std::vector<std::string> found;
    for (const fs::path& file : files) {
        if (found.size() == most) break;
        std::string text = with_data(config, catalog, file).value();
        if (text != config && std::find(found.begin(), found.end(), text) == found.end())
            found.push_back(std::move(text));
    }
    return found;
}

}  // namespace unroll::manifest
