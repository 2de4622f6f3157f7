// The units that a text is cut into: characters, bytes or words. Each makes a vocabulary and the corpus as tokens.
#pragma once

#include <memory>
#include <vector>

#include "../common/files.h"
#include "../common/normalizer.h"
#include "../common/plain_text.h"
#include "limit.h"
#include "unroll/dataset.h"

struct Corpus {
    std::vector<unroll::Token> tokens;
    std::unique_ptr<unroll::Vocabulary> vocabulary;
};

/// Unicode code points. The vocabulary: those that occur, by their numbers, as Python's sorted(set(text)); a
/// limited one has the unknown symbol last. A byte order mark at the beginning of a file is no part of the text. Throws
/// Error, `where` "path", for what is not UTF-8 text.
Corpus corpus_of_characters(const Bytes& bytes, Normalizer normalizer, const CorpusLimit& limit);

/// Bytes of any file, even one that is no text. The vocabulary: those that occur, by their values. `lower` knows the
/// letters A to Z alone, and only "\n" is a newline.
Corpus corpus_of_bytes(const Bytes& bytes, Normalizer normalizer);

/// Words, punctuation and newlines; see common/word_tokens.h for what they are. The vocabulary: those that occur, by
/// code points. Otherwise as characters.
Corpus corpus_of_words(const Bytes& bytes, Normalizer normalizer, const CorpusLimit& limit);
