// What of SQLite a connection of ours does without, so that neither a query nor a stranger's file reaches native code.
#pragma once

struct sqlite3;

namespace unroll::store {

/// To be called before a connection reads its file. From then on:
/// - there are no functions and no virtual tables but SQLite's own: what came with the library of this system
///   (full-text tokenizers, R-trees) or through automatic extensions is taken out, and no extension can be loaded;
/// - triggers do not fire, and views, generated columns, checks and indexes of the file call harmless functions only;
/// - no page is mapped into memory, each is checked when it is read, and temporary tables stay in memory;
/// - no value is longer than 128 MiB.
void harden(sqlite3* connection);

}  // namespace unroll::store
