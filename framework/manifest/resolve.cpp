// Resolving one combination.
#include "manifest/resolve.h"

#include <fmt/core.h>

#include <algorithm>

#include "json/write.h"
#include "manifest/path.h"
#include "plugins/options_check.h"
#include "trial/topology.h"
#include "unroll/sha256.h"

namespace unroll::manifest {
namespace {

Size size(const json::Value& object, std::string_view name) {
    const json::Value* value = object.find(name);
    return value && value->integer() ? static_cast<Size>(*value->integer()) : 0;
}

double number(const json::Value& object, std::string_view name, double otherwise) {
    const json::Value* value = object.find(name);
    return value ? value->number().value_or(otherwise) : otherwise;
}

std::string text(const json::Value& object, std::string_view name) {
    const json::Value* value = object.find(name);
    return value && value->text() ? *value->text() : "";
}

bool given(const json::Value& settings, std::string_view name) {
    const json::Value* value = settings.find(name);
    return value && !value->null();
}

/// Whether an embedding has anything to embed: the inputs, or what a decoder has said before.
bool reads_tokens(const Task& task, const std::string& bridge) {
    return task.input_tokens > 0 || (trial::topology_of(task).separate_target && bridge != "repeat");
}

class Resolver {
public:
    Resolver(const json::Value& manifest, Checker& checker, DatasetCache& datasets, base::Diagnostics& diagnostics)
        : manifest_(manifest), checker_(checker), datasets_(datasets), diagnostics_(diagnostics) {}

    Resolved run() {
        out_.settings = json::Value(json::Object{});
        read_seed();
        read_dataset();
        const std::string_view task = topology() ? topology()->settings : "";
        out_.settings.set("model", checker_.check(section("model"), manifest_.find("model"), "model", manifest_.at,
                                                  task, diagnostics_));
        read_cells();
        json::Value& training =
            out_.settings.set("training", checker_.check(section("training"), manifest_.find("training"), "training",
                                                         manifest_.at, task, diagnostics_));
        derive(training);
        agree(training);
        read_diagnostics();
        if (diagnostics_.empty() && !checker_.tolerates_missing()) {
            fill();
            write();
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
        for (const Setting& setting : section("").settings)
            if (std::string_view(setting.option.name) == "seed") {
                const json::Value* seed = manifest_.find("seed");
                out_.settings.set("seed", seed ? checker_.check_value(setting, *seed, "seed", diagnostics_)
                                               : json::Value(std::int64_t{1}));
            }
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
        check_betas(checked, child(path, "optimizer"));
        std::erase_if(*part.object(), [](const json::Member& member) { return member.key == "optimizer"; });
        return checked;
    }

    /// A part's cells: an object, or a list of them, bottom first.
    json::Value read_part(const json::Value* given, const std::string& path, std::vector<trial::CellSettings>& cells,
                          std::vector<const Plugin*>& plugins) {
        json::Array stack;
        const auto read = [&](const json::Value* object, const std::string& at) {
            json::Value settings;
            trial::PluginChoice choice;
            plugins.push_back(checker_.check_plugin(section("cell"), Plugin::Kind::cell, object, at, manifest_.at,
                                                    diagnostics_, settings, choice));
            cells.push_back({std::move(choice), size(settings, "hidden"), size(settings, "layers"),
                             number(settings, "dropout", 0), text(settings, "initializer")});
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

    /// What a part says, over what `cell` says: settings of all cells stay, and the options too unless the plugin is
    /// another one. A stack has nothing to be merged over.
    static json::Value merge(const json::Value* cell, const json::Value& part) {
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

    /// Null as long as there is no dataset.
    const trial::Topology* topology() const {
        return out_.dataset ? &trial::topology_of(out_.dataset->task()) : nullptr;
    }

    /// Defaults that depend on other settings.
    void derive(json::Value& training) {
        if (const Size fixed = out_.dataset ? out_.dataset->task().sequence_length : 0) {
            if (const Size own = size(training, "sequence_length"); own && own != fixed)
                wrong("training.sequence_length", std::to_string(own), fmt::format("{}: the dataset fixes it", fixed),
                      "remove it, or change the dataset's options");
            training.set("sequence_length", json::Value(fixed));
        } else if (!given(training, "sequence_length")) {
            training.set("sequence_length", json::Value(std::int64_t{64}));
        }
        if (training.find("evaluate_length") && !given(training, "evaluate_length"))
            training.set("evaluate_length", *training.find("sequence_length"));
        if (!given(training, "checkpoint_every")) training.set("checkpoint_every", *training.find("evaluate_every"));
    }

    void check_betas(const json::Value& optimizer, const std::string& path) {
        const json::Value* betas = optimizer.find("betas");
        if (!betas || !betas->array()) return;
        const auto below_one = [](const json::Value& beta) { return *beta.number() < 1; };
        if (betas->array()->size() != 2 || !std::all_of(betas->array()->begin(), betas->array()->end(), below_one))
            wrong(child(path, "betas"), json::excerpt(*betas), "two numbers, at least 0 and below 1",
                  "change them, or leave them out for [0.9, 0.999]");
    }

    /// Settings that must agree with one another and with the task.
    void agree(const json::Value& training) {
        const json::Value* written = manifest_.find("training");
        const bool steps = written && given(*written, "steps"), epochs = written && given(*written, "epochs");
        if (steps && epochs)
            wrong("training.epochs", "both steps and epochs", "one of them", "remove \"steps\" or \"epochs\"");
        if (!steps && !epochs && !checker_.tolerates_missing())
            wrong("training", "neither steps nor epochs", "one of them",
                  "say how long to train, as in \"steps\": 2000");

        check_betas(*training.find("optimizer"), "training.optimizer");
        const json::Value& schedule = *training.find("schedule");
        if (const Size warmup = size(schedule, "warmup"); steps && warmup && warmup >= size(training, "steps"))
            wrong("training.schedule.warmup", std::to_string(warmup),
                  fmt::format("fewer than training.steps, {}", size(training, "steps")),
                  "warm up for fewer steps, or train longer");

        const bool examples = topology() && !topology()->corpus;
        if (const Size stride = size(training, "stride"); examples && stride > 1)
            wrong("training.stride", std::to_string(stride), "nothing: examples come as they are", "remove it");

        const json::Value& stop = *training.find("stop");
        if (!stop.null() && topology() && !topology()->evaluated)
            wrong("training.stop", fmt::format("early stopping of {} training", topology()->name),
                  "null: early stopping is not available for GANs, whose losses do not tell which is better",
                  "remove it");
        if (!stop.null()) {
            if (!given(stop, "target") && size(stop, "patience") == 0)
                wrong("training.stop", "neither target nor patience", "at least one of them",
                      "say when to stop, as in \"patience\": 5");
            const json::Value& every = *training.find("evaluate_every");
            if ((every.text() && *every.text() == "end") || every.boolean())
                wrong("training.stop", fmt::format("stop, but evaluate_every is {}", json::dump(every)),
                      "evaluations while it trains", "set training.evaluate_every, as in \"epoch\"");
            if (out_.dataset && out_.dataset->task().target_tokens == 0 &&
                text(stop, "metric") == "validation/accuracy")
                wrong("training.stop.metric", "\"validation/accuracy\"",
                      "\"validation/loss\": targets are real numbers", "stop by the loss");
            if (out_.dataset && out_.dataset->tokens(Split::validation).empty() &&
                out_.dataset->examples(Split::validation) == 0)
                wrong("training.stop", "stop, but the dataset has no validation split", "a validation split",
                      "give the dataset one, or remove \"stop\"");
        }

        const json::Value& model = *out_.settings.find("model");
        const json::Value* tied = model.find("tied");
        if (out_.dataset && size(model, "embedding") && !reads_tokens(out_.dataset->task(), text(model, "bridge")))
            wrong("model.embedding", std::to_string(size(model, "embedding")), "0: inputs are real numbers, not tokens",
                  "remove it");
        if (tied && tied->boolean() && *tied->boolean() && !size(model, "embedding"))
            wrong("model.tied", "true, but there is no embedding", "model.embedding above 0",
                  "set model.embedding to the width of the top cell, or remove \"tied\"");
    }

    void read_diagnostics() {
        const json::Value settings = checker_.check(section("diagnostics"), manifest_.find("diagnostics"),
                                                    "diagnostics", manifest_.at, "", diagnostics_);
        out_.gradient = to_when(*settings.find("gradient"));
        if (out_.gradient.kind != trial::When::Kind::never && topology() && topology()->has_upstream())
            wrong("diagnostics.gradient",
                  fmt::format("a gradient by lag, but the model has two parts, {} and {}", topology()->upstream,
                              topology()->predictor),
                  "a model of one part: between two of them there is no lag",
                  "remove it, or choose a dataset of another task");
    }

    static trial::OptimizerSettings optimizer_of(const json::Value& settings) {
        trial::OptimizerSettings by;
        by.name = text(settings, "name");
        by.learning_rate = number(settings, "learning_rate", by.learning_rate);
        by.momentum = number(settings, "momentum", 0);
        by.decay = number(settings, "decay", by.decay);
        if (const json::Value* betas = settings.find("betas")) {
            by.beta1 = *(*betas->array())[0].number();
            by.beta2 = *(*betas->array())[1].number();
        }
        by.epsilon = number(settings, "epsilon", by.epsilon);
        by.epsilon_in_root = text(settings, "epsilon_in") == "root";
        by.weight_decay = number(settings, "weight_decay", 0);
        by.decay_all = text(settings, "decay") != "matrices";
        return by;
    }

    /// The typed trial.
    void fill() {
        trial::Trial& trial = out_.trial;
        trial.seed = static_cast<std::uint64_t>(*out_.settings.find("seed")->integer());
        const json::Value& model = *out_.settings.find("model");
        const std::string bridge = text(model, "bridge");
        trial.model.embedding = size(model, "embedding");
        trial.model.tied = *model.find("tied")->boolean();
        trial.model.bridge = bridge == "repeat"      ? trial::Bridge::repeat
                             : bridge == "attention" ? trial::Bridge::attention
                                                     : trial::Bridge::state;
        trial.model.noise = size(model, "noise");

        const json::Value& training = *out_.settings.find("training");
        trial::TrainingSettings& to = trial.training;
        to.sequence_length = size(training, "sequence_length");
        to.batch = size(training, "batch");
        to.steps = size(training, "steps");
        to.epochs = size(training, "epochs");
        const std::string windows = text(training, "windows");
        to.windows = windows == "strided"   ? trial::Windows::strided
                     : windows == "streams" ? trial::Windows::streams
                                            : trial::Windows::random;
        to.stride = std::max<Size>(size(training, "stride"), 1);
        to.predict = text(training, "predict") == "last" ? trial::Predict::last : trial::Predict::every;
        to.evaluate_length = training.find("evaluate_length") ? size(training, "evaluate_length") : to.sequence_length;
        to.log_every = size(training, "log_every");
        to.evaluate_every = to_when(*training.find("evaluate_every"));
        to.checkpoint_every = to_when(*training.find("checkpoint_every"));
        to.keep_checkpoints = size(training, "keep_checkpoints");

        to.optimizer = optimizer_of(*training.find("optimizer"));
        if (topology()->has_upstream()) {
            const auto own = [&](std::string_view part) { return find_at(model, std::string(part) + ".optimizer"); };
            if (const json::Value* upstream = own(topology()->upstream))
                trial.upstream_optimizer = optimizer_of(*upstream);
            if (const json::Value* main = own(topology()->predictor)) {
                if (!trial.upstream_optimizer) trial.upstream_optimizer = to.optimizer;
                to.optimizer = optimizer_of(*main);
            }
        }

        const json::Value& schedule = *training.find("schedule");
        to.schedule = {text(schedule, "name"), size(schedule, "warmup"), number(schedule, "minimum", 0),
                       number(schedule, "decay", 1), size(schedule, "every")};

        const json::Value& clip = *training.find("clip");
        if (const auto norm = clip.number())
            to.clip = {trial::Clip::Kind::norm, *norm};
        else if (const json::Value* element = clip.find("element"))
            to.clip = {trial::Clip::Kind::element, *element->number()};

        const json::Value& stop = *training.find("stop");
        if (!stop.null()) {
            to.stop.metric = text(stop, "metric");
            if (given(stop, "target")) to.stop.target = number(stop, "target", 0);
            to.stop.patience = size(stop, "patience");
        }
    }

    /// Config, identity and fingerprint.
    void write() {
        out_.trial.config = json::dump(out_.settings);

        json::Value identity = decisive(section(""), out_.settings);
        json::Value& dataset = identity.set("dataset", *out_.settings.find("dataset"));
        const std::string digest = out_.dataset->digest();
        std::erase_if(*dataset.object(), [&](const json::Member& member) {
            const Option* option = plugins::find_option(*out_.dataset_plugin, member.key);
            return option ? option->type == Option::Type::path && !digest.empty()
                          : is_remote_key(*out_.dataset_plugin, member.key);
        });
        if (!digest.empty()) dataset.set("digest", json::Value(digest));
        dataset.set("revision", json::Value(std::int64_t{out_.dataset_plugin->revision}));
        const auto add_revisions = [](json::Value& part, const std::vector<const Plugin*>& plugins) {
            for (std::size_t i = 0; i < plugins.size(); ++i)
                (part.array() ? (*part.array())[i] : part)
                    .set("revision", json::Value(std::int64_t{plugins[i]->revision}));
        };
        if (topology()->has_upstream()) {
            add_revisions(*identity.find("model")->find(topology()->upstream), out_.upstream);
            add_revisions(*identity.find("model")->find(topology()->predictor), out_.cells);
        } else {
            add_revisions(identity.set("cell", *out_.settings.find("cell")), out_.cells);
        }
        out_.trial.identity = json::dump(identity);
        out_.trial.fingerprint = sha256(out_.trial.identity);
    }

    /// The settings that can change weights or losses.
    static json::Value decisive(const Section& of, const json::Value& settings) {
        json::Value kept{json::Object{}};
        for (const json::Member& member : *settings.object()) {
            const auto setting = std::find_if(of.settings.begin(), of.settings.end(),
                                              [&](const Setting& each) { return each.option.name == member.key; });
            if (!setting->decides) continue;
            const std::string path = child(of.path, member.key);
            const bool nested =
                member.value.object() && path != "dataset" && path != "cell" &&
                (setting->shape == Setting::Shape::section || setting->shape == Setting::Shape::section_or_null);
            kept.object()->push_back({member.key, {}, nested ? decisive(section(path), member.value) : member.value});
        }
        return kept;
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

Problem maker_problem(const Checker& checker, const Plugin& plugin, const json::Value& given, const std::string& path) {
    const std::string who = fmt::format("{} '{}'", plugins::to_string(plugin.kind), plugin.name);
    const json::Value* name = given.find("plugin");
    try {
        throw;
    } catch (const Error& error) {
        Problem problem = error.problem();
        if (plugins::find_option(plugin, problem.where) || given.find(problem.where)) {
            const json::Value* option = given.find(problem.where);
            problem.where = checker.where(option ? option->at : given.at, child(path, problem.where));
            problem.found = fmt::format("{}: {}", who, problem.found);
        } else {
            problem.found = problem.where.empty() ? fmt::format("{}: {}", who, problem.found)
                                                  : fmt::format("{}: {}: {}", who, problem.where, problem.found);
            problem.where = checker.where(name ? name->at : given.at, path);
        }
        return problem;
    } catch (const std::exception& error) {
        return {checker.where(name ? name->at : given.at, path), fmt::format("{} failed: {}", who, error.what()),
                "a plugin that tells what it cannot do by throwing unroll::Error",
                "change its options; if it fails all the same, tell its author"};
    } catch (...) {
        return {checker.where(name ? name->at : given.at, path), fmt::format("{} failed without a reason", who),
                "a plugin that tells what it cannot do by throwing unroll::Error",
                "change its options; if it fails all the same, tell its author"};
    }
}

trial::When to_when(const json::Value& value) {
    if (value.integer()) return {trial::When::Kind::steps, static_cast<Size>(*value.integer())};
    if (const json::Value* epochs = value.find("epochs"))
        return {trial::When::Kind::epochs, static_cast<Size>(*epochs->integer())};
    if (value.text() && *value.text() == "epoch") return {trial::When::Kind::epochs, 1};
    if (value.text() && *value.text() == "end") return {trial::When::Kind::end, 0};
    return {trial::When::Kind::never, 0};
}

}  // namespace unroll::manifest
