// Rules about what a file includes, and about the shape of headers.
#include <algorithm>

#include "tests/tidy/rules.h"

namespace rondo::tidy {
namespace {

// What each folder may include of the project. The longest folder that fits counts.
struct Direction {
  std::string_view folder;
  std::span<const std::string_view> may_include;
};
constexpr std::string_view kBase[] = {"reactor/base"};
constexpr std::string_view kReactor[] = {"reactor"};
constexpr std::string_view kProtocol[] = {"reactor/base", "protocol"};
constexpr std::string_view kShard[] = {"reactor/base", "protocol", "shard"};
constexpr std::string_view kServer[] = {"reactor", "protocol", "shard", "server"};
constexpr std::string_view kTools[] = {"reactor/base", "protocol", "tools"};
constexpr std::string_view kBench[] = {"reactor", "protocol", "shard", "server", "tools", "bench"};
constexpr Direction kDirections[] = {
    {"reactor/base", kBase}, {"reactor", kReactor}, {"protocol", kProtocol}, {"shard", kShard},
    {"server", kServer},     {"tools", kTools},     {"bench", kBench},
};

const Direction* direction_of(std::string_view path) {
  for (const Direction& direction : kDirections) {
    if (is_below(path, direction.folder)) return &direction;
  }
  return nullptr;  // tests/ may include everything.
}

// System headers that only some rooms may know.
struct RoomHeader {
  std::string_view name;
  std::span<const std::string_view> allowed;
  const char* reason;
};
constexpr std::string_view kUringRooms[] = {"reactor", "tests", "bench"};
constexpr std::string_view kSocketRooms[] = {"reactor", "server", "tests", "bench", "tools"};
constexpr std::string_view kAnyRoomButData[] = {"reactor", "server", "tests", "bench", "tools"};
constexpr RoomHeader kRoomHeaders[] = {
    {"liburing.h", kUringRooms, "reactor/ is the only user of liburing"},
    {"sys/socket.h", kSocketRooms, "protocol/ and shard/ know no sockets"},
    {"netinet/in.h", kSocketRooms, "protocol/ and shard/ know no sockets"},
    {"fcntl.h", kSocketRooms, "protocol/ and shard/ know no file descriptors"},
    {"thread", kAnyRoomButData, "protocol/ and shard/ know no threads"},
    {"pthread.h", kAnyRoomButData, "protocol/ and shard/ know no threads"},
};

void check_include(const Tree& tree, const SourceFile& file, const Include& include,
                   Violations& found) {
  const auto report = [&](std::string reason) {
    found.push_back({file.path, include.line, std::move(reason)});
  };
  const std::string name(include.name);
  if (include.quoted) {
    if (!tree.find(include.name)) {
      report("\"" + name + "\" is no file of the project; name it from the root, or use <>");
      return;
    }
    const Direction* direction = direction_of(file.path);
    if (direction && !is_in_any(include.name, direction->may_include)) {
      report(std::string(direction->folder) + "/ must not include " + name);
    }
    return;
  }
  if (tree.find(include.name)) report("<" + name + "> is a file of the project; quote it");
  for (const RoomHeader& header : kRoomHeaders) {
    if (include.name == header.name && !is_in_any(file.path, header.allowed)) {
      report("<" + name + ">: " + header.reason);
    }
  }
}

// The text of a comment block at the top, then `#pragma once` as the first code.
void check_header_shape(const SourceFile& file, Violations& found) {
  if (file.lines.empty() || !file.lines[0].text.starts_with("//")) {
    found.push_back({file.path, 1, "a header begins with a comment: what, whose, which thread"});
  }
  for (size_t index = 0; index < file.lines.size(); ++index) {
    const std::string& code = file.lines[index].code;
    if (code.find_first_not_of(' ') == code.npos) continue;
    if (code != "#pragma once") {
      found.push_back({file.path, index + 1, "#pragma once comes before other code"});
    }
    break;
  }
  for (size_t index = 0; index < file.lines.size(); ++index) {
    if (file.lines[index].code.find("using namespace") == std::string::npos) continue;
    found.push_back({file.path, index + 1, "using namespace in a header"});
  }
}

}  // namespace

Violations check_includes(const Tree& tree) {
  Violations found;
  for (const SourceFile& file : tree.files()) {
    if (!file.is_cpp()) continue;
    for (const Include& include : file.includes())
      check_include(tree, file, include, found);
  }
  return found;
}

Violations check_headers(const Tree& tree) {
  Violations found;
  for (const SourceFile& file : tree.files()) {
    if (file.is_header()) check_header_shape(file, found);
  }
  return found;
}

std::vector<std::string> headers_to_compile(const Tree& tree) {
  std::set<std::string_view> shown;
  for (const SourceFile& file : tree.files()) {
    if (!file.is_source()) continue;
    const std::vector<Include> includes = file.includes();
    if (!includes.empty()) shown.insert(includes[0].name);
  }
  std::vector<std::string> headers;
  for (const SourceFile& file : tree.files()) {
    if (file.is_header() && !shown.contains(file.path)) headers.push_back(file.path);
  }
  return headers;
}

}  // namespace rondo::tidy
