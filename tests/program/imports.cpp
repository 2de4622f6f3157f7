// unroll import: weights of PyTorch (tests/fixtures/torch, made by make.py there) as trials of the store.
#include <cstdint>
#include <functional>
#include <map>

#include "catch.h"
#include "program.h"

namespace {

namespace fs = std::filesystem;
namespace json = boost::json;

const fs::path harbour = fs::path(UNROLL_FIXTURES) / "texts/harbour.txt";

fs::path fixture(const std::string& name) {
    return fs::path(UNROLL_FIXTURES) / "torch" / (name + ".safetensors");
}

/// A safetensors file in parts, to be changed and written again.
struct Saved {
    struct Tensor {
        std::string name;
        std::vector<std::size_t> shape;
        std::string bytes;
    };

    explicit Saved(const fs::path& file) {
        const std::string all = content_of(file);
        std::uint64_t size = 0;
        std::copy_n(all.data(), sizeof size, reinterpret_cast<char*>(&size));
        const json::value header = json::parse(all.substr(8, size));
        for (const auto& [name, value] : header.as_object()) {
            const json::object& about = value.as_object();
            if (name == "__metadata__") {
                for (const auto& [key, text] : about) metadata[key] = text.as_string();
                continue;
            }
            const auto& ends = about.at("data_offsets").as_array();
            const auto first = std::size_t(ends[0].as_int64()), last = std::size_t(ends[1].as_int64());
            tensors.push_back({name, json::value_to<std::vector<std::size_t>>(about.at("shape")),
                               all.substr(8 + size + first, last - first)});
        }
    }

    Tensor& at(const std::string& name) {
        for (Tensor& tensor : tensors)
            if (tensor.name == name) return tensor;
        throw std::runtime_error("no " + name);
    }
    void drop(const std::string& part) {
        std::erase_if(tensors, [&](const Tensor& tensor) { return tensor.name.find(part) != tensor.name.npos; });
    }
    json::object settings() const { return json::parse(metadata.at("settings")).as_object(); }
    void set(const std::string& key, const json::value& value) {
        json::object all = settings();
        all["cell"].as_object()[key] = value;
        metadata["settings"] = json::serialize(all);
    }
    /// In another folder, so with the text's whole path.
    std::string write(const TemporaryFolder& folder, const std::string& name = "changed.safetensors") const {
        json::object header;
        std::string data;
        for (const Tensor& tensor : tensors) {
            header[tensor.name] = {{"dtype", "F32"},
                                   {"shape", json::value_from(tensor.shape)},
                                   {"data_offsets", {data.size(), data.size() + tensor.bytes.size()}}};
            data += tensor.bytes;
        }
        json::object& about = header["__metadata__"].emplace_object();
        for (const auto& [key, text] : metadata) about[key] = text;
        if (metadata.contains("settings")) about["settings"] = json::serialize(with_whole_path(settings()));
        std::string head = json::serialize(header);
        head.append((8 - head.size() % 8) % 8, ' ');
        const std::uint64_t size = head.size();
        return folder.write(name, std::string(reinterpret_cast<const char*>(&size), sizeof size) + head + data);
    }
    static json::object with_whole_path(json::object settings) {
        settings["dataset"].as_object()["path"] = harbour.string();
        return settings;
    }

    std::vector<Tensor> tensors;
    std::map<std::string, std::string> metadata;
};

Saved::Tensor zeros(const std::string& name, std::vector<std::size_t> shape) {
    std::size_t size = sizeof(float);
    for (const std::size_t each : shape) size *= each;
    return {name, std::move(shape), std::string(size, '\0')};
}

double loss_of(const TemporaryFolder& folder, const std::string& experiment) {
    return value(folder, "SELECT validation_loss FROM result WHERE experiment = '" + experiment + "'").as_double();
}

}  // namespace

TEST_CASE("weights of torch.nn have PyTorch's loss, are sampled from, verified and trained further") {
    for (const char* name : {"rnn", "lstm", "gru", "lstm-two-layers", "transformer", "transformer-post-norm"}) {
        INFO(name);
        const TemporaryFolder folder;
        const Ended ended = unroll(folder, {"import", fixture(name)});
        INFO(ended.err);
        REQUIRE(ended.code == 0);
        CHECK(ended.says("trial 1 of '" + std::string(name) + "'"));
        const double expected = std::stod(Saved(fixture(name)).metadata.at("validation_loss"));
        CHECK(loss_of(folder, name) == Approx(expected).margin(1e-6));
        CHECK(value(folder, "SELECT step FROM trial").as_int64() == 0);
        // What it cost is not known here, and 0 would be a claim.
        for (const char* column : {"tokens", "seconds", "tokens_per_second"})
            CHECK(value(folder, "SELECT " + std::string(column) + " FROM result").is_null());
        CHECK(value(folder, "SELECT count(*) FROM result WHERE test_loss IS NOT NULL").as_int64() == 1);
        CHECK(value(folder, "SELECT length(text) FROM sample").as_int64() == 20);

        CHECK(unroll(folder, {"verify", "1"}).prints("OK"));
        CHECK(unroll(folder, {"sample", "1", "--prompt", "the ", "--length", "5"}).code == 0);
        CHECK(unroll(folder, {"import", fixture(name), "--quiet"}).err.empty());  // there already
    }
}

TEST_CASE("a training starts from imported weights") {
    const Workplace folder;
    REQUIRE(unroll(folder, {"import", fixture("lstm"), "--as", "from-torch"}).code == 0);
    Manifest further;
    further.name = "\"further\"";
    further.dataset = R"({ "plugin": "text", "path": ")" + harbour.string() + R"(", "split": [0.7, 0.2, 0.1] })";
    further.cell = R"({ "plugin": "lstm", "hidden": 12 })";
    further.training = R"({ "sequence_length": 16, "batch": 4, "steps": 40, "evaluate_every": 40 })";
    further.sampling = "";
    further.more = R"("start": { "experiment": "from-torch" })";
    const Ended ended = unroll(folder, {"run", folder.put("further.json", further)});
    INFO(ended.err);
    REQUIRE(ended.code == 0);
    CHECK(loss_of(folder, "further") < loss_of(folder, "from-torch"));
}

TEST_CASE("a checkpoint lists its vocabulary and is imported into another store") {
    const Workplace folder;
    REQUIRE(unroll(folder, {"run", folder.put("tiny.json", {}), "--quiet"}).code == 0);
    const std::string path =
        "results/" + std::string(value(folder, "SELECT path FROM checkpoint WHERE is_last").as_string());
    const json::array symbols = json::parse(Saved(folder / path).metadata.at("vocabulary")).as_array();
    CHECK(symbols.at(0).as_string() == "\n");
    CHECK(symbols.at(1).as_string() == " ");
    CHECK(symbols.back().as_string() == "船");
    const Ended ended = unroll(folder, {"import", path, "--as", "again", "--db", "other.db"});
    INFO(ended.err);
    REQUIRE(ended.code == 0);
    CHECK(value(folder, "SELECT validation_loss FROM trial", "other.db") ==
          value(folder, "SELECT validation_loss FROM trial"));
}

TEST_CASE("weights that are no model of the settings are refused by name") {
    struct Case {
        const char *about, *name;
        std::function<void(Saved&)> change;
        Words says;
    };
    const Case cases[] = {
        {"a missing bias", "lstm", [](Saved& saved) { saved.drop("bias_hh"); }, {"no weight \"bias_hh_l0\""}},
        {"bias=False", "lstm", [](Saved& saved) { saved.drop("rnn.bias"); }, {"bias=False", "save zeros"}},
        {"two directions",
         "lstm",
         [](Saved& saved) {
             saved.tensors.push_back(zeros("rnn.weight_ih_l0_reverse", {48, 41}));
         },
         {"\"rnn.weight_ih_l0_reverse\" (48, 41), of a bidirectional module"}},
        {"a projection",
         "lstm",
         [](Saved& saved) {
             saved.tensors.push_back(zeros("rnn.weight_hr_l0", {6, 12}));
         },
         {"proj_size"}},
        {"another cell",
         "gru",
         [](Saved& saved) { saved.set("plugin", "lstm"); },
         {"weight_hh_l0 (36, 12): torch.nn.GRU of hidden size 12", "(48, 12): torch.nn.LSTM of hidden size 12"}},
        {"another size",
         "gru",
         [](Saved& saved) { saved.set("hidden", 13); },
         {"(39, 13): torch.nn.GRU of hidden size 13"}},
        {"another number of layers",
         "lstm-two-layers",
         [](Saved& saved) { saved.set("layers", 3); },
         {"2 layers", "3, as the trial's cell has", "num_layers"}},
        {"a cell of other weights",
         "gru",
         [](Saved& saved) { saved.set("plugin", "self-attention"); },
         {"\"rnn.weight_ih_l0\""}},
        {"an input of another width",
         "lstm-two-layers",
         [](Saved& saved) {
             saved.at("rnn.weight_ih_l0") = zeros("rnn.weight_ih_l0", {48, 7});
         },
         {"weight \"rnn.weight_ih_l0\" of shape (48, 7)", "shape (48, 6)"}},
        {"two linear layers",
         "lstm",
         [](Saved& saved) {
             saved.tensors.push_back(zeros("fc2.weight", {12, 12}));
             saved.tensors.push_back(zeros("fc2.bias", {12}));
         },
         {"two linear layers"}},
        {"no output layer", "lstm", [](Saved& saved) { saved.drop("fc."); }, {"no weight \"head.weight\""}},
        {"an output layer without a bias",
         "lstm-two-layers",
         [](Saved& saved) { saved.drop("fc.bias"); },
         {"two matrices without a bias"}},
        {"a buffer",
         "lstm",
         [](Saved& saved) {
             saved.tensors.push_back(zeros("mask", {4, 4}));
         },
         {"\"mask\" (4, 4), which has no place in the model"}},
        {"two modules",
         "lstm",
         [](Saved& saved) {
             saved.tensors.push_back(zeros("decoder.weight_ih_l0", {48, 41}));
         },
         {"several modules"}},
        {"a decoder",
         "transformer",
         [](Saved& saved) { saved.tensors.push_back(zeros("encoder.layers.0.norm3.weight", {12})); },
         {"TransformerDecoderLayer"}},
        {"positions for fewer steps",
         "transformer",
         [](Saved& saved) {
             saved.at("pos_embedding") = zeros("pos_embedding", {1, 8, 12});
         },
         {"positions \"pos_embedding\" (1, 8, 12)", "a row of 12 for each of 16"}},
        {"positions that the cell has not",
         "transformer",
         [](Saved& saved) { saved.set("positions", "none"); },
         {"positions \"pos_embedding\"", "set cell.positions to \"learned\""}},
        {"a vocabulary of another size",
         "lstm",
         [](Saved& saved) { saved.metadata["vocabulary"] = R"(["a", "b"])"; },
         {"a vocabulary of 2 symbols, but an output layer"}},
        {"a vocabulary that is no list",
         "lstm",
         [](Saved& saved) { saved.metadata["vocabulary"] = R"({"a": 1})"; },
         {"metadata: vocabulary: {\"a\": 1}", "a JSON array of texts"}},
        {"other symbols",
         "lstm",
         [](Saved& saved) {
             std::string& list = saved.metadata["vocabulary"];
             list.replace(list.find("\"a\""), 3, "\"ä\"");
         },
         {"among the"}},
        {"no settings",
         "lstm",
         [](Saved& saved) { saved.metadata.erase("settings"); },
         {"no settings in its metadata", "MANIFEST"}},
        {"settings of many trials",
         "lstm",
         [](Saved& saved) {
             json::object settings = saved.settings();
             settings["sweep"] = json::parse(R"({ "seed": [1, 2] })");
             saved.metadata["settings"] = json::serialize(settings);
         },
         {"2 trials", "one: the weights are of one model"}},
        {"settings that are wrong", "lstm", [](Saved& saved) { saved.set("hiden", 4); }, {"cell.hiden"}},
        {"a loss that is no number",
         "lstm",
         [](Saved& saved) { saved.metadata["validation_loss"] = "low"; },
         {"metadata: validation_loss: \"low\""}},
    };
    for (const Case& each : cases) {
        INFO(each.about);
        const TemporaryFolder folder;
        Saved saved(fixture(each.name));
        each.change(saved);
        const Ended ended = unroll(folder, {"import", saved.write(folder)});
        INFO(ended.err);
        CHECK(ended.code == 2);
        CHECK(ended.says("help: "));
        for (const std::string& part : each.says) {
            INFO(part);
            CHECK(ended.says(part));
        }
        CHECK(!fs::exists(folder / "results/unroll.db"));
    }
}

TEST_CASE("a loss that is not the file's is told, with exit code 1") {
    const TemporaryFolder folder;
    Saved saved(fixture("transformer"));
    saved.set("activation", "relu");  // the weights fit all the same
    const Ended ended = unroll(folder, {"import", saved.write(folder)});
    INFO(ended.err);
    CHECK(ended.code == 1);
    CHECK(ended.says("metadata: validation_loss"));
    CHECK(ended.says("docs/checkpoints.md"));
}

TEST_CASE("a manifest gives the settings; its own experiment stays") {
    const Workplace folder;
    Saved saved(fixture("gru"));
    const std::string settings = json::serialize(Saved::with_whole_path(saved.settings()));
    saved.metadata.erase("settings");
    const std::string weights = saved.write(folder, "mine.safetensors");
    folder.write("gru.json", settings);
    const Ended ended = unroll(folder, {"import", weights, "gru.json"});
    INFO(ended.err);
    REQUIRE(ended.code == 0);
    CHECK(value(folder, "SELECT name FROM experiment").as_string() == "mine");
    const Ended none = unroll(folder, {"run", "gru.json", "--set", "training.steps=0"});
    CHECK(none.code == 2);
    CHECK(none.says("without a start from trained weights"));
    CHECK(unroll(folder, {"import"}).says("a safetensors file"));
    CHECK(unroll(folder, {"import", "nowhere.safetensors"}).code == 2);
}
