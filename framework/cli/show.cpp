// unroll show MANIFEST|DATASET: a dataset's examples as the model sees them.
#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "cli/arguments.h"
#include "cli/message.h"
#include "cli/session.h"
#include "cli/table.h"
#include "json/parse.h"
#include "json/write.h"
#include "plugins/options_check.h"
#include "training/examples.h"
#include "trial/splits.h"
#include "trial/topology.h"
#include "unroll/error.h"

namespace unroll::cli {

namespace {

namespace fs = std::filesystem;

/// A dataset, and how it is cut into sequences.
struct Shown {
    std::string caption;
    std::shared_ptr<const Dataset> dataset;
    training::BatchPlan plan;
    std::vector<std::string> notes{};
};

Shown of_manifest(const Arguments& arguments, Session& session, const std::string& file) {
    const manifest::Plan plan = session.plan(file, overrides_of(arguments));
    if (plan.trials.empty())
        throw Error({file, "a manifest without a trial", "at least one trial", "see what `unroll plan` drops"});
    const trial::Trial& first = plan.trials.front().trial;
    const auto differs = [&](const manifest::PlannedTrial& other) {
        return other.trial.dataset.plugin != first.dataset.plugin ||
               plugins::to_json(other.trial.dataset.options) != plugins::to_json(first.dataset.options) ||
               other.trial.training.sequence_length != first.training.sequence_length;
    };
    const auto others = std::count_if(plan.trials.begin(), plan.trials.end(), differs);
    Shown shown{fmt::format("{}: dataset '{}'", plan.name, first.dataset.plugin),
                session.datasets().load(first.dataset), training::training_plan(first)};
    if (others)
        shown.notes.push_back(
            fmt::format("{} of {} have another dataset or sequence length; this is the first trial's (--set 'sweep.…' "
                        "chooses)",
                        others, base::count_of(plan.trials.size(), "trial")));
    if (arguments.has("length"))
        throw Error({"--length", "a length with a manifest, which has its own", "--length with a dataset",
                     "use --set training.sequence_length=N"});
    return shown;
}

/// NAME=JSON, paths looked up as a manifest in the working directory would.
json::Object options_of(const Plugin& plugin, const Words& words) {
    json::Value given{json::Object{}};
    for (const std::string& word : words) {
        const std::size_t equals = word.find('=');
        const std::string name = word.substr(0, equals);
        auto value = equals == word.npos ? std::nullopt : json::try_parse(word.substr(equals + 1));
        if (!value)
            throw Error({"command line", fmt::format("'{}'", word), "NAME=JSON; a string needs quotes",
                         fmt::format("for a string, write {}='\"…\"'", name)});
        const Option* option = plugins::find_option(plugin, name);
        if (option && option->type == Option::Type::path && value->text() && !value->text()->empty()) {
            const auto file = manifest::Lookup::standard("dataset").find(*value->text());
            if (!file)
                throw Error({name, fmt::format("\"{}\", which was not found", *value->text()),
                             "a file, folder or glob that exists",
                             "correct the path, or name its folder in the environment variable UNROLL_DATA"});
            value = json::Value(file->string());
        }
        given.set(name, std::move(*value));
    }
    return *given.object();
}

Shown of_dataset(const Arguments& arguments, Session& session, const std::string& name, const Words& words) {
    const Plugin* plugin = session.catalog().find(Plugin::Kind::dataset, name);
    if (!plugin) throw Error(session.catalog().missing(Plugin::Kind::dataset, name));
    if (arguments.has("set"))
        throw Error({"--set", "an override without a manifest", "options of a dataset as NAME=JSON",
                     "leave out '--set', as in: unroll show text path='\"a.txt\"'"});
    std::vector<Problem> problems;
    const trial::PluginChoice choice{name,
                                     plugins::check(*plugin, options_of(*plugin, words), "command line", problems)};
    if (!problems.empty()) throw Error(problems.front());
    Shown shown{fmt::format("dataset '{}'", name), session.datasets().load(choice), {}};
    shown.plan.sequence_length = whole_number(arguments, "length", 1, 1'000'000, "leave it out for 32 tokens");
    return shown;
}

std::string quoted(const Vocabulary& vocabulary, Token token) {
    return json::dump(json::Value(vocabulary.decode(std::span(&token, 1))));
}

std::string numbers(const std::vector<float>& values, Size most) {
    const std::vector<float> shown(values.begin(), values.begin() + std::ptrdiff_t(std::min(most, values.size())));
    return fmt::format("{:.4g}{}", fmt::join(shown, " "), values.size() > most ? " …" : "");
}

/// Those of positions whose predictions count.
std::vector<float> counted_reals(const training::SeenExample& seen) {
    const Size width = seen.target_reals.size() / std::max<Size>(seen.counts.size(), 1);
    std::vector<float> values;
    for (Size i = 0; i < seen.target_reals.size(); ++i)
        if (seen.counts[i / width]) values.push_back(seen.target_reals[i]);
    return values;
}

/// Every target where all count; otherwise those that count, and a dot for each other position, or for a label and a
/// target sequence nothing.
std::string target_text(const training::SeenExample& seen, const Dataset& dataset, Size most) {
    if (!seen.target_reals.empty()) return numbers(counted_reals(seen), most);
    if (seen.target_tokens.empty() || !dataset.target_vocabulary()) return "";
    const Vocabulary& vocabulary = *dataset.target_vocabulary();
    const bool all = std::find(seen.counts.begin(), seen.counts.end(), false) == seen.counts.end();
    if (all) return vocabulary.decode(seen.target_tokens);
    const Task::Kind kind = dataset.task().kind;
    const bool dots = kind != Task::Kind::label && kind != Task::Kind::target_sequence;
    std::string text;
    for (Size t = 0; t < seen.target_tokens.size(); ++t)
        if (seen.counts[t])
            text += vocabulary.decode(std::span(&seen.target_tokens[t], 1));
        else if (dots)
            text += "·";
    return text;
}

std::vector<std::string> vocabulary_notes(const Dataset& dataset) {
    constexpr Size most = 100;
    std::vector<std::string> notes;
    const auto add = [&](const Vocabulary* vocabulary, const char* what) {
        if (!vocabulary) return;
        std::string list;
        for (Token token = 0; Size(token) < std::min(vocabulary->size(), most); ++token)
            list += fmt::format(" {} {}{}", token, quoted(*vocabulary, token),
                                vocabulary->can_generate(token) ? "" : " (never generated)");
        notes.push_back(
            fmt::format("{} of {}:{}{}", what, vocabulary->size(), list, vocabulary->size() > most ? " …" : ""));
    };
    add(dataset.vocabulary(), "vocabulary");
    if (dataset.target_vocabulary() != dataset.vocabulary()) add(dataset.target_vocabulary(), "target vocabulary");
    return notes;
}

std::vector<Split> splits_of(const Arguments& arguments) {
    if (!arguments.has("split")) return {Split::train, Split::validation, Split::test};
    return {trial::split_named(arguments.get<std::string>("split")).value()};  // one of its choices, as parse() saw to
}

int print(const Shown& shown, const Arguments& arguments, Format format) {
    const Dataset& dataset = *shown.dataset;
    const Task task = dataset.task();
    const bool people = format == Format::table || format == Format::markdown;
    const Size count = whole_number(arguments, "count", 1, 100'000, "leave it out for 3 of each split");
    const Size most = people ? 16 : ~Size{0};
    store::Table table{{"split", "example", "length", "input", "target", "tokens", "target_tokens"}, {}};
    std::vector<std::string> notes = shown.notes;
    for (const Split split : splits_of(arguments)) {
        const auto seen = training::first_examples(dataset, split, shown.plan, count);
        const std::string_view name = trial::name_of(split);
        if (trial::topology_of(task).corpus)
            notes.push_back(fmt::format("{}: {}, {} of {} without overlap", name, base::count_of(seen.items, "token"),
                                        base::count_of(seen.sequences, "window"), shown.plan.sequence_length));
        else
            notes.push_back(fmt::format("{}: {}", name, base::count_of(seen.items, "example")));
        std::int64_t number = 0;
        for (const training::SeenExample& example : seen.first) {
            const std::string input =
                example.reals.empty() ? dataset.vocabulary()->decode(example.tokens) : numbers(example.reals, most);
            table.rows.push_back({std::string(name), number++, std::int64_t(example.length), input,
                                  target_text(example, dataset, most),
                                  fmt::format("{}", fmt::join(example.tokens, " ")),
                                  fmt::format("{}", fmt::join(example.target_tokens, " "))});
        }
    }
    for (std::string& note : vocabulary_notes(dataset)) notes.push_back(std::move(note));
    const auto drop_empty = [&](std::size_t column) {
        if (!people || std::any_of(table.rows.begin(), table.rows.end(),
                                   [&](const auto& row) { return std::get<std::string>(row[column]) != ""; }))
            return;
        table.columns.erase(table.columns.begin() + std::ptrdiff_t(column));
        for (auto& row : table.rows) row.erase(row.begin() + std::ptrdiff_t(column));
    };
    for (const std::size_t column : {6, 5, 4}) drop_empty(column);
    const std::string caption = fmt::format("{}, task: {}", shown.caption, trial::topology_of(task).task);
    print_table(table, format, on_standard_output(), caption, people ? notes : shown.notes);
    return success;
}

}  // namespace

Command show_command() {
    Command command;
    command.usage =
        "unroll show MANIFEST [--set PATH=JSON]... | DATASET [NAME=JSON]... [--split SPLIT] [--count N] [--length N]"
        " [--format table|csv|json|markdown]";
    command.about =
        "Shows the first examples of each split of a dataset as the model sees them: inputs and targets as text and "
        "as tokens, their lengths, the sizes of the splits and the vocabulary. A dot stands for a position whose "
        "prediction does not count. The dataset is that of a manifest's first trial, or a plugin with its options.";
    command.options.add_options()("split", po::value<std::string>()->value_name("train|validation|test"),
                                  "train, validation or test (default: all)")(
        "count", po::value<std::int64_t>()->value_name("N")->default_value(3), "examples of each split")(
        "length", po::value<std::int64_t>()->value_name("N")->default_value(32),
        "tokens of a window, with a DATASET that is a corpus")(
        "set", po::value<std::vector<std::string>>()->composing()->value_name("PATH=JSON"),
        "override a value of the manifest; repeatable")(
        "format", po::value<std::string>()->value_name("table|csv|json|markdown")->default_value("table"),
        "output format");
    command.positional = {"source", "option"};
    return command;
}

int show(const Words& words) {
    const auto arguments = parse(show_command(), words);
    if (!arguments) return success;
    const Format format = format_of(arguments->get<std::string>("format"));
    if (!arguments->has("source"))
        throw Error({"command line", "no dataset", "a manifest, or the name of a dataset",
                     "for example: unroll show experiments/quickstart.json"});
    const std::string source = arguments->get<std::string>("source");
    const Words options = arguments->list("option");
    Session session(*arguments);
    std::error_code ignored;
    const bool is_file = fs::path(source).extension() == ".json" || fs::is_regular_file(source, ignored);
    if (is_file && !options.empty())
        throw Error({"command line", fmt::format("'{}' after a manifest", options[0]),
                     "one manifest and no other argument", "override a setting with --set PATH=JSON"});
    return print(is_file ? of_manifest(*arguments, session, source) : of_dataset(*arguments, session, source, options),
                 *arguments, format);
}

}  // namespace unroll::cli
