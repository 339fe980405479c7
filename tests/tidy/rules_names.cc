// The rule about names that have a better one here.
#include <algorithm>
#include <cctype>

#include "tests/tidy/rules.h"

namespace rondo::tidy {
namespace {

struct BannedName {
  std::string_view name;
  const char* instead;
  std::span<const std::string_view> allowed;  // Folders or files.
  bool call = false;                          // Only where a '(' follows.
};
constexpr std::string_view kTests[] = {"tests", "bench"};
constexpr std::string_view kThreadRooms[] = {"reactor", "tests", "bench", "tools"};
constexpr std::string_view kClock[] = {"reactor/base/clock.h"};
constexpr std::string_view kStreams[] = {"tests/tidy"};
constexpr std::string_view kAtomicRooms[] = {"reactor", "server", "tests", "bench", "tools"};
constexpr std::span<const std::string_view> kNowhere;
constexpr const char* kUseCheck = "CHECK of reactor/base/check.h stays on in every build";
constexpr const char* kUseValues = "return an Error or a Result";
constexpr const char* kUseMailbox = "cores share nothing; send a message";
constexpr const char* kUseClock = "take the time as an argument, or reactor/base/clock.h";
constexpr const char* kUseFmt = "fmt, spdlog or <cstdio>";
constexpr const char* kUsePrng = "Prng of reactor/base/prng.h, which has a seed";
constexpr const char* kUseSize = "a function that knows the size of its buffer";
constexpr BannedName kBannedNames[] = {
    {"assert", kUseCheck, kNowhere, true},
    {"throw", kUseValues, kTests},
    {"std::mutex", kUseMailbox, kThreadRooms},
    {"std::shared_mutex", kUseMailbox, kThreadRooms},
    {"std::lock_guard", kUseMailbox, kThreadRooms},
    {"std::unique_lock", kUseMailbox, kThreadRooms},
    {"std::condition_variable", kUseMailbox, kThreadRooms},
    {"std::thread", kUseMailbox, kThreadRooms},
    {"std::jthread", kUseMailbox, kThreadRooms},
    {"std::async", kUseMailbox, kThreadRooms},
    {"std::shared_ptr", "one owner, or SharedBytes for bytes", kThreadRooms},
    {"std::make_shared", "one owner, or SharedBytes for bytes", kThreadRooms},
    {"std::atomic", "a shard belongs to one thread", kAtomicRooms},
    {"thread_local", "state belongs to the Shard that is passed in", kAtomicRooms},
    {"clock_gettime", kUseClock, kClock},
    {"gettimeofday", kUseClock, kClock},
    {"std::chrono::system_clock", kUseClock, kClock},
    {"std::chrono::steady_clock", kUseClock, kClock},
    {"std::chrono::high_resolution_clock", kUseClock, kClock},
    {"time", kUseClock, kClock, true},
    {"std::time", kUseClock, kClock, true},
    {"__rdtsc", kUseClock, kClock},
    {"std::cout", kUseFmt, kStreams},
    {"std::cerr", kUseFmt, kStreams},
    {"std::endl", kUseFmt, kNowhere},
    {"rand", kUsePrng, kNowhere, true},
    {"std::rand", kUsePrng, kNowhere, true},
    {"std::random_device", kUsePrng, kTests},
    {"std::mt19937", kUsePrng, kNowhere},
    {"sprintf", kUseSize, kNowhere, true},
    {"strcpy", kUseSize, kNowhere, true},
    {"strcat", kUseSize, kNowhere, true},
    {"std::regex", "a few lines of parsing; it compiles and runs slowly", kNowhere},
    {"NULL", "nullptr", kNowhere},
};
constexpr struct {
  std::string_view name;
  const char* instead;
} kBannedHeaders[] = {
    {"cassert", kUseCheck},
    {"assert.h", kUseCheck},
    {"iostream", kUseFmt},
    {"regex", kUseFmt},
};

bool uses(std::string_view code, const BannedName& banned) {
  for (size_t at = find_word(code, banned.name); at != code.npos;
       at = find_word(code, banned.name, at + 1)) {
    if (!banned.call) return true;
    const size_t next = code.find_first_not_of(' ', at + banned.name.size());
    const size_t before = at == 0 ? code.npos : code.find_last_not_of(' ', at - 1);
    // A member of that name, or a declaration `Time time(...)`, is not the function of C.
    const bool is_member =
        before != code.npos && (code[before] == '.' || code[before] == '>' ||
                                std::isalnum(static_cast<unsigned char>(code[before])));
    const bool is_return = at >= 7 && code.substr(at - 7, 7) == "return ";
    if (next != code.npos && code[next] == '(' && (!is_member || is_return)) return true;
  }
  return false;
}

}  // namespace

Violations check_banned_names(const Tree& tree) {
  Violations found;
  for (const SourceFile& file : tree.files()) {
    if (!file.is_cpp()) continue;
    for (const Include& include : file.includes()) {
      for (const auto& banned : kBannedHeaders) {
        if (include.name != banned.name) continue;
        found.push_back({file.path, include.line,
                         "<" + std::string(banned.name) + ">: instead, " + banned.instead});
      }
    }
    for (size_t index = 0; index < file.lines.size(); ++index) {
      for (const BannedName& banned : kBannedNames) {
        if (is_in_any(file.path, banned.allowed) || !uses(file.lines[index].code, banned)) continue;
        found.push_back(
            {file.path, index + 1, std::string(banned.name) + ": instead, " + banned.instead});
      }
    }
  }
  return found;
}

}  // namespace rondo::tidy
