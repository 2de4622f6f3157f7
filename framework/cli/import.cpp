// unroll import WEIGHTS: trained weights of another program as a trial of the store.
#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <filesystem>

#include "cli/arguments.h"
#include "cli/display.h"
#include "cli/download.h"
#include "cli/interrupt.h"
#include "cli/message.h"
#include "cli/print.h"
#include "cli/run_plans.h"
#include "cli/session.h"
#include "cli/worker.h"
#include "json/write.h"
#include "manifest/expand.h"
#include "store/experiments.h"
#include "sweep/cores.h"
#include "sweep/identities.h"
#include "sweep/start.h"
#include "sweep/sweep.h"
#include "training/safetensors.h"
#include "training/torch_weights.h"
#include "unroll/error.h"

namespace unroll::cli {

namespace fs = std::filesystem;

Command import_command() {
    Command command;
    command.usage = "unroll import WEIGHTS [MANIFEST] [--set PATH=JSON]... [--as NAME] [--fresh] [--quiet] [--yes]";
    command.about =
        "Makes a trial of trained weights: a safetensors file with the names of torch.nn.RNN, LSTM, GRU or "
        "TransformerEncoderLayer, or a checkpoint of Unroll. The weights are measured as they are, on the validation "
        "and the test split, and the samples are made; then the trial is one as any other: unroll sample, verify and "
        "report take it, \"start\": {\"experiment\": NAME} trains it further.\n"
        "Dataset, cell and sampling are those of the manifest, or of the file's metadata `settings` (a manifest as "
        "text). The metadata `vocabulary`, a JSON array, says which symbol each token is; `validation_loss`, as a "
        "text, is compared with the loss measured here. docs/checkpoints.md shows how to save such a file.\n"
        "Exit codes: 0 imported; 1 measured, and the loss is not that of the metadata, or a sample could not be made; "
        "2 invalid request, nothing was imported.";
    command.options.add_options()("set", po::value<std::vector<std::string>>()->composing()->value_name("PATH=JSON"),
                                  "override a value of the manifest; repeatable")(
        "as", po::value<std::string>()->value_name("NAME"),
        "name of the experiment in the result store, instead of the "
        "settings' or the weights file's")("fresh", po::bool_switch(), "measure it again")("quiet", po::bool_switch(),
                                                                                           "print only problems")(
        "yes", po::bool_switch(), "do not ask before it takes the place of another experiment");
    command.positional = {"weights", "manifest"};
    return command;
}

namespace {

/// Losses of 32-bit sums in another order differ by less.
constexpr double closeness = 1e-5;

/// The settings that a file has with its weights.
const std::string& settings_in(const training::SafetensorsFile& file, const fs::path& path) {
    for (const char* key : {"settings", "config"})
        if (const auto found = file.metadata().find(key); found != file.metadata().end()) return found->second;
    throw Error(
        {path.string(), "no settings in its metadata", "a manifest of dataset and cell",
         fmt::format("name one: unroll import {} MANIFEST; or save it as the metadata \"settings\"", path.string())});
}

std::optional<double> loss_in(const training::SafetensorsFile& file, const fs::path& path) {
    const auto found = file.metadata().find("validation_loss");
    if (found == file.metadata().end()) return std::nullopt;
    const std::string& text = found->second;
    double loss = 0;
    const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), loss);
    if (error != std::errc() || rest != text.data() + text.size() || !std::isfinite(loss))
        throw Error({fmt::format("{}: metadata: validation_loss", path.string()), fmt::format("\"{:.40}\"", text),
                     "a number", "save repr(loss)"});
    return loss;
}

/// The plan of settings from a file that may be a stranger's: nothing is downloaded for it.
manifest::Plan plan_of_file(const Arguments& arguments, Session& session, const std::string& text, const fs::path& path,
                            const std::vector<manifest::Override>& overrides) {
    manifest::Lookup lookup = manifest::Lookup::standard(path.string());
    lookup.fetch = [](const manifest::Remote& remote) {
        try {
            return downloaded_before(remote);
        } catch (const Error& error) {
            Problem problem = error.problem();
            problem.found = fmt::format("{}, which the file with the weights names, is not downloaded", remote.url);
            problem.help = "download it yourself, or give the settings as a manifest of your own";
            throw Error(std::move(problem));
        }
    };
    manifest::Plan plan =
        manifest::expand(text, path.string(), overrides, session.catalog(), lookup, session.datasets(),
                         sweep::host_queries(session.catalog(), arguments.database));
    plan.file = fs::absolute(path).lexically_normal();
    return plan;
}

/// The plan of the one trial that the weights are of, untrained.
manifest::Plan plan_of(const Arguments& arguments, Session& session, const training::SafetensorsFile& file,
                       const fs::path& path, const Words& manifests) {
    auto overrides = overrides_of(arguments);
    json::Object start;
    start.push_back({"file", {}, fs::absolute(path).lexically_normal().string()});
    overrides.push_back({"start", json::dump(json::Value(std::move(start)))});
    overrides.push_back({"training.steps", "0"});
    overrides.push_back({"training.epochs", "null"});
    manifest::Plan plan = manifests.empty() ? plan_of_file(arguments, session, settings_in(file, path), path, overrides)
                                            : session.plan(manifests[0], overrides);
    if (plan.trials.size() != 1)
        throw Error({manifests.empty() ? path.string() : manifests[0], fmt::format("{} trials", plan.trials.size()),
                     "one: the weights are of one model",
                     "choose with --set, as in --set 'sweep={}' --set 'cell.plugin=\"lstm\"'"});
    if (arguments.has("as"))
        name_as(plan, arguments.get<std::string>("as"));
    else  // a manifest's name is that of what is trained with it
        name_as(plan, manifests.empty() ? plan.name : path.stem().string());
    return plan;
}

/// Another vocabulary would be another model: its softmax is over other symbols.
void check_symbols(const std::vector<manifest::Plan>& plans, Session& session, const training::SafetensorsFile& file,
                   const fs::path& path) {
    const auto workload = sweep::distinct_trials(plans, session.catalog(), session.datasets());
    const sweep::TrialPlan& trial = workload.front();
    const sweep::StartWeights start =
        sweep::start_weights(*trial.trial, trial.dataset, session.catalog(), session.datasets());
    std::vector<float> weights(trial.row.parameters);
    const training::StartReport report = start(weights.data());
    const auto listed = training::listed_vocabulary(file.metadata(), path);
    const Size known = listed ? listed->size() : report.symbols;
    if (report.matched == report.symbols && (report.symbols == 0 || report.symbols == known)) return;
    throw Error({path.string(),
                 fmt::format("a vocabulary of {} symbols, {} of which are among the {} of the dataset", known,
                             report.matched, report.symbols),
                 "the symbols of the dataset, in any order",
                 "give the dataset that the weights were trained on, or begin a training with them: \"start\": "
                 "{\"file\": …} in a manifest"});
}

/// None when the user does not want the import to take another experiment's place.
std::optional<sweep::Summary> measure(const Arguments& arguments, Session& session,
                                      const std::vector<manifest::Plan>& plans, const sweep::Settings& settings) {
    const auto workload = sweep::distinct_trials(plans, session.catalog(), session.datasets());
    sweep::renew_identities(arguments.database, workload, session.catalog(), session.datasets());
    if (!changes_accepted(arguments, plans)) {
        message("nothing was imported\n");
        return std::nullopt;
    }
    Display display({plans.front().name}, {1}, true);
    return sweep::run(plans, workload, session.catalog(), session.datasets(), settings, display, catch_interrupts());
}

/// Tells what was measured; false when it is not what the file says.
bool tell(const Arguments& arguments, const std::string& name, std::optional<double> expected, const fs::path& path) {
    store::Store store(arguments.database, store::Store::Mode::read);
    const auto trials = store::trials_of(store, store::find_experiment(store, name), "validation", "loss", {});
    const store::MemberTrial& trial = trials.at(0);
    const bool differs =
        expected && trial.value && std::abs(*trial.value - *expected) > closeness * std::max(1.0, std::abs(*expected));
    if (!arguments.get<bool>("quiet"))
        message("trial {} of '{}': {} weights{}\n", trial.id, Lines{name}, trial.parameters,
                trial.value ? fmt::format(", validation loss {:.7g}{}", *trial.value,
                                          expected ? fmt::format(" (the file says {:.7g})", *expected) : "")
                            : "");
    if (differs)
        message(
            "unroll: {}: metadata: validation_loss: {:.7g}\n  expected: {:.7g}, as measured here\n  help: {}\n",
            path.string(), *expected, *trial.value,
            "check that it is the mean over windows of training.evaluate_length from a zero state, without dropout, "
            "that the split is the same, and that the cell's settings are the module's (docs/checkpoints.md)");
    return !differs;
}

/// Refuses what is not there, and what torch.save or Keras has written.
void check_file(const fs::path& path) {
    const std::string shown = path.string(), ending = path.extension().string();
    for (const char* other : {".pt", ".pth", ".bin", ".ckpt", ".pkl", ".h5", ".keras", ".npz"})
        if (ending == other)
            throw Error({shown, fmt::format("a file of the kind {}", ending), "a safetensors file",
                         "save the state_dict as safetensors, with the metadata \"settings\" and \"vocabulary\": "
                         "docs/checkpoints.md has the few lines for it"});
    if (!fs::exists(path))
        throw Error(
            {shown, "no such file", "a safetensors file", "check the path; docs/checkpoints.md shows how to save one"});
}

}  // namespace

int import_weights(const Words& words) {
    const auto arguments = parse(import_command(), words);
    if (!arguments) return success;
    if (!arguments->has("weights"))
        throw Error({"command line", "no file", "a safetensors file",
                     "for example: unroll import lstm.safetensors; docs/checkpoints.md shows how to save one"});
    const fs::path path = arguments->get<std::string>("weights");
    check_file(path);
    const Words manifests = arguments->list("manifest");
    if (manifests.size() > 1)
        throw Error({"command line", fmt::format("{} manifests", manifests.size()), "at most one",
                     "import the files one by one"});

    Session session(*arguments);
    const training::SafetensorsFile file(path);
    const std::optional<double> expected = loss_in(file, path);
    const std::vector<manifest::Plan> plans{plan_of(*arguments, session, file, path, manifests)};
    check_symbols(plans, session, file, path);

    sweep::Settings settings;
    settings.database = arguments->database;
    settings.jobs = sweep::available_cores();
    settings.fresh = arguments->get<bool>("fresh");
    settings.worker = isolation_command(arguments->list("plugin-path"));
    const std::optional<sweep::Summary> summary = measure(*arguments, session, plans, settings);
    if (!summary) return success;
    for (const std::string& note : summary->notes) message("note: {}\n", Lines{note});
    if (!summary->problem.empty()) message("unroll: {}\n", Lines{summary->problem});
    if (catch_interrupts()) return interrupted;
    if (!summary->problem.empty() || summary->failed || summary->troubled || summary->diverged) return unmet;
    const bool agrees = tell(*arguments, plans.front().name, expected, path);
    return agrees && !summary->incomplete ? success : unmet;
}

}  // namespace unroll::cli
