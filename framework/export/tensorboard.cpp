// An experiment as a folder of TensorBoard.
#include "export/tensorboard.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <map>
#include <set>
#include <system_error>
#include <utility>

#include "base/files.h"
#include "base/utf8.h"
#include "export/event.h"
#include "export/record_file.h"
#include "json/parse.h"
#include "json/write.h"
#include "store/axes.h"
#include "store/experiments.h"
#include "store/sample_history.h"
#include "store/trial_results.h"
#include "unroll/error.h"

namespace unroll::exports {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t longest_name = 150;  // bytes of a folder's name; file systems allow 255

using Settings = std::vector<std::pair<std::string, json::Value>>;

/// Seconds since 1970 of a time of the store, as 2024-05-01T12:30:00.250Z; 0 for none.
double seconds_of(const std::string& utc) {
    std::tm time{};
    const char* rest = strptime(utc.c_str(), "%Y-%m-%dT%H:%M:%S", &time);
    if (rest == nullptr) return 0;
    const double fraction = *rest == '.' ? std::strtod(rest, nullptr) : 0;
    return static_cast<double>(timegm(&time)) + fraction;
}

/// Text of the store may be any bytes; TensorBoard reads UTF-8.
std::string in_utf8(std::string_view text) {
    std::string valid;
    base::for_each_character(text, [&](CodePoint, std::string_view bytes) { valid += bytes; });
    return valid;
}

/// As it is, in Markdown: a block of code, where nothing is markup.
std::string as_code(std::string_view text) {
    std::string block = "    ";
    for (const char c : in_utf8(text)) {
        block += c;
        if (c == '\n') block += "    ";
    }
    return block;
}

/// The values of the axes that the trial has, by the axis' name.
Settings settings_of(const std::vector<store::Axis>& axes, const std::string& axes_json) {
    const json::Value all = json::parse(axes_json, "axes");
    Settings settings;
    for (const store::Axis& axis : axes) {
        const json::Value* value = &all;
        for (const std::string& key : axis.keys)
            if (value) value = value->find(key);
        if (value) settings.emplace_back(axis.name, *value);
    }
    return settings;
}

std::string word_of(const json::Value& value) {
    if (const auto* text = value.text()) return *text;
    if (const auto* real = value.real()) return fmt::format("{}", *real);
    return json::dump(value);
}

/// "learning_rate=0.01,seed=1", fit for a folder's name.
std::string run_name(const Settings& settings) {
    std::string name;
    for (const auto& [axis, value] : settings)
        name += fmt::format("{}{}={}", name.empty() ? "" : ",", axis.substr(axis.rfind('.') + 1), word_of(value));
    std::string fit;
    base::for_each_character(name.empty() ? "trial" : name, [&](CodePoint code, std::string_view bytes) {
        if (fit.size() < longest_name) fit += code < 0x20 || code == 0x7F || code == '/' ? "_" : bytes;
    });
    return fit.front() == '.' ? "_" + fit : fit;
}

/// Those that tell groups apart: all but the seed.
std::string group_name(const Settings& settings) {
    Settings others = settings;
    std::erase_if(others, [](const auto& setting) { return setting.first == "seed"; });
    return run_name(others);
}

RunStatus status_of(trial::TrialStatus status) {
    switch (status) {
        case trial::TrialStatus::finished:
            return RunStatus::success;
        case trial::TrialStatus::failed:
        case trial::TrialStatus::diverged:
            return RunStatus::failure;
        case trial::TrialStatus::running:
            return RunStatus::running;
        default:
            return RunStatus::unknown;
    }
}

/// The records of one file, with the time at which training began.
class EventFile {
public:
    explicit EventFile(double began) : began_(began) { add(version_event(began)); }

    void add(const std::string& event) { bytes_ += framed(event); }
    Moment at(std::uint64_t step, double seconds) const { return {began_ + seconds, static_cast<std::int64_t>(step)}; }
    const std::string& bytes() const { return bytes_; }

private:
    double began_;
    std::string bytes_;
};

void add_points(EventFile& file, std::vector<store::SeriesPoint> points) {
    std::stable_sort(points.begin(), points.end(), [](const auto& a, const auto& b) { return a.step < b.step; });
    for (const store::SeriesPoint& point : points)
        file.add(scalar_event(file.at(point.step, point.seconds), point.split + "/" + point.name, point.value));
}

/// What was written: a continued prompt as one text, anything else part by part.
std::string shown(const store::PastSample& sample) {
    if (sample.target.empty()) return as_code(sample.prompt + sample.text);
    return as_code(fmt::format("prompt: {}\nanswer: {}\ntarget: {}", sample.prompt, sample.text, sample.target));
}

std::string tag_of(const store::PastSample& sample) {
    std::string tag = "samples/" + sample.sampler;
    if (sample.options != "{}") tag += " " + sample.options;
    if (sample.temperature) tag += fmt::format(" at {}", *sample.temperature);
    return tag;
}

void add_samples(EventFile& file, const std::vector<store::PastSample>& samples) {
    std::map<std::pair<std::uint64_t, std::string>, std::pair<double, std::vector<std::string>>> texts;
    for (const store::PastSample& sample : samples) {
        if (!sample.image.empty()) {
            file.add(image_event(file.at(sample.step, sample.seconds), tag_of(sample), sample.image));
            continue;
        }
        auto& [seconds, list] = texts[{sample.step, tag_of(sample)}];
        seconds = sample.seconds;
        list.push_back(shown(sample));
    }
    for (const auto& [key, value] : texts)
        file.add(text_event(file.at(key.first, value.first), key.second, value.second));
}

std::string file_of(store::Store& store, const store::MemberTrial& trial, Settings settings) {
    const store::Period period = store::period_of(store, trial.id);
    const double began = seconds_of(period.began_at);
    EventFile file(began);
    const std::string group = group_name(settings);
    settings.emplace_back("parameters", trial.parameters);
    file.add(settings_event(began, settings, group));
    file.add(text_event({began, 0}, "config", {as_code(trial.config)}));
    add_points(file, store::points_of(store, trial.id));
    add_samples(file, store::sample_history(store, trial.id));
    if (!period.ended_at.empty()) file.add(end_event(seconds_of(period.ended_at), status_of(trial.status)));
    return file.bytes();
}

void write(const fs::path& path, const std::string& bytes) {
    try {
        base::AtomicFile file(path);
        file.write(bytes);
        file.commit();
    } catch (const std::system_error& error) {
        throw Error({path, fmt::format("cannot be written: {}", error.code().message()), "a folder for TensorBoard",
                     "name another folder with --tensorboard"});
    }
}

}  // namespace

TensorboardFolder write_tensorboard(store::Store& store, const std::string& experiment, const fs::path& folder) {
    const store::Experiment found = store::find_experiment(store, experiment);
    std::string name = experiment;
    std::replace(name.begin(), name.end(), '/', '_');
    TensorboardFolder result{folder / (name == "." || name == ".." ? "_" + name : name)};
    std::set<std::string> taken;
    for (const store::MemberTrial& trial : store::trials_of(store, found, "", "", {})) {
        if (store::period_of(store, trial.id).began_at.empty()) continue;
        const Settings settings = settings_of(found.axes, trial.axes);
        std::string run = run_name(settings);
        if (!taken.insert(run).second) run += fmt::format("-{}", trial.id);
        // TensorBoard knows its files by "tfevents"; the trial's own name keeps a second export from doubling the run.
        write(result.folder / run / ("events.out.tfevents.unroll." + trial.fingerprint.substr(0, 16)),
              file_of(store, trial, settings));
        ++result.runs;
    }
    return result;
}

}  // namespace unroll::exports
