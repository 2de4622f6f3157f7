// What a schedule must know of each kind of node.
#pragma once

#include "equations/graph.h"

namespace unroll {

/// Is it a product by a weight matrix, looked up or not?
bool is_product(const Node& node);

/// Is it a product, a memory, or the shift of a state?
bool stands_alone(const Node& node);

/// Is it computed again rather than kept, where that saves an array of all steps?
bool is_cheap(Node::Kind kind);

/// What backward of a node reads of its operands' values and of its own.
struct Reads {
    bool operands, value;
};
Reads reads(Node::Kind kind);

/// Does a user of this kind reach every element of its operand's gradient?
bool covers(Node::Kind user);

/// Is the gradient of its k-th operand its own, unchanged?
bool hands_on(const Node& user, Size k);

}  // namespace unroll
