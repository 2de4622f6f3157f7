// Stored samples as texts of a page.
#pragma once

#include <string>

#include "report/page.h"
#include "store/measurements.h"

namespace unroll::report {

/// With its measures, and no longer than a page can bear; without its place.
Text text_of(const store::SampleRow& sample);

/// Where it stands in a row of Texts: by its temperature, or else by its sampler.
std::string column_of(const store::SampleRow& sample);

}  // namespace unroll::report
