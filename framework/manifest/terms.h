// What PyTorch, Keras, Hugging Face and others call the settings of a manifest.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace unroll::manifest {

/// Names that no setting has, for what a manifest says in another way.
struct Term {
    const char* names;        ///< separated by '|'; case, '_' and '-' do not matter
    const char* path;         ///< of the setting that is meant; "": there is none, `advice` says why
    const char* form = "";    ///< JSON of the value to write, VALUE standing for what was given; "": the same value
    const char* advice = "";  ///< instead of a value to write
    const char* within = "";  ///< sections in which the names mean this, separated by '|'; "": in all others
};

std::span<const Term> terms();

/// What a key means in the section of that path; null when nobody is known to call anything that.
const Term* find_term(std::string_view key, std::string_view section);

/// A word for a value that no setting has, for one that some have.
struct ValueTerm {
    const char* names;        ///< separated by '|'; case, '_' and '-' do not matter
    const char* value;        ///< that is meant, of the settings that have it
    const char* path = "";    ///< how the paths of the settings end that this is about; "": any
    const char* advice = "";  ///< instead of the value
};

/// All that a word may mean, the most likely first.
std::vector<ValueTerm> value_terms(std::string_view word);

/// Lower case, without '_', '-' and spaces: "Batch-Size" and "batch_size" are the same name.
std::string bare_name(std::string_view name);

}  // namespace unroll::manifest
