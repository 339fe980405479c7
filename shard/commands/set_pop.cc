#include "shard/commands/set_pop.h"

#include <memory>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "protocol/errors.h"
#include "shard/commands/arguments.h"
#include "shard/commands/collection.h"
#include "shard/commands/set_value.h"

namespace rondo {

namespace {

constexpr Event kSpop{"spop", 's'};

// What was removed, for those who listen: the words of a SREM.
class Removed {
 public:
  Removed(std::string_view key, bool wanted) : wanted_(wanted) {
    if (wanted_) words_ = {"SREM", std::string(key)};
  }
  void add(std::string_view member) {
    if (wanted_) words_.emplace_back(member);
  }
  void finish(SetEdit& set) const {
    const std::vector<std::string_view> change(words_.begin(), words_.end());
    set.finish(change, kSpop);
  }

 private:
  const bool wanted_;
  std::vector<std::string> words_;
};

void pop_one(SetEdit& set, Call& call, Removed& removed) {
  char scratch[8];
  char digits[24];
  const Item item = set.view().random(call.shard().prng(), scratch);
  const std::string_view member = item.text(digits);
  call.reply().bulk(member);
  removed.add(member);
  set.erase(member);
}

// Every member of a packed set stays or goes, with the chances that leave `count` of them gone; and
// then those that stay are packed anew, instead of moving bytes for each that goes.
void pop_packed(SetEdit& set, Call& call, size_t count, Removed& removed) {
  size_t left = set.view().size();
  const bool integers = set.view().is_integers();
  std::vector<int64_t> numbers;
  std::vector<PackedElement> elements;
  set.view().for_each([&](const Item& item) {
    char digits[24];
    const std::string_view member = item.text(digits);
    if (call.shard().prng().below(left--) < count) {
      --count;
      call.reply().bulk(member);
      removed.add(member);
    } else if (integers) {
      numbers.push_back(item.number);
    } else {
      elements.emplace_back(member);
    }
  });
  // The elements refer to the bytes that are replaced, so they are packed first.
  const std::string bytes = integers ? pack_integers(numbers) : pack(Type::kSet, elements);
  set.replace(bytes);
}

// Nearly all go: those that stay are drawn, and become a set of their own.
void pop_most(SetEdit& set, Call& call, size_t count, Removed& removed) {
  constexpr size_t kStep = 1024;
  const SetView view = set.view();
  const SetObject& object = view.object();
  const size_t stay = object.size() - count;
  std::unordered_set<uint64_t> drawn;
  while (drawn.size() < stay)
    drawn.insert(object.random(call.shard().prng()));
  auto kept = std::make_unique<SetObject>();
  uint64_t cursor = 0;
  do {
    cursor = object.scan_names(cursor, kStep, [&](uint64_t name) {
      char scratch[8];
      char digits[24];
      const std::string_view member = SetObject::item(name, scratch).text(digits);
      if (drawn.contains(name)) {
        kept->insert(make_key(member));
      } else {
        call.reply().bulk(member);
        removed.add(member);
      }
    });
  } while (cursor != 0);
  set.become(std::move(kept));
}

void pop_all(SetEdit& set, Call& call) {
  const Key key = call.key(1);
  call.reply().set(set.view().size());
  set.view().for_each([&](const Item& member) { reply_item(call.reply(), member); });
  Event event = kSpop;
  event.then = &events::kDel;
  call.keyspace().erase(key, event);
}

Error pop_several(Call& call) {
  int64_t count = 0;
  if (read_integer(call[2], count) || count < 0) {
    return "ERR value is out of range, must be positive";
  }
  SetEdit set(call);
  if (Error error = set.open()) return error;
  if (!set.exists() || count == 0) {
    call.reply().set(0);
    return {};
  }
  const auto wanted = static_cast<size_t>(count);
  if (wanted >= set.view().size()) {
    pop_all(set, call);
    return {};
  }
  Removed removed(call[1], set.has_listeners());
  call.reply().set(wanted);
  constexpr size_t kFewStay = 4;  // One of so many.
  if (set.view().is_packed()) {
    pop_packed(set, call, wanted, removed);
  } else if (set.view().size() - wanted < set.view().size() / kFewStay) {
    pop_most(set, call, wanted, removed);
  } else {
    // A table becomes smaller with its members, so the last draw is as quick as the first.
    for (size_t i = 0; i < wanted; ++i)
      pop_one(set, call, removed);
  }
  removed.finish(set);
  return {};
}

}  // namespace

Error spop(Call& call) {
  if (call.size() > 3) return errors::kSyntax;
  if (call.size() == 3) return pop_several(call);
  SetEdit set(call);
  if (Error error = set.open()) return error;
  if (!set.exists()) {
    call.reply().null();
    return {};
  }
  Removed removed(call[1], set.has_listeners());
  pop_one(set, call, removed);
  removed.finish(set);
  return {};
}

}  // namespace rondo
