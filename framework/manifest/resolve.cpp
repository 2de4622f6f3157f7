// Resolving one combination.
#include "manifest/resolve.h"

#include <fmt/core.h>

#include <algorithm>

#include "json/write.h"
#include "manifest/agreement.h"
#include "manifest/identity.h"
#include "manifest/maker_problem.h"
#include "manifest/normal_form.h"
#include "manifest/path.h"
#include "manifest/suggestion.h"
#include "trial/topology.h"

namespace unroll::manifest {
namespace {

/// What a part says, over what `cell` says: settings of all cells stay, and the options too unless the plugin is
/// another one. A stack has nothing to be merged over.
json::Value merge(const json::Value* cell, const json::Value& part) {
    if (part.array()) {
        json::Value list = part;
        for (json::Value& entry : *list.array()) entry = merge(cell, entry);
        return list;
    }
    if (!cell || !cell->object() || !part.object()) return part;
    json::Value merged = *cell;
    const json::Value* plugin = part.find("plugin");
    if (plugin && cell->find("plugin") && *plugin != *cell->find("plugin"))
        std::erase_if(*merged.object(), [known = names(section("cell"))](const json::Member& member) {
            return std::find(known.begin(), known.end(), member.key) == known.end();
        });
    merged.at = part.at;
    for (const json::Member& member : *part.object()) {
        std::erase_if(*merged.object(), [&](const json::Member& other) { return other.key == member.key; });
        merged.object()->push_back(member);
    }
    return merged;
}

/// A list of plugins' names, which is rather meant to compare cells than to stack them.
bool is_list_of_names(const json::Value& value) {
    return value.array() && !value.array()->empty() &&
           std::all_of(value.array()->begin(), value.array()->end(), [](const auto& item) { return item.text(); });
}

class Resolver {
public:
    Resolver(const json::Value& manifest, Checker& checker, DatasetCache& datasets, base::Diagnostics& diagnostics)
        : manifest_(manifest), checker_(checker), datasets_(datasets), diagnostics_(diagnostics) {}

    Resolved run() {
        out_.settings = json::Value(json::Object{});
        read_seed();
        read_dataset();
        read_section("model");
        read_cells();
        read_section("training");
        derive(*out_.settings.find("training"));
        if (const json::Value* start = manifest_.find("start"); start && !start->null()) read_section("start");
        fill();
        read_diagnostics();
        check_agreement(manifest_, out_, checker_, diagnostics_);
        if (diagnostics_.empty() && !checker_.tolerates_missing()) {
            identify(out_);
            out_.complete = true;
        }
        return std::move(out_);
    }

private:
    void wrong(std::string_view path, std::string found, std::string wanted, std::string next) {
        diagnostics_.add({checker_.where(nearest_at(manifest_, path).at, path), std::move(found), std::move(wanted),
                          std::move(next)});
    }

    void read_seed() {
        const Setting& row = setting(section(""), "seed");
        const json::Value* seed = manifest_.find("seed");
        out_.settings.set("seed", seed ? checker_.check_value(row, *seed, "seed", diagnostics_) : default_value(row));
    }

    void read_section(const std::string& name) {
        const std::string_view task = topology() ? topology()->settings : "";
        out_.settings.set(name,
                          checker_.check(section(name), manifest_.find(name), name, manifest_.at, task, diagnostics_));
    }

    void read_dataset() {
        json::Value& settings = out_.settings.set("dataset", {});
        const json::Value* object = manifest_.find("dataset");
        base::Diagnostics own;
        out_.dataset_plugin = checker_.check_plugin(section("dataset"), Plugin::Kind::dataset, object, "dataset",
                                                    manifest_.at, own, settings, out_.trial.dataset);
        if (out_.dataset_plugin && own.empty()) try {
                out_.dataset = datasets_.load(out_.trial.dataset);
            } catch (...) {
                own.add(maker_problem(checker_, *out_.dataset_plugin, *object, "dataset"));
            }
        diagnostics_.add(own);
    }

    void read_cells() {
        const json::Value* cell = manifest_.find("cell");
        if (!out_.dataset && !cell && manifest_.find("model")) {  // its parts may be the cells: the task would tell
            out_.settings.set("cell", {});
            return;
        }
        if (!topology() || !topology()->has_upstream()) {
            out_.settings.set("cell", read_part(cell, "cell", out_.trial.cells, out_.cells));
            return;
        }
        // Each part is the cell with what differs in that part.
        const json::Value* model = manifest_.find("model");
        const auto read = [&](std::string_view name, std::vector<trial::CellSettings>& cells, auto& plugins) {
            const json::Value* own = model ? model->find(name) : nullptr;
            const std::string path = own || !cell ? child("model", name) : "cell";
            std::optional<json::Value> merged = own ? std::optional(merge(cell, *own)) : std::nullopt;
            const std::optional<json::Value> optimizer = merged ? take_optimizer(*merged, path) : std::nullopt;
            json::Value& part =
                out_.settings.find("model")->set(name, read_part(merged ? &*merged : cell, path, cells, plugins));
            if (optimizer) part.set("optimizer", *optimizer);
        };
        read(topology()->upstream, out_.trial.upstream, out_.upstream);
        read(topology()->predictor, out_.trial.cells, out_.cells);
    }

    /// A part's own optimizer, checked; it is no setting of a cell.
    std::optional<json::Value> take_optimizer(json::Value& part, const std::string& path) {
        const json::Value* given = part.find("optimizer");
        if (!given) return std::nullopt;
        json::Value checked =
            checker_.check(section("training.optimizer"), given, child(path, "optimizer"), part.at, "", diagnostics_);
        check_betas(manifest_, checked, child(path, "optimizer"), checker_, diagnostics_);
        std::erase_if(*part.object(), [](const json::Member& member) { return member.key == "optimizer"; });
        return checked;
    }

    /// A part's cells: an object, or a list of them, bottom first.
    json::Value read_part(const json::Value* given, const std::string& path, std::vector<trial::CellSettings>& cells,
                          std::vector<const Plugin*>& plugins) {
        if (given && is_list_of_names(*given)) {
            wrong(path, json::excerpt(*given), "an object, or a list of objects: a stack of cells, lowest layer first",
                  fmt::format("{}; a stack is a list of {{\"plugin\": NAME}}",
                              instead_of_section(*given, section("cell"), path, checker_.catalog())));
            return json::Value(json::Array{});
        }
        json::Array stack;
        const auto read = [&](const json::Value* object, const std::string& at) {
            json::Value settings;
            trial::CellSettings cell;
            plugins.push_back(checker_.check_plugin(section("cell"), Plugin::Kind::cell, object, at, manifest_.at,
                                                    diagnostics_, settings, cell.choice));
            if (json::Value& initializer = *settings.find("initializer"); plugins.back() && initializer.null())
                initializer = json::Value(to_string(plugins.back()->initializer));
            read_block(settings, cell);
            manifest::fill(section("cell"), settings, cell);
            cells.push_back(std::move(cell));
            stack.push_back(std::move(settings));
        };
        if (given && given->array()) {
            for (std::size_t i = 0; i < given->array()->size(); ++i)
                read(&(*given->array())[i], fmt::format("{}.{}", path, i));
            if (stack.empty()) wrong(path, "an empty list", "at least one cell", "name one, as in {\"plugin\": NAME}");
        } else {
            read(given, path);
        }
        return stack.size() == 1 ? std::move(stack[0]) : json::Value(std::move(stack));
    }

    /// Nothing is said of a block that is not there: the fingerprints of stored trials were made without the key.
    static void read_block(json::Value& settings, trial::CellSettings& cell) {
        if (const json::Value* block = settings.find("block"); block && !block->null())
            manifest::fill(section("cell.block"), *block, cell.block.emplace());
        else
            std::erase_if(*settings.object(), [](const json::Member& member) { return member.key == "block"; });
    }

    /// Null as long as there is no dataset.
    const trial::Topology* topology() const {
        return out_.dataset ? &trial::topology_of(out_.dataset->task()) : nullptr;
    }

    /// Defaults that depend on other settings. The length of a dataset's examples overrules T, here and nowhere else.
    void derive(json::Value& training) {
        if (const Size fixed = out_.dataset ? out_.dataset->task().sequence_length : 0) {
            const json::Value* own = find_at(manifest_, "training.sequence_length");
            const json::Value* length = training.find("sequence_length");
            if (own && !own->null() && length->integer() && static_cast<Size>(*length->integer()) != fixed)
                wrong("training.sequence_length", std::to_string(*length->integer()),
                      fmt::format("{}, the length of the dataset's examples", fixed),
                      "remove it, or change the dataset's options");
            training.set("sequence_length", json::Value(fixed));
        }
        if (json::Value* length = training.find("evaluate_length"); length && length->null())
            training.set("evaluate_length", *training.find("sequence_length"));
        if (training.find("checkpoint_every")->null())
            training.set("checkpoint_every", *training.find("evaluate_every"));
    }

    /// The typed trial, as far as its settings could be read.
    void fill() {
        trial::Trial& trial = out_.trial;
        const json::Value &model = *out_.settings.find("model"), &training = *out_.settings.find("training");
        manifest::fill(section(""), out_.settings, trial);
        manifest::fill(section("model"), model, trial.model);
        trial::TrainingSettings& to = trial.training;
        manifest::fill(section("training"), training, to);
        if (!training.find("evaluate_length")) to.evaluate_length = to.sequence_length;
        manifest::fill(section("training.schedule"), *training.find("schedule"), to.schedule);
        manifest::fill(section("training.stop"), *training.find("stop"), to.stop);
        to.optimizer = optimizer_of(*training.find("optimizer"));
        if (topology() && topology()->has_upstream()) {
            const auto own = [&](std::string_view part) { return find_at(model, child(part, "optimizer")); };
            if (const json::Value* upstream = own(topology()->upstream))
                trial.upstream_optimizer = optimizer_of(*upstream);
            if (const json::Value* predictor = own(topology()->predictor)) {
                if (!trial.upstream_optimizer) trial.upstream_optimizer = to.optimizer;
                to.optimizer = optimizer_of(*predictor);
            }
        }
    }

    void read_diagnostics() {
        const json::Value settings = checker_.check(section("diagnostics"), manifest_.find("diagnostics"),
                                                    "diagnostics", manifest_.at, "", diagnostics_);
        out_.gradient = to_when(*settings.find("gradient"));
    }

    static trial::OptimizerSettings optimizer_of(const json::Value& settings) {
        trial::OptimizerSettings optimizer;
        manifest::fill(section("training.optimizer"), settings, optimizer);
        return optimizer;
    }

    const json::Value& manifest_;
    Checker& checker_;
    DatasetCache& datasets_;
    base::Diagnostics& diagnostics_;
    Resolved out_;
};

}  // namespace

Resolved resolve(const json::Value& manifest, Checker& checker, DatasetCache& datasets,
                 base::Diagnostics& diagnostics) {
    return Resolver(manifest, checker, datasets, diagnostics).run();
}

}  // namespace unroll::manifest
