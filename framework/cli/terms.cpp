// The two tables of terms.
#include "cli/terms.h"

#include <algorithm>
#include <span>

#include "base/text.h"

namespace unroll::cli {

namespace {

struct Term {
    const char* words;  ///< separated by '|'
    const char* advice;
};

constexpr Term of_commands[] = {
    {"train|fit|start|launch|sweep|experiment|resume|continue", "to train: unroll run MANIFEST"},
    {"dry-run|expand|preview|estimate|summary", "to see what would be trained: unroll plan MANIFEST"},
    {"validate|lint|test|conformance", "to check a manifest or a plugin: unroll check FILE"},
    {"cells|datasets|samplers|models|info|describe", "to list them: unroll plugins [NAME]"},
    {"generate|predict|infer|inference|complete", "to generate from a trained trial: unroll sample TRIAL"},
    {"results|result|eval|evaluate|table|leaderboard|best",
     "to compare the results: unroll compare EXPERIMENT, or: unroll sql"},
    {"graph|curves|loss|tensorboard|history", "to see learning curves: unroll curve EXPERIMENT"},
    {"query|select|db|sqlite|sqlite3", "to query the results: unroll sql \"SELECT * FROM result\""},
    {"ls|status|experiments|trials|runs|ps|log|logs", "to see experiments and trials: unroll list [EXPERIMENT]"},
    {"mv|move", "to rename an experiment: unroll rename EXPERIMENT NAME"},
    {"rm|delete|del|drop|erase", "to remove an experiment: unroll remove EXPERIMENT"},
    {"gc|clean|cleanup|clear", "to remove checkpoints: unroll prune"},
    {"import|join|combine", "to bring in results of another store: unroll merge FILE"},
    {"data|dataset|examples|inspect", "to see examples of a dataset: unroll show MANIFEST"},
    {"reproduce|repeat|replay", "to train a trial again and compare: unroll verify TRIAL"},
    {"man|docs|doc|usage", "for the manual: unroll manual, or: unroll help COMMAND"},
    {"config|settings|init|new", "for all settings of a manifest: unroll schema --format markdown"},
};

constexpr Term of_options[] = {
    {"--resume|--continue|--restart|--resume-from|--checkpoint|--ckpt",
     "leave it out: the same command goes on where it was interrupted, and --fresh starts over"},
    {"--dry-run|--dryrun|--plan", "use: unroll plan MANIFEST"},
    {"--steps|--max-steps|--iterations|--iters", "set it in the manifest, or with --set training.steps=N"},
    {"--epochs|--max-epochs|--num-epochs", "set it in the manifest, or with --set training.epochs=N"},
    {"--lr|--learning-rate", "set it in the manifest, or with --set training.optimizer.learning_rate=X"},
    {"--batch|--batch-size|--bs", "set it in the manifest, or with --set training.batch=N"},
    {"--hidden|--hidden-size|--units", "set it in the manifest, or with --set cell.hidden=N"},
    {"--cell|--model|--arch", "set it in the manifest, or with --set cell.plugin='\"NAME\"'"},
    {"--seed|--seeds", "set it in the manifest, or with --set seed=N"},
    {"--config|-c|--file|-f|--manifest", "give the manifest's path without an option"},
    {"--workers|--num-workers|--n-jobs|--threads|--parallel|--cpus|-j", "use --jobs N"},
    {"--device|--gpu|--gpus|--cuda|--cpu", "leave it out: Unroll trains on the CPU"},
    {"--output|--out|-o|--output-dir|--log-dir|--logdir|--save-dir",
     "results go to the store that --db names; what a command prints goes where you redirect it"},
    {"--database|--store|--results", "use --db FILE"},
    {"--verbose|-v|--debug", "leave it out: progress is shown unless there is --quiet"},
    {"--force|--overwrite|--rerun", "to run the trials again: --fresh; to answer questions with yes: --yes"},
    {"--name|--experiment|--run-name", "to run a manifest under another name: --as NAME"},
    {"--group-by|--groupby|--over", "use --by AXIS"},
    {"--top-k|--top_k|--topk", "name the sampler, as in --sampler top-k,k=40"},
    {"--top-p|--top_p|--topp|--nucleus", "name the sampler, as in --sampler top-p,p=0.9"},
    {"--greedy|--do-sample|--do_sample|--argmax", "name the sampler, as in --sampler greedy"},
    {"--temp|-t|--softmax-temperature", "use --temperature X"},
    {"--max-new-tokens|--max_new_tokens|--max-tokens|--max_tokens|--max-length|--num-tokens|--tokens",
     "use --length N"},
    {"--num-samples|--num_samples|--n-samples|-n", "use --count N"},
    {"--text|--prime|--start|--seed-text|-p", "use --prompt TEXT"},
    {"--step|--checkpoint-step", "use --at STEP"},
    {"--json", "use --format json"},
    {"--csv", "use --format csv"},
    {"--markdown|--md", "use --format markdown"},
};

std::string advice(std::span<const Term> terms, std::string_view word) {
    for (const Term& term : terms)
        for (const std::string& known : base::split(term.words, '|'))
            if (known == word) return term.advice;
    return {};
}

/// Whether an advice names no options but these.
bool names_only(std::string_view text, const std::vector<std::string>& known) {
    for (std::size_t at = text.find("--"); at != text.npos; at = text.find("--", at + 2)) {
        const std::string_view name = text.substr(at, text.find_first_not_of("abcdefghijklmnopqrstuvwxyz-", at) - at);
        if (std::find(known.begin(), known.end(), name) == known.end()) return false;
    }
    return true;
}

}  // namespace

std::string instead_of_command(std::string_view word) {
    return advice(of_commands, word);
}

std::string instead_of_option(std::string_view option, const std::vector<std::string>& known) {
    std::string text = advice(of_options, option);
    return names_only(text, known) ? text : std::string();
}

}  // namespace unroll::cli
