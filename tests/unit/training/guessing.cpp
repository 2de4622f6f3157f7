// The loss of guessing, and what is far above it.
#include "training/guessing.h"

#include <cmath>

#include "catch.h"

using namespace unroll;

namespace {

/// Two examples of two positions with two numbers each, of which the second position of the first does not count.
class Numbers final : public Dataset {
public:
    Task task() const override {
        Task task;
        task.kind = Task::Kind::reals;
        task.input_reals = 1;
        task.target_reals = 2;
        task.sequence_length = 2;
        return task;
    }
    Size examples(Split) const override { return 2; }
    void example(Split, Size index, Example& out) const override {
        out.length = 2;
        out.weights[0] = 1;
        out.weights[1] = index == 1 ? 1 : 0;
        for (Size i = 0; i < 4; ++i) out.target_reals[i] = index == 0 ? 100 : 2;
        out.target_reals[0] = out.target_reals[1] = index == 0 ? 1 : 2;
    }
};

class Choices final : public Dataset {
public:
    explicit Choices(Size tokens) : tokens_(tokens) {}
    Task task() const override {
        Task task;
        task.input_tokens = task.target_tokens = tokens_;
        return task;
    }

private:
    Size tokens_;
};

}  // namespace

TEST_CASE("guessing costs ln V, or the mean square of what counts") {
    CHECK(training::loss_of_guessing(Choices(65)) == std::log(65.0));
    CHECK_FALSE(training::loss_of_guessing(Choices(1)));  // nothing to guess
    CHECK_FALSE(training::loss_of_guessing(Choices(0)));  // no targets
    // (1 + 1), (4 + 4), (4 + 4)
    CHECK(training::loss_of_guessing(Numbers()) == 6.0);
}

TEST_CASE("a loss explodes where no model gets that learns") {
    CHECK(training::has_exploded(45, std::log(65.0)));
    CHECK_FALSE(training::has_exploded(40, std::log(65.0)));
    CHECK_FALSE(training::has_exploded(1e9, std::nullopt));
}
