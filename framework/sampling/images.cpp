// Grids of generated images.
#include "sampling/images.h"

#include <png.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "model/adversarial.h"
#include "sampling/pick.h"

namespace unroll::sampling {

namespace {

/// Grey pixels, row by row.
struct Picture {
    Size rows, columns;
    std::vector<unsigned char> pixels;

    Picture(Size height, Size width) : rows(height), columns(width), pixels(height * width, 0) {}
    unsigned char& at(Size row, Size column) { return pixels[row * columns + column]; }
};

std::string png_of(const Picture& picture) {
    png_image image{};
    image.version = PNG_IMAGE_VERSION;
    image.width = static_cast<png_uint_32>(picture.columns);
    image.height = static_cast<png_uint_32>(picture.rows);
    image.format = PNG_FORMAT_GRAY;
    png_alloc_size_t size = 0;
    std::string bytes;
    if (!png_image_write_get_memory_size(image, size, 0, picture.pixels.data(), 0, nullptr))
        throw std::runtime_error(std::string("a PNG file cannot be made: ") + image.message);
    bytes.resize(size);
    if (!png_image_write_to_memory(&image, bytes.data(), &size, 0, picture.pixels.data(), 0, nullptr))
        throw std::runtime_error(std::string("a PNG file cannot be made: ") + image.message);
    bytes.resize(size);
    return bytes;
}

}  // namespace

std::string image_grid(const model::Model<float>& model, model::Weights<float> weights, Size side,
                       const RandomStream& noise) {
    const Task& task = model.task();
    model::AdversarialPass<float> pass(model, side * side, model::Use::inference);
    const float* images = pass.generate(weights, {side * side, noise});
    Picture picture(side * (task.image_rows + 1) - 1, side * (task.image_columns + 1) - 1);
    for (Size i = 0; i < side * side; ++i)
        for (Size row = 0; row < task.image_rows; ++row)
            for (Size column = 0; column < task.image_columns; ++column) {
                const float value = *images++;
                if (!std::isfinite(value)) throw NotFinite("an image with a number that is not finite");
                picture.at(i / side * (task.image_rows + 1) + row, i % side * (task.image_columns + 1) + column) =
                    static_cast<unsigned char>(std::lround(255 * std::clamp(value, 0.0f, 1.0f)));
            }
    return png_of(picture);
}

}  // namespace unroll::sampling
