// Gradient clipping: by global norm and by element.
#include "training/clip.h"

#include <cmath>

#include "unroll/kernels.h"

namespace unroll::training {
namespace {

template <class Real>
void scale(Real factor, Real* gradients, Size n) {
    for (Size i = 0; i < n; ++i) gradients[i] *= factor;
}

template <class Real>
void limit(Real bound, Real* gradients, Size n) {
    for (Size i = 0; i < n; ++i) {
        const Real below = gradients[i] < bound ? gradients[i] : bound;
        gradients[i] = below > -bound ? below : -bound;
    }
}

}  // namespace

template <class Real>
double clip(const trial::Clip& settings, Real* gradients, Size n) {
    const double norm = std::sqrt(sum_of_squares(gradients, n));
    if (!std::isfinite(norm)) return norm;
    switch (settings.kind) {
        case trial::Clip::Kind::none:
            break;
        case trial::Clip::Kind::norm: {
            const double factor = settings.value / (norm + 1e-6);
            if (factor < 1) scale(static_cast<Real>(factor), gradients, n);
            break;
        }
        case trial::Clip::Kind::element:
            limit(static_cast<Real>(settings.value), gradients, n);
    }
    return norm;
}

template double clip(const trial::Clip&, float*, Size);
template double clip(const trial::Clip&, double*, Size);

}  // namespace unroll::training
