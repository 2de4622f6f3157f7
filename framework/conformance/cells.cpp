// Cells: every promise of unroll/cell.h, in many settings.
#include <fmt/core.h>

#include <set>
#include <thread>

#include "conformance/cell_setting.h"
#include "unroll/error.h"

namespace unroll::conformance {

namespace {

template <class Real>
constexpr const char* precision = std::is_same_v<Real, float> ? "float" : "double";

/// Names of the arrays of `b` that have other bits than in `a`.
template <class Real>
std::string different(const Result<Real>& a, const Result<Real>& b) {
    std::string names;
    const auto compare = [&](const char* name, const std::vector<Real>& left, const std::vector<Real>& right) {
        if (!same_bits(left, right)) names += (names.empty() ? "" : ", ") + std::string(name);
    };
    compare("y", a.y, b.y);
    compare("next_state", a.next_state, b.next_state);
    compare("dx", a.dx, b.dx);
    compare("dstate", a.dstate, b.dstate);
    compare("dsource", a.dsource, b.dsource);
    compare("dweights", a.dweights, b.dweights);
    return names;
}

template <class Real>
void require_same(const Setting& setting, Recorder& recorder, const char* name, const Result<Real>& a,
                  const Result<Real>& b) {
    const std::string names = different(a, b);
    recorder.require(name, names.empty(), fmt::format("{} differ in {}", names, precision<Real>), setting.where);
}

// ---- One promise each -------------------------------------------------------------------------------------------

void check_layout(const Setting& setting, Recorder& recorder) {
    const CellLayout& layout = setting.layout();
    const auto require = [&](bool held, const std::string& what) {
        recorder.require("declares weights and state", held, what, setting.where);
    };
    std::set<std::string> names;
    for (const Weight& weight : layout.weights) {
        const auto of = [&](const char* what) { return fmt::format("{} of the weights '{}'", what, weight.name); };
        require(!weight.name.empty(), "weights without a name");
        require(names.insert(weight.name).second, of("a second use of the name"));
        require(!weight.shape.empty() && weight.size() > 0, of("a shape without elements"));
        const bool vector = weight.role == Weight::Role::bias || weight.role == Weight::Role::gain;
        require(weight.shape.size() == (vector ? 1u : 2u), of("a shape that does not go with the role"));
        const bool matrix = !vector && weight.role != Weight::Role::table;
        require(!matrix || weight.fan_in > 0, of("fan_in 0"));
        require(weight.ones_first <= weight.ones_last && weight.ones_last <= weight.size(),
                of("a range of ones beyond the end"));
    }
    names.clear();
    for (const StatePart& part : layout.state) {
        require(!part.name.empty() && names.insert(part.name).second,
                fmt::format("a name of a state that is empty or used twice: '{}'", part.name));
        require(part.size > 0, fmt::format("state '{}' of size 0", part.name));
    }
    require(layout.output > 0, "an output of width 0");
    require(layout.context == 0 || layout.context >= setting.spec.context,
            fmt::format("a context of {} where {} steps are wanted", layout.context, setting.spec.context));
    const CellLayout& other = setting.rough->layout();
    bool alike = other.weights.size() == layout.weights.size() && other.state_size() == layout.state_size() &&
                 other.output == layout.output && other.context == layout.context;
    for (Size i = 0; alike && i < layout.weights.size(); ++i)
        alike = layout.weights[i].name == other.weights[i].name && layout.weights[i].shape == other.weights[i].shape;
    require(alike, "layouts that differ between float and double");
}

void check_precision(const Setting& setting, const Problem<double>& problem, Recorder& recorder) {
    const Result<double> exact = watched_run(setting, problem, recorder);
    const Result<float> rough = watched_run(setting, as<float>(problem), recorder);
    const auto compare = [&](const std::string& what, const std::vector<float>& a, const std::vector<double>& b) {
        recorder.measure("float equals double", deviation(a, b, 1), 1e-5, fmt::format("{}, {}", what, setting.where));
    };
    compare("y", rough.y, exact.y);
    compare("next_state", rough.next_state, exact.next_state);
    compare("dx", rough.dx, exact.dx);
    compare("dstate", rough.dstate, exact.dstate);
    compare("dsource", rough.dsource, exact.dsource);
    compare("dweights", rough.dweights, exact.dweights);
}

template <class Real>
void check_single_steps(const Setting& setting, const Problem<Real>& problem, Recorder& recorder) {
    const Manner<Real> forward_only{.backward = false};
    const Result<Real> whole = watched_run(setting, problem, recorder, forward_only);
    std::vector<Real> y, state = problem.state;
    for (Size t = 0; t < problem.T; ++t) {
        Problem<Real> step = steps(problem, t, t + 1);
        step.state = state;
        const Result<Real> result = watched_run(setting, step, recorder, forward_only);
        y.insert(y.end(), result.y.begin(), result.y.end());
        state = result.next_state;
    }
    const double tolerance = std::is_same_v<Real, float> ? 1e-5 : 1e-10;
    const std::string name = fmt::format("T steps equal T single steps, {}", precision<Real>);
    recorder.measure(name, deviation(y, whole.y, 1), tolerance, "y, " + setting.where);
    recorder.measure(name, deviation(state, whole.next_state, 1), tolerance, "next_state, " + setting.where);
}

template <class Real>
void check_repeats(const Setting& setting, const Problem<Real>& problem, Recorder& recorder) {
    const Result<Real> once = watched_run(setting, problem, recorder);
    require_same(setting, recorder, "two runs are equal bit for bit", once, watched_run(setting, problem, recorder));
    require_same(setting, recorder, "what outputs, saved and workspace held before does not matter", once,
                 watched_run(setting, problem, recorder, {.garbage = Real(-1.5e30)}));
    Result<Real> results[3];
    {
        std::vector<std::jthread> threads;
        for (Result<Real>& result : results) threads.emplace_back([&] { result = run(setting.cell<Real>(), problem); });
    }
    for (const Result<Real>& result : results)
        require_same(setting, recorder, "several threads may use one cell at once", once, result);
}

template <class Real>
void check_independence(const Setting& setting, const Problem<Real>& problem, Recorder& recorder) {
    const Result<Real> all = watched_run(setting, problem, recorder);
    for (Size b = 0; b < problem.B; ++b) {
        Result<Real> alone = watched_run(setting, sequence(problem, setting.layout(), b), recorder);
        Result<Real> among;
        among.y = of_sequence(all.y, problem.T, problem.B, b);
        among.dx = of_sequence(all.dx, problem.T, problem.B, b);
        among.dsource = of_sequence(all.dsource, problem.source_steps, problem.B, b);
        among.next_state = of_sequence(all.next_state, 1, problem.B, b);
        among.dstate = of_sequence(all.dstate, 1, problem.B, b);
        alone.dweights.clear();  // summed over the batch
        require_same(setting, recorder, "a sequence does not depend on the rest of the batch", among, alone);
    }
}

template <class Real>
void check_padding(const Setting& setting, const Problem<Real>& problem, Recorder& recorder) {
    const CellLayout& layout = setting.layout();
    const Result<Real> result = watched_run(setting, problem, recorder);
    const auto padded = [&](Size i, Size width) {
        return i / (problem.B * width) >= problem.lengths[i / width % problem.B];
    };
    bool y_zero = true, dx_zero = true;
    for (Size i = 0; i < result.y.size(); ++i) y_zero &= !padded(i, layout.output) || result.y[i] == 0;
    for (Size i = 0; i < result.dx.size(); ++i) dx_zero &= !padded(i, setting.spec.input) || result.dx[i] == 0;
    recorder.require("y and dx are zero past a sequence's length", y_zero, "y is not", setting.where);
    recorder.require("y and dx are zero past a sequence's length", dx_zero, "dx is not", setting.where);

    Problem<Real> other = problem;
    RandomStream stream(5, "conformance padding");
    for (Size i = 0; i < other.x.size(); ++i)
        if (padded(i, setting.spec.input)) other.x[i] = static_cast<Real>(draw(stream, 2));
    for (Size i = 0; i < other.tokens.size(); ++i)
        if (padded(i, 1)) other.tokens[i] = static_cast<Token>(stream.below(setting.spec.input));
    for (Size i = 0; i < other.dy.size(); ++i)
        if (padded(i, layout.output)) other.dy[i] = static_cast<Real>(draw(stream, 2));
    for (Size i = 0; i < other.source.size(); ++i)
        if (i / (problem.B * setting.spec.source) >= problem.source_lengths[i / setting.spec.source % problem.B])
            other.source[i] = static_cast<Real>(draw(stream, 2));
    require_same(setting, recorder, "what x, dy and source hold past a length does not matter", result,
                 watched_run(setting, other, recorder));

    for (Size b = 0; b < problem.B; ++b) {
        const Problem<Real> whole = sequence(problem, layout, b);
        Problem<Real> cut = steps(whole, 0, whole.lengths[0]);
        cut.lengths.clear();
        const Result<Real> shorter = watched_run(setting, cut, recorder);
        recorder.measure("the state stands still past a sequence's length",
                         deviation(of_sequence(result.next_state, 1, problem.B, b), shorter.next_state, 1),
                         std::is_same_v<Real, float> ? 1e-5 : 1e-10, setting.where);
    }
}

void check_sums(const Setting& setting, const Problem<double>& problem, Recorder& recorder) {
    const Result<double> fresh = watched_run(setting, problem, recorder);
    Result<double> added = watched_run(setting, problem, recorder, {.sum = 2});
    for (double& value : added.dweights) value -= 2;
    for (double& value : added.dsource) value -= 2;
    const char* name = "dweights and dsource are added to";
    recorder.measure(name, deviation(added.dweights, fresh.dweights, 1), 1e-12, "dweights, " + setting.where);
    recorder.measure(name, deviation(added.dsource, fresh.dsource, 1), 1e-12, "dsource, " + setting.where);
    recorder.require("dx and dstate are overwritten",
                     same_bits(added.dx, fresh.dx) && same_bits(added.dstate, fresh.dstate), "they are not",
                     setting.where);
}

void check_nulls(const Setting& setting, const Problem<double>& problem, Recorder& recorder) {
    const Result<double> all = watched_run(setting, problem, recorder);
    const auto without = [&](bool Manner<double>::*wanted, std::vector<double> Result<double>::*array) {
        Manner<double> manner;
        manner.*wanted = false;
        Result<double> result = watched_run(setting, problem, recorder, manner);
        result.*array = all.*array;
        require_same(setting, recorder, "outputs that are not wanted may be null", all, result);
    };
    without(&Manner<double>::want_next_state, &Result<double>::next_state);
    without(&Manner<double>::want_dx, &Result<double>::dx);
    without(&Manner<double>::want_dstate, &Result<double>::dstate);
    without(&Manner<double>::want_dsource, &Result<double>::dsource);
    without(&Manner<double>::want_dweights, &Result<double>::dweights);

    Problem<double> null = problem, zero = problem;
    null.state.clear(), null.dnext_state.clear();
    zero.state.assign(problem.B * setting.layout().state_size(), 0), zero.dnext_state = zero.state;
    const Result<double> with_null = watched_run(setting, null, recorder),
                         with_zeros = watched_run(setting, zero, recorder);
    const auto compare = [&](const char* what, std::vector<double> Result<double>::*array) {
        recorder.measure("no state and no gradient of it mean zeros", deviation(with_null.*array, with_zeros.*array, 1),
                         1e-12, fmt::format("{}, {}", what, setting.where));
    };
    compare("y", &Result<double>::y);
    compare("next_state", &Result<double>::next_state);
    compare("dx", &Result<double>::dx);
    compare("dstate", &Result<double>::dstate);
    compare("dsource", &Result<double>::dsource);
    compare("dweights", &Result<double>::dweights);
}

template <class Real>
void check_in_place(const Setting& setting, const Problem<Real>& problem, Recorder& recorder) {
    if (problem.state.empty()) return;
    const Result<Real> apart = watched_run(setting, problem, recorder, {.backward = false});
    const Result<Real> in_place = watched_run(setting, problem, recorder, {.backward = false, .in_place = true});
    recorder.require("next_state may be the array of state",
                     same_bits(apart.y, in_place.y) && same_bits(apart.next_state, in_place.next_state),
                     "results differ", setting.where);
}

/// `plain` is the same cell made for any x, `setting` for tokens only.
void check_tokens(const Setting& setting, const Setting& plain, Recorder& recorder) {
    const CellSpec& spec = setting.spec;
    const Problem<double> tokens = draw_problem(spec, setting.layout(), context, small_batch, 7);
    Problem<double> one_hot = tokens;
    one_hot.tokens.clear();
    one_hot.x.assign(tokens.T * tokens.B * spec.input, 0);
    for (Size i = 0; i < tokens.tokens.size(); ++i) one_hot.x[i * spec.input + static_cast<Size>(tokens.tokens[i])] = 1;
    const Result<double> rows = watched_run(plain, one_hot, recorder);
    for (const Setting* taker : {&plain, &setting}) {
        const Result<double> looked_up = watched_run(*taker, tokens, recorder);
        const auto compare = [&](const char* what, const std::vector<double>& a, const std::vector<double>& b) {
            recorder.measure("tokens equal one-hot rows", deviation(a, b, 1), 1e-12,
                             fmt::format("{}, {}", what, taker->where));
        };
        compare("y", looked_up.y, rows.y);
        compare("next_state", looked_up.next_state, rows.next_state);
        compare("dstate", looked_up.dstate, rows.dstate);
        compare("dweights", looked_up.dweights, rows.dweights);
    }
}

void check_dropout(const Setting& setting, const Setting& undropped, const Problem<double>& problem,
                   Recorder& recorder) {
    Problem<double> evaluation = problem, other = problem;
    evaluation.dropout.reset();
    other.dropout.emplace(RandomStream(2, "dropout"));
    const Result<double> trained = watched_run(setting, problem, recorder);
    require_same(setting, recorder, "dropout depends on its stream alone", trained,
                 watched_run(setting, problem, recorder));
    recorder.require("dropout depends on its stream alone",
                     !same_bits(trained.y, watched_run(setting, other, recorder).y), "two streams give the same y",
                     setting.where);
    require_same(setting, recorder, "evaluation applies no dropout", watched_run(setting, evaluation, recorder),
                 watched_run(undropped, evaluation, recorder));
}

// ---- Settings ---------------------------------------------------------------------------------------------------

std::string describe(const CellSpec& spec, const std::string& label) {
    std::string text =
        fmt::format("with D {}, H {}, layer {} of {}", spec.input, spec.hidden, spec.layer + 1, spec.layers);
    if (spec.tokens) text += ", tokens";
    if (spec.source > 0) text += fmt::format(", source {} wide", spec.source);
    if (spec.dropout > 0) text += fmt::format(", dropout {}", spec.dropout);
    return label.empty() ? text : text + ", " + label;
}

/// The cell at the first width from spec.hidden that it says it takes. A layer that is not the first gets what an equal
/// layer below it puts out, H wide. None, and a failure, when it is refused.
std::optional<Setting> make(const Plugin& plugin, const Variation& variation, CellSpec spec, Recorder& recorder) {
    const char* name = "can be made";
    const Size multiple = plugin.hidden_multiple ? plugin.hidden_multiple(variation.options) : 1;
    recorder.require(name, multiple > 0, "hidden_multiple 0", variation.label);
    if (multiple == 0) return std::nullopt;
    spec.hidden = (spec.hidden + multiple - 1) / multiple * multiple;
    if (spec.layer > 0) spec.input = spec.hidden;
    const std::string where = describe(spec, variation.label);
    try {
        Setting setting{spec, where, plugin.make_cell_double(spec, variation.options),
                        plugin.make_cell_float(spec, variation.options)};
        recorder.require(name, setting.exact && setting.rough, "the maker returned nothing", where);
        if (setting.exact && setting.rough) return setting;
    } catch (const Error& error) {
        recorder.require(name, false,
                         fmt::format("refused {}: {}",
                                     plugin.hidden_multiple
                                         ? fmt::format("although H is a multiple of hidden_multiple, {}", multiple)
                                         : "(a cell that does not take every H declares hidden_multiple)",
                                     error.what()),
                         where);
    } catch (const std::exception& error) {
        recorder.require(name, false, fmt::format("not an unroll::Error: {}", error.what()), where);
    }
    return std::nullopt;
}

/// Of what a cell says of the widths that it takes, the half that make() does not see.
void check_refused_width(const Plugin& plugin, const Variation& variation, CellSpec spec, Recorder& recorder) {
    if (!plugin.hidden_multiple || plugin.hidden_multiple(variation.options) == 1) return;
    ++spec.hidden;
    bool refused = false;
    try {
        plugin.make_cell_double(spec, variation.options);
    } catch (const Error&) {
        refused = true;
    }
    recorder.require("refuses an H that is no hidden_multiple", refused, "it does not",
                     describe(spec, variation.label));
}

/// Lengths of B sequences of at most T steps: a full one, one step, and between; none shorter than `least`.
std::vector<Size> some_lengths(Size T, Size B, Size least) {
    std::vector<Size> lengths(B, T);
    for (Size b = 1; b < B; ++b) lengths[b] = std::max(least, b == 1 ? Size{1} : 1 + (b * 7) % T);
    return lengths;
}

/// Finite differences take time that grows with the square of a cell's size.
enum class Gradients { check, skip };

/// Everything that holds for every cell, for problems of B sequences.
void check_setting(const Setting& setting, Size B, Gradients gradients, Recorder& recorder) {
    check_layout(setting, recorder);
    const CellLayout& layout = setting.layout();
    const Size T = context - warm_up;
    const Problem<double> fresh = draw_problem(setting.spec, layout, context, B, 1);  // from the beginning, full length
    Problem<double> cold = draw_problem(setting.spec, layout, context, B, 2);         // from the beginning, padded
    cold.lengths = some_lengths(context, B, 1);
    Problem<double> warm = draw_problem(setting.spec, layout, T, B, 3);  // from a state, padded
    warm.lengths = some_lengths(T, B, 1);
    warm.state = warm_state(setting, warm, 4);

    if (gradients == Gradients::check) {
        check_gradients(setting, cold, recorder);
        if (!warm.state.empty()) check_gradients(setting, warm, recorder);
    }
    if (layout.causal) {
        Problem<double> cuttable = warm;
        cuttable.lengths = some_lengths(T, B, T / 2 + 1);
        check_chunks(setting, cuttable, recorder);
        check_single_steps(setting, fresh, recorder);
        check_single_steps(setting, as<float>(fresh), recorder);
    }
    check_precision(setting, warm, recorder);
    check_repeats(setting, warm, recorder);
    check_repeats(setting, as<float>(warm), recorder);
    for (const Problem<double>& problem : {cold, warm}) {
        check_independence(setting, problem, recorder);
        check_independence(setting, as<float>(problem), recorder);
        check_padding(setting, problem, recorder);
        check_padding(setting, as<float>(problem), recorder);
    }
    check_sums(setting, warm, recorder);
    check_nulls(setting, warm, recorder);
    check_in_place(setting, warm, recorder);
    check_in_place(setting, as<float>(warm), recorder);
}

}  // namespace

void check_cell(const Plugin& plugin, const std::vector<Variation>& variations, Recorder& recorder) {
    for (const Variation& variation : variations) {
        std::string where = variation.label;
        try {
            CellSpec small{.input = small_input, .hidden = small_hidden, .context = context};
            const std::optional<Setting> first = make(plugin, variation, small, recorder);
            if (!first) continue;
            small = first->spec;
            where = first->where;
            check_refused_width(plugin, variation, small, recorder);
            check_setting(*first, small_batch, Gradients::check, recorder);

            const auto check_with = [&](CellSpec spec, Size B, Gradients gradients) {
                const std::optional<Setting> setting = make(plugin, variation, spec, recorder);
                if (!setting) return;
                where = setting->where;
                check_setting(*setting, B, gradients, recorder);
            };
            CellSpec upper = small, large = small;
            upper.layer = 1, upper.layers = 2;
            check_with(upper, small_batch, Gradients::check);
            large.input = large_input, large.hidden = large_hidden;
            check_with(large, large_batch, Gradients::skip);

            if (first->layout().takes_tokens) {
                CellSpec spec = small;
                spec.tokens = true;
                check_with(spec, small_batch, Gradients::check);
                if (const std::optional<Setting> setting = make(plugin, variation, spec, recorder))
                    check_tokens(*setting, *first, recorder);
            }
            CellSpec with_source = small;
            with_source.source = 4, with_source.source_context = 5;
            if (plugin.make_cell_double(with_source, variation.options)->layout().cross_attends)
                check_with(with_source, small_batch, Gradients::check);
            if (first->layout().applies_dropout) {
                CellSpec spec = small;
                spec.dropout = 0.3;
                if (const std::optional<Setting> setting = make(plugin, variation, spec, recorder)) {
                    where = setting->where;
                    Problem<double> problem = draw_problem(spec, setting->layout(), context, small_batch, 6);
                    problem.dropout.emplace(RandomStream(1, "dropout"));
                    check_gradients(*setting, problem, recorder);
                    check_dropout(*setting, *first, problem, recorder);
                }
            }
        } catch (const std::exception& error) {
            recorder.require("throws nothing", false, error.what(), where);
        } catch (...) {
            recorder.require("throws nothing", false, "an exception that is no std::exception", where);
        }
    }
}

}  // namespace unroll::conformance
