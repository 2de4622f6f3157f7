// SQL functions that SQLite lacks: the aggregates median(x) and stddev(x).
#include "store/functions.h"

#include <sqlite3.h>

#include <algorithm>
#include <cmath>
#include <new>
#include <vector>

namespace unroll::store {

namespace {

/// From SQLite's memory, so that the limit of a query counts it.
template <class T>
struct CountedMemory {
    using value_type = T;
    CountedMemory() = default;
    template <class Other>
    explicit CountedMemory(const CountedMemory<Other>&) {}
    T* allocate(std::size_t count) {
        void* memory = sqlite3_malloc64(count * sizeof(T));
        if (memory == nullptr) throw std::bad_alloc();
        return static_cast<T*>(memory);
    }
    void deallocate(T* memory, std::size_t) { sqlite3_free(memory); }
    bool operator==(const CountedMemory&) const { return true; }
};

struct Median {
    std::vector<double, CountedMemory<double>> values;

    void add(double value) { values.push_back(value); }
    void result(sqlite3_context* context) {
        if (values.empty()) return sqlite3_result_null(context);
        const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
        std::nth_element(values.begin(), middle, values.end());
        const double upper = *middle;
        const double lower = values.size() % 2 == 1 ? upper : *std::max_element(values.begin(), middle);
        sqlite3_result_double(context, lower + (upper - lower) / 2);
    }
};

/// Welford's running mean and sum of squared deviations.
struct Deviation {
    double count = 0, mean = 0, squares = 0;

    void add(double value) {
        ++count;
        const double before = value - mean;
        mean += before / count;
        squares += before * (value - mean);
    }
    void result(sqlite3_context* context) const {
        count < 2 ? sqlite3_result_null(context) : sqlite3_result_double(context, std::sqrt(squares / (count - 1)));
    }
};

/// SQLite zeroes a pointer's room for each group; the state behind it lives from the first value to the result.
template <class State>
void step(sqlite3_context* context, int, sqlite3_value** arguments) {
    const int type = sqlite3_value_numeric_type(arguments[0]);
    if (type == SQLITE_NULL) return;
    if (type != SQLITE_INTEGER && type != SQLITE_FLOAT)
        return sqlite3_result_error(context, "median and stddev take numbers", -1);
    auto** state = static_cast<State**>(sqlite3_aggregate_context(context, sizeof(State*)));
    try {
        if (state == nullptr) throw std::bad_alloc();
        if (*state == nullptr) *state = new State;
        (*state)->add(sqlite3_value_double(arguments[0]));
    } catch (const std::bad_alloc&) {
        sqlite3_result_error_nomem(context);
    }
}

template <class State>
void finish(sqlite3_context* context) {
    auto** state = static_cast<State**>(sqlite3_aggregate_context(context, 0));
    if (state == nullptr || *state == nullptr) return sqlite3_result_null(context);
    (*state)->result(context);
    delete *state;
}

template <class State>
void add(sqlite3* connection, const char* name) {
    sqlite3_create_function_v2(connection, name, 1, SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS, nullptr,
                               nullptr, step<State>, finish<State>, nullptr);
}

}  // namespace

void register_functions(sqlite3* connection) {
    add<Median>(connection, "median");
    add<Deviation>(connection, "stddev");
}

}  // namespace unroll::store
