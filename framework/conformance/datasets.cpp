// Datasets: every promise of unroll/dataset.h.
#include <fmt/core.h>

#include <algorithm>
#include <numeric>
#include <span>
#include <thread>

#include "conformance/guarded.h"
#include "conformance/recorder.h"
#include "plugins/guard.h"
#include "unroll/dataset.h"
#include "unroll/random.h"

namespace unroll::conformance {

namespace {

struct NamedSplit {
    Split split;
    const char* name;
};
constexpr NamedSplit splits[] = {{Split::train, "train"}, {Split::validation, "validation"}, {Split::test, "test"}};

bool in_vocabulary(Token token, Size size) {
    return token >= 0 && static_cast<Size>(token) < size;
}

/// One example in arrays of exactly the size that the task declares; those that it has no use for are null.
struct Drawn {
    Guarded<Token> tokens, target_tokens;
    Guarded<float> reals, target_reals, weights;
    Size length = 0;

    Drawn(const Dataset& dataset, const Task& task, Split split, Size index)
        : tokens(task.input_tokens > 0 ? task.sequence_length : 0),
          target_tokens(task.target_tokens > 0 ? task.target_positions() : 0),
          reals(task.sequence_length * task.input_reals),
          target_reals(task.target_positions() * task.target_reals),
          weights(task.kind == Task::Kind::image ? 0 : task.target_positions()) {
        Example example{tokens.pointer(),       reals.pointer(),   target_tokens.pointer(),
                        target_reals.pointer(), weights.pointer(), 0};
        dataset.example(split, index, example);
        length = example.length;
    }

    bool intact() const {
        return tokens.intact() && target_tokens.intact() && reals.intact() && target_reals.intact() && weights.intact();
    }

    bool operator==(const Drawn& other) const {
        return length == other.length && tokens.holds(other.tokens.values()) &&
               target_tokens.holds(other.target_tokens.values()) && reals.holds(other.reals.values()) &&
               target_reals.holds(other.target_reals.values()) && weights.holds(other.weights.values());
    }
};

/// What is wrong with a target sequence, or "".
std::string target_fault(std::span<const Token> target, const Task& task) {
    if (task.target_end < 0)
        return target.size() < task.target_length
                   ? fmt::format("a target of {} tokens instead of {}, without an end-of-sequence token", target.size(),
                                 task.target_length)
                   : "";
    const auto end = std::find(target.begin(), target.end(), task.target_end);
    if (end + 1 == target.end()) return "";
    return end == target.end() ? "a target that does not end with the end-of-sequence token"
                               : "an end-of-sequence token within a target";
}

/// What is wrong with an example, or "".
std::string fault(const Drawn& drawn, const Task& task) {
    if (!drawn.intact()) return "written beside an array";
    if (drawn.length < 1 || drawn.length > task.sequence_length)
        return fmt::format("length {}, not 1 to {}", drawn.length, task.sequence_length);
    for (const Token token : drawn.tokens.values())
        if (!in_vocabulary(token, task.input_tokens))
            return fmt::format("input token {} of {}", token, task.input_tokens);
    for (const Token token : drawn.target_tokens.values())
        if (!in_vocabulary(token, task.target_tokens))
            return fmt::format("target token {} of {}", token, task.target_tokens);
    for (const auto* array : {&drawn.reals, &drawn.target_reals})
        for (const float value : array->values())
            if (!std::isfinite(value)) return fmt::format("the value {}, which is not finite", value);
    if (task.kind == Task::Kind::image) return "";
    const bool own_length = task.kind == Task::Kind::target_sequence;
    Size counted = 0;
    for (Size t = 0; t < task.target_positions(); ++t) {
        const float weight = drawn.weights.data()[t];
        if (!(weight == 0 || weight == 1)) return fmt::format("weight {} at position {}, not 0 or 1", weight, t);
        if (weight == 0) continue;
        if (own_length && t != counted) return fmt::format("a target with a gap before position {}", t);
        ++counted;
        if (own_length) continue;
        if (t >= drawn.length) return fmt::format("a weight at position {} of a sequence of {}", t, drawn.length);
        if (task.kind == Task::Kind::label && t + 1 != drawn.length)
            return fmt::format("a label's weight at position {}, not at the last valid one, {}", t, drawn.length - 1);
    }
    if (counted == 0) return "no position with a weight";
    return own_length ? target_fault({drawn.target_tokens.data(), counted}, task) : "";
}

void check_task(const Dataset& dataset, const std::string& where, Recorder& recorder) {
    const Task task = dataset.task();
    const auto require = [&](bool held, const char* what) {
        recorder.require("declares a consistent task", held, what, where);
    };
    const bool corpus = task.kind == Task::Kind::next_token, image = task.kind == Task::Kind::image;
    const bool own_length = task.kind == Task::Kind::target_sequence;
    require((task.input_tokens > 0) != (task.input_reals > 0), "inputs must be either tokens or reals");
    require(image ? task.target_tokens + task.target_reals == 0 : (task.target_tokens > 0) != (task.target_reals > 0),
            "targets must be either tokens or reals, and none for images");
    require(own_length == (task.target_length > 0), "target_length goes with target sequences, and with them alone");
    require(task.target_end < 0 || (own_length && in_vocabulary(task.target_end, task.target_tokens)),
            "the end-of-sequence token is not in the target vocabulary");
    require(!image || task.image_rows * task.image_columns == task.sequence_length * task.input_reals,
            "image_rows x image_columns is not the number of values of an image");
    require((task.kind == Task::Kind::reals) == (task.target_reals > 0),
            "the kind of the task does not match its targets");
    require(!corpus || (task.input_tokens > 0 && task.input_tokens == task.target_tokens),
            "next-token prediction needs one vocabulary for inputs and targets");
    require(corpus || task.sequence_length > 0, "examples of sequence_length 0");
    require(task.input_tokens == 0 || (dataset.vocabulary() && dataset.vocabulary()->size() == task.input_tokens),
            "the vocabulary's size is not input_tokens");
    require(task.target_tokens == 0 ||
                (dataset.target_vocabulary() && dataset.target_vocabulary()->size() == task.target_tokens),
            "the target vocabulary's size is not target_tokens");
    for (const NamedSplit& split : splits) {
        require(corpus || dataset.tokens(split.split).empty(), "both a list of examples and a corpus");
        require(!corpus || dataset.examples(split.split) == 0, "both a corpus and a list of examples");
    }
    require(corpus ? !dataset.tokens(Split::train).empty() : dataset.examples(Split::train) > 0, "nothing to train on");
    const std::string digest = dataset.digest();
    require(
        digest.empty() || (digest.size() == 64 && digest.find_first_not_of("0123456789abcdef") == std::string::npos),
        "the digest is not a SHA-256 in hexadecimal");
}

bool generates_something(const Vocabulary& vocabulary) {
    for (Token token = 0; in_vocabulary(token, vocabulary.size()); ++token)
        if (vocabulary.can_generate(token)) return true;
    return false;
}

/// Places of a split to look at: both ends and some between.
std::vector<Size> some_indices(Size count) {
    std::vector<Size> indices;
    if (count == 0) return indices;
    indices = {0, count - 1};
    RandomStream stream(1, "conformance examples");
    for (int i = 0; i < 30; ++i) indices.push_back(stream.below(count));
    return indices;
}

void check_examples(const Dataset& dataset, const Dataset& again, const std::string& where, Recorder& recorder) {
    const Task task = dataset.task();
    for (const NamedSplit& split : splits) {
        const std::vector<Size> indices = some_indices(dataset.examples(split.split));
        recorder.require("a second instance holds the same",
                         indices.empty() == (again.examples(split.split) == 0) &&
                             dataset.examples(split.split) == again.examples(split.split),
                         "another number of examples", where);
        std::vector<Drawn> drawn;
        for (const Size index : indices) {
            const std::string here =
                fmt::format("example {} of {}{}{}", index, split.name, where.empty() ? "" : ", ", where);
            const Drawn& example = drawn.emplace_back(dataset, task, split.split, index);
            const std::string wrong = fault(example, task);
            recorder.require("examples are in range", wrong.empty(), wrong, here);
            recorder.require("a second instance holds the same",
                             again.examples(split.split) <= index || example == Drawn(again, task, split.split, index),
                             "another example", here);
        }
        // The same again, backwards, from several threads at once.
        bool same[3] = {true, true, true};
        {
            std::vector<std::jthread> threads;
            for (bool& held : same)
                threads.emplace_back([&] {
                    for (Size i = indices.size(); i-- > 0;)
                        held = held && drawn[i] == Drawn(dataset, task, split.split, indices[i]);
                });
        }
        recorder.require("examples depend on split and index alone, in any order and thread",
                         same[0] && same[1] && same[2], "an example changed", where);
    }
}

void check_vocabulary(const Vocabulary& vocabulary, std::span<const Token> tokens, const std::string& where,
                      Recorder& recorder) {
    const char* name = "the vocabulary encodes what it decodes";
    std::string unknown;
    const std::string text = vocabulary.decode(tokens);
    const auto back = vocabulary.encode(text, unknown);
    recorder.require(name, back.has_value(), fmt::format("its own text contains '{}', which it cannot encode", unknown),
                     where);
    if (!back) return;
    recorder.require(name, std::equal(back->begin(), back->end(), tokens.begin(), tokens.end()),
                     fmt::format("{} tokens came back as {} different ones", tokens.size(), back->size()), where);
}

void check_corpus(const Dataset& dataset, const Dataset& again, const std::string& where, Recorder& recorder) {
    const Task task = dataset.task();
    recorder.require("some token can be generated", generates_something(*dataset.vocabulary()),
                     "no token of the vocabulary can be generated", where);
    RandomStream stream(1, "conformance corpus");
    for (const NamedSplit& split : splits) {
        const std::span<const Token> tokens = dataset.tokens(split.split), same = dataset.tokens(split.split),
                                     other = again.tokens(split.split);
        const std::string here = fmt::format("in {}{}{}", split.name, where.empty() ? "" : ", ", where);
        const auto wrong = std::find_if(tokens.begin(), tokens.end(),
                                        [&](Token token) { return !in_vocabulary(token, task.input_tokens); });
        recorder.require("tokens are in range", wrong == tokens.end(),
                         wrong == tokens.end() ? "" : fmt::format("token {} of {}", *wrong, task.input_tokens), here);
        recorder.require("tokens stay where they are", tokens.data() == same.data() && tokens.size() == same.size(),
                         "a second call gave another array", here);
        recorder.require("a second instance holds the same",
                         std::equal(tokens.begin(), tokens.end(), other.begin(), other.end()), "other tokens", here);
        if (wrong != tokens.end()) continue;
        for (int i = 0; i < 20 && !tokens.empty(); ++i) {
            const Size first = stream.below(tokens.size()), count = std::min<Size>(50, tokens.size() - first);
            check_vocabulary(*dataset.vocabulary(), tokens.subspan(first, count), here, recorder);
        }
    }
}

}  // namespace

void check_dataset(const Plugin& plugin, const std::vector<Variation>& variations, Recorder& recorder) {
    for (const Variation& variation : variations) {
        const auto make = [&] {
            return plugins::guarded(plugins::named(plugin), [&] { return plugin.make_dataset(variation.options); });
        };
        const std::unique_ptr<Dataset> dataset = make(), again = make();
        recorder.require("can be made", dataset && again, "the maker returned nothing", variation.label);
        if (!dataset || !again) continue;
        try {
            const Size failures = recorder.failures();
            check_task(*dataset, variation.label, recorder);
            if (recorder.failures() > failures) continue;  // the rest would trust the task
            recorder.require("a second instance holds the same", dataset->digest() == again->digest(), "another digest",
                             variation.label);
            if (dataset->task().kind == Task::Kind::next_token)
                check_corpus(*dataset, *again, variation.label, recorder);
            else
                check_examples(*dataset, *again, variation.label, recorder);
        } catch (const std::exception& error) {
            recorder.require("throws nothing", false, error.what(), variation.label);
        } catch (...) {
            recorder.require("throws nothing", false, "an exception that is no std::exception", variation.label);
        }
    }
}

}  // namespace unroll::conformance
