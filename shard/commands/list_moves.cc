#include "shard/commands/list_moves.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>

#include "protocol/errors.h"
#include "protocol/number.h"
#include "shard/commands/arguments.h"
#include "shard/commands/list_value.h"

namespace rondo {

namespace {

constexpr Event kLpush{"lpush", 'l'};
constexpr Event kRpush{"rpush", 'l'};
constexpr Event kLpop{"lpop", 'l'};
constexpr Event kRpop{"rpop", 'l'};
// An element that went round: one effect of two events.
constexpr Event kLpushThenRpop{"lpush", 'l', &kRpop};
constexpr Event kLpushThenLpop{"lpush", 'l', &kLpop};
constexpr Event kRpushThenLpop{"rpush", 'l', &kLpop};
constexpr Event kRpushThenRpop{"rpush", 'l', &kRpop};

Event rotation_event(ListEnd from, ListEnd to) {
  if (to == ListEnd::kLeft) return from == ListEnd::kLeft ? kLpushThenLpop : kLpushThenRpop;
  return from == ListEnd::kLeft ? kRpushThenLpop : kRpushThenRpop;
}

const char* word_of(ListEnd end) {
  return end == ListEnd::kLeft ? "LEFT" : "RIGHT";
}

size_t index_of(const ListView& list, ListEnd end) {
  return end == ListEnd::kLeft ? 0 : list.size() - 1;
}

// The effect of a pop: its command with the number of elements.
void finish_pop(ListEdit& list, const Key& key, ListEnd end, size_t count) {
  const bool left = end == ListEnd::kLeft;
  char digits[kIntegerBytesMax];
  const size_t size = format_integer(static_cast<int64_t>(count), digits);
  const std::string_view change[] = {left ? "LPOP" : "RPOP", key.bytes, {digits, size}};
  list.finish(change, left ? kLpop : kRpop);
}

// A copy of an element that outlives changes of its list; on the stack as long as it is short.
class KeptElement {
 public:
  explicit KeptElement(const Item& item) {
    char scratch[24];
    const std::string_view text = item.text(scratch);
    if (text.size() <= short_.size()) {
      text.copy(short_.data(), text.size());
      text_ = {short_.data(), text.size()};
    } else {
      long_ = text;
      text_ = long_;
    }
  }
  KeptElement(const KeptElement&) = delete;
  KeptElement& operator=(const KeptElement&) = delete;

  const std::string_view& text() const { return text_; }

 private:
  std::array<char, 256> short_;
  std::string long_;
  std::string_view text_;
};

}  // namespace

Error read_list_end(std::string_view argument, ListEnd& end) {
  if (is_word(argument, "left")) {
    end = ListEnd::kLeft;
  } else if (is_word(argument, "right")) {
    end = ListEnd::kRight;
  } else {
    return errors::kSyntax;
  }
  return {};
}

Error read_list_pop_options(Args args, size_t at, ListPopOptions& options) {
  const std::optional<int64_t> keys = parse_integer(args[at]);
  if (!keys || *keys < 1) return "ERR numkeys should be greater than 0";
  options.first_key = at + 1;
  options.keys = static_cast<size_t>(*keys);
  if (options.keys >= args.size() - options.first_key) return errors::kSyntax;
  const size_t end_at = options.first_key + options.keys;
  if (Error error = read_list_end(args[end_at], options.end)) return error;
  bool has_count = false;
  for (size_t i = end_at + 1; i < args.size(); i += 2) {
    if (has_count || !is_word(args[i], "count") || i + 1 == args.size()) return errors::kSyntax;
    const std::optional<int64_t> count = parse_integer(args[i + 1]);
    if (!count || *count < 1) return "ERR count should be greater than 0";
    options.count = static_cast<size_t>(*count);
    has_count = true;
  }
  return {};
}

Error has_list(Keyspace& keyspace, const Key& key, bool& found) {
  const Place place = keyspace.find_to_change(key);
  found = static_cast<bool>(place);
  if (found && Entry(place.word()).type() != Type::kList) return errors::kWrongType;
  return {};
}

void pop_element(ListEdit& list, const Key& key, ListEnd end, Reply& reply) {
  const ListView view = list.view();
  const size_t index = index_of(view, end);
  reply_item(reply, view.at(index));
  list.erase(index, 1);
  finish_pop(list, key, end, 1);
}

void pop_elements(ListEdit& list, const Key& key, ListEnd end, size_t count, Reply& reply) {
  const ListView view = list.view();
  count = std::min(count, view.size());
  reply.array(count);
  const auto write = [&](const Item& item) { reply_item(reply, item); };
  if (end == ListEnd::kLeft) {
    view.visit_forward(0, count, write);
  } else {
    view.visit_backward(view.size() - 1, count, write);
  }
  list.erase_end(end, count);
  finish_pop(list, key, end, count);
}

void pop_element(Keyspace& keyspace, const Key& key, const ListLimits& limits, ListEnd end,
                 Reply& reply) {
  ListEdit list(keyspace, key, limits);
  CHECK(!list.open());
  pop_element(list, key, end, reply);
}

void pop_elements(Keyspace& keyspace, const Key& key, const ListLimits& limits, ListEnd end,
                  size_t count, Reply& reply) {
  ListEdit list(keyspace, key, limits);
  CHECK(!list.open());
  pop_elements(list, key, end, count, reply);
}

Error move_element(const ListEndRef& from, const ListEndRef& to, const ListLimits& limits,
                   Reply& reply, bool& moved) {
  if (Error error = has_list(from.keyspace, from.key, moved)) return error;
  if (!moved) return {};
  const bool rotates = &from.keyspace == &to.keyspace && from.key.bytes == to.key.bytes;
  ListEdit target(to.keyspace, to.key, limits);
  if (Error error = target.open()) return error;
  const ListView source(Entry(from.keyspace.find_to_change(from.key).word()));
  const KeptElement element(source.at(index_of(source, from.end)));
  if (rotates) {
    target.erase_end(from.end, 1);
    target.push(to.end, {&element.text(), 1});
    const std::string_view change[] = {"LMOVE", from.key.bytes, to.key.bytes, word_of(from.end),
                                       word_of(to.end)};
    target.finish_filled(change, rotation_event(from.end, to.end));
  } else {
    target.push(to.end, {&element.text(), 1});
    const bool left = to.end == ListEnd::kLeft;
    const std::string_view change[] = {left ? "LPUSH" : "RPUSH", to.key.bytes, element.text()};
    target.finish_filled(change, left ? kLpush : kRpush);
    ListEdit list(from.keyspace, from.key, limits);
    CHECK(!list.open());
    list.erase_end(from.end, 1);
    finish_pop(list, from.key, from.end, 1);
  }
  reply.bulk(element.text());
  return {};
}

}  // namespace rondo
