// What libunroll shows to others. Everything is built with hidden visibility; each SDK header opens its namespace with
// this mark, which makes the functions there linkable and lets types (exceptions above all) be one type on both sides
// of a plugin boundary.
#pragma once

#define UNROLL_EXPORT __attribute__((visibility("default")))
