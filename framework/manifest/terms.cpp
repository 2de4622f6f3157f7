// The table of terms. Among rows of one name, those for the section come first.
#include "manifest/terms.h"

#include <algorithm>
#include <cctype>

#include "base/text.h"

namespace unroll::manifest {
namespace {

constexpr const char* by_dataset = "remove it: the dataset sets the width of inputs and outputs";
constexpr const char* on_cpu = "remove it: Unroll trains on the CPU, in 32-bit floating point";
constexpr const char* by_jobs = "remove it: `unroll run --jobs N` sets how many trials run in parallel";
constexpr const char* several_seeds = "write \"sweep\": {\"seed\": [1, 2, 3]} at the top level";
constexpr const char* no_loss =
    "remove it: the dataset's task sets the loss, cross-entropy for tokens and squared error for real numbers";

constexpr const char* feed_forward_names =
    "ffn|mlp|ff|d_ff|ffn_dim|ff_dim|mlp_dim|mlp_ratio|ffn_mult|dim_feedforward|intermediate_size|n_inner|"
    "feedforward";

constexpr Term table[] = {
    // What a section calls itself
    {"type|class|class_name|_target_|kind|name|cell|cell_type|rnn_type|model|arch|architecture", "cell.plugin", "", "",
     "cell"},
    {"type|class|class_name|_target_|kind|name|dataset", "dataset.plugin", "", "", "dataset"},
    {"type|class|class_name|_target_|kind|name|method|strategy", "sampling.sampler.plugin", "", "", "sampling.sampler"},
    {"type|class|class_name|_target_|kind|optimizer|algorithm|optim", "training.optimizer.name", "", "",
     "training.optimizer"},
    {"type|class|class_name|_target_|kind|schedule|scheduler", "training.schedule.name", "", "", "training.schedule"},
    {"file|files|filename|filepath|data|text|data_path|dir|folder|train", "dataset.path", "", "", "dataset"},
    {"validation|valid|val|dev|test|validation_file|valid_file|val_file|dev_file|test_file|validation_path|valid_path|"
     "val_path|test_path|validation_data|valid_data|val_data|test_data",
     "dataset.split", "[0.9, 0.05, 0.05]", "", "dataset"},
    {"plugin|type|class|class_name|_target_|kind|name|arch|architecture|cell_type|rnn_type|model_type|network|rnn",
     "cell.plugin", "", "", "model"},
    {feed_forward_names, "cell.block.feed_forward", "4", "", "cell.block"},
    {"vocab_size|n_vocab", "dataset.vocabulary", "", "", "dataset"},
    {"rho|alpha|smoothing", "training.optimizer.decay", "", "", "training.optimizer"},
    {"gamma|factor|lr_decay|decay_rate", "training.schedule.decay", "", "", "training.schedule"},
    {"step_size|period|decay_steps", "training.schedule.every", "", "", "training.schedule"},
    {"monitor", "training.stop.metric", "", "", "training.stop"},
    {"n|n_samples|num", "sampling.count", "", "", "sampling"},
    {"steps|max_length|size|tokens|max_new_tokens|n_tokens", "sampling.length", "", "", "sampling"},
    {"n_params|num_params|n_parameters|num_parameters|params|weights|budget|size", "match.parameters", "", "", "match"},
    {"path|setting|by|over|key|adjust|solve", "match.vary", "", "", "match"},
    {"tolerance|tol|rtol", "match.within", "", "", "match"},
    {"metrics|monitor", "compare.metric", "", "", "compare"},
    {"group_by|axes|over", "compare.by", "", "", "compare"},
    {"mode|direction|objective", "compare.goal", "", "", "compare"},

    // Cells and the model around them
    {"hidden_size|hidden_dim|hidden_units|hidden_width|n_hidden|num_hidden|num_units|units|rnn_size|"
     "d_model|model_dim|dim|width|h|nhid|state_size|lstm_size|n_units|neurons",
     "cell.hidden"},
    {"n_embd", "cell.hidden"},
    {"num_layers|n_layer|n_layers|num_hidden_layers|depth|num_blocks|n_blocks", "cell.layers"},
    {"dropout_rate|drop|drop_rate|drop_prob|dropout_prob|p_dropout|hidden_dropout_prob|embd_pdrop|"
     "resid_pdrop|attn_pdrop|attention_dropout|recurrent_dropout|rnn_dropout",
     "cell.dropout"},
    {"init|initialization|initialisation|weight_init|kernel_initializer|initialiser", "cell.initializer"},
    {"n_head|n_heads|num_heads|num_attention_heads|attention_heads", "cell.heads"},
    {feed_forward_names, "cell.feed_forward", "4"},
    {"nonlinearity|hidden_act|activation_function", "cell.activation"},
    {"pos_encoding|positional_encoding|position_embedding|pos_embedding|pos_emb", "cell.positions"},
    {"rnn|rnn_type|cell_type|model_type|arch|architecture|net|network|model_name|cells", "cell.plugin"},
    {"embedding_dim|embedding_size|embed_dim|embed_size|emb_dim|emb_size|embeddings|emsize|embed|d_embed|word_dim",
     "model.embedding"},
    {"tie_weights|tied_weights|tie_word_embeddings|tie_embeddings|weight_tying|tie|share_embeddings", "model.tied"},
    {"z_dim|latent_dim|latent_size|nz|noise_dim", "model.noise"},
    {"vocab_size|n_vocab|num_classes|n_classes|output_size|output_dim|input_size|input_dim|num_tokens|"
     "ntoken|ntokens|in_features|out_features|d|v|input_shape|output_shape",
     "", "", by_dataset},
    {"bidirectional|bidir", "", "", "remove it: cells read a sequence from the past to the future"},
    {"batch_first|return_sequences|time_major|return_state", "", "", "remove it: the memory layout is fixed"},
    {"proj_size|peephole|layer_norm|batch_norm", "", "",
     "remove it; what no cell offers can be written as a cell of your own: docs/writing-a-cell.md"},

    // Training
    {"batch_size|bs|b|minibatch|mini_batch_size|train_batch_size|per_device_train_batch_size|n_batch|batches",
     "training.batch"},
    {"seq_len|seq_length|sequence_len|sequence_size|block_size|bptt|bptt_len|tbptt|context_length|"
     "context_size|context|context_window|n_ctx|max_len|max_seq_len|max_sequence_length|"
     "max_position_embeddings|n_positions|time_steps|n_timesteps|num_steps_per_window|window|window_size|"
     "chunk_len|chunk_size|t|lookback|length|max_length|unroll",
     "training.sequence_length"},
    {"epoch|num_epochs|n_epochs|nb_epoch|nepoch|num_train_epochs|max_epochs|number_of_epochs|passes",
     "training.epochs"},
    {"max_iters|max_iter|iters|n_iters|num_iters|iterations|n_iterations|num_iterations|max_steps|"
     "num_steps|n_steps|train_steps|training_steps|total_steps|num_train_steps|num_training_steps|updates|"
     "num_updates|step",
     "training.steps"},
    {"lr|eta|base_lr|max_lr|initial_lr|init_lr|initial_learning_rate|learn_rate|rate|step_size",
     "training.optimizer.learning_rate"},
    {"wd|l2|l2_penalty|l2_reg|weight_penalty|regularization|lambda", "training.optimizer.weight_decay"},
    {"eps|adam_eps|adam_epsilon", "training.optimizer.epsilon"},
    {"beta1|adam_beta1", "training.optimizer.betas", "[VALUE, 0.999]"},
    {"beta2|adam_beta2", "training.optimizer.betas", "[0.9, VALUE]"},
    {"optim|optimiser|optimizer_name|optimizer_type|solver", "training.optimizer"},
    {"nesterov|amsgrad|dampening|centered|lars|lamb", "", "", "remove it: no optimizer of Unroll has it"},
    {"scheduler|lr_scheduler|lr_schedule|lr_scheduler_type|learning_rate_schedule|lr_decay|decay_lr|annealing",
     "training.schedule"},
    {"lr_decay_iters|decay_iters|t_max|max_lr_steps", "", "", "remove it: the schedule ends at the last training step"},
    {"warmup_steps|warmup_iters|num_warmup_steps|lr_warmup|warm_up", "training.schedule.warmup"},
    {"min_lr|eta_min|minimum_lr|final_lr|end_lr|minimum_learning_rate", "training.schedule.minimum"},
    {"grad_clip|gradient_clip|gradient_clipping|gradient_clip_val|grad_norm_clip|clip_norm|global_clipnorm|"
     "max_norm|max_grad_norm|clip_grad|clip_grad_norm|clip_gradient|clip_gradients|grad_norm|clipping|"
     "gradient_clipnorm",
     "training.clip"},
    {"clip_value|grad_clip_value|clip_grad_value|gradient_clip_value", "training.clip", "{\"element\": VALUE}"},
    {"early_stopping|early_stop", "training.stop", "{\"patience\": 5}"},
    {"eval_interval|eval_every|eval_steps|eval_freq|validate_every|val_interval|val_every|"
     "val_check_interval|validation_interval|validation_freq|test_every|test_interval|eval_iters",
     "training.evaluate_every"},
    {"log_interval|logging_steps|log_steps|log_freq|print_every|print_interval|report_interval", "training.log_every"},
    {"save_every|save_steps|save_interval|save_freq|checkpoint_interval|checkpoint|checkpoints|ckpt_every",
     "training.checkpoint_every"},
    {"save_total_limit|keep_last|max_to_keep|save_top_k", "training.keep_checkpoints"},
    {"stateful|carry_state|carry_hidden", "training.windows", "\"streams\""},
    {"shuffle", "", "", "remove it: training.windows says how batches are drawn; \"random\" is the default"},
    {"gradient_accumulation_steps|accumulate_grad_batches|grad_accum", "", "",
     "remove it, and set training.batch to the whole batch size"},
    {"loss|loss_fn|loss_function|criterion|objective", "", "", no_loss},
    {"train|trainer|fit|training_args|training_arguments|train_config|hyperparameters|hyperparams|hparams", "training"},

    // Data, sampling, the experiment
    {"data|corpus|dataset_name|data_path|data_file|dataset_path|train_file|train_data|input_file|text_file|"
     "data_dir|input_path|train_path",
     "dataset.path"},
    {"train_split|val_split|valid_split|validation_split|test_split|val_size|test_size|train_fraction|"
     "val_fraction|validation_fraction|val_ratio|splits",
     "dataset.split", "[0.9, 0.05, 0.05]"},
    {"tokenizer|tokenization|token_level|level|char_level|token", "dataset.unit", "\"character\""},
    {"lowercase|do_lower_case|uncased", "dataset.lower"},
    {"max_vocab|max_vocab_size|max_words|max_features|num_words", "dataset.vocabulary"},
    {"min_freq|min_count|min_frequency", "dataset.minimum_count"},
    {"temp|softmax_temperature", "sampling.temperature"},
    {"max_new_tokens|max_tokens|gen_length|generate_length|sample_length|sample_len|predict_len|num_chars",
     "sampling.length"},
    {"prompts|prime|prime_text|primer|seed_text|start|start_text|start_string|starting_text|prefix", "sampling.prompt"},
    {"num_samples|n_samples|num_return_sequences|samples", "sampling.count"},
    {"sample|generate|generation|inference|generation_config", "sampling"},
    {"top_k", "sampling.sampler.k"},
    {"top_p|nucleus", "sampling.sampler.p"},
    {"random_seed|random_state|manual_seed|rng_seed|torch_seed|np_seed", "seed"},
    {"seeds|n_seeds|num_seeds|runs|n_runs|num_runs|repeats|n_repeats|replicates|num_trials|n_trials", "", "",
     several_seeds},
    {"grid|grid_search|param_grid|search|search_space|hparam_search|sweeps", "sweep", "",
     "write \"sweep\": {\"training.optimizer.learning_rate\": [0.001, 0.01]} at the top level: a path and its values"},
    {"description|desc|notes|comment|comments|title|purpose", "about"},
    {"experiment|experiment_name|project|run_name|exp_name", "name"},
    {"metrics|metric_for_best_model", "compare.metric"},
    {"device|devices|cuda|use_cuda|no_cuda|gpu|gpus|use_gpu|accelerator|fp16|bf16|mixed_precision|"
     "precision|dtype|amp|autocast|tf32|backend|compile|torch_compile",
     "", "", on_cpu},
    {"num_workers|workers|n_jobs|jobs|threads|num_threads|num_proc|dataloader_num_workers|pin_memory|"
     "prefetch_factor|n_workers|ddp",
     "", "", by_jobs},
    {"defaults|hydra", "", "",
     "remove it: a manifest is one file; \"sweep\" varies its settings, and --set PATH=JSON overrides them"},
    {"callbacks|callback", "", "",
     "remove it: checkpoints, curves and the best validation loss are always kept; training.stop ends a trial early, "
     "and "
     "`unroll export` writes files for TensorBoard"},
    {"do_sample|greedy", "", "",
     "remove it: the sampler decides; {\"plugin\": \"greedy\"} takes the most probable token"},
    {"deterministic|cudnn_benchmark|benchmark", "", "", "remove it: every trial is deterministic"},
    {"verbose|wandb|tensorboard|logger|log_dir|output_dir|out_dir|save_dir|logging_dir|report_to", "", "",
     "remove it: `unroll run` writes everything to one SQLite file; --db FILE names it, --quiet turns progress off"},
    {"resume|resume_from|resume_training", "", "",
     "remove it: the same `unroll run` command resumes what was interrupted"},
    {"init_from|load_from|pretrained|from_pretrained|finetune|finetune_from|checkpoint_path|init_checkpoint", "start",
     "{\"file\": VALUE}"},
};

constexpr ValueTerm value_table[] = {
    {"xavier|xavier_uniform|xavier_normal|xavier_uniform_|xavier_normal_|glorot_uniform|glorot_normal", "glorot"},
    {"gpt2|trunc_normal|truncated_normal|random_normal|gaussian", "normal"},
    {"layer|layer_norm|ln|rms|rms_norm", "", "block.norm",
     "write \"norm\": \"pre\", where it stands, and \"norm_kind\": \"layer\" or \"rms\", which one it is"},
    {"layer_norm|ln", "layer"},
    {"rms_norm", "rms"},
    {"pre_norm|pre_ln|prenorm", "pre"},
    {"post_norm|post_ln|postnorm", "post"},
    {"swish", "silu"},
    {"sine|sincos", "sinusoidal"},
    {"rope", "rotary"},
};

bool lists(std::string_view words, std::string_view bare) {
    for (const std::string& word : base::split(words, '|'))
        if (bare_name(word) == bare) return true;
    return false;
}

}  // namespace

std::string bare_name(std::string_view name) {
    std::string bare = base::lower(name);
    std::erase_if(bare, [](char c) { return c == '_' || c == '-' || c == ' '; });
    return bare;
}

std::span<const Term> terms() {
    return table;
}

std::vector<ValueTerm> value_terms(std::string_view word) {
    const std::string bare = bare_name(word);
    std::vector<ValueTerm> all;
    for (const ValueTerm& term : value_table)
        if (lists(term.names, bare)) all.push_back(term);
    return all;
}

const Term* find_term(std::string_view key, std::string_view section) {
    const std::string bare = bare_name(key);
    const Term* found = nullptr;
    for (const Term& term : table) {
        if (!lists(term.names, bare)) continue;
        const std::vector<std::string> within = base::split(term.within, '|');
        if (!*term.within && !found) found = &term;
        if (*term.within && std::find(within.begin(), within.end(), section) != within.end()) return &term;
    }
    return found;
}

}  // namespace unroll::manifest
