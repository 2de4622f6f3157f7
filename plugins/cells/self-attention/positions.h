// How attention knows where a step stands: positions learned, of sines, turned into queries and keys, or by distance.
#pragma once

#include <bit>
#include <cmath>
#include <string>
#include <vector>

#include "unroll/cell.h"
#include "unroll/kernels.h"

namespace unroll::self_attention {

/// `back` is the backward of a turn: by the negative angle.
enum class Turn { forward, back };

/// `learned`: a table (context, H) among the weights, added to the first layer's input.
/// `sinusoidal`: the same with fixed rows, sin(p / 10000^(j/H)) at even j and the cosine of the same angle after it.
/// `rotary`: in every layer the pairs (2i, 2i+1) of each head's queries and keys, w wide, are turned by
/// p / 10000^(2i/w) (Su et al. 2021).
/// `alibi`: nothing is added; in every layer a head's scores lose its slope for each step of distance (Press, Smith and
/// Lewis 2021, arXiv 2108.12409).
template <class Real>
class Positions {
public:
    enum class Kind { none, learned, sinusoidal, rotary, alibi };

    Positions() = default;
    Positions(CellLayout& layout, const CellSpec& spec, const std::string& kind, Size heads)
        : width_(spec.hidden), heads_(heads), context_(spec.context) {
        const bool first = spec.layer == 0;
        if (kind == "learned" && first) {
            kind_ = Kind::learned;
            weight_ = layout.add({"positions", {context_, width_}, Weight::Role::table, width_});
        } else if (kind == "sinusoidal" && first) {
            kind_ = Kind::sinusoidal;
            fixed_.resize(context_ * width_);
            for (Size p = 0; p < context_; ++p)
                for (Size j = 0; j < width_; ++j) {
                    const double angle = angle_of(p, j / 2, width_);
                    fixed_[p * width_ + j] = static_cast<Real>(j % 2 ? std::cos(angle) : std::sin(angle));
                }
        } else if (kind == "rotary") {
            kind_ = Kind::rotary;
            const Size pairs = width_ / heads / 2;
            fixed_.resize(context_ * 2 * pairs);
            for (Size p = 0; p < context_; ++p)
                for (Size i = 0; i < pairs; ++i) {
                    const double angle = angle_of(p, i, 2 * pairs);
                    fixed_[(p * pairs + i) * 2] = static_cast<Real>(std::cos(angle));
                    fixed_[(p * pairs + i) * 2 + 1] = static_cast<Real>(std::sin(angle));
                }
        } else if (kind == "alibi") {
            kind_ = Kind::alibi;
            for (const double slope : slopes_of(heads)) fixed_.push_back(static_cast<Real>(slope));
        }
    }

    bool added() const { return kind_ == Kind::learned || kind_ == Kind::sinusoidal; }
    bool rotary() const { return kind_ == Kind::rotary; }
    /// (heads) what scores lose for each step of distance; null: nothing.
    const Real* slopes() const { return kind_ == Kind::alibi ? fixed_.data() : nullptr; }

    /// Adds position p's row to x (H). A step past the context, which is padding, is left alone.
    void add(const Real* weights, Size p, Real* x) const {
        if (p < context_) axpy(1, (kind_ == Kind::learned ? weights + weight_ : fixed_.data()) + p * width_, x, width_);
    }

    void add_backward(const Real* dx, Size p, Real* dweights) const {
        if (kind_ == Kind::learned && p < context_) axpy(1, dx, dweights + weight_ + p * width_, width_);
    }

    /// Turns the pairs of each of x's heads (heads · w) by position p's angles.
    void turn(Real* x, Size heads, Size p, Turn direction) const {
        if (p >= context_) return;
        const Size pairs = width_ / heads_ / 2;
        const Real* angles = fixed_.data() + p * 2 * pairs;
        for (Size head = 0; head < heads; ++head)
            for (Size i = 0; i < pairs; ++i, x += 2) {
                const Real cosine = angles[2 * i],
                           sine = direction == Turn::back ? -angles[2 * i + 1] : angles[2 * i + 1];
                const Real even = x[0], odd = x[1];
                x[0] = even * cosine - odd * sine;
                x[1] = even * sine + odd * cosine;
            }
    }

private:
    static double angle_of(Size position, Size pair, Size width) {
        return static_cast<double>(position) /
               std::pow(10000.0, 2 * static_cast<double>(pair) / static_cast<double>(width));
    }

    /// Those of the article's code: 2^(-8 h / n) for h = 1 … n heads, n a power of two; of other n, the greatest power
    /// of two p below it, and then every other of those of 2p.
    static std::vector<double> slopes_of(Size heads) {
        std::vector<double> slopes;
        const Size power = std::bit_floor(heads);
        for (Size h = 1; h <= power; ++h) slopes.push_back(std::exp2(-8.0 * double(h) / double(power)));
        for (Size h = 1; slopes.size() < heads; h += 2) slopes.push_back(std::exp2(-4.0 * double(h) / double(power)));
        return slopes;
    }

    Kind kind_ = Kind::none;
    Size width_ = 0, heads_ = 1, context_ = 0, weight_ = 0;
    std::vector<Real> fixed_;  ///< sinusoidal (context, H); rotary (context, w/2, 2): cosine and sine; alibi (heads)
};

}  // namespace unroll::self_attention
