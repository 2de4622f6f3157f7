// Which build made a result, by the linker's build ids of the libraries in this process.
#include "sweep/build_id.h"

#include <elf.h>
#include <link.h>

#include <cstring>
#include <filesystem>
#include <map>

#include "unroll/kernels.h"
#include "unroll/sha256.h"

namespace unroll::sweep {

namespace {

constexpr Size align4(Size size) {
    return (size + 3) / 4 * 4;
}

/// The GNU build id in a loaded library's notes; empty when it was linked without one.
std::string build_id(const dl_phdr_info& info) {
    for (int i = 0; i < info.dlpi_phnum; ++i) {
        const ElfW(Phdr)& segment = info.dlpi_phdr[i];
        if (segment.p_type != PT_NOTE) continue;
        const char* note = reinterpret_cast<const char*>(info.dlpi_addr + segment.p_vaddr);
        const char* const end = note + segment.p_memsz;
        while (note + sizeof(ElfW(Nhdr)) <= end) {
            ElfW(Nhdr) header;
            std::memcpy(&header, note, sizeof header);
            const char* const name = note + sizeof header;
            const char* const content = name + align4(header.n_namesz);
            if (header.n_type == NT_GNU_BUILD_ID && header.n_namesz == 4 && std::memcmp(name, "GNU", 4) == 0)
                return {content, header.n_descsz};
            note = content + align4(header.n_descsz);
        }
    }
    return {};
}

/// Build ids of everything that is loaded, by file; the program's name is empty.
std::map<std::string, std::string> loaded_builds() {
    std::map<std::string, std::string> builds;
    dl_iterate_phdr(
        [](dl_phdr_info* info, std::size_t, void* context) {
            auto& all = *static_cast<std::map<std::string, std::string>*>(context);
            std::string file = info->dlpi_name ? info->dlpi_name : "";
            if (!file.empty()) {
                std::error_code ignored;
                const auto canonical = std::filesystem::canonical(file, ignored);
                if (!ignored) file = canonical.string();
            }
            all.emplace(std::move(file), build_id(*info));
            return 0;
        },
        &builds);
    return builds;
}

std::string key_of(Plugin::Kind kind, const std::string& name) {
    return std::string(plugins::to_string(kind)) + "/" + name;
}

}  // namespace

Builds::Builds(const plugins::Catalog& catalog) {
    const std::map<std::string, std::string> builds = loaded_builds();
    for (const auto& [file, id] : builds)
        if (file.empty() || std::filesystem::path(file).filename().string().starts_with("libunroll")) host_ += id;
    for (const plugins::Found& found : catalog.found()) {
        if (found.file.empty()) continue;
        const auto build = builds.find(std::filesystem::canonical(found.file).string());
        if (build != builds.end()) plugins_[key_of(found.plugin->kind, found.plugin->name)] = build->second;
    }
}

std::string Builds::of(const trial::Trial& trial) const {
    std::string all = host_;
    const auto add = [&](Plugin::Kind kind, const std::string& name) {
        if (const auto build = plugins_.find(key_of(kind, name)); build != plugins_.end()) all += build->second;
    };
    add(Plugin::Kind::dataset, trial.dataset.plugin);
    for (const auto* part : {&trial.upstream, &trial.cells})
        for (const trial::CellSettings& cell : *part) add(Plugin::Kind::cell, cell.choice.plugin);
    return sha256(all).substr(0, 12) + " " + kernel_set();
}

}  // namespace unroll::sweep
