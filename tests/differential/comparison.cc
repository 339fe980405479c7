#include "tests/differential/comparison.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <limits>

#include "protocol/quote.h"

namespace rondo {

namespace {

using Type = RespValue::Type;

std::string lower_case(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

template <size_t kSize>
bool is_one_of(std::string_view name, const std::string_view (&names)[kSize]) {
  return std::find(std::begin(names), std::end(names), name) != std::end(names);
}

// Elements have no order, or come in pairs that have none.
bool is_unordered(std::string_view name) {
  static constexpr std::string_view kNames[] = {"smembers", "sinter", "sunion", "sdiff", "spop",
                                                "keys",     "hkeys",  "hvals",  "scan",  "sscan"};
  return is_one_of(name, kNames);
}
bool has_unordered_pairs(std::string_view name) {
  static constexpr std::string_view kNames[] = {"hgetall", "hscan", "zscan"};
  return is_one_of(name, kNames);
}
bool is_by_chance(std::string_view name) {
  static constexpr std::string_view kNames[] = {"randomkey", "srandmember", "hrandfield",
                                                "zrandmember"};
  return is_one_of(name, kNames);
}
bool tells_time(std::string_view name) {
  static constexpr std::string_view kNames[] = {"ttl", "pttl", "expiretime", "pexpiretime"};
  return is_one_of(name, kNames);
}

// How much SORT says about the order of a reply. That of a set is open when nothing is sorted, and
// so is that of elements with the same text as their weight: which is none, as this test writes no
// weights.
struct SortOrder {
  bool is_open = false;
  bool has_limit = false;  // Then it is open which elements there are.
};
SortOrder order_of_sort(std::string_view name, const std::vector<std::string>& args) {
  SortOrder order;
  if (name != "sort" && name != "sort_ro") return order;
  bool by_weight = false;
  bool alpha = false;
  for (size_t i = 2; i < args.size(); ++i) {
    const std::string word = lower_case(args[i]);
    alpha = alpha || word == "alpha";
    order.has_limit = order.has_limit || word == "limit";
    if (word != "by" || i + 1 == args.size()) continue;
    by_weight = args[i + 1].find('*') != std::string::npos;
    order.is_open = !by_weight;
  }
  order.is_open = order.is_open || (by_weight && alpha);
  return order;
}

// Redis 7.0 calls a time-out negative that is too large.
bool is_huge_timeout(const std::vector<std::string>& args, const RespValue& reply) {
  if (reply.text != "ERR timeout is negative") return false;
  const std::string name = command_name(args);
  const std::string& timeout = name == "blmpop" || name == "bzmpop" ? args.at(1) : args.back();
  return std::strtod(timeout.c_str(), nullptr) > 0;
}

// The same for each of some fields.
bool tells_field_times(std::string_view name) {
  static constexpr std::string_view kNames[] = {"httl", "hpttl", "hexpiretime", "hpexpiretime"};
  return is_one_of(name, kNames);
}
std::string field_time(std::string_view name, int64_t time) {
  const int64_t exact = name == "hexpiretime"    ? 8'000'000'000
                        : name == "hpexpiretime" ? 8'000'000'000'000
                                                 : std::numeric_limits<int64_t>::max();
  return time > 0 && time < exact ? "some time" : std::to_string(time);
}

// Redis 7.2 writes a double with the fewest digits that read back, 7.0 with 17.
std::string comparable_number(const std::string& text) {
  char* end = nullptr;
  const double value = std::strtod(text.c_str(), &end);
  if (text.empty() || *end != '\0') return quoted(text);
  return fmt::format("{:.17g}", value == 0 ? 0 : value);
}

// The forms of packed and large collections have other names in 7.2, and other limits.
std::string comparable_encoding(const std::string& name) {
  // SORT leaves a sorted set as a skiplist in Redis.
  static constexpr std::string_view kCollections[] = {"quicklist", "listpack", "hashtable",
                                                      "skiplist"};
  if (is_one_of(name, kCollections)) return "a collection";
  // A COPY of an integer is a text in Redis 7.0.
  return name == "int" ? "embstr" : name == "listpackex" ? "a collection" : name;
}

std::string joined(const std::vector<std::string>& parts) {
  std::string text;
  for (const std::string& part : parts)
    text += (text.empty() ? "" : " ") + part;
  return text;
}

std::string text_of(std::string_view name, const RespValue& value);

std::vector<std::string> elements_of(std::string_view name, const RespValue& value) {
  std::vector<std::string> parts;
  const bool pairs = value.type == Type::kMap || has_unordered_pairs(name);
  for (size_t i = 0; i < value.elements.size(); ++i) {
    std::string part = text_of(name, value.elements[i]);
    if (pairs && i + 1 < value.elements.size()) {
      part += "=" + text_of(name, value.elements[++i]);
    }
    parts.push_back(std::move(part));
  }
  if (pairs || is_unordered(name) || value.type == Type::kSet) {
    std::sort(parts.begin(), parts.end());
  }
  return parts;
}

std::string text_of(std::string_view name, const RespValue& value) {
  const bool numbers = name.starts_with("z") || name.starts_with("bz");
  switch (value.type) {
    case Type::kNull:
      return "null";
    case Type::kSimple:
      return "+" + value.text;
    case Type::kError:
      return "-" + quoted(value.text);
    case Type::kInteger:
      return ":" + std::to_string(value.integer);
    case Type::kBulk:
      return numbers ? comparable_number(value.text) : quoted(value.text);
    case Type::kDouble:
      return "," + comparable_number(value.text);
    case Type::kBoolean:
      return value.integer ? "#t" : "#f";
    case Type::kBigNumber:
      return "(" + value.text;
    case Type::kVerbatim:
      return "=" + quoted(value.text);
    case Type::kArray:
      return "[" + joined(elements_of(name, value)) + "]";
    case Type::kSet:
      return "~[" + joined(elements_of(name, value)) + "]";
    case Type::kMap:
      return "%[" + joined(elements_of(name, value)) + "]";
    case Type::kPush:
      return ">[" + joined(elements_of(name, value)) + "]";
  }
  return {};
}

std::string sorted_text(std::string_view name, const RespValue& array) {
  std::vector<std::string> parts = elements_of(name, array);
  std::sort(parts.begin(), parts.end());
  return "[" + joined(parts) + "]";
}

}  // namespace

std::string command_name(const std::vector<std::string>& args) {
  return lower_case(args.at(0));
}

std::string comparable(const std::vector<std::string>& args, const RespValue& reply) {
  const std::string name = command_name(args);
  if (is_huge_timeout(args, reply)) return "-\"ERR timeout is out of range\"";
  if (reply.is_error() || reply.is_null()) return text_of(name, reply);
  const SortOrder order = order_of_sort(name, args);
  const bool is_open = order.is_open && reply.is_aggregate();
  if (is_open && !order.has_limit) return sorted_text(name, reply);
  if (is_by_chance(name) || is_open) {
    return fmt::format("type {} with {} elements", static_cast<int>(reply.type),
                       reply.elements.size());
  }
  if (tells_time(name) && reply.integer > 0) {
    // Only what was set as a time far away is exact: seconds in EXPIRETIME, or milliseconds.
    const int64_t exact = name == "expiretime"    ? 8'000'000'000
                          : name == "pexpiretime" ? 8'000'000'000'000
                                                  : std::numeric_limits<int64_t>::max();
    if (reply.integer < exact) return "some time";
  }
  if (tells_field_times(name) && reply.is_aggregate()) {
    std::string text;
    for (const RespValue& element : reply.elements)
      text += " " + field_time(name, element.integer);
    return text;
  }
  // Redis shares small integers, so that REFCOUNT of one is large.
  if (name == "object" && reply.integer > 0) return "some count";
  if (name == "object") return comparable_encoding(reply.text);
  return text_of(name, reply);
}

}  // namespace rondo
