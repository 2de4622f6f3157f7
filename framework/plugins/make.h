// The one door through which the host makes what plugins offer: nothing that comes out of it is believed unseen.
//
// Values that a plugin returns are checked where they enter: sizes and tokens of datasets and vocabularies, the token
// that a sampler picks, the sizes that a cell declares. So a wrong value is an Error that names the plugin, and never
// an index into memory. What a plugin throws that is no std::exception leaves every call as an Error, too. A plugin
// that writes where it must not is beyond this: for that there is `unroll check` and a process of its own.
#pragma once

#include <memory>

#include "unroll/plugin.h"

namespace unroll::plugins {

/// All throw what the maker throws, and Error for values that no plugin of this kind may have. Never null.
std::unique_ptr<Dataset> make_dataset(const Plugin& plugin, const Options& options);
std::unique_ptr<Sampler> make_sampler(const Plugin& plugin, const Options& options);
template <class Real>
std::unique_ptr<Cell<Real>> make_cell(const Plugin& plugin, const CellSpec& spec, const Options& options);

/// What H must be a multiple of, at least 1.
Size hidden_multiple(const Plugin& plugin, const Options& options);

/// The most elements that any array of a model may have; products of a few of them with sizes of elements do not wrap.
inline constexpr Size most_elements = Size{1} << 48;

/// a b c. Throws Error when it is more than most_elements; `what` names the array.
Size elements(const char* what, Size a, Size b, Size c = 1);

}  // namespace unroll::plugins
