#include "containers/library_closure.h"

#include <elf.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <set>

#include "base/program.h"
#include "base/text.h"

namespace readiness {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxInterpreter = 4096;
constexpr std::size_t kMaxLibraries = 2000;

Error NotAProgram(const std::string& program, const std::string& actual) {
  return Error{ErrorKind::kEnvironment,
               "an image cannot be made of " + program,
               std::nullopt,
               "a 64-bit ELF program of this machine",
               actual,
               "name the program itself, not a script that starts it"};
}

template <class T>
bool ReadAt(std::ifstream& file, std::uint64_t offset, T& into) {
  file.seekg(static_cast<std::streamoff>(offset));
  file.read(reinterpret_cast<char*>(&into), sizeof into);
  return file.good();
}

/// The loader that `program` names; empty for a static program.
Result<std::string> LoaderOf(const std::string& program) {
  std::ifstream file(program, std::ios::binary);
  if (!file) return Fail(NotAProgram(program, "no such file, or not readable"));
  Elf64_Ehdr header{};
  if (!ReadAt(file, 0, header) || std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0)
    return Fail(NotAProgram(program, "no ELF file"));
  if (header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_phentsize != sizeof(Elf64_Phdr))
    return Fail(NotAProgram(program, "another sort of ELF file"));
  for (unsigned index = 0; index < header.e_phnum; ++index) {
    Elf64_Phdr segment{};
    if (!ReadAt(file, header.e_phoff + index * sizeof segment, segment))
      return Fail(NotAProgram(program, "an ELF file that is cut off"));
    if (segment.p_type != PT_INTERP) continue;
    if (segment.p_filesz == 0 || segment.p_filesz > kMaxInterpreter)
      return Fail(NotAProgram(program, "an ELF file whose loader has no sensible name"));
    std::string loader(static_cast<std::size_t>(segment.p_filesz), '\0');
    file.seekg(static_cast<std::streamoff>(segment.p_offset));
    file.read(loader.data(), static_cast<std::streamsize>(loader.size()));
    if (!file.good()) return Fail(NotAProgram(program, "an ELF file that is cut off"));
    loader.resize(std::strlen(loader.c_str()));
    return loader;
  }
  return std::string();
}

/// The path in one line of `<loader> --list`: "libc.so.6 => /lib/libc.so.6 (0x...)" or "/lib64/ld.so (0x...)"; empty
/// for the kernel's own library.
std::string PathIn(std::string_view line) {
  const std::size_t arrow = line.find(" => ");
  if (arrow != std::string_view::npos) line.remove_prefix(arrow + 4);
  const std::size_t begin = line.find_first_not_of(" \t");
  if (begin == std::string_view::npos || line[begin] != '/') return {};
  const std::size_t end = line.rfind(" (0x");
  return std::string(line.substr(begin, end == std::string_view::npos ? end : end - begin));
}

}  // namespace

Result<std::vector<std::string>> LibraryClosure(const std::string& path) {
  std::error_code problem;
  const std::string program = fs::canonical(path, problem).string();
  if (problem) return Fail(NotAProgram(path, problem.message()));
  READINESS_ASSIGN(const std::string loader, LoaderOf(program));
  if (loader.empty()) return std::vector<std::string>();
  ProgramRequest request;
  request.command = {loader, "--list", program};
  request.max_output = 1024 * 1024;
  READINESS_ASSIGN(const ProgramResult listed, RunProgram(request));
  std::set<std::string> libraries{fs::path(loader).lexically_normal().string()};
  std::string missing;
  for (std::size_t begin = 0; begin < listed.output.size();) {
    const std::size_t end = std::min(listed.output.find('\n', begin), listed.output.size());
    const std::string line = listed.output.substr(begin, end - begin);
    begin = end + 1;
    if (line.find("not found") != std::string::npos) missing += (missing.empty() ? "" : ", ") + Printable(line, 200);
    if (const std::string found = PathIn(line); !found.empty())
      libraries.insert(fs::path(found).lexically_normal().string());
  }
  if (!missing.empty()) {
    return Fail(Error{ErrorKind::kEnvironment, "a library is missing of " + program, std::nullopt,
                      "every shared library that it needs", missing, "install it"});
  }
  if (listed.exit_code != 0 || libraries.size() > kMaxLibraries) {
    return Fail(NotAProgram(program, fmt::format("{} --list: exit code {}: {}", loader, listed.exit_code,
                                                 Printable(listed.error_output, 500))));
  }
  // Older C libraries load these by name when a host's name is looked up.
  const std::vector<std::string> known(libraries.begin(), libraries.end());
  for (const std::string& library : known) {
    if (!fs::path(library).filename().string().starts_with("libc.so")) continue;
    for (const char* resolver : {"libnss_files.so.2", "libnss_dns.so.2", "libresolv.so.2"}) {
      const fs::path beside = fs::path(library).parent_path() / resolver;
      std::error_code error;
      if (fs::exists(beside, error)) libraries.insert(beside.string());
    }
  }
  return std::vector<std::string>(libraries.begin(), libraries.end());
}

std::string UnusualFolders(const std::vector<std::string>& libraries) {
  std::set<std::string> unusual;
  for (const std::string& library : libraries) {
    const fs::path folder = fs::path(library).parent_path();
    const bool multiarch = folder.filename().string().find("-linux-gnu") != std::string::npos;
    const std::string parent = (multiarch ? folder.parent_path() : folder).string();
    if (parent == "/lib" || parent == "/usr/lib" || (!multiarch && (parent == "/lib64" || parent == "/usr/lib64")))
      continue;
    unusual.insert(folder.string());
  }
  std::string joined;
  for (const std::string& folder : unusual) joined += (joined.empty() ? "" : ":") + folder;
  return joined;
}

}  // namespace readiness
