// The commands of `unroll`: one file each, named after it. A command gets the words that follow its name, prints
// results to standard output and messages to standard error, and returns the exit code; an Error it throws becomes exit
// code 2. NAME_command() describes it: help, the manual page and shell completion are made of that.
#pragma once

#include <string>
#include <vector>

namespace unroll::cli {

using Words = std::vector<std::string>;
struct Command;

int run(const Words& words);
int plan(const Words& words);
int check(const Words& words);
int plugins(const Words& words);
int sample(const Words& words);
int compare(const Words& words);
int curve(const Words& words);
int report(const Words& words);
int serve(const Words& words);
int plot(const Words& words);
int list(const Words& words);
int rename(const Words& words);
int remove(const Words& words);
int prune(const Words& words);
int merge(const Words& words);
int export_results(const Words& words);
int import_weights(const Words& words);
int show(const Words& words);
int diff(const Words& words);
int schema(const Words& words);
int sql(const Words& words);
int verify(const Words& words);
int completion(const Words& words);
int manual(const Words& words);
int help(const Words& words);
int status(const Words& words);
int cancel(const Words& words);
int run_task(const Words& words);

Command run_command();
Command plan_command();
Command check_command();
Command plugins_command();
Command sample_command();
Command compare_command();
Command curve_command();
Command report_command();
Command serve_command();
Command plot_command();
Command list_command();
Command rename_command();
Command remove_command();
Command prune_command();
Command merge_command();
Command export_command();
Command import_command();
Command show_command();
Command diff_command();
Command schema_command();
Command sql_command();
Command verify_command();
Command completion_command();
Command manual_command();
Command help_command();
Command status_command();
Command cancel_command();
Command worker_command();

}  // namespace unroll::cli
