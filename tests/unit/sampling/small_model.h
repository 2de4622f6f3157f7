// A small model with weights far from 0, so that its texts vary.
#pragma once

#include <memory>

#include "model/buffer.h"
#include "model/model.h"
#include "sampling/generate.h"
#include "small_plugins.h"

struct SmallModel {
    explicit SmallModel(const unroll::trial::Trial& chosen)
        : trial(chosen),
          catalog(small::catalog()),
          model(trial, dataset.task(), catalog),
          weights(model.parameters().size()),
          prepared(model.prepared_size()) {
        model.initialize(weights.data());
        unroll::RandomStream noise(3, "noise");
        for (float& weight : weights) weight += float(noise.normal());
        model.prepare(weights.data(), prepared.data());
    }

    unroll::model::Weights<float> both() const { return {weights.data(), prepared.data()}; }

    unroll::trial::Trial trial;
    unroll::plugins::Catalog catalog;
    small::Corpus dataset{5, 200, 100, 0};
    unroll::model::Model<float> model;
    unroll::model::Buffer<float> weights, prepared;
};
