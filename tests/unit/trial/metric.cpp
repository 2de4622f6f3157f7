// Which value of a metric is better.
#include "trial/metric.h"

#include "catch.h"

TEST_CASE("accuracy is to rise, a loss to fall") {
    for (const char* metric :
         {"validation/accuracy", "accuracy", "test/exact", "train/deceived", "train/tokens_per_second"}) {
        INFO(metric);
        CHECK(unroll::trial::more_is_better(metric));
    }
    for (const char* metric : {"validation/loss", "loss", "train/generator_loss", "train/gradient_norm", ""}) {
        INFO(metric);
        CHECK_FALSE(unroll::trial::more_is_better(metric));
    }
}
