#include "shard/commands/sort.h"

#include <memory>
#include <string>
#include <utility>

#include "protocol/errors.h"
#include "shard/call.h"
#include "shard/commands/hash_value.h"
#include "shard/commands/sort_elements.h"
#include "shard/commands/sort_options.h"
#include "shard/list_object.h"

namespace rondo {

namespace {

constexpr Event kSortStore{"sortstore", 'l'};

// Looks up what patterns name.
class PatternReader {
 public:
  explicit PatternReader(Call& call) : call_(call) {}

  // The value for `element`: a string, or a field of a hash. False when there is none. `value` is
  // valid until the next call.
  bool read(const SortPattern& pattern, std::string_view element, std::string_view& value) {
    if (pattern.is_element()) {
      value = element;
      return true;
    }
    if (!pattern.has_star()) return false;
    pattern.write_key(element, name_);
    const Key key = make_key(name_);
    const Entry entry = call_.keyspace_of(name_, call_.db()).find(key);
    if (!entry) return false;
    if (pattern.field().empty()) {
      if (!entry.is_string()) return false;
      value = entry.string(digits_);
      return true;
    }
    Item item;
    if (entry.type() != Type::kHash || !HashView(entry, call_.now_ms()).get(pattern.field(), item))
      return false;
    value = item.text(digits_);
    return true;
  }

 private:
  Call& call_;
  std::string name_;
  char digits_[24];
};

// Gives each element what it is sorted by; false when a number was needed and there was none.
bool weigh_all(Call& call, const SortOptions& options, SortElements& elements) {
  PatternReader reader(call);
  bool all_numbers = true;
  for (size_t i = 0; i < elements.size(); ++i) {
    if (options.by.empty()) {
      const bool weighed = options.alpha || elements.weigh(i, elements.text(i), false);
      all_numbers = all_numbers && weighed;
      continue;
    }
    std::string_view weight;
    if (!reader.read(options.by[0], elements.text(i), weight)) continue;
    all_numbers = elements.weigh(i, weight, options.alpha) && all_numbers;
  }
  return all_numbers;
}

// Calls visit(value, found) for everything that comes out.
template <class Visit>
void for_each_result(Call& call, const SortOptions& options, const SortElements& elements,
                     Visit&& visit) {
  PatternReader reader(call);
  for (size_t i = elements.range().first; i < elements.range().end; ++i) {
    if (options.get.empty()) visit(elements.text(i), true);
    for (const SortPattern& pattern : options.get) {
      std::string_view value;
      const bool found = reader.read(pattern, elements.text(i), value);
      visit(value, found);
    }
  }
}

// The value of a list: packed if it is small, else the object itself.
DetachedValue detach_list(std::unique_ptr<ListObject> list, const ListLimits& limits) {
  if (list->nodes() == 1) {
    ListScratch scratch;
    const PackedView elements = list->node(0, scratch);
    if (limits.admit(elements.end(), elements.count())) {
      return {DetachedValue::Packed{std::string(elements.bytes())}, kNoExpiry};
    }
  }
  return {std::unique_ptr<Object>(std::move(list)), kNoExpiry};
}

Error store_results(Call& call, const SortOptions& options, const SortElements& elements) {
  const ListLimits& limits = call.shard().limits().list;
  auto list = std::make_unique<ListObject>(limits);
  for_each_result(call, options, elements, [&](std::string_view value, bool) {
    list->push(ListEnd::kRight, PackedElement(value));
  });
  const size_t count = list->size();
  const Key key = make_key(options.store);
  Keyspace& keyspace = call.keyspace_of(key.bytes, call.db());
  if (count == 0) {
    keyspace.erase(key, events::kDel);
  } else {
    keyspace.put(key, detach_list(std::move(list), limits), kSortStore);
  }
  call.reply().integer(static_cast<int64_t>(count));
  return {};
}

void reply_results(Call& call, const SortOptions& options, const SortElements& elements) {
  Reply& reply = call.reply();
  const size_t count = elements.range().end - elements.range().first;
  reply.array(options.get.empty() ? count : count * options.get.size());
  for_each_result(call, options, elements, [&](std::string_view value, bool found) {
    found ? reply.bulk(value) : reply.null();
  });
}

Error sort_generic(Call& call, bool may_store) {
  SortOptions options;
  if (Error error = read_sort_options(call.args(), may_store, options)) return error;
  const Key key = call.key(1);
  const Entry entry = call.keyspace_of(key.bytes, call.db()).find(key);
  if (entry) {
    const Type type = entry.type();
    const bool has_elements = type == Type::kList || type == Type::kSet || type == Type::kZset;
    if (!has_elements) return errors::kWrongType;
    if (type == Type::kSet && !options.sorts && options.stores) {
      // A set has no order of its own: what is stored must not depend on chance.
      options.sorts = options.alpha = true;
      options.by.clear();
    }
  }
  SortElements elements;
  elements.load(entry, options);
  if (options.sorts) {
    if (!weigh_all(call, options, elements)) {
      return "ERR One or more scores can't be converted into double";
    }
    elements.sort(options);
  }
  if (options.stores) return store_results(call, options, elements);
  reply_results(call, options, elements);
  return {};
}

Error sort(Call& call) {
  return sort_generic(call, true);
}

Error sort_ro(Call& call) {
  return sort_generic(call, false);
}

const Command kRows[] = {
    {.name = "sort",
     .arity = -2,
     .flags = kWrite | kDenyOom | kMovableKeys,
     .acl = kAclSet | kAclSortedSet | kAclList | kAclDangerous,
     .keys = {1, 1, 1},
     .key_use = {"RO access|RO access|OW update"},
     .find_keys = sort_keys,
     .needs_all_shards = sort_reaches_far,
     .route = Route::kCoordinated,
     .run = sort,
     .group = "generic",
     .since = "1.0.0",
     .summary = "Returns or stores the elements of a list, set or sorted set in order.",
     .complexity = "O(N+M*log(M)), N elements, M that are returned",
     .syntax = "key [BY by-pattern:pattern'pattern'#1] "
               "[LIMIT limit(offset:integer count:integer)] "
               "[GET... get-pattern:pattern'pattern'#1] [order(ASC | DESC)] [sorting=ALPHA] "
               "[STORE destination:key#2]"},
    {.name = "sort_ro",
     .arity = -2,
     .flags = kReadonly | kMovableKeys,
     .acl = kAclSet | kAclSortedSet | kAclList | kAclDangerous,
     .keys = {1, 1, 1},
     .key_use = {"RO access|RO access"},
     .find_keys = sort_ro_keys,
     .needs_all_shards = sort_reaches_far,
     .route = Route::kCoordinated,
     .run = sort_ro,
     .group = "generic",
     .since = "7.0.0",
     .summary = "Returns the elements of a list, set or sorted set in order.",
     .complexity = "O(N+M*log(M)), N elements, M that are returned",
     .syntax = "key [BY by-pattern:pattern'pattern'#1] "
               "[LIMIT limit(offset:integer count:integer)] "
               "[GET... get-pattern:pattern'pattern'#1] [order(ASC | DESC)] [sorting=ALPHA]"},
};

}  // namespace

std::span<const Command> sort_commands() {
  return kRows;
}

}  // namespace rondo
